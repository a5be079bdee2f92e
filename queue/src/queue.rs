//! One queue over two backends.

use std::sync::Arc;

use crate::bell::Bell;
use crate::memory::Memory;
use crate::sorted_set::SortedSet;
use crate::{Job, Line};

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

/// What a push led to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pushed {
    /// A line has become crowded by it.
    pub crowds: bool,
}

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

    /// Puts jobs into the queue, each at the end of its line; one that waits already is not put in
    /// twice.
    pub async fn push(&self, jobs: Vec<(Line, Job)>) -> Result<Pushed, QueueError> {
        if jobs.is_empty() {
            return Ok(Pushed::default());
        }
        match &self.0 {
            Backend::Memory(memory) => Ok(memory.push(jobs)),
            Backend::Redis(redis) => Ok(redis.push(&jobs).await?),
        }
    }

    /// Puts jobs back that were taken and not begun: before all others.
    pub async fn give_back(&self, jobs: Vec<Job>) -> Result<(), QueueError> {
        if jobs.is_empty() {
            return Ok(());
        }
        match &self.0 {
            Backend::Memory(memory) => {
                memory.give_back(jobs);
                Ok(())
            }
            Backend::Redis(redis) => Ok(redis.give_back(&jobs).await?),
        }
    }

    /// Whether so many jobs wait in a line that another need not be pushed: the relay hands it out
    /// when there is room. Asks nobody: between processes it is what the last push was told, and a
    /// moment old at most.
    pub fn is_crowded(&self, line: &Line) -> bool {
        match &self.0 {
            Backend::Memory(memory) => memory.is_crowded(line),
            Backend::Redis(redis) => redis.is_crowded(line),
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
