//! The queue between processes: a Redis sorted set, scored by the time a job was due.
//!
//! A sorted set rather than a list: a waiting id stands in it once however often it is pushed,
//! and the oldest due comes out first. A blocking pop wakes a worker the moment something is
//! pushed. Nothing else is kept in Redis, so it may be emptied at any moment.

use std::time::Duration;

use entities::Timestamp;
use redis::aio::{ConnectionManager, ConnectionManagerConfig, MultiplexedConnection};
use redis::{AsyncCommands, AsyncConnectionConfig, Client, RedisError, SortedSetAddOptions};

use crate::Job;

/// How long a blocking pop waits at the server. Short, so that a worker that is told to stop
/// does so between two pops and loses nothing that was popped for it.
const POP_WAIT: Duration = Duration::from_secs(1);

/// The same for whoever listens for the bell, and takes nothing from Redis that could be lost.
const BELL_WAIT: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub(crate) struct SortedSet {
    client: Client,
    /// For everything that does not block.
    commands: ConnectionManager,
    due: String,
    bell: String,
}

impl SortedSet {
    /// Does not connect yet: a Redis that is away at the start is no reason not to accept posts.
    pub fn new(url: &str, prefix: &str) -> Result<Self, RedisError> {
        let client = Client::open(url)?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(Duration::from_secs(1)))
            .set_response_timeout(Some(Duration::from_secs(2)))
            .set_number_of_retries(1)
            .set_max_delay(Duration::from_millis(500));
        let commands = ConnectionManager::new_lazy_with_config(client.clone(), config)?;
        Ok(Self {
            client,
            commands,
            due: format!("{prefix}:due"),
            bell: format!("{prefix}:bell"),
        })
    }

    pub async fn push(&self, jobs: &[(Timestamp, Job)]) -> Result<(), RedisError> {
        let scored: Vec<(i64, String)> = jobs
            .iter()
            .map(|(due, job)| (due.as_ms(), job.to_string()))
            .collect();
        let options = SortedSetAddOptions::add_only();
        self.commands
            .clone()
            .zadd_multiple_options(&self.due, &scored, &options)
            .await
            .map(|_: usize| ())
    }

    pub async fn try_pop(&self, max: usize) -> Result<Vec<Job>, RedisError> {
        let count = isize::try_from(max).unwrap_or(isize::MAX);
        let popped: Vec<(String, f64)> = self.commands.clone().zpopmin(&self.due, count).await?;
        Ok(understood(popped))
    }

    pub async fn len(&self) -> Result<usize, RedisError> {
        self.commands.clone().zcard(&self.due).await
    }

    pub async fn clear(&self) -> Result<(), RedisError> {
        self.commands.clone().del(&[&self.due, &self.bell]).await
    }

    pub async fn ping(&self) -> Result<(), RedisError> {
        redis::cmd("PING")
            .query_async(&mut self.commands.clone())
            .await
    }

    /// Wakes one relay, whichever process it is in.
    pub async fn ring(&self) -> Result<(), RedisError> {
        let mut rung = redis::pipe();
        rung.lpush(&self.bell, 1)
            .ignore()
            .ltrim(&self.bell, 0, 0)
            .ignore();
        rung.query_async(&mut self.commands.clone()).await
    }

    /// A connection of its own for blocking calls, which hold up everything behind them.
    pub async fn blocking(&self) -> Result<Blocking, RedisError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(Duration::from_secs(2)))
            .set_response_timeout(Some(POP_WAIT + Duration::from_secs(10)));
        let connection = self
            .client
            .get_multiplexed_async_connection_with_config(&config)
            .await?;
        Ok(Blocking {
            connection,
            due: self.due.clone(),
            bell: self.bell.clone(),
        })
    }
}

/// One connection that waits at the server.
pub(crate) struct Blocking {
    connection: MultiplexedConnection,
    due: String,
    bell: String,
}

impl Blocking {
    /// The oldest due jobs, or none after a while.
    pub async fn pop(&mut self, max: usize) -> Result<Vec<Job>, RedisError> {
        let count = isize::try_from(max).unwrap_or(isize::MAX);
        let popped: Option<(String, Vec<(String, f64)>)> = self
            .connection
            .bzmpop_min(POP_WAIT.as_secs_f64(), &self.due, count)
            .await?;
        Ok(popped.map(|(_, jobs)| understood(jobs)).unwrap_or_default())
    }

    /// Returns whether it was rung; that it was not, after a while.
    pub async fn wait_for_bell(&mut self) -> Result<bool, RedisError> {
        let rung: Option<(String, i64)> = self
            .connection
            .blpop(&self.bell, BELL_WAIT.as_secs_f64())
            .await?;
        Ok(rung.is_some())
    }
}

/// What is not a job of ours is dropped with a word: the relay hands out again what matters.
fn understood(popped: Vec<(String, f64)>) -> Vec<Job> {
    let parse = |(text, _): (String, f64)| match text.parse() {
        Ok(job) => Some(job),
        Err(_) => {
            tracing::warn!(item = text, "an item in the queue is not a job; dropped");
            None
        }
    };
    popped.into_iter().filter_map(parse).collect()
}
