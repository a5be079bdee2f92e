//! One queue over two backends.

use std::sync::Arc;

use entities::Timestamp;

use crate::Job;
use crate::bell::Bell;
use crate::memory::Memory;
use crate::sorted_set::SortedSet;

/// The queue. Cheap to clone.
#[derive(Clone)]
pub struct Queue(pub(crate) Backend);

#[derive(Clone)]
pub(crate) enum Backend {
    Memory(Arc<Memory>),
    Redis(Arc<SortedSet>),
}

/// Where the queue between processes is.
#[derive(Clone, Debug)]
pub struct RedisSettings {
    /// `redis://` or, with TLS, `rediss://`.
    pub url: String,
    /// Put before all keys, so that several installations can share one Redis.
    pub prefix: String,
}

/// Redis could not be asked. Nothing is lost: what was to be pushed is handed out later.
#[derive(Debug, thiserror::Error)]
#[error("the queue can not be reached: {0}")]
pub struct QueueError(#[from] redis::RedisError);

impl Queue {
    /// A queue inside this process.
    pub fn memory() -> Self {
        Queue(Backend::Memory(Arc::default()))
    }

    /// A queue between processes. Connects when first used, and again by itself.
    pub fn redis(settings: &RedisSettings) -> Result<Self, QueueError> {
        Ok(Queue(Backend::Redis(Arc::new(SortedSet::new(
            &settings.url,
            &settings.prefix,
        )?))))
    }

    /// Puts jobs into the queue, each with the time it is due; one that waits already is not put
    /// in twice.
    pub async fn push(&self, jobs: Vec<(Timestamp, Job)>) -> Result<(), QueueError> {
        if jobs.is_empty() {
            return Ok(());
        }
        match &self.0 {
            Backend::Memory(memory) => {
                memory.push(jobs);
                Ok(())
            }
            Backend::Redis(redis) => Ok(redis.push(&jobs).await?),
        }
    }

    /// Takes up to `max` jobs that wait now.
    pub async fn try_pop(&self, max: usize) -> Result<Vec<Job>, QueueError> {
        match &self.0 {
            Backend::Memory(memory) => Ok(memory.try_pop(max)),
            Backend::Redis(redis) => Ok(redis.try_pop(max).await?),
        }
    }

    /// How many jobs wait.
    pub async fn waiting(&self) -> Result<usize, QueueError> {
        match &self.0 {
            Backend::Memory(memory) => Ok(memory.len()),
            Backend::Redis(redis) => Ok(redis.len().await?),
        }
    }

    /// Drops all jobs, as an emptied Redis would.
    pub async fn clear(&self) -> Result<(), QueueError> {
        match &self.0 {
            Backend::Memory(memory) => {
                memory.clear();
                Ok(())
            }
            Backend::Redis(redis) => Ok(redis.clear().await?),
        }
    }

    /// Whether the queue can be reached.
    pub async fn ping(&self) -> Result<(), QueueError> {
        match &self.0 {
            Backend::Memory(_) => Ok(()),
            Backend::Redis(redis) => Ok(redis.ping().await?),
        }
    }

    /// Tells a relay that something falls due earlier than it may think.
    pub async fn ring(&self) -> Result<(), QueueError> {
        match &self.0 {
            Backend::Memory(memory) => {
                memory.ring();
                Ok(())
            }
            Backend::Redis(redis) => Ok(redis.ring().await?),
        }
    }

    /// Something to wait on for [`ring`](Self::ring).
    pub fn bell(&self) -> Bell {
        Bell::of(self.clone())
    }
}
