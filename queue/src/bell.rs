//! Where a relay waits between its rounds.
//!
//! The time is kept here and not by Redis: that looks only now and then whose waiting is over, ten
//! times a second when it has nothing else to do, and what is due at a set time would be late by
//! as much. So one request waits at the server, for longer than any pause, and goes on waiting
//! there when a pause is over.

use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use redis::RedisError;
use tokio::time::{Instant, sleep_until};

use crate::Queue;
use crate::queue::Backend;
use crate::sorted_set::Blocking;

/// How long until it is tried again to hear a bell that could not be heard.
const DEAF: Duration = Duration::from_secs(1);

/// What is waited on for [`Queue::ring`].
pub struct Bell {
    queue: Queue,
    listening: Option<Listening>,
}

/// A request at the server: says whether it was rung, and gives the connection back.
type Listening = BoxFuture<'static, Result<(bool, Blocking), RedisError>>;

impl Bell {
    pub(crate) fn of(queue: Queue) -> Self {
        Bell {
            queue,
            listening: None,
        }
    }

    /// Returns when the bell is rung, or after `longest`; also when Redis is away.
    pub async fn wait(&mut self, longest: Duration) {
        let redis = match &self.queue.0 {
            Backend::Memory(memory) => return memory.wait_for_bell(longest).await,
            Backend::Redis(redis) => redis.clone(),
        };
        let until = Instant::now() + longest;
        loop {
            let listening = self.listening.get_or_insert_with(|| {
                let redis = redis.clone();
                async move { listen(redis.blocking().await?).await }.boxed()
            });
            let heard = tokio::select! {
                heard = listening => heard,
                () = sleep_until(until) => return,
            };
            self.listening = None;
            match heard {
                Ok((was_rung, connection)) => {
                    self.listening = Some(listen(connection).boxed());
                    if was_rung {
                        return;
                    }
                }
                Err(error) => {
                    tracing::debug!(%error, "the bell can not be heard; the relay goes by time");
                    sleep_until(until.min(Instant::now() + DEAF)).await;
                }
            }
        }
    }
}

async fn listen(mut connection: Blocking) -> Result<(bool, Blocking), RedisError> {
    let was_rung = connection.wait_for_bell().await?;
    Ok((was_rung, connection))
}
