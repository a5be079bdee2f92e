//! Clients of the platforms: Threads and X.
//!
//! One method is one HTTP request. Credentials come with each call, and so does the time
//! (`now_ms`): the crate has no database, no queue, no clock, no timer and no retries. What an
//! answer means is decided by pure functions (`threads/classify.rs`, `x/classify.rs`), apart from
//! the input and output; what to do about it is the caller's decision.
//!
//! Facts about the platforms are cited as `threads.md 5.2` and `x.md 2.5`: the sections of the
//! project's two platform references.

mod answer;
mod call;
mod failure;
mod http;
mod judge;
mod remote;
mod same;
mod scrub;
mod wire;

pub mod limits;
pub mod oauth;
pub mod split;
pub mod threads;
pub mod x;

pub use answer::{Answer, LimitScope, RateWindow};
pub use call::Call;
pub use failure::{Evidence, Failure, Meaning};
pub use http::{HttpSettings, http_client};
pub use remote::{Attached, Deletion, Profile, RemotePost};
