//! Which event goes to which webhook, when, and what came of it.
//!
//! A row is one event for one webhook. Whoever sends it holds it by `lease_until`; one whose worker
//! dies is sent again, under the same event id.

mod sending;

use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::database::{execute, query_all, query_one};
use crate::gauges::MOST;
use crate::places::{padded, places};
use crate::rows::event::EventKind;
use crate::rows::notification::{Notification, NotificationAttempt, NotificationState};
use crate::write::{Insert, Sql, Write};
use crate::{Database, DbErr, EventId, Timestamp, UserId, WebhookId};

pub use sending::{After, Disable, Pace, Tried, due_webhooks, load, record, take};

const COLUMNS: &str = "webhook_id, event_id, kind, state, next_at, lease_until, tries, failing_since, outcome, created_at";

/// How many events are named in one statement.
const BATCH: usize = 500;

/// Notes each event for each enabled webhook of its owner that wants its kind; returns how many
/// notes are new. Repeating it changes nothing. A test event is for one webhook, which has it
/// already. The caller may have a transaction open.
pub async fn fan_out<C: ConnectionTrait>(
    connection: &C,
    events: &[EventId],
    now: Timestamp,
) -> Result<u64, DbErr> {
    let mut noted = 0;
    for batch in events.chunks(BATCH) {
        let ids = padded(batch.iter().map(|id| id.clone().into()));
        // Beginning with the webhooks, of which there are few: events are found by their owner.
        let sql = format!(
            "INSERT INTO notifications (webhook_id, event_id, kind, state, next_at, created_at)
             SELECT w.id, e.id, e.kind, 'waiting', $1, $1
             FROM webhooks w JOIN events e ON e.owner_id = w.owner_id
             WHERE w.enabled AND e.kind <> $2 AND e.id IN ({})
               AND (w.kinds IS NULL OR w.kinds LIKE '% ' || e.kind || ' %')
             ON CONFLICT DO NOTHING",
            places(3, ids.len())
        );
        let values = [now.into(), EventKind::WebhookTest.into()];
        let values = values.into_iter().chain(ids);
        noted += execute(connection, sql, values).await?.rows_affected();
    }
    Ok(noted)
}

/// Makes a test event for one webhook and nobody else. `None`: the owner has no such webhook, or it
/// is disabled.
pub async fn test(
    database: &Database,
    owner: &UserId,
    webhook: &WebhookId,
    now: Timestamp,
) -> Result<Option<EventId>, DbErr> {
    let (event, kind) = (EventId::at(now), EventKind::WebhookTest);
    let data = json!({ "webhook_id": webhook, "message": "Your webhook works." });
    let guard = Sql::new(
        "INSERT INTO events (id, owner_id, kind, data, created_at)
         SELECT $1, w.owner_id, $2, $3, $4 FROM webhooks w WHERE w.id = $5 AND w.owner_id = $6 AND w.enabled",
        [
            event.clone().into(),
            kind.into(),
            data.into(),
            now.into(),
            webhook.clone().into(),
            owner.clone().into(),
        ],
    );
    let noted = Insert::row(
        "notifications (webhook_id, event_id, kind, state, next_at, created_at)",
        [
            webhook.clone().into(),
            event.clone().into(),
            kind.into(),
            NotificationState::Waiting.into(),
            now.into(),
            now.into(),
        ],
    );
    let write = Write {
        guard,
        inserts: vec![noted],
        may_be_lost: false,
    };
    Ok(database.write(write).await?.then_some(event))
}

/// What came of a wish to send something again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redelivered {
    /// It is sent anew, with all its tries before it.
    Begun,
    /// It is being sent at this moment.
    UnderWay,
    /// There was no such notification for the webhook.
    Unknown,
}

/// Sends an event to a webhook once more, whatever came of it before. The webhook was found to be
/// the caller's.
pub async fn redeliver(
    database: &Database,
    webhook: &WebhookId,
    event: &EventId,
    now: Timestamp,
) -> Result<Redelivered, DbErr> {
    let sql =
        "UPDATE notifications SET state = 'waiting', next_at = $1, tries = 0, failing_since = NULL
               WHERE webhook_id = $2 AND event_id = $3 AND lease_until <= $1";
    let values = [now.into(), webhook.clone().into(), event.clone().into()];
    if execute(database.writer(), sql, values)
        .await?
        .rows_affected()
        == 1
    {
        return Ok(Redelivered::Begun);
    }
    Ok(match find(database, webhook, event).await? {
        Some(_) => Redelivered::UnderWay,
        None => Redelivered::Unknown,
    })
}

/// One of a webhook's.
pub async fn find(
    database: &Database,
    webhook: &WebhookId,
    event: &EventId,
) -> Result<Option<Notification>, DbErr> {
    let sql =
        format!("SELECT {COLUMNS} FROM notifications WHERE webhook_id = $1 AND event_id = $2");
    let values = [webhook.clone().into(), event.clone().into()];
    let found: Vec<Notification> = query_all(database.writer(), sql, values).await?;
    Ok(found.into_iter().next())
}

/// What was and is to be sent to a webhook, newest event first, from before `before` on.
pub async fn list(
    database: &Database,
    webhook: &WebhookId,
    before: Option<&EventId>,
    limit: u64,
) -> Result<Vec<Notification>, DbErr> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut values = vec![webhook.clone().into(), limit.into()];
    let older = match before {
        Some(before) => {
            values.push(before.clone().into());
            "AND event_id < $3"
        }
        None => "",
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM notifications WHERE webhook_id = $1 {older} ORDER BY event_id DESC LIMIT $2"
    );
    query_all(database.reader(), sql, values).await
}

/// Every try to send these to a webhook, oldest first.
pub async fn attempts(
    database: &Database,
    webhook: &WebhookId,
    events: &[EventId],
) -> Result<Vec<NotificationAttempt>, DbErr> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let ids = padded(events.iter().map(|event| event.clone().into()));
    let sql = format!(
        "SELECT id, webhook_id, event_id, started_at, duration_ms, http_status, error, answer
         FROM notification_attempts WHERE webhook_id = $1 AND event_id IN ({}) ORDER BY id",
        places(2, ids.len())
    );
    let values = std::iter::once(webhook.clone().into()).chain(ids);
    query_all(database.reader(), sql, values).await
}

/// How much waits to be sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// What is due, or is being sent; at most [`MOST`].
    pub due: i64,
    /// What waits for its next try later on; at most [`MOST`].
    pub later: i64,
    /// How long the oldest that is due has been so, in milliseconds.
    pub oldest_due_ms: i64,
}

/// How much waits, for those who watch over the installation. What a disabled webhook would have been
/// sent waits for nobody but its owner, and is left out.
pub async fn backlog(database: &Database, now: Timestamp) -> Result<Backlog, DbErr> {
    let Some(row) = query_one(database.reader(), backlog_sql(), [now.into()]).await? else {
        return Ok(Backlog::default());
    };
    let oldest: Option<Timestamp> = row.try_get("", "oldest")?;
    let age = oldest.map_or(0, |at| (now.as_ms() - at.as_ms()).max(0));
    Ok(Backlog {
        due: row.try_get("", "due")?,
        later: row.try_get("", "later")?,
        oldest_due_ms: age,
    })
}

/// Webhook by webhook, as `notifications_due` is made.
fn backlog_sql() -> String {
    let count = |when: &str| {
        format!(
            "SELECT count(*) FROM (
                SELECT 1 AS one FROM webhooks w JOIN notifications n ON n.webhook_id = w.id
                WHERE w.enabled AND n.state = 'waiting' AND n.next_at {when} $1 LIMIT {MOST}) AS counted"
        )
    };
    format!(
        "SELECT ({}) AS due, ({}) AS later, min(oldest) AS oldest FROM (
            SELECT (SELECT min(n.next_at) FROM notifications n
                    WHERE n.webhook_id = w.id AND n.state = 'waiting') AS oldest
            FROM webhooks w WHERE w.enabled) AS each_webhook",
        count("<="),
        count(">"),
    )
}

/// What is asked for [`backlog`], for whoever wants to see how a database answers it.
pub fn backlog_query(now: Timestamp) -> String {
    backlog_sql().replace("$1", &now.as_ms().to_string())
}

/// When the next is due.
pub async fn next_at(database: &Database) -> Result<Option<Timestamp>, DbErr> {
    let sql = "SELECT min(CASE WHEN n.lease_until > n.next_at THEN n.lease_until ELSE n.next_at END) AS at
               FROM notifications n JOIN webhooks w ON w.id = n.webhook_id
               WHERE n.state = 'waiting' AND w.enabled";
    let row = query_one(database.reader(), sql, []).await?;
    row.map_or(Ok(None), |row| row.try_get("", "at"))
}

/// Forgets up to `limit` of what was made before `before`, with its tries, whatever came of it;
/// returns how many that were.
pub async fn forget_before(
    database: &Database,
    before: Timestamp,
    limit: i64,
) -> Result<u64, DbErr> {
    let skip_locked = database.skip_locked();
    let sql = format!(
        "WITH picked AS MATERIALIZED (
            SELECT webhook_id, event_id FROM notifications WHERE created_at < $1
            ORDER BY created_at LIMIT $2 {skip_locked}
         )
         DELETE FROM notifications WHERE (webhook_id, event_id) IN (SELECT webhook_id, event_id FROM picked)"
    );
    let done = execute(database.writer(), sql, [before.into(), limit.into()]).await?;
    Ok(done.rows_affected())
}

/// Forgets up to `limit` of what was and was to be sent to one webhook, with its tries; returns how
/// many that were. What somebody is just writing to is passed over.
pub(crate) async fn forget_of(
    database: &Database,
    webhook: &WebhookId,
    limit: u64,
) -> Result<u64, DbErr> {
    let skip_locked = database.skip_locked();
    let sql = format!(
        "WITH picked AS MATERIALIZED (
            SELECT event_id FROM notifications WHERE webhook_id = $1 LIMIT $2 {skip_locked}
         )
         DELETE FROM notifications WHERE webhook_id = $1 AND event_id IN (SELECT event_id FROM picked)"
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let done = execute(
        database.writer(),
        sql,
        [webhook.clone().into(), limit.into()],
    )
    .await?;
    Ok(done.rows_affected())
}
