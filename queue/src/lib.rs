//! The queue: it wakes workers, and holds nothing that could be lost.
//!
//! A job is an id. The truth is in the database: a job that vanishes is handed out again by the
//! relay, a job that comes twice is refused by the claim. This is the only crate that names
//! apalis and Redis.
//!
//! | where | what |
//! |---|---|
//! | [`bell`] | where a relay waits to be woken |
//! | [`job`] | what waits in the queue |
//! | [`mod@line`] | whose jobs wait, and in which order they are served |
//! | [`Queue`] | one queue over two backends: `memory` in one process, `sorted_set` between many |
//! | [`announcements`] | waking every process that listens for news |
//! | [`source`] | the queue as a stream, which is an apalis backend as it stands |
//! | [`worker`] | the apalis worker over such a stream |

pub mod announcements;
pub mod bell;
pub mod job;
pub mod line;
mod memory;
mod queue;
mod sorted_set;
pub mod source;
pub mod worker;

pub use announcements::Announcements;
pub use job::Job;
pub use line::Line;
pub use queue::{Pushed, Queue, QueueError, RedisSettings};
