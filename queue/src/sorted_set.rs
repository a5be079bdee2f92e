//! The queue between processes: a Redis sorted set, scored by the jobs' turns (see [`line`]).
//!
//! A sorted set rather than a list: a waiting id stands in it once however often it is pushed,
//! and whoever's turn it is comes out first. A blocking pop wakes a worker the moment something is
//! pushed. Beside it a hash holds the next turn of each line; a script keeps the two together, in
//! the one round trip that a push takes. Nothing else is kept in Redis, so it may be emptied at any
//! moment.
//!
//! [`line`]: crate::line

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig, MultiplexedConnection};
use redis::{AsyncCommands, AsyncConnectionConfig, Client, RedisError, SortedSetAddOptions};
use tokio::time::Instant;

use crate::line::{CROWD, Line};
use crate::{Job, Pushed};

/// How long a blocking pop waits at the server. Short, so that a worker that is told to stop
/// does so between two pops and loses nothing that was popped for it.
const POP_WAIT: Duration = Duration::from_secs(1);

/// How long a line that was crowded is taken to be.
const STAYS_CROWDED: Duration = Duration::from_millis(250);

/// Puts jobs (ARGV: line, job, line, job, ...) into the set `KEYS[1]`, each at the end of its line;
/// `KEYS[2]` holds the next turn of each line. Answers how many turns each is behind the front. When
/// nobody waits, all lines begin anew with turn 1 (0 is for what is given back), and so they do when
/// there are too many to be remembered.
const PUSH: &str = "
local front = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
if not front or redis.call('HLEN', KEYS[2]) > 100000 then redis.call('DEL', KEYS[2]) end
front = math.max(tonumber(front or 0), 1)
local behind = {}
for i = 1, #ARGV, 2 do
    local turn = math.max(front, tonumber(redis.call('HGET', KEYS[2], ARGV[i]) or 0))
    if redis.call('ZADD', KEYS[1], 'NX', turn, ARGV[i + 1]) == 1 then
        redis.call('HSET', KEYS[2], ARGV[i], turn + 1)
    end
    behind[#behind + 1] = turn - front
end
return behind";
/// The same for whoever listens for the bell, and takes nothing from Redis that could be lost.
const BELL_WAIT: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub(crate) struct SortedSet {
    client: Client,
    /// For everything that does not block.
    commands: ConnectionManager,
    due: String,
    turns: String,
    bell: String,
    /// The channel of announcements.
    news: String,
    /// Lines that were crowded when something was last pushed there, and since when.
    crowded: Arc<Mutex<HashMap<Line, Instant>>>,
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
            turns: format!("{prefix}:turns"),
            bell: format!("{prefix}:bell"),
            news: format!("{prefix}:news"),
            crowded: Arc::default(),
        })
    }

    pub async fn push(&self, jobs: &[(Line, Job)]) -> Result<Pushed, RedisError> {
        let mut script = redis::cmd("EVAL");
        script.arg(PUSH).arg(2).arg(&self.due).arg(&self.turns);
        for (line, job) in jobs {
            script.arg(line.as_str()).arg(job.to_string());
        }
        let behind: Vec<u32> = script.query_async(&mut self.commands.clone()).await?;
        Ok(self.learn(jobs.iter().map(|(line, _)| line).zip(behind)))
    }

    /// Remembers which lines are crowded.
    fn learn<'a>(&self, behind: impl Iterator<Item = (&'a Line, u32)>) -> Pushed {
        let mut pushed = Pushed::default();
        for (line, _) in behind.filter(|(_, behind)| *behind + 1 >= CROWD) {
            let now = Instant::now();
            let mut crowded = self.crowded();
            crowded.retain(|_, since| now.duration_since(*since) < STAYS_CROWDED);
            pushed.crowds |= crowded.insert(line.clone(), now).is_none();
        }
        pushed
    }

    pub fn is_crowded(&self, line: &Line) -> bool {
        let since = self.crowded().get(line).copied();
        since.is_some_and(|since| since.elapsed() < STAYS_CROWDED)
    }

    fn crowded(&self) -> std::sync::MutexGuard<'_, HashMap<Line, Instant>> {
        self.crowded
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub async fn give_back(&self, jobs: &[Job]) -> Result<(), RedisError> {
        let first: Vec<(i64, String)> = jobs.iter().map(|job| (0, job.to_string())).collect();
        let options = SortedSetAddOptions::add_only();
        self.commands
            .clone()
            .zadd_multiple_options(&self.due, &first, &options)
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
        let keys = [&self.due, &self.turns, &self.bell];
        self.commands.clone().del(&keys).await
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

    /// Tells every process that listens.
    pub async fn announce(&self) -> Result<(), RedisError> {
        let published: Result<i64, RedisError> = self.commands.clone().publish(&self.news, 1).await;
        published.map(|_| ())
    }

    /// A connection of its own that hears [`announce`](Self::announce).
    pub async fn listen(&self) -> Result<redis::aio::PubSub, RedisError> {
        let mut listening = self.client.get_async_pubsub().await?;
        listening.subscribe(&self.news).await?;
        Ok(listening)
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
    /// Those whose turn it is, or none after a while.
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
