//! The one who tells: gives events their positions, adds what they mean for whole posts, and notes
//! which webhooks are to be sent them.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Value};

use super::outcome::{Outcome, Told, outcome};
use super::{NewEvent, insert};
use crate::database::{execute, query_all, query_one};
use crate::places::{padded, places};
use crate::{Database, DbErr, EventId, PostId, Timestamp, notifications};

/// How many events are told in one transaction.
pub const BATCH: i64 = 1_000;

/// How many ids one question names.
const NAMED: usize = 500;

/// What happens to parts after they were live changes nothing in what came of the post: that may be long
/// forgotten, and must not be told anew.
const CHANGES_POST: &str = "events.kind NOT IN ('delivery.removed', 'delivery.missing')";

/// Tells what happened since the last time, up to [`BATCH`] events, and what that means for their
/// posts. Returns how many events were told; `None`: somebody else is telling.
///
/// It is one at a time, over all processes, and the next begins after the last has committed, so
/// whoever sees a position sees all before it.
pub async fn tell(database: &Database, now: Timestamp) -> Result<Option<u64>, DbErr> {
    let waiting = "SELECT 1 AS one FROM events WHERE position IS NULL LIMIT 1";
    if query_one(database.reader(), waiting, []).await?.is_none() {
        return Ok(Some(0));
    }
    // SQLite locks as soon as something is written, and refuses to once something was read.
    let counter = match database.backend() {
        DbBackend::Postgres => {
            "SELECT last FROM event_counter WHERE only_row = 1 FOR UPDATE SKIP LOCKED"
        }
        _ => "UPDATE event_counter SET last = last WHERE only_row = 1 RETURNING last",
    };
    let transaction = database.begin().await?;
    let Some(row) = query_one(&transaction, counter, []).await? else {
        transaction.rollback().await?;
        return Ok(None);
    };
    let last: i64 = row.try_get("", "last")?;
    let told = number(&transaction, last).await?;
    let mut position = last + i64::try_from(told.len()).unwrap_or(i64::MAX);

    let mut posts: Vec<PostId> = told.iter().filter_map(|one| one.post_id.clone()).collect();
    posts.sort();
    posts.dedup();
    let mut added: Vec<NewEvent> = Vec::new();
    for posts in posts.chunks(NAMED) {
        let outcomes = outcomes(&transaction, posts).await?;
        added.extend(not_told_yet(&transaction, outcomes, now).await?);
    }
    let mut ids: Vec<EventId> = told.into_iter().map(|one| one.id).collect();
    for some in added.chunks(NAMED) {
        ids.extend(insert(&transaction, some.to_vec(), Some(position + 1), now).await?);
        position += i64::try_from(some.len()).unwrap_or(i64::MAX);
    }
    notifications::fan_out(&transaction, &ids, now).await?;
    let sql = "UPDATE event_counter SET last = $1 WHERE only_row = 1";
    execute(&transaction, sql, [position.into()]).await?;
    transaction.commit().await?;
    Ok(Some(u64::try_from(ids.len()).unwrap_or(u64::MAX)))
}

#[derive(FromQueryResult)]
struct Numbered {
    id: EventId,
    post_id: Option<PostId>,
}

/// Gives the oldest events that have none the positions after `last`.
async fn number<C: ConnectionTrait>(connection: &C, last: i64) -> Result<Vec<Numbered>, DbErr> {
    let sql = format!(
        "UPDATE events SET position = $1 + numbered.n FROM (
            SELECT id AS numbered_id, row_number() OVER (ORDER BY id) AS n FROM (
                SELECT id FROM events WHERE position IS NULL ORDER BY id LIMIT $2
            ) AS untold
        ) AS numbered WHERE events.id = numbered.numbered_id
        RETURNING events.id AS id, CASE WHEN {CHANGES_POST} THEN events.post_id END AS post_id"
    );
    query_all(connection, &sql, [last.into(), BATCH.into()]).await
}

/// What came of these posts as wholes. One of which more is to be told waits for that: what happened
/// to its deliveries comes before what that means.
async fn outcomes<C: ConnectionTrait>(
    connection: &C,
    posts: &[PostId],
) -> Result<Vec<Outcome>, DbErr> {
    let ids = padded(posts.iter().map(|id| id.clone().into()));
    let sql = format!(
        "SELECT d.post_id, d.owner_id, d.id, d.account_id, d.platform, d.status, d.epoch, d.error,
                (SELECT remote_id FROM parts WHERE delivery_id = d.id AND part_index = 0) AS remote_id,
                (SELECT url FROM parts WHERE delivery_id = d.id AND part_index = 0) AS url
         FROM deliveries d
         WHERE d.post_id IN ({}) AND d.post_id NOT IN (
            SELECT post_id FROM events WHERE position IS NULL AND post_id IS NOT NULL AND {CHANGES_POST})
         ORDER BY d.post_id, d.id",
        places(1, ids.len())
    );
    let rows: Vec<Told> = query_all(connection, sql, ids).await?;
    let posts = rows.chunk_by(|one, other| one.post_id == other.post_id);
    Ok(posts.filter_map(outcome).collect())
}

/// Those outcomes that were not told before; they count as told from here on.
async fn not_told_yet<C: ConnectionTrait>(
    connection: &C,
    outcomes: Vec<Outcome>,
    now: Timestamp,
) -> Result<Vec<NewEvent>, DbErr> {
    #[derive(FromQueryResult)]
    struct New {
        post_id: PostId,
    }
    if outcomes.is_empty() {
        return Ok(Vec::new());
    }
    let mut values: Vec<Value> = vec![now.into()];
    let mut rows = Vec::new();
    for outcome in &outcomes {
        rows.push(format!("({}, $1)", places(values.len() + 1, 2)));
        values.extend([outcome.post_id.clone().into(), outcome.words.clone().into()]);
    }
    let sql = format!(
        "INSERT INTO post_outcomes (post_id, outcome, told_at) VALUES {}
         ON CONFLICT (post_id) DO UPDATE SET outcome = excluded.outcome, told_at = excluded.told_at
         WHERE post_outcomes.outcome <> excluded.outcome RETURNING post_id",
        rows.join(", ")
    );
    let new: Vec<New> = query_all(connection, sql, values).await?;
    let mut events: HashMap<PostId, NewEvent> = outcomes
        .into_iter()
        .map(|outcome| (outcome.post_id, outcome.event))
        .collect();
    let mut new: Vec<PostId> = new.into_iter().map(|row| row.post_id).collect();
    new.sort();
    Ok(new.iter().filter_map(|id| events.remove(id)).collect())
}
