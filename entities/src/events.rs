//! What happened, for those who want to be told: written with what it tells of, put in order by
//! [`tell()`], and read after a position by whoever listens.
//!
//! Transactions end in another order than they begin, so no time and no id that is made in one can
//! serve as a place to go on from. A position is given afterwards, by one teller at a time.

mod outcome;
mod tell;

use sea_orm::{ConnectionTrait, Value};
use serde_json::json;

pub use outcome::{Outcome, Told, outcome};
pub use tell::{BATCH, tell};

use crate::database::{execute, query_all, query_one};
use crate::rows::event::{EventKind, Model};
use crate::{AccountId, Database, DbErr, DeliveryId, EventId, PostId, Timestamp, UserId};

/// An event to be written.
#[derive(Clone, Debug)]
pub struct NewEvent {
    pub kind: EventKind,
    pub owner_id: UserId,
    pub post_id: Option<PostId>,
    pub delivery_id: Option<DeliveryId>,
    pub account_id: Option<AccountId>,
    pub data: serde_json::Value,
}

/// Columns of `events`, in the order of [`NewEvent::values`].
const COLUMNS: &str =
    "id, owner_id, kind, post_id, delivery_id, account_id, data, created_at, position";

impl NewEvent {
    fn values(self, id: EventId, position: Option<i64>, now: Timestamp) -> [Value; 9] {
        [
            id.into(),
            self.owner_id.into(),
            self.kind.into(),
            self.post_id.into(),
            self.delivery_id.into(),
            self.account_id.into(),
            self.data.into(),
            now.into(),
            position.into(),
        ]
    }
}

/// Writes events, to be told soon.
pub async fn append<C: ConnectionTrait>(
    connection: &C,
    events: Vec<NewEvent>,
    now: Timestamp,
) -> Result<(), DbErr> {
    insert(connection, events, None, now).await.map(|_| ())
}

/// Writes events; the first gets `position`, if there is one, and the others those after it. Returns
/// their ids.
async fn insert<C: ConnectionTrait>(
    connection: &C,
    events: Vec<NewEvent>,
    position: Option<i64>,
    now: Timestamp,
) -> Result<Vec<EventId>, DbErr> {
    let ids: Vec<EventId> = events.iter().map(|_| EventId::at(now)).collect();
    let (mut rows, mut values): (Vec<String>, Vec<Value>) = (Vec::new(), Vec::new());
    for ((event, id), number) in events.into_iter().zip(&ids).zip(0..) {
        let from = values.len() + 1;
        let position = position.map(|first| first + number);
        values.extend(event.values(id.clone(), position, now));
        let places: Vec<String> = (from..=values.len()).map(|at| format!("${at}")).collect();
        rows.push(format!("({})", places.join(", ")));
    }
    if rows.is_empty() {
        return Ok(ids);
    }
    let sql = format!("INSERT INTO events ({COLUMNS}) VALUES {}", rows.join(", "));
    execute(connection, sql, values).await?;
    Ok(ids)
}

/// The position of the event that was told last; 0 before the first.
pub async fn last_position(database: &Database) -> Result<i64, DbErr> {
    let row = query_one(database.reader(), "SELECT last FROM event_counter", []).await?;
    row.map_or(Ok(0), |row| row.try_get("", "last"))
}

/// Where somebody who saw this event last goes on. An event that is forgotten or was never told
/// stands for the time when it happened.
pub async fn position_of(database: &Database, owner: &UserId, id: &EventId) -> Result<i64, DbErr> {
    let exact =
        "SELECT position FROM events WHERE id = $1 AND owner_id = $2 AND position IS NOT NULL";
    let values = [id.clone().into(), owner.clone().into()];
    if let Some(row) = query_one(database.reader(), exact, values.clone()).await? {
        return row.try_get("", "position");
    }
    let later = "SELECT min(position) - 1 AS position FROM events
                 WHERE owner_id = $2 AND position IS NOT NULL AND id > $1";
    let row = query_one(database.reader(), later, values).await?;
    match row.map_or(Ok(None), |row| row.try_get("", "position"))? {
        Some(position) => Ok(position),
        None => last_position(database).await,
    }
}

/// What was told to an owner after a position, the oldest first.
pub async fn of_owner_after(
    database: &Database,
    owner: &UserId,
    position: i64,
    limit: i64,
) -> Result<Vec<Model>, DbErr> {
    let sql = format!(
        "SELECT {COLUMNS} FROM events WHERE owner_id = $1 AND position > $2 ORDER BY position LIMIT $3"
    );
    let values = [owner.clone().into(), position.into(), limit.into()];
    query_all(database.reader(), sql, values).await
}

/// What was told to anybody after a position, the oldest first.
pub async fn after(database: &Database, position: i64, limit: i64) -> Result<Vec<Model>, DbErr> {
    let sql =
        format!("SELECT {COLUMNS} FROM events WHERE position > $1 ORDER BY position LIMIT $2");
    query_all(database.reader(), sql, [position.into(), limit.into()]).await
}

/// How many events are still to be told, up to 10,000, and since when the oldest.
pub async fn untold(database: &Database) -> Result<(i64, Option<Timestamp>), DbErr> {
    let sql = "SELECT count(*) AS waiting, min(created_at) AS since FROM (
                   SELECT created_at FROM events WHERE position IS NULL ORDER BY id LIMIT 10000
               ) AS untold";
    match query_one(database.reader(), sql, []).await? {
        None => Ok((0, None)),
        Some(row) => Ok((row.try_get("", "waiting")?, row.try_get("", "since")?)),
    }
}

/// Forgets up to `limit` events that were told before `before`, and as many outcomes of posts;
/// returns how many it were of whichever were more.
pub async fn forget(database: &Database, before: Timestamp, limit: i64) -> Result<u64, DbErr> {
    let sql = "DELETE FROM events WHERE id IN (
                   SELECT id FROM events WHERE id < $1 AND position IS NOT NULL ORDER BY id LIMIT $2)";
    let values = [EventId::before(before).into(), limit.into()];
    let events = execute(database.writer(), sql, values).await?;
    let sql = "DELETE FROM post_outcomes WHERE post_id IN (
                   SELECT post_id FROM post_outcomes WHERE told_at < $1 ORDER BY told_at LIMIT $2)";
    let outcomes = execute(database.writer(), sql, [before.into(), limit.into()]).await?;
    Ok(events.rows_affected().max(outcomes.rows_affected()))
}

impl Model {
    /// The event as it is sent, by streams and webhooks alike.
    pub fn body(&self) -> serde_json::Value {
        let mut data = match &self.data {
            serde_json::Value::Object(fields) => fields.clone(),
            _ => serde_json::Map::new(),
        };
        let ids = [
            ("post_id", self.post_id.as_ref().map(PostId::as_str)),
            (
                "delivery_id",
                self.delivery_id.as_ref().map(DeliveryId::as_str),
            ),
            (
                "account_id",
                self.account_id.as_ref().map(AccountId::as_str),
            ),
        ];
        for (name, id) in ids {
            if let Some(id) = id {
                data.insert(name.to_owned(), id.into());
            }
        }
        json!({
            "id": self.id,
            "type": self.kind,
            "timestamp": self.created_at,
            "data": data,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_sent_with_the_ids_of_what_it_tells_of() {
        let (owner, post) = (UserId::generate(), PostId::generate());
        let event = Model {
            id: EventId::at(Timestamp::from_ms(0)),
            owner_id: owner.clone(),
            kind: EventKind::PostPublished,
            post_id: Some(post.clone()),
            delivery_id: None,
            account_id: None,
            data: json!({ "status": "published" }),
            created_at: Timestamp::from_ms(1_795_000_000_000),
            position: Some(7),
        };
        let body = event.body();
        assert_eq!(body["type"], "post.published");
        assert_eq!(
            body["data"],
            json!({ "status": "published", "post_id": post })
        );
        assert!(body["timestamp"].is_string());
        assert!(!body.to_string().contains(owner.as_str()), "{body}");
    }
}
