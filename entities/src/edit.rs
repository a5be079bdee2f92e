//! What a person changes after submitting: cancel, change, retry. Each is one compare-and-swap
//! against the worker's claim, so that exactly one of the two wins.

use std::time::Duration;

use sea_orm::{ConnectionTrait, FromQueryResult};

use crate::content::Content;
use crate::database::{execute, query_all};
use crate::delivery::{Status, WaitReason};
use crate::misfire;
use crate::rows::delivery;
use crate::rows::post::IfLate;
use crate::{Database, DbErr, DeliveryId, PostId, Timestamp, UserId, jitter, uploads};

/// Calls off what of a post has not begun to be live; returns how many deliveries that was.
pub async fn cancel(
    database: &Database,
    owner: &UserId,
    id: &PostId,
    now: Timestamp,
) -> Result<u64, DbErr> {
    let sql = format!(
        "UPDATE deliveries SET status = 'canceled', next_at = NULL, waiting_for = NULL, epoch = epoch + 1,
            handed_until = 0, error = NULL, updated_at = $1
         WHERE post_id = $2 AND owner_id = $3 AND status IN ({}) AND lease_until IS NULL
           AND container_refused_at IS NULL AND NOT EXISTS (SELECT 1 FROM parts WHERE parts.delivery_id = deliveries.id)",
        words(Status::before(Status::Canceled))
    );
    let values = [now.into(), id.clone().into(), owner.clone().into()];
    Ok(execute(database.writer(), sql, values)
        .await?
        .rows_affected())
}

/// A delivery that may be given other words: none of its calls can have been seen by anyone.
/// What was missed and given a new time waits for it untouched, whatever was tried before.
const CHANGEABLE: &str = "status = 'queued' AND (attempt_count = 0 OR waiting_for = 'schedule')
    OR status = 'missed' AND unresolved_since IS NULL";

/// What to change of a post; `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    pub content: Option<Content>,
    /// `Some(None)`: at once.
    pub publish_at: Option<Option<Timestamp>>,
    pub time_zone: Option<Option<String>>,
    pub if_late: Option<IfLate>,
    /// `Some(None)`: the default of `if_late`.
    pub max_lateness_s: Option<Option<i64>>,
    /// How far its deliveries are spread; counted anew from the post's time, or from now.
    pub jitter_s: Option<i64>,
}

/// Changes a post of which nothing has been tried yet, or which was missed; `false` when something
/// of it may be live or is under way. A new time queues again what was missed. Deliveries that were
/// canceled stay so.
pub async fn change(
    database: &Database,
    owner: &UserId,
    id: &PostId,
    edit: Edit,
    now: Timestamp,
    hand_out: Duration,
) -> Result<bool, DbErr> {
    let transaction = database.begin().await?;
    let publish_at = edit.publish_at.map(|at| at.filter(|at| *at > now));
    let (next_at, why, handed_until) = match publish_at {
        Some(Some(at)) => (Some(at), Some(WaitReason::Schedule), Timestamp::from_ms(0)),
        Some(None) => (Some(now), Some(WaitReason::Turn), now + hand_out),
        None => (None, None, Timestamp::from_ms(0)),
    };
    // Touching every untouched delivery first takes their locks: no claim can come between.
    let moved = execute(
        &transaction,
        format!(
            "UPDATE deliveries SET epoch = epoch + 1, next_at = coalesce($1, next_at),
            due_at = coalesce($1, due_at), waiting_for = coalesce($2, waiting_for),
            handed_until = CASE WHEN $1 IS NULL THEN handed_until ELSE $3 END,
            status = CASE WHEN $1 IS NULL THEN status ELSE 'queued' END,
            error = CASE WHEN $1 IS NULL THEN error END, checkpoint = 'start', container_id = NULL,
            container_made_at = NULL, container_refused_at = NULL, containers_used = 0, looks = 0,
            failing_since = NULL, updated_at = $4
         WHERE post_id = $5 AND owner_id = $6 AND ({CHANGEABLE})"
        ),
        [
            next_at.into(),
            why.into(),
            handed_until.into(),
            now.into(),
            id.clone().into(),
            owner.clone().into(),
        ],
    )
    .await?
    .rows_affected();
    let sql =
        "SELECT count(*) AS meant FROM deliveries WHERE post_id = $1 AND status <> 'canceled'";
    let meant = crate::database::query_one(&transaction, sql, [id.clone().into()]).await?;
    let meant: i64 = meant.map_or(Ok(0), |row| row.try_get("", "meant"))?;
    if moved == 0 || u64::try_from(meant) != Ok(moved) {
        transaction.rollback().await?;
        return Ok(false);
    }
    if let Some(content) = edit.content {
        let sql = "UPDATE posts SET content = $1 WHERE id = $2";
        let json =
            serde_json::to_value(&content).map_err(|error| DbErr::Json(error.to_string()))?;
        execute(&transaction, sql, [json.into(), id.clone().into()]).await?;
        let sql = "DELETE FROM media_uses WHERE post_id = $1";
        execute(&transaction, sql, [id.clone().into()]).await?;
        for media in content.media() {
            let sql = "INSERT INTO media_uses (media_id, post_id) VALUES ($1, $2)";
            execute(&transaction, sql, [media.clone().into(), id.clone().into()]).await?;
        }
        execute(&transaction, uploads::FORGET_OF_POST, [id.clone().into()]).await?;
    }
    if let Some(at) = edit.publish_at {
        execute(
            &transaction,
            "UPDATE posts SET publish_at = $1 WHERE id = $2",
            [at.into(), id.clone().into()],
        )
        .await?;
    }
    if let Some(zone) = edit.time_zone {
        execute(
            &transaction,
            "UPDATE posts SET time_zone = $1 WHERE id = $2",
            [zone.into(), id.clone().into()],
        )
        .await?;
    }
    if let Some(if_late) = edit.if_late {
        let sql = "UPDATE posts SET if_late = $1 WHERE id = $2";
        execute(&transaction, sql, [if_late.into(), id.clone().into()]).await?;
    }
    if let Some(seconds) = edit.max_lateness_s {
        let sql = "UPDATE posts SET max_lateness_s = $1 WHERE id = $2";
        execute(&transaction, sql, [seconds.into(), id.clone().into()]).await?;
    }
    if let Some(seconds) = edit.jitter_s {
        let sql = "UPDATE posts SET jitter_s = $1 WHERE id = $2";
        execute(&transaction, sql, [seconds.into(), id.clone().into()]).await?;
    }
    if edit.publish_at.is_some() || edit.jitter_s.is_some() {
        let anew = edit.jitter_s.is_some();
        respread(&transaction, id, anew, now, hand_out).await?;
    }
    execute(
        &transaction,
        "UPDATE posts SET updated_at = $1 WHERE id = $2",
        [now.into(), id.clone().into()],
    )
    .await?;
    transaction.commit().await?;
    Ok(true)
}

/// Spreads what of a post is queued from its time on, or from now. What is not spread has its time
/// already, unless that was spread before (`anew`).
async fn respread<C: ConnectionTrait>(
    connection: &C,
    id: &PostId,
    anew: bool,
    now: Timestamp,
    hand_out: Duration,
) -> Result<(), DbErr> {
    let sql =
        "SELECT d.id, p.publish_at, p.jitter_s FROM deliveries d JOIN posts p ON p.id = d.post_id
        WHERE p.id = $1 AND d.status = 'queued'";
    #[derive(FromQueryResult)]
    struct Row {
        id: DeliveryId,
        publish_at: Option<Timestamp>,
        jitter_s: i64,
    }
    for row in query_all::<_, Row>(connection, sql, [id.clone().into()]).await? {
        if row.jitter_s == 0 && !anew {
            continue;
        }
        let at = row.publish_at.filter(|at| *at > now).unwrap_or(now);
        let at = at + jitter::spread(row.jitter_s, &row.id);
        let (why, handed_until) = match at > now {
            true => (WaitReason::Schedule, Timestamp::from_ms(0)),
            false => (WaitReason::Turn, now + hand_out),
        };
        let sql = "UPDATE deliveries SET next_at = $1, due_at = $1, waiting_for = $2, handed_until = $3 WHERE id = $4";
        let values = [at.into(), why.into(), handed_until.into(), row.id.into()];
        execute(connection, sql, values).await?;
    }
    Ok(())
}

/// Queues a delivery again that failed or was missed; `false` when it is not as `read` any more,
/// or neither of the two. Where a failed one got to is forgotten, except since when an outcome has
/// been unknown.
pub async fn retry(
    database: &Database,
    owner: &UserId,
    read: &delivery::Model,
    now: Timestamp,
    hand_out: Duration,
) -> Result<bool, DbErr> {
    if read.status == Status::Missed {
        return misfire::publish_after_all(database, owner, read, now, hand_out).await;
    }
    // Gone first: a worker that comes between sends the files once more than it had to.
    let forget = uploads::FORGET_OF_FAILED;
    execute(database.writer(), forget, [read.id.clone().into()]).await?;
    let sql = "UPDATE deliveries SET status = 'queued', next_at = $1, due_at = $1, waiting_for = 'turn',
            handed_until = $2, epoch = epoch + 1, checkpoint = 'start', container_id = NULL, container_made_at = NULL,
            container_refused_at = NULL, containers_used = 0, sent_at = NULL, seen_live = FALSE, remote_id = NULL, looks = 0,
            failing_since = NULL, error = NULL, updated_at = $1
         WHERE id = $3 AND owner_id = $4 AND status = $5 AND epoch = $6 AND updated_at = $7
           AND status = 'failed'";
    let values = [
        now.into(),
        (now + hand_out).into(),
        read.id.clone().into(),
        owner.clone().into(),
        read.status.into(),
        read.epoch.into(),
        read.updated_at.into(),
    ];
    Ok(execute(database.writer(), sql, values)
        .await?
        .rows_affected()
        == 1)
}

fn words(statuses: impl Iterator<Item = Status>) -> String {
    statuses
        .map(|status| format!("'{status}'"))
        .collect::<Vec<_>>()
        .join(", ")
}
