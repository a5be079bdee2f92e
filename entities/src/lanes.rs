//! Lanes: an account, or the whole app on a platform. A paused lane publishes nothing until its
//! time; what waits in it carries that time and the reason, and other lanes go on.
//!
//! A lane that its platform shut (no credits, locked) is tried again by one delivery at a time, after
//! pauses that grow; the others follow when it succeeded. `strikes` counts the tries.

mod told;

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};

use crate::database::{execute, query_all};
use crate::delivery::WaitReason;
use crate::misfire::due_at_after_pause;
use crate::places::{padded, places};
use crate::{AccountId, Database, Platform, Timestamp};

pub(crate) use told::tell_owners;

/// Whose pace it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lane {
    /// One account.
    Account(AccountId),
    /// All accounts of our app on a platform.
    App(Platform),
}

impl Lane {
    /// The key of its row.
    pub fn key(&self) -> String {
        match self {
            Lane::Account(id) => id.to_string(),
            Lane::App(platform) => format!("app:{platform}"),
        }
    }

    /// `account` or `app`.
    pub fn scope(&self) -> &'static str {
        match self {
            Lane::Account(_) => "account",
            Lane::App(_) => "app",
        }
    }

    /// Of an app's lane.
    pub fn platform(&self) -> Option<Platform> {
        match self {
            Lane::Account(_) => None,
            Lane::App(platform) => Some(*platform),
        }
    }
}

/// A pause to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    pub lane: Lane,
    pub until: Timestamp,
    pub reason: WaitReason,
    /// The platform's own words, redacted.
    pub detail: Option<String>,
}

/// Pauses a lane, and moves what waits in it past the pause. A pause only ever grows: two
/// workers that learn of the same limit do not shorten it. Run inside a transaction, so that the owners
/// are told exactly once of a pause that somebody should do something about.
pub async fn pause<C: ConnectionTrait>(
    connection: &C,
    pause: &Pause,
    now: Timestamp,
) -> Result<(), DbErr> {
    let strikes = i32::from(pause.reason == WaitReason::LanePaused);
    let paused = execute(
        connection,
        "INSERT INTO lanes (lane, paused_until, reason, detail, updated_at, strikes)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (lane) DO UPDATE SET paused_until = excluded.paused_until, reason = excluded.reason,
            detail = excluded.detail, updated_at = excluded.updated_at,
            strikes = CASE WHEN lanes.strikes < excluded.strikes THEN excluded.strikes ELSE lanes.strikes END
         WHERE lanes.paused_until < excluded.paused_until",
        [
            pause.lane.key().into(),
            pause.until.into(),
            pause.reason.into(),
            pause.detail.clone().into(),
            now.into(),
            strikes.into(),
        ],
    )
    .await?;
    // A lane that rests longer already is told of when it is found shut after that.
    if paused.rows_affected() > 0 {
        told::tell(connection, pause, now).await?;
    }
    move_past(connection, pause, Waiting::NotScheduled, now)
        .await
        .map(|_| ())
}

/// [`pause`] in a transaction of its own.
pub async fn shut(database: &Database, pause: &Pause, now: Timestamp) -> Result<(), DbErr> {
    let transaction = database.begin().await?;
    self::pause(&transaction, pause, now).await?;
    transaction.commit().await
}

/// Whose deliveries are in a lane; `$4` is the value beside it.
fn is_in(lane: &Lane) -> (&'static str, String) {
    match lane {
        Lane::Account(id) => ("account_id = $4", id.as_str().to_owned()),
        Lane::App(platform) => ("platform = $4", platform.to_string()),
    }
}

/// What waits, in the words of the indexes on it.
const WAITS: &str = "claimed_by IS NULL AND status IN ('queued', 'processing', 'unconfirmed')";

/// Lets one delivery try a lane that was shut, when its pause is over: the one whose worker comes first
/// is `true`, and all others wait until `until` to see what becomes of it. `paused_until` is what the
/// worker has read.
pub async fn probe(
    database: &Database,
    lane: &Lane,
    paused_until: Timestamp,
    until: Timestamp,
    now: Timestamp,
) -> Result<bool, DbErr> {
    let transaction = database.begin().await?;
    let sql = "UPDATE lanes SET paused_until = $1, strikes = strikes + 1, updated_at = $2
               WHERE lane = $3 AND paused_until = $4 AND strikes > 0";
    let values = [
        until.into(),
        now.into(),
        lane.key().into(),
        paused_until.into(),
    ];
    if execute(&transaction, sql, values).await?.rows_affected() == 0 {
        transaction.rollback().await?;
        return Ok(false);
    }
    let pause = Pause {
        lane: lane.clone(),
        until,
        reason: WaitReason::LanePaused,
        detail: None,
    };
    move_past(&transaction, &pause, Waiting::NotScheduled, now).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Opens a lane again that was shut: a call in it has succeeded. What waits for it goes out at once.
pub async fn reopen<C: ConnectionTrait>(
    connection: &C,
    lane: &Lane,
    now: Timestamp,
) -> Result<(), DbErr> {
    let sql = "UPDATE lanes SET strikes = 0, told = NULL, updated_at = $1,
            paused_until = CASE WHEN reason = 'lane_paused' THEN $1 ELSE paused_until END
         WHERE lane = $2 AND strikes > 0";
    let opened = execute(connection, sql, [now.into(), lane.key().into()]).await?;
    if opened.rows_affected() == 0 {
        return Ok(());
    }
    let_go(connection, lane, WaitReason::LanePaused, now).await
}

/// Ends a pause that was made for `reason`, and lets go what waits for it.
pub(crate) async fn lift<C: ConnectionTrait>(
    connection: &C,
    lane: &Lane,
    reason: WaitReason,
    now: Timestamp,
) -> Result<(), DbErr> {
    let sql = "UPDATE lanes SET paused_until = $1, told = NULL, updated_at = $1
               WHERE lane = $2 AND reason = $3 AND paused_until > $1";
    let values = [now.into(), lane.key().into(), reason.into()];
    execute(connection, sql, values).await?;
    let_go(connection, lane, reason, now).await
}

async fn let_go<C: ConnectionTrait>(
    connection: &C,
    lane: &Lane,
    reason: WaitReason,
    now: Timestamp,
) -> Result<(), DbErr> {
    let (is_in_lane, value) = is_in(lane);
    let sql = format!(
        "UPDATE deliveries SET next_at = $1, waiting_for = $2, handed_until = 0, updated_at = $1
         WHERE {is_in_lane} AND {WAITS} AND status = 'queued' AND waiting_for = $3 AND next_at > $1"
    );
    let values = [
        now.into(),
        WaitReason::Turn.into(),
        reason.into(),
        value.into(),
    ];
    execute(connection, sql, values).await.map(|_| ())
}

/// A lane as its owners see it.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Paused {
    pub lane: String,
    pub paused_until: Timestamp,
    pub reason: WaitReason,
    /// The platform's own words, redacted.
    pub detail: Option<String>,
}

/// Which of these lanes are paused.
pub async fn paused(
    database: &Database,
    lanes: &[Lane],
    now: Timestamp,
) -> Result<Vec<Paused>, DbErr> {
    if lanes.is_empty() {
        return Ok(Vec::new());
    }
    let lanes = padded(lanes.iter().map(|lane| lane.key().into()));
    let sql = format!(
        "SELECT lane, paused_until, reason, detail FROM lanes
         WHERE paused_until > $1 AND lane IN ({}) ORDER BY lane",
        places(2, lanes.len())
    );
    let values = std::iter::once(now.into()).chain(lanes);
    query_all(database.reader(), sql, values).await
}

/// What of a lane is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// What is due, and what waits for another try before the end of the pause.
    NotScheduled,
    /// What is due.
    Due,
    /// What is due of posts of which nothing is live.
    DuePosts,
    /// What is due of parts that answer an earlier one.
    DueReplies,
}

/// Moves what waits in a lane past a pause, all of it at once; returns how many that were. What is
/// scheduled for later keeps its own time.
pub async fn move_past<C: ConnectionTrait>(
    connection: &C,
    pause: &Pause,
    what: Waiting,
    now: Timestamp,
) -> Result<u64, DbErr> {
    // Each condition is written so that an index answers it: what waits of the account, or all that
    // is due by then.
    let (is_in_lane, value) = is_in(&pause.lane);
    let waits = match what {
        Waiting::NotScheduled => "next_at < $1 AND (next_at <= $3 OR waiting_for <> 'schedule')",
        Waiting::Due => "next_at <= $3 AND next_at < $1",
        Waiting::DuePosts => "next_at <= $3 AND next_at < $1 AND part_index = 0",
        Waiting::DueReplies => "next_at <= $3 AND next_at < $1 AND part_index > 0",
    };
    let sql = format!(
        "UPDATE deliveries SET next_at = $1, due_at = {}, waiting_for = $2, handed_until = 0, updated_at = $3
         WHERE {is_in_lane} AND {WAITS} AND status = 'queued' AND {waits}",
        due_at_after_pause("$1", "$3")
    );
    let values = [
        pause.until.into(),
        pause.reason.into(),
        now.into(),
        value.into(),
    ];
    Ok(execute(connection, sql, values).await?.rows_affected())
}
