//! The API: accepts posts, shows what became of them, connects accounts, serves the page.
//!
//! | where | what |
//! |---|---|
//! | [`server`] | all routes on one screen, and how they are served |
//! | [`state`], [`caller`] | what a handler works with, and for whom |
//! | [`posts`], [`deliveries`], [`accounts`] | the resources |
//! | [`health`], [`docs`], [`pages`] | for operators, developers, people |
//! | [`problem`], [`body`], [`fields`], [`access_log`] | errors, reading of bodies, one line for each request |

pub mod access_log;
pub mod accounts;
pub mod body;
pub mod caller;
pub mod deliveries;
pub mod docs;
pub mod fields;
pub mod health;
pub mod pages;
pub mod posts;
pub mod problem;
pub mod server;
pub mod state;

pub use server::serve;
pub use state::{Settings, State};
