//! The nouns of DualPosts: ids, rows, the delivery state machine and every query.
//!
//! No HTTP and no queue in here. A status changes only through [`delivery::Change`], and every
//! write that depends on what was read is a compare-and-swap.
//!
//! | where | what |
//! |---|---|
//! | [`id`], [`timestamp`], [`platform`], [`clock`] | the small words |
//! | [`content`] | what the customer wrote, and what one account shows of it |
//! | [`delivery`] | the state machine, whole |
//! | [`rows`] | one file a table |
//! | [`accept`], [`edit`], [`posts`] | the customer's side: submit, change, read |
//! | [`claims`], [`record`], [`due`], [`sweep`] | the worker's side: take, write down, hand out, take back |
//! | [`media`], [`uploads`] | files; how far each got on the way to a platform |
//! | [`errands`] | what is still to be done about what is live |
//! | [`forecast`] | what a post must share a quota with |
//! | [`boundary`] | the moments in which a process may die |
//! | [`misfire`] | too late: publish, skip or ask |
//! | [`rates`], [`lanes`] | how fast an account or an app may go |
//! | [`users`], [`keys`], [`sessions`], [`scopes`], [`authorizations`] | who may come in, and what for |
//! | [`accounts`], [`tokens`], [`vault`], [`sealing`], [`unclaimed`] | which profiles, and with which secrets |
//! | [`erasure`], [`receipts`] | who goes; what was told to us already |
//! | [`schema`], [`backup`], [`restored`] | which version made the tables; copies, and what they can not know |
//! | [`database`] | the two databases behind one handle |

pub mod accept;
pub mod accounts;
pub mod authorizations;
pub mod backup;
pub mod boundary;
pub mod claims;
pub mod clock;
pub mod content;
pub mod database;
pub mod delivery;
pub mod due;
pub mod edit;
pub mod erasure;
pub mod errands;
pub mod forecast;
mod group_commit;
pub mod id;
pub mod keys;
pub mod lanes;
pub mod media;
pub mod misfire;
pub mod platform;
pub mod post_status;
pub mod posts;
pub mod rates;
pub mod receipts;
pub mod record;
pub mod restored;
pub mod rows;
pub mod schema;
pub mod scopes;
pub mod sealing;
pub mod secret;
pub mod sessions;
pub mod sweep;
mod text_enum;
pub mod timestamp;
pub mod tokens;
pub mod unclaimed;
pub mod uploads;
pub mod users;
pub mod vault;
mod write;

pub use clock::Clock;
pub use database::Database;
pub use id::{AccountId, AttemptId, DeliveryId, EventId, KeyId, MediaId, PostId, UserId};
pub use platform::Platform;
pub use sea_orm::DbErr;
pub use timestamp::Timestamp;
