//! Lateness: what becomes of a delivery that could not go out at its time. After an outage
//! nothing goes out that its owner would no longer expect.
//!
//! A delivery is late since `due_at`: its post's time, or when the post was accepted. A wait that
//! was announced with its end (a rate limit, a paused lane) moves `due_at`, and so does a person
//! who acts. Tries that failed and a token that died do not: nobody was told when they end.

use std::time::Duration;

use serde_json::json;

use crate::claims::Work;
use crate::database::execute;
use crate::delivery::{Checkpoint, DeliveryError, Progress, Status, WaitReason};
use crate::events::NewEvent;
use crate::rows::delivery;
use crate::rows::event::EventKind;
use crate::rows::post::IfLate;
use crate::write::{Sql, Write};
use crate::{Database, DbErr, Timestamp, UserId};

/// Less than this is never late, whatever the post says: handing out and a busy worker take a
/// moment.
const TOLERANCE: Duration = Duration::from_secs(5);
/// The default for posts that are published late.
const STILL_WELCOME: Duration = Duration::from_secs(6 * 3600);
/// The default for posts that are skipped or asked about.
const ON_TIME: Duration = Duration::from_secs(60);

/// How late a post may go out, and what to do beyond that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    pub if_late: IfLate,
    /// In seconds, not negative; `None`: the default of `if_late`.
    pub max_lateness_s: Option<i64>,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            if_late: IfLate::Publish,
            max_lateness_s: None,
        }
    }
}

impl Policy {
    /// The most by which it may be late.
    pub fn max_lateness(&self) -> Duration {
        let default = match self.if_late {
            IfLate::Publish => STILL_WELCOME,
            IfLate::Skip | IfLate::Ask => ON_TIME,
        };
        self.max_lateness_s.map_or(default, |seconds| {
            Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
        })
    }
}

/// What to do with a delivery now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgment {
    /// It is not too late.
    Go,
    /// A person decides.
    Missed,
    /// It is called off.
    Skip,
}

impl Judgment {
    /// The status that it leads to, if it is to be set aside.
    pub fn status(self) -> Option<Status> {
        match self {
            Judgment::Go => None,
            Judgment::Missed => Some(Status::Missed),
            Judgment::Skip => Some(Status::Canceled),
        }
    }
}

/// Whether it is too late at `now` for what was due at `due_at`.
pub fn judge(policy: &Policy, due_at: Timestamp, now: Timestamp) -> Judgment {
    if now.since(due_at) <= policy.max_lateness().max(TOLERANCE) {
        return Judgment::Go;
    }
    match policy.if_late {
        IfLate::Publish | IfLate::Ask => Judgment::Missed,
        IfLate::Skip => Judgment::Skip,
    }
}

/// Whether lateness still counts: nothing of the delivery is visible or may be.
pub fn can_be_late(status: Status, progress: &Progress) -> bool {
    let invisible = match &progress.checkpoint {
        Checkpoint::Start => true,
        Checkpoint::Preparing { container } | Checkpoint::Ready { container } => {
            container.refused_at.is_none()
        }
        Checkpoint::Sent { .. } | Checkpoint::Live { .. } => false,
    };
    invisible && progress.part_index == 0 && matches!(status, Status::Queued | Status::Processing)
}

/// Whether a wait for this reason has been announced with its end, so that lateness counts from
/// there.
pub(crate) fn is_announced(why: WaitReason) -> bool {
    match why {
        WaitReason::AccountRateLimit
        | WaitReason::AppRateLimit
        | WaitReason::LanePaused
        | WaitReason::Budget => true,
        WaitReason::Schedule
        | WaitReason::Turn
        | WaitReason::PlatformProcessing
        | WaitReason::Retry
        | WaitReason::Token
        | WaitReason::Confirmation => false,
    }
}

/// `due_at` as an SQL expression, for a row that nobody has judged and that has to wait until
/// `until` as announced at `now`: what was late before the wait is as late after it.
pub(crate) fn due_at_after_pause(until: &str, now: &str) -> String {
    let begins = format!("(CASE WHEN next_at > {now} THEN next_at ELSE {now} END)");
    let tolerance_ms = TOLERANCE.as_millis();
    format!(
        "CASE WHEN {begins} - due_at <= {tolerance_ms} THEN {until} ELSE due_at + {until} - {begins} END"
    )
}

/// Sets a delivery aside that is too late, as `Missed` or `Canceled`, unless it changed since
/// `work` was read; `false` when it did.
pub async fn set_aside(
    database: &Database,
    work: &Work,
    to: Status,
    error: &DeliveryError,
    now: Timestamp,
) -> Result<bool, DbErr> {
    let row = &work.delivery;
    let kind = match to {
        Status::Missed => EventKind::DeliveryMissed,
        Status::Canceled => EventKind::DeliveryCanceled,
        _ => return Err(illegal(row, to)),
    };
    if !row.status.can_become(to) {
        return Err(illegal(row, to));
    }
    let guard = Sql::new(
        "UPDATE deliveries SET status = $1, next_at = NULL, waiting_for = NULL, handed_until = 0,
            epoch = epoch + 1, error = $2, updated_at = $3
         WHERE id = $4 AND epoch = $5 AND status = $6 AND due_at = $7 AND lease_until IS NULL",
        [
            to.into(),
            json!(error).into(),
            now.into(),
            row.id.clone().into(),
            row.epoch.into(),
            row.status.into(),
            row.due_at.into(),
        ],
    );
    let event = NewEvent::of_delivery(kind, row, json!({ "status": to, "error": error }));
    database
        .write(Write {
            may_be_lost: false,
            guard,
            inserts: vec![event.row(now)],
        })
        .await
}

fn illegal(row: &delivery::Model, to: Status) -> DbErr {
    DbErr::Custom(format!(
        "delivery {}: {} -> {to} is nothing that lateness does",
        row.id, row.status
    ))
}

/// Queues a missed delivery to go out after all; `false` when it is not as `read` any more. It
/// goes on from where it got to: a container that it has is asked about before another is made.
pub(crate) async fn publish_after_all(
    database: &Database,
    owner: &UserId,
    read: &delivery::Model,
    now: Timestamp,
    hand_out: Duration,
) -> Result<bool, DbErr> {
    let sql = "UPDATE deliveries SET status = 'queued', next_at = $1, due_at = $1, waiting_for = 'turn',
            handed_until = $2, epoch = epoch + 1, looks = 0, failing_since = NULL, error = NULL, updated_at = $1
         WHERE id = $3 AND owner_id = $4 AND status = 'missed' AND epoch = $5 AND updated_at = $6";
    let values = [
        now.into(),
        (now + hand_out).into(),
        read.id.clone().into(),
        owner.clone().into(),
        read.epoch.into(),
        read.updated_at.into(),
    ];
    Ok(execute(database.writer(), sql, values)
        .await?
        .rows_affected()
        == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::Container;

    const HOUR_S: i64 = 3600;

    fn check(if_late: IfLate, max_lateness_s: Option<i64>, late_ms: i64, expected: Judgment) {
        let policy = Policy {
            if_late,
            max_lateness_s,
        };
        let due_at = Timestamp::from_ms(1_000_000);
        let now = Timestamp::from_ms(1_000_000 + late_ms);
        assert_eq!(
            judge(&policy, due_at, now),
            expected,
            "{policy:?}, {late_ms} ms late"
        );
    }

    #[test]
    fn what_is_too_late_is_judged_by_the_posts_own_policy() {
        use Judgment::{Go, Missed};
        for (if_late, beyond, default_s) in [
            (IfLate::Publish, Missed, 6 * HOUR_S),
            (IfLate::Ask, Missed, 60),
            (IfLate::Skip, Judgment::Skip, 60),
        ] {
            check(if_late, None, -5_000, Go);
            check(if_late, None, default_s * 1000, Go);
            check(if_late, None, default_s * 1000 + 1, beyond);
            check(if_late, Some(600), 600_000, Go);
            check(if_late, Some(600), 600_001, beyond);
        }
    }

    #[test]
    fn a_few_seconds_are_never_late() {
        for if_late in IfLate::ALL {
            check(*if_late, Some(0), 5_000, Judgment::Go);
        }
        check(IfLate::Ask, Some(0), 5_001, Judgment::Missed);
        check(IfLate::Skip, Some(3), 5_001, Judgment::Skip);
    }

    #[test]
    fn only_that_of_which_nothing_may_be_visible_can_be_late() {
        let container = Container {
            id: "c".into(),
            made_at: Timestamp::from_ms(1),
            refused_at: None,
        };
        let ready = Checkpoint::Ready {
            container: container.clone(),
        };
        let sent = Checkpoint::Sent {
            container: Some(container.clone()),
            at: Timestamp::from_ms(2),
            seen_live: false,
        };
        let live = Checkpoint::Live {
            remote_id: "m".into(),
        };
        let at = |part_index, checkpoint| Progress {
            checkpoint,
            ..Progress::start(part_index)
        };
        let check = |status, part_index, checkpoint: &Checkpoint, expected| {
            let progress = at(part_index, checkpoint.clone());
            assert_eq!(
                can_be_late(status, &progress),
                expected,
                "{status} {progress:?}"
            );
        };
        for early in [
            Checkpoint::Start,
            Checkpoint::Preparing { container },
            ready,
        ] {
            for status in Status::ALL {
                let waits = matches!(status, Status::Queued | Status::Processing);
                check(*status, 0, &early, waits);
                check(*status, 1, &early, false);
            }
        }
        for status in Status::ALL {
            check(*status, 0, &sent, false);
            check(*status, 0, &live, false);
        }
    }

    #[test]
    fn lateness_leads_only_where_the_machine_allows_it() {
        for judgment in [Judgment::Missed, Judgment::Skip] {
            let to = judgment.status().expect("a status");
            assert!(Status::Queued.can_become(to) && Status::Processing.can_become(to));
        }
        assert_eq!(Judgment::Go.status(), None);
    }
}
