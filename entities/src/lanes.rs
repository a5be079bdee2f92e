//! Lanes: an account, or the whole app on a platform. A paused lane publishes nothing until its
//! time; what waits in it carries that time and the reason, and other lanes go on.

use sea_orm::{ConnectionTrait, DbErr};

use crate::database::execute;
use crate::delivery::WaitReason;
use crate::misfire::due_at_after_pause;
use crate::{AccountId, Platform, Timestamp};

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
/// workers that learn of the same limit do not shorten it.
pub async fn pause<C: ConnectionTrait>(
    connection: &C,
    pause: &Pause,
    now: Timestamp,
) -> Result<(), DbErr> {
    execute(
        connection,
        "INSERT INTO lanes (lane, paused_until, reason, detail, updated_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (lane) DO UPDATE SET paused_until = excluded.paused_until, reason = excluded.reason,
            detail = excluded.detail, updated_at = excluded.updated_at
         WHERE lanes.paused_until < excluded.paused_until",
        [
            pause.lane.key().into(),
            pause.until.into(),
            pause.reason.into(),
            pause.detail.clone().into(),
            now.into(),
        ],
    )
    .await?;
    move_past(connection, pause, Waiting::NotScheduled, now).await?;
    Ok(())
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
    let (in_lane, value) = match &pause.lane {
        Lane::Account(id) => ("account_id = $4", id.as_str().to_owned()),
        Lane::App(platform) => ("platform = $4", platform.to_string()),
    };
    let waits = match what {
        Waiting::NotScheduled => "next_at < $1 AND (next_at <= $3 OR waiting_for <> 'schedule')",
        Waiting::Due => "next_at <= $3 AND next_at < $1",
        Waiting::DuePosts => "next_at <= $3 AND next_at < $1 AND part_index = 0",
        Waiting::DueReplies => "next_at <= $3 AND next_at < $1 AND part_index > 0",
    };
    let sql = format!(
        "UPDATE deliveries SET next_at = $1, due_at = {}, waiting_for = $2, handed_until = 0, updated_at = $3
         WHERE {in_lane} AND claimed_by IS NULL AND status IN ('queued', 'processing', 'unconfirmed')
           AND status = 'queued' AND {waits}",
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
