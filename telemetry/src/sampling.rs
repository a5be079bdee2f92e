//! What is looked up when somebody asks for the page: what waits, what is open, what ends soon. Asked
//! of the database at most once in a while, however often the page is read, and never by what publishes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use entities::{Clock, Database, DbErr, Platform, Timestamp, gauges};
use queue::Queue;
use tokio::sync::Mutex;
use tokio::time::timeout;
use tracing::{info, warn};

use crate::backlog::ReadBacklog;
use crate::counting::Label;
use crate::declared::{self, Declared};
use crate::{page, process};

/// How long an answer of the database serves.
pub const FRESH_FOR: Duration = Duration::from_secs(10);
/// How long the page waits for the database and the queue.
const LONGEST_WAIT: Duration = Duration::from_secs(3);

/// One series as it is now.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub(crate) declared: &'static Declared,
    pub(crate) labels: Vec<Label>,
    pub(crate) value: f64,
}

impl Sample {
    pub(crate) fn plain(declared: &'static Declared, value: f64) -> Self {
        Self::labelled(declared, [], value)
    }

    /// `values`: of the labels that were declared, in their order.
    fn labelled<const N: usize>(
        declared: &'static Declared,
        values: [&str; N],
        value: f64,
    ) -> Self {
        let names = declared.labels.iter().copied();
        let values = values.map(|value| value.to_owned().into());
        Sample {
            declared,
            labels: names.zip(values).collect(),
            value,
        }
    }
}

/// Makes the page. Cheap to clone.
#[derive(Clone)]
pub struct Sampler(Arc<Parts>);

struct Parts {
    database: Database,
    queue: Queue,
    clock: Clock,
    fresh_for: Duration,
    backlog: Option<ReadBacklog>,
    last: Mutex<Option<(Instant, Looked)>>,
}

/// What was found at the last look.
#[derive(Clone, Debug)]
struct Looked {
    samples: Vec<Sample>,
    database_is_up: bool,
}

impl Sampler {
    /// Asks these. An answer serves for `fresh_for`.
    pub fn new(
        database: Database,
        queue: Queue,
        clock: Clock,
        fresh_for: Duration,
        backlog: Option<ReadBacklog>,
    ) -> Self {
        Sampler(Arc::new(Parts {
            database,
            queue,
            clock,
            fresh_for,
            backlog,
            last: Mutex::new(None),
        }))
    }

    /// What is to be told to whoever may read it.
    pub async fn page(&self) -> String {
        // Before the page itself takes a connection.
        let mut samples = self.pools();
        samples.extend(self.looked().await);
        samples.extend(process::samples());
        let version = env!("CARGO_PKG_VERSION");
        samples.push(Sample::labelled(&declared::BUILD, [version], 1.0));
        page::page(samples)
    }

    /// Of many that ask at once, one looks and the others wait for it.
    async fn looked(&self) -> Vec<Sample> {
        let mut last = self.0.last.lock().await;
        if let Some((at, looked)) = &*last
            && at.elapsed() < self.0.fresh_for
        {
            return looked.samples.clone();
        }
        let was_up = last
            .as_ref()
            .is_none_or(|(_, looked)| looked.database_is_up);
        let looked = self.look(was_up).await;
        let samples = looked.samples.clone();
        *last = Some((Instant::now(), looked));
        samples
    }

    async fn look(&self, was_up: bool) -> Looked {
        let now = self.0.clock.now();
        let (answer, depth) = tokio::join!(
            timeout(LONGEST_WAIT, self.ask(now)),
            timeout(LONGEST_WAIT, self.0.queue.waiting())
        );
        let answer = match answer {
            Ok(answer) => answer.map_err(|error| error.to_string()),
            Err(_) => Err("no answer in time".to_owned()),
        };
        match (&answer, was_up) {
            (Err(error), true) => warn!(error, "the database can not be asked for metrics"),
            (Ok(_), false) => info!("the database answers again"),
            _ => {}
        }
        let database_is_up = answer.is_ok();
        let mut samples = answer.unwrap_or_default();
        samples.push(Sample::plain(&declared::DATABASE_UP, truth(database_is_up)));
        let depth = depth.ok().and_then(Result::ok);
        samples.push(Sample::plain(&declared::QUEUE_UP, truth(depth.is_some())));
        samples.extend(depth.map(|depth| Sample::plain(&declared::QUEUE_DEPTH, depth as f64)));
        Looked {
            samples,
            database_is_up,
        }
    }

    /// One query after the other, so that the page takes one connection.
    async fn ask(&self, now: Timestamp) -> Result<Vec<Sample>, DbErr> {
        let database = &self.0.database;
        let age =
            |since: Option<Timestamp>| since.map_or(0.0, |since| now.since(since).as_secs_f64());
        let due = gauges::due(database, now).await?;
        let mut samples = vec![
            Sample::plain(&declared::DUE, due.count as f64),
            Sample::plain(&declared::OLDEST_DUE, age(due.oldest)),
        ];
        let unconfirmed = gauges::unconfirmed(database).await?;
        let reconnect = gauges::to_reconnect(database).await?;
        let ends = gauges::first_token_ends(database).await?;
        for platform in Platform::ALL.iter().copied() {
            let name = [platform.as_str()];
            let open = unconfirmed.iter().find(|open| open.platform == platform);
            let (count, oldest) = open.map_or((0, None), |open| (open.count, open.oldest));
            let broken = reconnect.iter().find(|(of, _)| *of == platform);
            let broken = broken.map_or(0, |(_, count)| *count);
            samples.extend([
                Sample::labelled(&declared::UNCONFIRMED, name, count as f64),
                Sample::labelled(&declared::UNCONFIRMED_OLDEST, name, age(oldest)),
                Sample::labelled(&declared::RECONNECT, name, broken as f64),
            ]);
            let end = ends.iter().find(|(of, _)| *of == platform);
            samples.extend(end.map(|(_, at)| {
                let days = (at.as_ms() - now.as_ms()) as f64 / 86_400_000.0;
                Sample::labelled(&declared::TOKEN_DAYS, name, days)
            }));
        }
        for (reason, count) in gauges::pauses(database, now).await? {
            let reason = [reason.as_str()];
            samples.push(Sample::labelled(&declared::PAUSES, reason, count as f64));
        }
        if let Some(backlog) = &self.0.backlog {
            let backlog = backlog.read(database, now).await?;
            samples.extend([
                Sample::plain(&declared::WEBHOOKS_WAITING, backlog.webhooks_waiting as f64),
                Sample::plain(&declared::WEBHOOKS_OLDEST, age(backlog.oldest_webhook)),
                Sample::plain(&declared::EVENTS_UNTOLD, backlog.events_untold as f64),
            ]);
        }
        Ok(samples)
    }

    fn pools(&self) -> Vec<Sample> {
        let pools = self.0.database.pools().into_iter();
        pools
            .flat_map(|pool| {
                let used = pool.open.saturating_sub(pool.idle);
                let connections = |state, count: u32| {
                    let labels = [pool.name, state];
                    Sample::labelled(&declared::POOL_CONNECTIONS, labels, f64::from(count))
                };
                let most = f64::from(pool.most);
                [
                    connections("idle", pool.idle),
                    connections("used", used),
                    Sample::labelled(&declared::POOL_MOST, [pool.name], most),
                ]
            })
            .collect()
    }
}

fn truth(it_is: bool) -> f64 {
    f64::from(u8::from(it_is))
}
