//! Everything that speaks Clerk: who a session token belongs to, which accounts a user has
//! connected, the platforms' tokens that Clerk keeps, and the events that it sends.
//!
//! No database, no queue and no clock: the time (`now_ms`, Unix milliseconds) comes with each
//! call. What an answer means is decided by pure functions, apart from the input and output; what
//! to do about it is the caller's decision. No secret and no token is printed, in any form.
//!
//! Facts about Clerk are cited as `clerk.md 2.2`: the sections of the project's reference.

pub mod backend;
mod http;
pub mod keys;
pub mod publishable_key;
pub mod session;
pub mod webhook;

pub use keys::{KeySource, Verifier};
pub use publishable_key::{Environment, PublishableKey};
pub use session::{Refused, SessionClaims, SessionSettings};
