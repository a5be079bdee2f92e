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
//! | [`events`] | telling what happened, in order, and reading it again |
//! | [`gauges`] | what operators watch |
//! | [`webhooks`], [`notifications`] | where events are sent; which, when, and what came of it |
//! | [`forecast`] | what a post must share a quota with |
//! | [`boundary`] | the moments in which a process may die |
//! | [`misfire`] | too late: publish, skip or ask |
//! | [`jitter`] | deliveries that are spread over a while |
//! | [`rates`], [`lanes`], [`quota`] | how fast an account or an app may go, and what is left |
//! | [`spend`], [`month`] | what X charges, in which month |
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
pub mod events;
pub mod forecast;
pub mod gauges;
mod group_commit;
pub mod id;
pub mod jitter;
pub mod keys;
pub mod lanes;
pub mod media;
pub mod misfire;
pub mod month;
pub mod notifications;
mod places;
pub mod platform;
pub mod post_status;
pub mod posts;
pub mod quota;
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
pub mod spend;
pub mod sweep;
mod text_enum;
pub mod timestamp;
pub mod tokens;
pub mod unclaimed;
pub mod uploads;
pub mod users;
pub mod vault;
pub mod webhooks;
mod write;

pub use clock::Clock;
pub use database::Database;
pub use id::{
    AccountId, AttemptId, DeliveryId, EventId, KeyId, MediaId, NotificationAttemptId, PostId,
    UserId, WebhookId,
};
pub use platform::Platform;
pub use sea_orm::DbErr;
pub use timestamp::Timestamp;
