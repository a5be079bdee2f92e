//! The API: accepts posts, shows what became of them, connects accounts, serves the page.
//!
//! | where | what |
//! |---|---|
//! | [`server`] | all routes on one screen, and how they are served |
//! | [`state`] | what a handler works with |
//! | [`caller`], [`sign_in`], [`session`], [`keys`] | for whom, and how they prove it |
//! | [`posts`], [`deliveries`], [`accounts`] | the resources |
//! | [`events`] | what happens, as it happens |
//! | [`hooks`] | where customers want their events sent |
//! | [`quota`], [`cost`] | what is left of the platforms' limits; what X charges |
//! | [`connections`], [`clerk_link`], [`webhooks`] | connecting profiles; what Clerk and Meta tell us |
//! | [`health`], [`exposure`], [`docs`], [`pages`] | for operators, developers, people |
//! | [`drain`] | going away without anybody noticing |
//! | [`problem`], [`body`], [`fields`], [`access_log`] | errors, reading of bodies, one line for each request |
//! | [`guard`] | what keeps strangers from wearing the service out |

pub mod access_log;
pub mod accounts;
pub mod body;
pub mod caller;
pub mod clerk_link;
pub mod connections;
pub mod cost;
pub mod deliveries;
pub mod docs;
pub mod drain;
pub mod events;
pub mod exposure;
pub mod fields;
pub mod guard;
pub mod health;
pub mod hooks;
mod json;
pub mod keys;
mod media;
mod money;
pub mod pages;
mod paging;
pub mod posts;
pub mod problem;
pub mod quota;
mod request_trace;
pub mod server;
pub mod session;
pub mod sign_in;
pub mod state;
pub mod webhooks;

pub use events::Hub;
pub use exposure::Exposure;
pub use guard::Guard;
pub use server::serve;
pub use state::{Settings, State};
