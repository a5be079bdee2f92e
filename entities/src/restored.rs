//! After a restore. A backup does not know what was published after it was made: what waits in it
//! may be live already, and would go out a second time. So nothing that could have gone out, been
//! called off or been changed since goes on by itself: a person looks, and decides.

use std::time::Duration;

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use crate::database::{execute, query_one};
use crate::delivery::{DeliveryError, Status, WaitReason};
use crate::events::NewEvent;
use crate::rows::delivery;
use crate::rows::event::EventKind;
use crate::sweep::{end_all_leases, sweep};
use crate::write::{Sql, Write};
use crate::{Database, Timestamp};

/// The code of the error that such a delivery shows. A retry has to say that it may duplicate.
pub const CODE: &str = "restored";

const BATCH: u64 = 500;

/// What was found and done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// The last moment that the restored database knows of.
    pub last_known: Option<Timestamp>,
    /// Deliveries that now wait for a person.
    pub set_aside: u64,
    /// Failed ones, which a person may have retried since; they say so now.
    pub warned: u64,
    /// Those that are planned for later, and go out at their time.
    pub planned: u64,
}

/// Which deliveries are in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// What was due by now, under way, or waited for anything but its time.
    Due,
    /// Also what is planned for later: its owner may have changed, hastened or canceled it since.
    Everything,
}

/// Until when some worker may still hold a delivery; `None`: nobody does.
pub async fn held_until(database: &Database) -> Result<Option<Timestamp>, DbErr> {
    let sql = "SELECT max(lease_until) AS at FROM deliveries WHERE lease_until IS NOT NULL";
    let row = query_one(database.reader(), sql, []).await?;
    row.map_or(Ok(None), |row| row.try_get("", "at"))
}

/// Sets aside what is in doubt. No worker may run meanwhile; repeating it changes nothing more.
pub async fn set_aside(
    database: &Database,
    doubt: Doubt,
    now: Timestamp,
) -> Result<Restored, DbErr> {
    let last_known = last_known(database).await?;
    // Who held something held it before the restore, and what it did is judged by its checkpoint.
    end_all_leases(database, now).await?;
    while sweep(database, now).await? > 0 {}
    let mut restored = Restored {
        last_known,
        ..Restored::default()
    };
    let since = last_known.unwrap_or(now);
    let mut after = String::new();
    loop {
        let rows = delivery::Entity::find()
            .filter(delivery::Column::Id.gt(after.clone()))
            .filter(delivery::Column::Status.is_in(OPEN))
            .order_by_asc(delivery::Column::Id)
            .limit(BATCH)
            .all(database.reader())
            .await?;
        let Some(last) = rows.last() else {
            return Ok(restored);
        };
        after = last.id.to_string();
        for row in &rows {
            match becomes(row, doubt, now) {
                Becomes::Planned => restored.planned += 1,
                Becomes::Asked(to) => {
                    restored.set_aside += u64::from(ask(database, row, to, since, now).await?);
                }
                Becomes::Warned => {
                    restored.warned += u64::from(warn(database, row, since).await?);
                }
                Becomes::AsItIs => {}
            }
        }
    }
}

/// Everything of which something may still become.
const OPEN: [Status; 6] = [
    Status::Queued,
    Status::Processing,
    Status::Unconfirmed,
    Status::NeedsReconnect,
    Status::Missed,
    Status::Failed,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Becomes {
    Planned,
    Asked(Status),
    Warned,
    AsItIs,
}

fn becomes(row: &delivery::Model, doubt: Doubt, now: Timestamp) -> Becomes {
    let is_planned = row.waiting_for == Some(WaitReason::Schedule)
        && row.next_at.is_some_and(|next_at| next_at > now);
    if row.delivery_error().is_some_and(|error| error.code == CODE) {
        return Becomes::AsItIs;
    }
    match row.status {
        Status::Queued if is_planned && doubt == Doubt::Due => Becomes::Planned,
        Status::Queued | Status::Processing | Status::Missed => Becomes::Asked(Status::Missed),
        // Looking would not do: it could have been live, and been removed or followed by the
        // next part of its chain since.
        Status::Unconfirmed | Status::NeedsReconnect => Becomes::Asked(Status::Failed),
        Status::Failed => Becomes::Warned,
        Status::Publishing | Status::Published | Status::Canceled => Becomes::AsItIs,
    }
}

/// Writes that a person decides, unless it changed since `row` was read.
async fn ask(
    database: &Database,
    row: &delivery::Model,
    to: Status,
    since: Timestamp,
    now: Timestamp,
) -> Result<bool, DbErr> {
    if row.status != to && !row.status.can_become(to) {
        let text = format!("delivery {}: {} -> {to} is not legal", row.id, row.status);
        return Err(DbErr::Custom(text));
    }
    let error = explain(since);
    // What came of a send is unknown since then: so no one may change its text, and a platform
    // that says "duplicate" is believed.
    let guard = Sql::new(
        "UPDATE deliveries SET status = $1, next_at = NULL, waiting_for = NULL, handed_until = 0,
            epoch = epoch + 1, error = $2, unresolved_since = coalesce(unresolved_since, $3), updated_at = $4
         WHERE id = $5 AND epoch = $6 AND status = $7 AND lease_until IS NULL",
        [
            to.into(),
            json!(error).into(),
            since.into(),
            now.into(),
            row.id.clone().into(),
            row.epoch.into(),
            row.status.into(),
        ],
    );
    let kind = match to {
        Status::Missed => EventKind::DeliveryMissed,
        _ => EventKind::DeliveryFailed,
    };
    let event = NewEvent::of_delivery(kind, row, json!({ "status": to, "error": error }));
    let write = Write {
        may_be_lost: false,
        guard,
        inserts: vec![event.row(now)],
    };
    database.write(write).await
}

/// A failed delivery keeps its reason, and says that it may have been retried since.
async fn warn(database: &Database, row: &delivery::Model, since: Timestamp) -> Result<bool, DbErr> {
    let warning = warning(since);
    let Some(error) = row.delivery_error() else {
        return Ok(false);
    };
    if error.action.ends_with(&warning) {
        return Ok(false);
    }
    let error = DeliveryError {
        action: format!("{} {warning}", error.action),
        ..error
    };
    let sql = "UPDATE deliveries SET error = $1, unresolved_since = coalesce(unresolved_since, $2)
               WHERE id = $3 AND epoch = $4 AND status = 'failed'";
    let values = [
        json!(error).into(),
        since.into(),
        row.id.clone().into(),
        row.epoch.into(),
    ];
    let done = execute(database.writer(), sql, values).await?;
    Ok(done.rows_affected() == 1)
}

fn warning(since: Timestamp) -> String {
    format!(
        "The database was restored from a backup of {since}: look at the account first, a retry since then may have published it."
    )
}

fn explain(since: Timestamp) -> DeliveryError {
    DeliveryError {
        code: CODE.into(),
        message: format!(
            "The database was restored from a backup of {since}. Whether this went out, was changed or was called off after that is not known here."
        ),
        action: "Look at the account. If it is there or is not wanted any more, leave it or cancel the post; if it is not there, retry with {\"even_if_it_may_duplicate\": true}.".into(),
        retryable: true,
        platform: None,
    }
}

/// The last thing that was written down before the restore: what was set aside after it does not
/// count.
async fn last_known(database: &Database) -> Result<Option<Timestamp>, DbErr> {
    let sql = "SELECT max(at) AS at FROM (
            SELECT max(updated_at) AS at FROM deliveries
            WHERE error IS NULL OR CAST(error AS text) NOT LIKE $1
            UNION ALL SELECT max(created_at) FROM events WHERE CAST(data AS text) NOT LIKE $1
        ) AS moments";
    let ours = format!("%\"{CODE}\"%");
    let row = query_one(database.reader(), sql, [ours.into()]).await?;
    row.map_or(Ok(None), |row| row.try_get("", "at"))
}

/// How far away the end of the last lease is, if it has not come.
pub fn still_held(until: Option<Timestamp>, now: Timestamp) -> Option<Duration> {
    until
        .filter(|until| *until > now)
        .map(|until| until.since(now))
}
