//! Rate windows, in the database beside the rows that they protect, so that any number of
//! workers share them.
//!
//! A window begins with the first call after the last one ended (`x.md` 4.4). What a platform's
//! headers say is written over our own count wherever it is stricter, so the two stay aligned.

use std::time::Duration;

use sea_orm::{ConnectionTrait, DbErr, Value};

use crate::database::{execute, query_one};
use crate::lanes::Lane;
use crate::{AccountId, Database, Timestamp};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// One call to be counted in one window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Take {
    pub lane: Lane,
    /// The window's name, such as `15min`.
    pub name: &'static str,
    /// How many calls fit.
    pub max: i64,
    pub window_ms: i64,
    /// Whether a call that turns out not to have been carried out is given back.
    pub refundable: bool,
}

/// What a platform said about one of its windows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub lane: Lane,
    pub name: &'static str,
    pub limit: i64,
    pub remaining: i64,
    pub resets_at: Timestamp,
}

/// Counts a call in all windows at once. `false`: at least one is full, and the transaction must
/// be rolled back.
pub async fn take<C: ConnectionTrait>(
    connection: &C,
    takes: &[Take],
    now: Timestamp,
) -> Result<bool, DbErr> {
    for take in takes {
        let done = execute(
            connection,
            "INSERT INTO rate_windows (lane, name, used, resets_at) VALUES ($1, $2, 1, $3)
             ON CONFLICT (lane, name) DO UPDATE SET
                used = CASE WHEN rate_windows.resets_at <= $4 THEN 1 ELSE rate_windows.used + 1 END,
                resets_at = CASE WHEN rate_windows.resets_at <= $4 THEN $3 ELSE rate_windows.resets_at END
             WHERE rate_windows.resets_at <= $4 OR rate_windows.used < $5",
            [
                take.lane.key().into(),
                take.name.into(),
                Timestamp::from_ms(now.as_ms() + take.window_ms).into(),
                now.into(),
                take.max.into(),
            ],
        )
        .await?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Which of the windows is full, and until when; the latest of them.
pub async fn full_until<C: ConnectionTrait>(
    connection: &C,
    takes: &[Take],
    now: Timestamp,
) -> Result<Option<(Lane, Timestamp)>, DbErr> {
    let mut latest: Option<(Lane, Timestamp)> = None;
    for take in takes {
        let sql = "SELECT resets_at FROM rate_windows
                   WHERE lane = $1 AND name = $2 AND used >= $3 AND resets_at > $4";
        let values: [Value; 4] = [
            take.lane.key().into(),
            take.name.into(),
            take.max.into(),
            now.into(),
        ];
        if let Some(row) = query_one(connection, sql, values).await? {
            let until: Timestamp = row.try_get("", "resets_at")?;
            if latest.as_ref().is_none_or(|(_, known)| *known < until) {
                latest = Some((take.lane.clone(), until));
            }
        }
    }
    Ok(latest)
}

/// When fewer than `most` of what an account published lie within a day, replies or posts of its own;
/// `None`: they do now.
pub async fn place_free_at(
    database: &Database,
    account: &AccountId,
    is_reply: bool,
    most: i64,
    now: Timestamp,
) -> Result<Option<Timestamp>, DbErr> {
    let sql = "SELECT published_at FROM parts
               WHERE account_id = $1 AND published_at > $2 AND (part_index > 0) = $3
               ORDER BY published_at DESC LIMIT 1 OFFSET $4";
    let values: [Value; 4] = [
        account.clone().into(),
        (now - DAY).into(),
        is_reply.into(),
        (most - 1).max(0).into(),
    ];
    let row = query_one(database.reader(), sql, values).await?;
    let last: Option<Timestamp> = row.map(|row| row.try_get("", "published_at")).transpose()?;
    Ok(last.map(|last| last + DAY))
}

/// Gives back calls that were not carried out.
pub async fn refund<C: ConnectionTrait>(connection: &C, takes: &[Take]) -> Result<(), DbErr> {
    for take in takes.iter().filter(|take| take.refundable) {
        let sql =
            "UPDATE rate_windows SET used = used - 1 WHERE lane = $1 AND name = $2 AND used > 0";
        execute(connection, sql, [take.lane.key().into(), take.name.into()]).await?;
    }
    Ok(())
}

/// Takes over what the platform said where it leaves less room than our own count.
pub async fn report<C: ConnectionTrait>(
    connection: &C,
    reports: &[Report],
    now: Timestamp,
) -> Result<(), DbErr> {
    for report in reports {
        execute(
            connection,
            "INSERT INTO rate_windows (lane, name, used, resets_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (lane, name) DO UPDATE SET
                used = CASE WHEN rate_windows.resets_at <= $5 OR rate_windows.used < $3 THEN $3
                       ELSE rate_windows.used END,
                resets_at = $4
             WHERE rate_windows.resets_at <> $4 OR rate_windows.used < $3",
            [
                report.lane.key().into(),
                report.name.into(),
                (report.limit - report.remaining).max(0).into(),
                report.resets_at.into(),
                now.into(),
            ],
        )
        .await?;
    }
    Ok(())
}
