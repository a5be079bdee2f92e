//! What waits to be told to customers.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use entities::gauges::MOST;
use entities::{Database, DbErr, Timestamp, events, notifications};
use futures::future::BoxFuture;

/// How much is still to be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Notifications that wait to be sent, counted up to [`MOST`].
    pub webhooks_waiting: i64,
    /// Since when the oldest of them has waited.
    pub oldest_webhook: Option<Timestamp>,
    /// Events of which nobody has been told yet, counted as far.
    pub events_untold: i64,
}

type Read = dyn Fn(Database, Timestamp) -> BoxFuture<'static, Result<Backlog, DbErr>> + Send + Sync;

/// How the backlog is read: by one query for each of its two halves, which indexes answer and which
/// count no further than [`MOST`].
#[derive(Clone)]
pub struct ReadBacklog(Arc<Read>);

impl ReadBacklog {
    /// Asks this function, at most once in ten seconds.
    pub fn by<F>(read: impl Fn(Database, Timestamp) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Backlog, DbErr>> + Send + 'static,
    {
        ReadBacklog(Arc::new(move |database, now| Box::pin(read(database, now))))
    }

    /// Asks the database: events without a position, and notifications that wait.
    pub fn from_the_database() -> Self {
        Self::by(|database, now| async move {
            let waiting = notifications::backlog(&database, now).await?;
            let (events_untold, _) = events::untold(&database).await?;
            let oldest = Duration::from_millis(u64::try_from(waiting.oldest_due_ms).unwrap_or(0));
            Ok(Backlog {
                webhooks_waiting: (waiting.due + waiting.later).min(MOST),
                oldest_webhook: (waiting.due > 0).then(|| now - oldest),
                events_untold,
            })
        })
    }

    pub(crate) async fn read(&self, database: &Database, now: Timestamp) -> Result<Backlog, DbErr> {
        (self.0)(database.clone(), now).await
    }
}
