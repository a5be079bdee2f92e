//! What is still to be done about a delivery that is live: to remove it from its platform, or to see
//! whether it is still there. Both may be repeated, so whoever holds one may die.

use std::time::Duration;

use sea_orm::FromQueryResult;
use serde_json::json;

use crate::database::{execute, query_all, query_one};
use crate::delivery::DeliveryError;
use crate::places::{padded, places};
use crate::rows::event::EventKind;
use crate::rows::part;
use crate::text_enum::text_enum;
use crate::write::{Insert, Sql, Write};
use crate::{Database, DbErr, DeliveryId, EventId, Timestamp};

text_enum! {
    /// What is to be done.
    pub enum ErrandKind {
        /// Take every part that is live off its platform.
        Remove = "remove",
        /// See whether every part is still there.
        Verify = "verify",
    }
}

text_enum! {
    /// How far it got.
    pub enum ErrandState {
        Waiting = "waiting",
        Done = "done",
        /// Given up, with a reason.
        Failed = "failed",
    }
}

/// One errand.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Errand {
    pub delivery_id: DeliveryId,
    pub kind: ErrandKind,
    pub state: ErrandState,
    pub next_at: Timestamp,
    pub lease_until: Timestamp,
    pub tries: i32,
    pub error: Option<serde_json::Value>,
    /// When it was first due after it was asked for: from then on it is tried for so long.
    pub created_at: Timestamp,
}

const COLUMNS: &str = "delivery_id, kind, state, next_at, lease_until, tries, error, created_at";

/// Asks for one; one that has ended is begun anew, one that waits goes on as it is.
pub async fn ask(
    database: &Database,
    delivery: &DeliveryId,
    kind: ErrandKind,
    at: Timestamp,
    now: Timestamp,
) -> Result<(), DbErr> {
    let Sql { text, values } = asking(delivery, kind, at, now);
    execute(database.writer(), text, values).await.map(|_| ())
}

fn asking(delivery: &DeliveryId, kind: ErrandKind, at: Timestamp, now: Timestamp) -> Sql {
    Sql::new(
        "INSERT INTO errands (delivery_id, kind, state, next_at, created_at, updated_at)
         VALUES ($1, $2, 'waiting', $3, $3, $4)
         ON CONFLICT (delivery_id, kind) DO UPDATE SET state = 'waiting', next_at = excluded.next_at,
            tries = 0, error = NULL, lease_until = 0, created_at = excluded.created_at,
            updated_at = excluded.updated_at
         WHERE errands.state <> 'waiting'",
        [delivery.clone().into(), kind.into(), at.into(), now.into()],
    )
}

/// Written with the step that publishes the last part.
pub(crate) fn verify_row(delivery: &DeliveryId, at: Timestamp, now: Timestamp) -> Insert {
    Insert {
        on_conflict: "ON CONFLICT (delivery_id, kind) DO UPDATE SET next_at = excluded.next_at,
            created_at = excluded.created_at",
        ..Insert::row(
            "errands (delivery_id, kind, state, next_at, created_at, updated_at)",
            [
                delivery.clone().into(),
                ErrandKind::Verify.into(),
                ErrandState::Waiting.into(),
                at.into(),
                at.into(),
                now.into(),
            ],
        )
    }
}

/// Takes up to `limit` errands that are due, for `lease`. Others skip what is taken here.
pub async fn take(
    database: &Database,
    now: Timestamp,
    lease: Duration,
    limit: i64,
) -> Result<Vec<Errand>, DbErr> {
    let skip_locked = database.skip_locked();
    // Materialized, since PostgreSQL may else look again for each row, skip what it has just taken,
    // and so take more than the limit.
    let sql = format!(
        "WITH picked AS MATERIALIZED (
            SELECT delivery_id, kind FROM errands
            WHERE state = 'waiting' AND next_at <= $2 AND lease_until <= $2
            ORDER BY next_at LIMIT $3 {skip_locked}
         )
         UPDATE errands SET lease_until = $1
         WHERE (delivery_id, kind) IN (SELECT delivery_id, kind FROM picked) AND lease_until <= $2
         RETURNING {COLUMNS}"
    );
    let values = [(now + lease).into(), now.into(), limit.into()];
    query_all(database.writer(), sql, values).await
}

/// When the next one is due.
pub async fn next_at(database: &Database) -> Result<Option<Timestamp>, DbErr> {
    let sql = "SELECT min(CASE WHEN lease_until > next_at THEN lease_until ELSE next_at END) AS at
               FROM errands WHERE state = 'waiting'";
    let row = query_one(database.reader(), sql, []).await?;
    row.map_or(Ok(None), |row| row.try_get("", "at"))
}

/// Those of several deliveries.
pub async fn of(database: &Database, deliveries: &[DeliveryId]) -> Result<Vec<Errand>, DbErr> {
    if deliveries.is_empty() {
        return Ok(Vec::new());
    }
    let ids = padded(deliveries.iter().map(|id| id.clone().into()));
    let sql = format!(
        "SELECT {COLUMNS} FROM errands WHERE delivery_id IN ({})",
        places(1, ids.len())
    );
    query_all(database.reader(), sql, ids).await
}

/// What is live of a delivery, as far as it has an id.
pub async fn live_parts(
    database: &Database,
    delivery: &DeliveryId,
) -> Result<Vec<part::Model>, DbErr> {
    let sql = "SELECT * FROM parts WHERE delivery_id = $1 AND remote_id IS NOT NULL
               AND removed_at IS NULL ORDER BY part_index";
    query_all(database.reader(), sql, [delivery.clone().into()]).await
}

/// Another try at `at`, for this reason.
pub async fn postpone(
    database: &Database,
    errand: &Errand,
    at: Timestamp,
    why: Option<&DeliveryError>,
    now: Timestamp,
) -> Result<(), DbErr> {
    let sql = "UPDATE errands SET next_at = $1, lease_until = 0, tries = tries + 1, error = $2, updated_at = $3
               WHERE delivery_id = $4 AND kind = $5 AND lease_until = $6 AND state = 'waiting'";
    let values = [
        at.into(),
        why.map(|error| json!(error)).into(),
        now.into(),
        errand.delivery_id.clone().into(),
        errand.kind.into(),
        errand.lease_until.into(),
    ];
    execute(database.writer(), sql, values).await.map(|_| ())
}

/// Over, for good or with a reason.
pub async fn end(
    database: &Database,
    errand: &Errand,
    failed: Option<&DeliveryError>,
    now: Timestamp,
) -> Result<(), DbErr> {
    let state = match failed {
        None => ErrandState::Done,
        Some(_) => ErrandState::Failed,
    };
    let sql = "UPDATE errands SET state = $1, lease_until = 0, error = $2, updated_at = $3
               WHERE delivery_id = $4 AND kind = $5 AND lease_until = $6 AND state = 'waiting'";
    let values = [
        state.into(),
        failed.map(|error| json!(error)).into(),
        now.into(),
        errand.delivery_id.clone().into(),
        errand.kind.into(),
        errand.lease_until.into(),
    ];
    execute(database.writer(), sql, values).await.map(|_| ())
}

/// A part is not on its platform any more: because it was `removed` at our wish, or it is missing.
/// Told once, with an event.
pub async fn part_is_gone(
    database: &Database,
    part: &part::Model,
    kind: ErrandKind,
    now: Timestamp,
) -> Result<(), DbErr> {
    let (column, event) = match kind {
        ErrandKind::Remove => ("removed_at", EventKind::DeliveryRemoved),
        ErrandKind::Verify => ("missing_at", EventKind::DeliveryMissing),
    };
    let guard = Sql::new(
        format!(
            "UPDATE parts SET {column} = $1 WHERE delivery_id = $2 AND part_index = $3 AND {column} IS NULL"
        ),
        [
            now.into(),
            part.delivery_id.clone().into(),
            part.part_index.into(),
        ],
    );
    let told = Insert {
        into: "events (id, owner_id, kind, post_id, delivery_id, account_id, data, created_at)",
        select: "$1, (SELECT owner_id FROM deliveries WHERE id = $3), $2,
            (SELECT post_id FROM deliveries WHERE id = $3), $3, $4, $5, $6"
            .to_owned(),
        values: vec![
            EventId::at(now).into(),
            event.into(),
            part.delivery_id.clone().into(),
            part.account_id.clone().into(),
            json!({ "part_index": part.part_index, "remote_id": part.remote_id }).into(),
            now.into(),
        ],
        on_conflict: "",
    };
    let write = Write {
        may_be_lost: false,
        guard,
        inserts: vec![told],
    };
    database.write(write).await.map(|_| ())
}
