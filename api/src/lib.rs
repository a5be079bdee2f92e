//! The API: accepts posts, shows what became of them, connects accounts, serves the page.
//!
//! | where | what |
//! |---|---|
//! | [`server`] | all routes on one screen, and how they are served |
//! | [`state`] | what a handler works with |
//! | [`caller`], [`sign_in`], [`session`], [`keys`] | for whom, and how they prove it |
//! | [`posts`], [`deliveries`], [`accounts`] | the resources |
//! | [`connections`], [`clerk_link`], [`webhooks`] | connecting profiles; what Clerk and Meta tell us |
//! | [`health`], [`docs`], [`pages`] | for operators, developers, people |
//! | [`drain`] | going away without anybody noticing |
//! | [`problem`], [`body`], [`fields`], [`access_log`] | errors, reading of bodies, one line for each request |

pub mod access_log;
pub mod accounts;
pub mod body;
pub mod caller;
pub mod clerk_link;
pub mod connections;
pub mod deliveries;
pub mod docs;
pub mod drain;
pub mod fields;
pub mod health;
pub mod keys;
mod media;
pub mod pages;
pub mod posts;
pub mod problem;
pub mod server;
pub mod session;
pub mod sign_in;
pub mod state;
pub mod webhooks;

pub use server::serve;
pub use state::{Settings, State};
