//! The worker's side: what is due, taking it, and writing down what came of a try.

use std::time::Duration;

use sea_orm::{EntityTrait, FromQueryResult, Value};
use serde_json::json;

use super::COLUMNS;
use crate::database::{execute, query_all, query_one};
use crate::places::places;
use crate::rows::event::{self, EventKind};
use crate::rows::notification::{Notification, NotificationState};
use crate::rows::webhook::{self, DisabledWhy};
use crate::webhooks::disable;
use crate::write::{Insert, Sql, Write};
use crate::{Database, DbErr, EventId, NotificationAttemptId, Timestamp, WebhookId};

/// How a webhook takes what it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// What it was sent last it took at once.
    Prompt,
    /// It is new, slow or failing: it may hang.
    Doubtful,
}

/// What is taken in this time is taken at once.
const AT_ONCE: Duration = Duration::from_secs(2);

#[derive(FromQueryResult)]
struct Found {
    webhook_id: WebhookId,
}

/// Up to `limit` webhooks of this pace for which something is due that nobody holds, without those
/// in `busy`, and with those in `served` last. Of those that are prompt, whoever has waited longest
/// comes first; of the others, who is new, and then whoever was tried longest ago, so that a long
/// queue stands before nobody.
pub async fn due_webhooks(
    database: &Database,
    pace: Pace,
    busy: &[WebhookId],
    served: &[WebhookId],
    now: Timestamp,
    limit: i64,
) -> Result<Vec<WebhookId>, DbErr> {
    let is_among = |ids: &[WebhookId], from: usize| match ids.is_empty() {
        true => "FALSE".to_owned(),
        false => format!("w.id IN ({})", places(from, ids.len())),
    };
    let (is_busy, is_served) = (is_among(busy, 3), is_among(served, 3 + busy.len()));
    let (whose, order) = match pace {
        Pace::Prompt => ("w.prompt", "due_at"),
        Pace::Doubtful => ("NOT w.prompt", "tried_at, due_at"),
    };
    let sql = format!(
        "SELECT webhook_id FROM (
            SELECT w.id AS webhook_id, {is_served} AS is_served, coalesce(w.tried_at, 0) AS tried_at, (
                SELECT min(n.next_at) FROM notifications n WHERE n.webhook_id = w.id
                AND n.state = 'waiting' AND n.next_at <= $1 AND n.lease_until <= $1) AS due_at
            FROM webhooks w WHERE w.enabled AND {whose} AND NOT ({is_busy})) AS candidates
         WHERE due_at IS NOT NULL ORDER BY is_served, {order} LIMIT $2"
    );
    let values: Vec<Value> = [now.into(), limit.into()]
        .into_iter()
        .chain(busy.iter().chain(served).map(|id| id.clone().into()))
        .collect();
    let found: Vec<Found> = query_all(database.reader(), sql, values).await?;
    Ok(found.into_iter().map(|found| found.webhook_id).collect())
}

/// Takes up to `limit` of a webhook's notifications that are due, for `lease`. Others skip what is
/// taken here.
pub async fn take(
    database: &Database,
    webhook: &WebhookId,
    now: Timestamp,
    lease: Duration,
    limit: i64,
) -> Result<Vec<Notification>, DbErr> {
    let skip_locked = database.skip_locked();
    // Without the word PostgreSQL may look again for each row, skip what it has just taken, and
    // so take more than the limit.
    let sql = format!(
        "WITH picked AS MATERIALIZED (
            SELECT event_id FROM notifications
            WHERE webhook_id = $2 AND state = 'waiting' AND next_at <= $3 AND lease_until <= $3
            ORDER BY next_at LIMIT $4 {skip_locked}
         )
         UPDATE notifications SET lease_until = $1
         WHERE webhook_id = $2 AND event_id IN (SELECT event_id FROM picked)
           AND state = 'waiting' AND lease_until <= $3
         RETURNING {COLUMNS}"
    );
    let values = [
        (now + lease).into(),
        webhook.clone().into(),
        now.into(),
        limit.into(),
    ];
    query_all(database.writer(), sql, values).await
}

/// The webhook and the event of a notification that was taken; `None` stands for what is gone.
pub async fn load(
    database: &Database,
    taken: &Notification,
) -> Result<(Option<webhook::Model>, Option<event::Model>), DbErr> {
    let webhook = webhook::Entity::find_by_id(taken.webhook_id.clone())
        .one(database.reader())
        .await?;
    let Some(webhook) = webhook else {
        return Ok((None, None));
    };
    let of = (webhook.owner_id.clone(), taken.event_id.clone());
    let sql = "SELECT id, owner_id, kind, post_id, delivery_id, account_id, data, created_at
               FROM events WHERE owner_id = $1 AND id = $2";
    let event = query_all(database.reader(), sql, [of.0.into(), of.1.into()]).await?;
    Ok((Some(webhook), event.into_iter().next()))
}

/// A try that has ended.
#[derive(Clone, Debug)]
pub struct Tried {
    pub started_at: Timestamp,
    pub http_status: Option<u16>,
    /// Why it failed; none: the receiver took it.
    pub error: Option<String>,
    /// The beginning of the answer.
    pub answer: Option<String>,
}

/// How a notification goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    Done,
    Again {
        at: Timestamp,
    },
    /// Given up.
    Failed,
    /// It failed for a reason on our side, which says nothing of the receiver.
    OursAgain {
        at: Timestamp,
    },
    /// Given up for such a reason.
    OursFailed,
}

/// Whether its webhook is disabled by that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disable {
    No,
    /// The receiver said so.
    Gone,
    /// If it has failed since then, without a success in between.
    IfFailingSince(Timestamp),
}

/// Writes a try down, unless the lease was lost meanwhile.
pub async fn record(
    database: &Database,
    taken: &Notification,
    tried: &Tried,
    after: After,
    disabling: Disable,
    now: Timestamp,
) -> Result<(), DbErr> {
    let write = Write {
        guard: outcome(taken, tried, after, now),
        inserts: vec![attempt_row(taken, tried, now)],
        // Lost in a crash of the host, it is sent once more, which receivers know by its id.
        may_be_lost: after == After::Done,
    };
    let id = &taken.webhook_id;
    match after {
        After::Done => {
            database.write(write).await?;
            let sql = match now.since(tried.started_at) <= AT_ONCE {
                // Seldom: nothing of it changes while all goes well.
                true => {
                    "UPDATE webhooks SET failing_since = NULL, prompt = TRUE, tried_at = $1
                     WHERE id = $2 AND (failing_since IS NOT NULL OR NOT prompt)"
                }
                false => {
                    "UPDATE webhooks SET failing_since = NULL, prompt = FALSE, tried_at = $1 WHERE id = $2"
                }
            };
            execute(database.writer(), sql, [now.into(), id.clone().into()])
                .await
                .map(|_| ())
        }
        After::OursAgain { .. } | After::OursFailed => database.write(write).await.map(|_| ()),
        After::Again { .. } | After::Failed => {
            let transaction = database.begin().await?;
            // The webhook first, as all do who change both: nobody waits in a circle.
            let sql = "UPDATE webhooks SET failing_since = coalesce(failing_since, $1), prompt = FALSE, tried_at = $1
                       WHERE id = $2";
            execute(&transaction, sql, [now.into(), id.clone().into()]).await?;
            if !write.run(&transaction).await? {
                return transaction.rollback().await;
            }
            disable_if(&transaction, id, disabling, now).await?;
            transaction.commit().await
        }
    }
}

fn outcome(taken: &Notification, tried: &Tried, after: After, now: Timestamp) -> Sql {
    let (state, next_at) = match after {
        After::Done => (NotificationState::Done, taken.next_at),
        After::Again { at } | After::OursAgain { at } => (NotificationState::Waiting, at),
        After::Failed | After::OursFailed => (NotificationState::Failed, taken.next_at),
    };
    let failing_since = match after {
        After::Again { .. } | After::Failed => taken.failing_since.or(Some(now)),
        After::Done => None,
        After::OursAgain { .. } | After::OursFailed => taken.failing_since,
    };
    let outcome = tried.error.clone().unwrap_or_else(|| "Taken.".to_owned());
    Sql::new(
        // Its webhook may have been disabled while it was under way.
        "UPDATE notifications SET next_at = $1, lease_until = 0, tries = $2, failing_since = $3, outcome = $4,
            state = CASE WHEN $5 = 'waiting' AND NOT (SELECT enabled FROM webhooks WHERE id = $6)
                         THEN 'held' ELSE $5 END
         WHERE webhook_id = $6 AND event_id = $7 AND state = 'waiting' AND lease_until = $8",
        [
            next_at.into(),
            (taken.tries + i32::from(after != After::Done)).into(),
            failing_since.into(),
            outcome.into(),
            state.into(),
            taken.webhook_id.clone().into(),
            taken.event_id.clone().into(),
            taken.lease_until.into(),
        ],
    )
}

fn attempt_row(taken: &Notification, tried: &Tried, now: Timestamp) -> Insert {
    let duration_ms = i64::try_from(now.since(tried.started_at).as_millis()).unwrap_or(i64::MAX);
    Insert::row(
        "notification_attempts (id, webhook_id, event_id, started_at, duration_ms, http_status, error, answer)",
        [
            NotificationAttemptId::generate().into(),
            taken.webhook_id.clone().into(),
            taken.event_id.clone().into(),
            tried.started_at.into(),
            duration_ms.into(),
            tried.http_status.map(i32::from).into(),
            tried.error.clone().into(),
            tried.answer.clone().into(),
        ],
    )
}

/// Disables the webhook with an event, once.
async fn disable_if<C: sea_orm::ConnectionTrait>(
    connection: &C,
    id: &WebhookId,
    disabling: Disable,
    now: Timestamp,
) -> Result<(), DbErr> {
    let why = match disabling {
        Disable::No => return Ok(()),
        Disable::Gone => DisabledWhy::Gone,
        Disable::IfFailingSince(_) => DisabledWhy::Failing,
    };
    if let Disable::IfFailingSince(since) = disabling {
        let sql = "SELECT 1 AS one FROM webhooks WHERE id = $1 AND failing_since <= $2";
        let values = [id.clone().into(), since.into()];
        if query_one(connection, sql, values).await?.is_none() {
            return Ok(());
        }
    }
    if !disable(connection, id, why, now).await? {
        return Ok(());
    }
    let sql = "INSERT INTO events (id, owner_id, kind, data, created_at)
               SELECT $1, owner_id, $2, $3, $4 FROM webhooks WHERE id = $5";
    let values = [
        EventId::at(now).into(),
        EventKind::WebhookDisabled.into(),
        json!({ "webhook_id": id, "why": why }).into(),
        now.into(),
        id.clone().into(),
    ];
    execute(connection, sql, values).await.map(|_| ())
}
