//! Telling every process at once that there is news in the database. It is a wake-up and nothing
//! else: one that is not heard costs the time until the listener looks by itself.

use std::time::Duration;

use futures::StreamExt;
use tokio::sync::watch;

use crate::queue::{Backend, Queue, QueueError};

/// How long to leave a Redis alone that could not be listened to.
const PAUSE: Duration = Duration::from_secs(1);

impl Queue {
    /// Wakes everyone who listens, in all processes.
    pub async fn announce(&self) -> Result<(), QueueError> {
        match &self.0 {
            Backend::Memory(memory) => {
                memory.announce();
                Ok(())
            }
            Backend::Redis(redis) => Ok(redis.announce().await?),
        }
    }

    /// Something to wait on for [`announce`](Self::announce).
    pub fn announcements(&self) -> Announcements {
        let heard = match &self.0 {
            Backend::Memory(memory) => Heard::Here(memory.announcements()),
            Backend::Redis(_) => Heard::Nowhere,
        };
        Announcements {
            queue: self.clone(),
            heard,
        }
    }
}

/// A listener.
pub struct Announcements {
    queue: Queue,
    heard: Heard,
}

enum Heard {
    Here(watch::Receiver<u64>),
    Redis(Box<redis::aio::PubSub>),
    /// Redis was not reached yet, or went away.
    Nowhere,
}

impl Announcements {
    /// Returns after an announcement, or after `longest`; also when Redis is away. What was announced
    /// between two calls is heard by the second.
    pub async fn wait(&mut self, longest: Duration) {
        let _ = tokio::time::timeout(longest, self.next()).await;
    }

    async fn next(&mut self) {
        if let (Heard::Nowhere, Backend::Redis(redis)) = (&self.heard, &self.queue.0) {
            match redis.listen().await {
                // What was announced meanwhile was not heard: the listener looks at once.
                Ok(listening) => {
                    self.heard = Heard::Redis(Box::new(listening));
                    return;
                }
                Err(error) => {
                    tracing::debug!(%error, "announcements can not be heard; looking by time");
                    tokio::time::sleep(PAUSE).await;
                    return;
                }
            }
        }
        match &mut self.heard {
            Heard::Here(announced) => {
                if announced.changed().await.is_err() {
                    // Nobody is left to announce anything.
                    std::future::pending::<()>().await;
                }
            }
            Heard::Redis(listening) => {
                let message = listening.on_message().next().await;
                if message.is_none() {
                    self.heard = Heard::Nowhere;
                }
            }
            Heard::Nowhere => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_announced_between_two_waits_is_heard() {
        let queue = Queue::memory();
        let mut listeners = [queue.announcements(), queue.announcements()];
        queue.announce().await.unwrap();
        queue.announce().await.unwrap();
        for listener in &mut listeners {
            let heard = tokio::time::timeout(Duration::from_secs(60), listener.next());
            heard.await.expect("heard at once");
            let again = tokio::time::timeout(Duration::from_millis(1), listener.next());
            assert!(again.await.is_err(), "several are heard as one");
        }
    }
}
