//! The queue as a stream of jobs. A boxed stream is an apalis backend as it stands, so both
//! modes run the same worker over the same type. The stream never fails and never ends before it
//! is told to: when Redis is away it waits, and goes on when Redis is back.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::{self, BoxStream};
use tokio_util::sync::CancellationToken;

use crate::Job;
use crate::queue::{Backend, Queue};
use crate::sorted_set::{Blocking, SortedSet};

/// What an apalis worker reads from.
pub type Source = BoxStream<'static, Result<Job, Infallible>>;

const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

impl Queue {
    /// The jobs of this queue, until `stop`. Takes up to `prefetch` at once, and gives back at
    /// the end what it did not pass on.
    pub fn source(&self, prefetch: usize, stop: CancellationToken) -> Source {
        let reader = Reader {
            queue: self.clone(),
            connection: None,
            prefetch,
            taken: VecDeque::new(),
            stop,
            pause: SHORTEST_PAUSE,
        };
        stream::unfold(reader, |mut reader| async move {
            let job = reader.next().await?;
            Some((Ok(job), reader))
        })
        .boxed()
    }
}

struct Reader {
    queue: Queue,
    connection: Option<Blocking>,
    prefetch: usize,
    taken: VecDeque<Job>,
    stop: CancellationToken,
    pause: Duration,
}

impl Reader {
    async fn next(&mut self) -> Option<Job> {
        loop {
            if self.stop.is_cancelled() {
                self.give_back().await;
                return None;
            }
            if let Some(job) = self.taken.pop_front() {
                return Some(job);
            }
            self.fill().await;
        }
    }

    async fn fill(&mut self) {
        match self.queue.0.clone() {
            Backend::Memory(memory) => tokio::select! {
                jobs = memory.pop(self.prefetch) => self.taken.extend(jobs),
                () = self.stop.cancelled() => {}
            },
            Backend::Redis(redis) => match self.pop(&redis).await {
                Ok(jobs) => {
                    self.taken.extend(jobs);
                    self.pause = SHORTEST_PAUSE;
                }
                Err(error) => {
                    self.connection = None;
                    if self.pause == SHORTEST_PAUSE {
                        tracing::warn!(%error, "the queue can not be reached; trying on");
                    }
                    tokio::select! {
                        () = tokio::time::sleep(self.pause) => {}
                        () = self.stop.cancelled() => {}
                    }
                    self.pause = (self.pause * 2).min(LONGEST_PAUSE);
                }
            },
        }
    }

    async fn pop(&mut self, redis: &SortedSet) -> Result<Vec<Job>, redis::RedisError> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            unconnected => unconnected.insert(redis.blocking().await?),
        };
        connection.pop(self.prefetch).await
    }

    async fn give_back(&mut self) {
        let taken = self.taken.drain(..).collect();
        if let Err(error) = self.queue.give_back(taken).await {
            tracing::debug!(%error, "jobs could not be given back; the relay hands them out again");
        }
    }
}
