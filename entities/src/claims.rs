//! How a worker takes a delivery: read it with all that the decision needs, then claim exactly
//! what was read by compare-and-swap.

mod work;

use std::time::Duration;

use sea_orm::DbErr;

use crate::database::execute;
use crate::delivery::{Checkpoint, Claim, Progress, Status, WaitReason};
use crate::misfire;
use crate::rates::{self, Full, Take};
use crate::rows::delivery::{Model, ProgressColumns};
use crate::write::{Sql, Write};
use crate::{Database, Timestamp};

pub use work::{AccountForWork, Work, load, load_settled};

/// What came of trying to claim.
#[derive(Debug)]
pub enum Claimed {
    /// It is ours until the lease ends.
    Ours(Claim),
    /// Somebody else was faster, or it changed since it was read.
    Taken,
    /// A rate window is full, or the budget.
    Limited(Full),
}

/// Takes what `work` read, unless it changed since, saves `armed` as how far it got, and counts
/// the call in all rate windows and in the ledger; all or nothing. `lease` begins at `now`.
pub async fn claim(
    database: &Database,
    work: &Work,
    armed: &Progress,
    takes: &[Take],
    worker: &str,
    now: Timestamp,
    lease: Duration,
) -> Result<Claimed, DbErr> {
    let row = &work.delivery;
    let lease_until = now + lease;
    // A look at what is unconfirmed holds the row without changing its status.
    let status = match row.status {
        Status::Unconfirmed => Status::Unconfirmed,
        _ => Status::Publishing,
    };
    let reserved = takes.iter().filter_map(Take::charge);
    let write = Write {
        // A claim for anything but the visible call may be lost: it would be made again.
        may_be_lost: !matches!(armed.checkpoint, Checkpoint::Sent { .. }),
        inserts: reserved.map(|charge| charge.row(now)).collect(),
        ..Write::only(taking(row, status, armed, worker, now, lease_until))
    };
    let taken = if takes.is_empty() {
        database.write(write).await?
    } else {
        let transaction = database.begin().await?;
        if !rates::take(&transaction, takes, now).await? {
            // Asked afterwards: what this transaction has counted itself is not taken by others.
            transaction.rollback().await?;
            let full = rates::full_until(database.reader(), takes, now).await?;
            return Ok(full.map_or(Claimed::Taken, Claimed::Limited));
        }
        let taken = write.run(&transaction).await?;
        if taken {
            transaction.commit().await?;
        } else {
            transaction.rollback().await?;
        }
        taken
    };
    if !taken {
        return Ok(Claimed::Taken);
    }
    Ok(Claimed::Ours(Claim {
        id: row.id.clone(),
        post_id: row.post_id.clone(),
        owner_id: row.owner_id.clone(),
        account_id: row.account_id.clone(),
        platform: row.platform,
        status,
        progress: armed.clone(),
        epoch: row.epoch + 1,
        worker: worker.to_owned(),
        lease_until,
        attempt_count: row.attempt_count + 1,
    }))
}

/// The compare-and-swap that takes a delivery exactly as it was read.
fn taking(
    row: &Model,
    status: Status,
    armed: &Progress,
    worker: &str,
    now: Timestamp,
    lease_until: Timestamp,
) -> Sql {
    let columns = ProgressColumns::from(&armed.checkpoint);
    Sql::new(
        "UPDATE deliveries SET status = $1, epoch = epoch + 1, claimed_by = $2, lease_until = $3,
            checkpoint = $4, part_index = $5, container_id = $6, container_made_at = $7,
            containers_used = $8, sent_at = $9, seen_live = $10, remote_id = $11, looks = $12,
            unresolved_since = $13, failing_since = $14, attempt_count = attempt_count + 1,
            updated_at = $15, waiting_for = NULL, container_refused_at = $19
         WHERE id = $16 AND epoch = $17 AND status = $18 AND lease_until IS NULL",
        [
            status.into(),
            worker.into(),
            lease_until.into(),
            columns.checkpoint.into(),
            armed.part_index.into(),
            columns.container_id.into(),
            columns.container_made_at.into(),
            armed.containers_used.into(),
            columns.sent_at.into(),
            columns.seen_live.into(),
            columns.remote_id.into(),
            armed.looks.into(),
            armed.unresolved_since.into(),
            armed.failing_since.into(),
            now.into(),
            row.id.clone().into(),
            row.epoch.into(),
            row.status.into(),
            columns.container_refused_at.into(),
        ],
    )
}

/// The claim that a row is under, out of its columns.
pub fn claim_of(row: &Model) -> Result<Claim, DbErr> {
    Ok(Claim {
        id: row.id.clone(),
        post_id: row.post_id.clone(),
        owner_id: row.owner_id.clone(),
        account_id: row.account_id.clone(),
        platform: row.platform,
        status: row.status,
        progress: row.progress()?,
        epoch: row.epoch,
        worker: row.claimed_by.clone().unwrap_or_default(),
        lease_until: row
            .lease_until
            .ok_or_else(|| DbErr::Custom(format!("delivery {} is not claimed", row.id)))?,
        attempt_count: row.attempt_count,
    })
}

/// Moves a delivery that nobody holds past a pause, with the reason for all to see.
pub async fn hold_back(
    database: &Database,
    work: &Work,
    until: Timestamp,
    why: WaitReason,
    now: Timestamp,
) -> Result<(), DbErr> {
    let row = &work.delivery;
    let sql = "UPDATE deliveries SET next_at = $1, due_at = coalesce($7, due_at), waiting_for = $2,
                handed_until = 0, updated_at = $3
               WHERE id = $4 AND epoch = $5 AND status = $6 AND lease_until IS NULL";
    let values = [
        until.into(),
        why.into(),
        now.into(),
        row.id.clone().into(),
        row.epoch.into(),
        row.status.into(),
        misfire::is_announced(why).then_some(until).into(),
    ];
    execute(database.writer(), sql, values).await.map(|_| ())
}
