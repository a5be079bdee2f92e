//! Rate windows, in the database beside the rows that they protect, so that any number of
//! workers share them.
//!
//! A window begins with the first call after the last one ended (`x.md` 4.4). What a platform's
//! headers say is written over our own count wherever it is stricter, so the two stay aligned.

use std::time::Duration;

use sea_orm::{ConnectionTrait, DbErr, Value};

use crate::database::{execute, query_one};
use crate::delivery::WaitReason;
use crate::lanes::Lane;
use crate::spend::{BUDGET, Charge};
use crate::{AccountId, Database, Timestamp};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// One call to be counted in one window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Take {
    pub lane: Lane,
    /// The window's name, such as `15min`.
    pub name: &'static str,
    /// How much fits.
    pub max: i64,
    pub ends: Ends,
    /// Whether a call that turns out not to have been carried out is given back.
    pub refundable: bool,
    /// What is taken.
    pub takes: Taking,
}

/// When a window that begins with this call ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// So long after it.
    After(Duration),
    /// At a time of its own: a month's end.
    At(Timestamp),
}

/// What a call takes from a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taking {
    /// One call.
    Call,
    /// Money out of the budget: what the charge says, reserved with the same write. `least` is what
    /// the cheapest call costs: a budget with less left is used up.
    Money { charge: Charge, least: i64 },
}

impl Take {
    fn amount(&self) -> i64 {
        match &self.takes {
            Taking::Call => 1,
            Taking::Money { charge, .. } => charge.micro_dollars,
        }
    }

    fn least(&self) -> i64 {
        match &self.takes {
            Taking::Call => 1,
            Taking::Money { least, .. } => *least,
        }
    }

    fn resets_at(&self, now: Timestamp) -> Timestamp {
        match self.ends {
            Ends::After(time) => now + time,
            Ends::At(end) => end,
        }
    }

    /// What is reserved with it.
    pub fn charge(&self) -> Option<&Charge> {
        match &self.takes {
            Taking::Call => None,
            Taking::Money { charge, .. } => Some(charge),
        }
    }

    fn reason(&self) -> WaitReason {
        match (&self.takes, &self.lane) {
            (Taking::Money { .. }, _) => WaitReason::Budget,
            (Taking::Call, Lane::Account(_)) => WaitReason::AccountRateLimit,
            (Taking::Call, Lane::App(_)) => WaitReason::AppRateLimit,
        }
    }
}

/// A window that has no room for a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Full {
    pub lane: Lane,
    pub until: Timestamp,
    pub reason: WaitReason,
    /// No other call would fit either, so the whole lane rests. Otherwise it was this one that is too
    /// dear.
    pub for_all: bool,
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
        let amount = take.amount();
        if amount > take.max {
            return Ok(false);
        }
        let done = execute(
            connection,
            "INSERT INTO rate_windows (lane, name, used, resets_at) VALUES ($1, $2, $6, $3)
             ON CONFLICT (lane, name) DO UPDATE SET
                used = CASE WHEN rate_windows.resets_at <= $4 THEN $6 ELSE rate_windows.used + $6 END,
                resets_at = CASE WHEN rate_windows.resets_at <= $4 THEN $3 ELSE rate_windows.resets_at END,
                said_left = CASE WHEN rate_windows.resets_at <= $4 THEN NULL ELSE rate_windows.said_left END
             WHERE rate_windows.resets_at <= $4 OR rate_windows.used <= $5",
            [
                take.lane.key().into(),
                take.name.into(),
                take.resets_at(now).into(),
                now.into(),
                (take.max - amount).into(),
                amount.into(),
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
) -> Result<Option<Full>, DbErr> {
    let mut latest: Option<Full> = None;
    for take in takes {
        let sql = "SELECT used, resets_at FROM rate_windows
                   WHERE lane = $1 AND name = $2 AND resets_at > $3";
        let values: [Value; 3] = [take.lane.key().into(), take.name.into(), now.into()];
        let row = query_one(connection, sql, values).await?;
        let (used, until) = match row {
            Some(row) => (row.try_get("", "used")?, row.try_get("", "resets_at")?),
            None => (0, take.resets_at(now)),
        };
        if used + take.amount() <= take.max {
            continue;
        }
        if latest.as_ref().is_none_or(|known| known.until < until) {
            latest = Some(Full {
                lane: take.lane.clone(),
                until,
                reason: take.reason(),
                for_all: used + take.least() > take.max,
            });
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
        // What was paid out of last month's budget is no room in this one's.
        let (of_window, end) = match take.ends {
            Ends::At(end) => ("resets_at = $4", end),
            Ends::After(_) => ("resets_at >= $4", Timestamp::from_ms(0)),
        };
        let sql = format!(
            "UPDATE rate_windows SET used = used - $3
             WHERE lane = $1 AND name = $2 AND used >= $3 AND {of_window}"
        );
        let values = [
            take.lane.key().into(),
            take.name.into(),
            take.amount().into(),
            end.into(),
        ];
        execute(connection, sql, values).await?;
    }
    Ok(())
}

/// Forgets windows that ended before `before`; returns how many. The budget's stays: it is what says that
/// there is a budget.
pub async fn forget(database: &Database, before: Timestamp) -> Result<u64, DbErr> {
    let sql = "DELETE FROM rate_windows WHERE resets_at < $1 AND told_until < $1 AND name <> $2";
    let values = [before.into(), BUDGET.into()];
    Ok(execute(database.writer(), sql, values)
        .await?
        .rows_affected())
}

/// Takes over what the platform said where it leaves less room than our own count, and keeps its
/// words to be shown.
pub async fn report<C: ConnectionTrait>(
    connection: &C,
    reports: &[Report],
    now: Timestamp,
) -> Result<(), DbErr> {
    for report in reports {
        execute(
            connection,
            "INSERT INTO rate_windows (lane, name, used, resets_at, said_limit, said_left, said_at)
             VALUES ($1, $2, $3, $4, $6, $7, $5)
             ON CONFLICT (lane, name) DO UPDATE SET
                used = CASE WHEN rate_windows.resets_at <= $5 OR rate_windows.used < $3 THEN $3
                       ELSE rate_windows.used END,
                resets_at = $4, said_limit = $6, said_at = $5,
                said_left = CASE WHEN rate_windows.resets_at = $4 AND rate_windows.said_left < $7
                       THEN rate_windows.said_left ELSE $7 END",
            [
                report.lane.key().into(),
                report.name.into(),
                (report.limit - report.remaining).max(0).into(),
                report.resets_at.into(),
                now.into(),
                report.limit.into(),
                report.remaining.into(),
            ],
        )
        .await?;
    }
    Ok(())
}
