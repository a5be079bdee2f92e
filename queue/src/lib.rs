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
//! | [`Queue`] | one queue over two backends: `memory` in one process, `sorted_set` between many |
//! | [`source`] | the queue as a stream, which is an apalis backend as it stands |
//! | [`worker`] | the apalis worker over such a stream |

pub mod bell;
pub mod job;
mod memory;
mod queue;
mod sorted_set;
pub mod source;
pub mod worker;

pub use job::Job;
pub use queue::{Queue, QueueError, RedisSettings};
