//! How a worker writes down what came of a step: status, how far it got, the attempt, what is
//! live, and the event for the customer, in one transaction and only under its own claim.

mod rows;

use std::time::Duration;

use sea_orm::{ConnectionTrait, DbErr, SqlErr};
use serde_json::json;

use self::rows::{attempt_row, event_of, event_of_change, live_part};
use crate::delivery::{Change, Checkpoint, Claim, LivePart, PlatformSaid, Status, WaitReason};
use crate::errands;
use crate::lanes::{self, Lane, Pause};
use crate::misfire;
use crate::month::Month;
use crate::quota::low::{self, Low};
use crate::rates::{self, Full, Report, Take};
use crate::rows::attempt::{StepName, Verdict};
use crate::rows::delivery::ProgressColumns;
use crate::rows::event::EventKind;
use crate::spend::{self, Charge};
use crate::tokens::{self, TokenOf};
use crate::uploads::{self, Upload};
use crate::write::{Sql, Write};
use crate::{AttemptId, Database, Timestamp};

/// One try at one step, for `GET /v1/deliveries/{id}/attempts`.
#[derive(Clone, Debug)]
pub struct Attempted {
    pub id: AttemptId,
    pub step: StepName,
    pub verdict: Verdict,
    pub worker: String,
    pub started_at: Timestamp,
    pub ended_at: Timestamp,
    pub evidence: Evidence,
}

/// What the platform answered, redacted.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    pub said: Option<PlatformSaid>,
    pub trace_id: Option<String>,
}

/// A token that the platform refused: an account that has been given another since is not touched.
#[derive(Clone, Debug)]
pub struct RefusedToken {
    pub token: TokenOf,
    pub fate: TokenFate,
}

/// What becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenFate {
    /// It counts as expired, and is renewed before the next call.
    Renew,
    /// Its owner has to connect the account again; one sentence for them.
    Dead { reason: String },
}

/// Everything that is written together.
#[derive(Clone, Debug)]
pub struct Record {
    pub change: Change,
    /// What was tried under the claim and is not written down yet, in order. Mostly one.
    pub attempts: Vec<Attempted>,
    pub pause: Option<Pause>,
    /// The account's token was refused; its other deliveries learn of it too.
    pub refused_token: Option<RefusedToken>,
    pub reports: Vec<Report>,
    pub refunds: Vec<Take>,
    /// What the next step takes from the rate windows, when the claim is kept for it.
    pub takes: Vec<Take>,
    /// What the step cost, or did not.
    pub charges: Vec<Charge>,
    /// What of it was not reserved before, and is to be counted in the budget: millionths of a dollar.
    pub unreserved: Option<(Month, i64)>,
    /// Lanes that were shut, and in which a call has succeeded.
    pub reopened: Vec<Lane>,
    /// A rolling limit of which little is left.
    pub low: Option<Low>,
    /// How far a file of the part under way got.
    pub upload: Option<Upload>,
    /// When to see whether it is still there.
    pub verify_at: Option<Timestamp>,
}

impl Record {
    /// A change and the attempt that led to it.
    pub fn of(change: Change, attempted: Attempted) -> Self {
        Record {
            attempts: vec![attempted],
            ..Self::bare(change)
        }
    }

    /// How many of its attempts the delivery does not count yet: a claim counts the one that it is for.
    fn not_counted(&self) -> i32 {
        i32::try_from(self.attempts.len().saturating_sub(1)).unwrap_or(i32::MAX)
    }

    /// Whether nothing but the delivery itself is concerned.
    fn stands_alone(&self) -> bool {
        self.takes.is_empty()
            && self.refunds.is_empty()
            && self.reports.is_empty()
            && self.unreserved.is_none()
            && self.reopened.is_empty()
            && self.low.is_none()
            && self.pause.is_none()
            && self.refused_token.is_none()
    }

    /// A change without any call to the platform.
    pub fn bare(change: Change) -> Self {
        Record {
            change,
            attempts: Vec::new(),
            pause: None,
            refused_token: None,
            reports: Vec::new(),
            refunds: Vec::new(),
            takes: Vec::new(),
            charges: Vec::new(),
            unreserved: None,
            reopened: Vec::new(),
            low: None,
            upload: None,
            verify_at: None,
        }
    }
}

impl Change {
    /// What is live of a part since the step.
    pub fn live(&self) -> Option<&LivePart> {
        self.live.as_ref()
    }
}

/// What came of writing it down.
#[derive(Debug)]
pub enum Recorded {
    /// Written. Holds the renewed claim when the change keeps it.
    Done(Option<Claim>),
    /// The claim is no longer ours; nothing was written.
    ClaimLost,
    /// A rate window for the next step is full, or the budget; nothing was written.
    Limited(Full),
}

/// Writes `record` if `claim` still holds. `lease` is for a kept claim and begins at `now`.
pub async fn record(
    database: &Database,
    claim: &Claim,
    record: Record,
    now: Timestamp,
    lease: Duration,
) -> Result<Recorded, DbErr> {
    match record_once(database, claim, &record, now, lease).await {
        // Another part took the same remote id at the same moment; now that it is visible, the
        // statement deals with it.
        Err(error) if is_unique_violation(&error) => {
            record_once(database, claim, &record, now, lease).await
        }
        written => written,
    }
}

fn is_unique_violation(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}

async fn record_once(
    database: &Database,
    claim: &Claim,
    record: &Record,
    now: Timestamp,
    lease: Duration,
) -> Result<Recorded, DbErr> {
    let change = &record.change;
    if !change.is_legal_after(claim.status, &claim.progress) {
        let text = format!(
            "delivery {}: illegal change {} -> {change:?}",
            claim.id, claim.status
        );
        return Err(DbErr::Custom(text));
    }
    let lease_until = now + lease;
    let write = story(claim, record, now, lease_until);
    let written = if record.stands_alone() {
        database.write(write).await?
    } else {
        let transaction = database.begin().await?;
        if !rates::take(&transaction, &record.takes, now).await? {
            // Asked afterwards: what this transaction has counted itself is not taken by others.
            transaction.rollback().await?;
            let full = rates::full_until(database.reader(), &record.takes, now).await?;
            return Ok(full.map_or(Recorded::ClaimLost, Recorded::Limited));
        }
        if write.run(&transaction).await? {
            save_the_rest(&transaction, record, now).await?;
            transaction.commit().await?;
            database.news().notify_one();
            true
        } else {
            transaction.rollback().await?;
            false
        }
    };
    if !written {
        return Ok(Recorded::ClaimLost);
    }
    Ok(Recorded::Done(change.keeps_claim.then(|| Claim {
        progress: change.progress.clone(),
        epoch: claim.epoch + 1,
        lease_until,
        attempt_count: claim.attempt_count + 1,
        ..claim.clone()
    })))
}

/// What is written in most cases: the delivery, what is live, the attempt, the event.
fn story(claim: &Claim, record: &Record, now: Timestamp, lease_until: Timestamp) -> Write {
    let change = &record.change;
    let live = change.live.as_ref().map(|live| live_part(claim, live));
    let attempts = record.attempts.iter();
    let attempts = attempts.map(|attempted| attempt_row(claim, attempted));
    let part = claim.progress.part_index;
    let upload = record
        .upload
        .as_ref()
        .map(|upload| uploads::row(&claim.id, part, upload));
    let verify = record
        .verify_at
        .map(|at| errands::verify_row(&claim.id, at, now));
    let event =
        event_of(claim.status, change.to).map(|kind| event_of_change(claim, kind, change).row(now));
    let reserved = record.takes.iter().filter_map(Take::charge);
    let charges = record.charges.iter().chain(reserved);
    Write {
        // Losing it would repeat what may be repeated, or look for what is live once more.
        may_be_lost: change.keeps_claim
            && !matches!(change.progress.checkpoint, Checkpoint::Sent { .. }),
        guard: changing(claim, record, now, lease_until),
        inserts: [live, upload, verify]
            .into_iter()
            .flatten()
            .chain(attempts)
            .chain(event)
            .chain(charges.map(|charge| charge.row(now)))
            .collect(),
    }
}

/// What is written now and then: limits, pauses, a refused token.
async fn save_the_rest<C: ConnectionTrait>(
    connection: &C,
    record: &Record,
    now: Timestamp,
) -> Result<(), DbErr> {
    // In the order in which a claim takes windows, so that none waits for the other.
    rates::report(connection, &record.reports, now).await?;
    rates::refund(connection, &record.refunds).await?;
    if let Some((month, micro_dollars)) = record.unreserved {
        spend::count(connection, month, micro_dollars).await?;
    }
    if let Some(low) = &record.low {
        low::tell(connection, low, now).await?;
    }
    for lane in &record.reopened {
        lanes::reopen(connection, lane, now).await?;
    }
    if let Some(pause) = &record.pause {
        lanes::pause(connection, pause, now).await?;
    }
    match &record.refused_token {
        None => Ok(()),
        Some(RefusedToken { token, fate }) => match fate {
            TokenFate::Renew => tokens::expire(connection, token, now).await,
            TokenFate::Dead { reason } => {
                tokens::mark_needs_reconnect(connection, token, reason, now).await
            }
        },
    }
}

/// The compare-and-swap that changes a delivery under its claim. It is published since its last part
/// has been live, and not since its address was read or it was found.
fn changing(claim: &Claim, record: &Record, now: Timestamp, lease_until: Timestamp) -> Sql {
    let change = &record.change;
    let columns = ProgressColumns::from(&change.progress.checkpoint);
    let error = change.error.as_ref().map(|error| json!(error));
    let kept = i64::from(change.keeps_claim);
    let announced = change.waiting_for.is_some_and(misfire::is_announced);
    Sql::new(
        "UPDATE deliveries SET status = $1, next_at = $2, waiting_for = $3, handed_until = 0,
            epoch = epoch + $4, attempt_count = attempt_count + $26,
            claimed_by = CASE WHEN $4 = 1 THEN claimed_by END, lease_until = $5,
            checkpoint = $6, part_index = $7, container_id = $8, container_made_at = $9,
            containers_used = $10, sent_at = $11, seen_live = $12, remote_id = $13, looks = $14,
            unresolved_since = $15, failing_since = $16, error = $18, updated_at = $19,
            published_at = CASE WHEN CAST($17 AS bigint) IS NOT NULL THEN coalesce(
                (SELECT published_at FROM parts WHERE delivery_id = $20 AND part_index = $7), $17) END,
            due_at = coalesce($24, due_at), container_refused_at = $25
         WHERE id = $20 AND epoch = $21 AND status = $22 AND claimed_by = $23 AND lease_until IS NOT NULL",
        [
            change.to.into(),
            change.next_at.into(),
            change.waiting_for.into(),
            kept.into(),
            change.keeps_claim.then_some(lease_until).into(),
            columns.checkpoint.into(),
            change.progress.part_index.into(),
            columns.container_id.into(),
            columns.container_made_at.into(),
            change.progress.containers_used.into(),
            columns.sent_at.into(),
            columns.seen_live.into(),
            columns.remote_id.into(),
            change.progress.looks.into(),
            change.progress.unresolved_since.into(),
            change.progress.failing_since.into(),
            change.published_at.into(),
            error.into(),
            now.into(),
            claim.id.clone().into(),
            claim.epoch.into(),
            claim.status.into(),
            claim.worker.clone().into(),
            change.next_at.filter(|_| announced).into(),
            columns.container_refused_at.into(),
            (kept + i64::from(record.not_counted())).into(),
        ],
    )
}

/// Writes down a success that was learned of after the claim had been given up: the worker
/// stalled, and the call went through all the same. It is the one change outside
/// [`Status::TRANSITIONS`]: what is live is live, whatever was concluded meanwhile. `false`: the
/// record has it already, or another worker is at it and will find it.
pub async fn record_late(
    database: &Database,
    claim: &Claim,
    success: Change,
    attempted: Attempted,
    now: Timestamp,
) -> Result<bool, DbErr> {
    let success = match success.to {
        Status::Published => success,
        _ => success.release(now, WaitReason::Turn).into_queued(),
    };
    let columns = ProgressColumns::from(&success.progress.checkpoint);
    let guard = Sql::new(
        "UPDATE deliveries SET status = $1, next_at = $2, waiting_for = $3, handed_until = 0,
            epoch = epoch + 1, claimed_by = NULL, lease_until = NULL, checkpoint = $4, part_index = $5,
            container_id = NULL, container_made_at = NULL, container_refused_at = NULL, containers_used = 0, sent_at = NULL,
            seen_live = FALSE, remote_id = $6, looks = 0, unresolved_since = NULL, failing_since = NULL,
            published_at = $7, error = NULL, updated_at = $8
         WHERE id = $9 AND part_index = $10 AND status IN ('unconfirmed', 'queued', 'missed', 'failed')
           AND NOT EXISTS (SELECT 1 FROM parts WHERE delivery_id = $9 AND part_index = $10)",
        [
            success.to.into(),
            success.next_at.into(),
            success.waiting_for.into(),
            columns.checkpoint.into(),
            success.progress.part_index.into(),
            columns.remote_id.into(),
            success.published_at.into(),
            now.into(),
            claim.id.clone().into(),
            claim.progress.part_index.into(),
        ],
    );
    // Attempts are listed by their ids, in the order in which they were learned of.
    let late = Attempted {
        id: AttemptId::generate(),
        verdict: Verdict::DoneLate,
        ..attempted
    };
    let live = success.live.as_ref().map(|live| live_part(claim, live));
    let rest = [
        attempt_row(claim, &late),
        event_of_change(claim, EventKind::DeliveryResolved, &success).row(now),
    ];
    database
        .write(Write {
            may_be_lost: false,
            guard,
            inserts: live.into_iter().chain(rest).collect(),
        })
        .await
}
