//! Claims whose lease ran out: their worker died or stalled. What it may have done decides what
//! becomes of them.

use std::time::Duration;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::claims::claim_of;
use crate::delivery::when_claim_expires;
use crate::record::{Attempted, Record, Recorded, record};
use crate::rows::attempt::{StepName, Verdict};
use crate::rows::delivery;
use crate::{AttemptId, Database, DbErr, Platform, Timestamp};

const BATCH: u64 = 200;

/// Takes back up to a batch of expired claims; returns how many. Two sweeps at once do no harm:
/// each claim is taken back by compare-and-swap.
pub async fn sweep(database: &Database, now: Timestamp) -> Result<usize, DbErr> {
    let expired = delivery::Entity::find()
        .filter(delivery::Column::ClaimedBy.is_not_null())
        .filter(delivery::Column::LeaseUntil.lte(now))
        .order_by_asc(delivery::Column::LeaseUntil)
        .limit(BATCH)
        .all(database.reader())
        .await?;
    let mut taken_back = 0;
    for row in expired {
        // One row that can not be taken back must not keep the others from it.
        match take_back(database, &row, now).await {
            Ok(done) => taken_back += usize::from(done),
            Err(error) => {
                tracing::error!(delivery = %row.id, %error, "an expired claim could not be taken back");
            }
        }
    }
    Ok(taken_back)
}

async fn take_back(
    database: &Database,
    row: &delivery::Model,
    now: Timestamp,
) -> Result<bool, DbErr> {
    let claim = claim_of(row)?;
    let change = when_claim_expires(claim.status, &claim.progress, now);
    tracing::warn!(
        delivery = %claim.id, post = %claim.post_id, account = %claim.account_id,
        attempt = claim.attempt_count, worker = claim.worker, becomes = %change.to(),
        "a worker's lease ran out"
    );
    let attempted = Attempted {
        id: AttemptId::generate(),
        step: step_under_way(&claim.progress.checkpoint, claim.platform),
        verdict: Verdict::Lost,
        worker: claim.worker.clone(),
        started_at: claim.lease_until,
        ended_at: now,
        evidence: Default::default(),
    };
    let entry = Record::of(change, attempted);
    let written = record(database, &claim, entry, now, Duration::ZERO).await?;
    Ok(matches!(written, Recorded::Done(_)))
}

/// Lets every lease end now: the one process that could hold any has just begun.
pub async fn end_all_leases(database: &Database, now: Timestamp) -> Result<u64, DbErr> {
    let sql = "UPDATE deliveries SET lease_until = $1 WHERE lease_until > $1";
    Ok(
        crate::database::execute(database.writer(), sql, [now.into()])
            .await?
            .rows_affected(),
    )
}

/// What the lost worker was at, as far as the checkpoint tells.
fn step_under_way(checkpoint: &crate::delivery::Checkpoint, platform: Platform) -> StepName {
    use crate::delivery::Checkpoint::*;
    match (checkpoint, platform) {
        (Start, Platform::Threads) => StepName::CreateContainer,
        (Start | Sent { .. }, Platform::X) => StepName::CreatePost,
        (Sent { .. }, Platform::Threads) => StepName::PublishContainer,
        (Live { .. }, _) => StepName::ReadPermalink,
        (Preparing { .. } | Ready { .. }, _) => StepName::CheckContainer,
    }
}
