//! An abstract database of one delivery, with the compare-and-swaps of `entities::{claims, record,
//! sweep, edit, misfire}`.

use std::collections::BTreeMap;

use entities::Timestamp;
use entities::delivery::{Change, Checkpoint, LivePart, Progress, Status, WaitReason};

use super::settings;

/// A process and which run of it: a name that is never used again.
pub type Name = (usize, u32);

#[derive(Clone, Debug)]
pub struct Row {
    pub status: Status,
    pub progress: Progress,
    pub next_at: Option<Timestamp>,
    pub epoch: i64,
    pub claimed_by: Option<Name>,
    pub lease_until: Option<Timestamp>,
    /// The code of its error.
    pub code: Option<String>,
    pub updated_at: Timestamp,
    /// What is known to be live, by part.
    pub parts: BTreeMap<i32, Option<String>>,
}

/// What a worker or a sweeper holds in hand of a claim.
#[derive(Clone, Debug)]
pub struct Claim {
    pub status: Status,
    pub progress: Progress,
    pub epoch: i64,
    pub by: Name,
    pub lease_until: Timestamp,
}

#[derive(Clone, Debug)]
pub struct Database {
    pub row: Row,
    /// What a crash of the server leaves of it.
    durable: Row,
    compares_epoch: bool,
}

impl Row {
    /// Whether a worker that reads it at `now` finds something to do.
    pub fn is_due(&self, now: Timestamp) -> bool {
        let waits = matches!(
            self.status,
            Status::Queued | Status::Processing | Status::Unconfirmed
        );
        waits && self.lease_until.is_none() && self.next_at.is_some_and(|at| at <= now)
    }

    /// The claim that it is under.
    pub fn claim(&self) -> Option<Claim> {
        Some(Claim {
            status: self.status,
            progress: self.progress.clone(),
            epoch: self.epoch,
            by: self.claimed_by?,
            lease_until: self.lease_until?,
        })
    }

    pub fn is_unconfirmed_for_good(&self) -> bool {
        self.status == Status::Failed && self.code.as_deref() == Some("unconfirmed")
    }

    /// The CHECKs of the schema.
    pub fn is_consistent(&self) -> bool {
        use Status::*;
        let sent = matches!(self.progress.checkpoint, Checkpoint::Sent { .. });
        self.claimed_by.is_some() == self.lease_until.is_some()
            && (self.status != Publishing || self.lease_until.is_some())
            && (self.lease_until.is_none() || matches!(self.status, Publishing | Unconfirmed))
            && (self.status != Unconfirmed || sent)
            && (!matches!(self.status, Queued | Processing | NeedsReconnect) || !sent)
            && (!matches!(self.status, Queued | Processing | Unconfirmed) || self.next_at.is_some())
            && (!matches!(self.status, Failed | NeedsReconnect) || self.code.is_some())
    }

    fn save(&mut self, live: impl IntoIterator<Item = LivePart>) {
        for live in live {
            let known = self.parts.entry(live.part_index).or_default();
            *known = live.remote_id.or(known.take());
        }
    }
}

impl Database {
    pub fn new(now: Timestamp, compares_epoch: bool) -> Self {
        let row = Row {
            status: Status::Queued,
            progress: Progress::start(0),
            next_at: Some(now),
            epoch: 0,
            claimed_by: None,
            lease_until: None,
            code: None,
            updated_at: now,
            parts: BTreeMap::new(),
        };
        Database {
            durable: row.clone(),
            row,
            compares_epoch,
        }
    }

    /// `entities::claims::claim`: takes what was `read`, at `now` by the worker's own reckoning.
    pub fn claim(
        &mut self,
        read: &Row,
        armed: &Progress,
        by: Name,
        now: Timestamp,
    ) -> Option<Claim> {
        if !self.is_as_read(read) {
            return None;
        }
        let status = match read.status {
            Status::Unconfirmed => Status::Unconfirmed,
            _ => Status::Publishing,
        };
        self.row = Row {
            status,
            progress: armed.clone(),
            epoch: self.row.epoch + 1,
            claimed_by: Some(by),
            lease_until: Some(now + settings().lease),
            updated_at: now,
            ..self.row.clone()
        };
        self.commit(!is_sent(armed));
        self.row.claim()
    }

    /// `entities::record::record`: `Some` when written, with the renewed claim if it is kept.
    pub fn record(
        &mut self,
        claim: &Claim,
        change: &Change,
        live: Vec<LivePart>,
        now: Timestamp,
    ) -> Option<Option<Claim>> {
        let row = &self.row;
        let is_ours = self.has_epoch(claim.epoch)
            && row.status == claim.status
            && row.claimed_by == Some(claim.by)
            && row.lease_until.is_some();
        if !is_ours {
            return None;
        }
        let kept = change.keeps_claim();
        self.row = Row {
            status: change.to(),
            progress: change.progress().clone(),
            next_at: change.next_at(),
            epoch: row.epoch + i64::from(kept),
            claimed_by: row.claimed_by.filter(|_| kept),
            lease_until: kept.then_some(now + settings().lease),
            code: change.error().map(|error| error.code.clone()),
            updated_at: now,
            parts: row.parts.clone(),
        };
        self.row.save(live);
        self.commit(kept && !is_sent(change.progress()));
        Some(self.row.claim().filter(|_| kept))
    }

    /// `entities::record::record_late`; whether it was written.
    pub fn record_late(
        &mut self,
        claim: &Claim,
        success: &Change,
        live: Vec<LivePart>,
        now: Timestamp,
    ) -> bool {
        use Status::*;
        let part = claim.progress.part_index;
        let row = &self.row;
        let is_open = row.progress.part_index == part
            && matches!(row.status, Unconfirmed | Queued | Missed | Failed)
            && !row.parts.contains_key(&part);
        if !is_open {
            return false;
        }
        let released = success.clone().release(now, WaitReason::Turn);
        self.row = Row {
            status: match success.to() {
                Published => Published,
                _ => Queued,
            },
            progress: Progress {
                checkpoint: released.progress().checkpoint.clone(),
                ..Progress::start(released.progress().part_index)
            },
            next_at: released.next_at(),
            epoch: row.epoch + 1,
            claimed_by: None,
            lease_until: None,
            code: None,
            updated_at: now,
            parts: row.parts.clone(),
        };
        self.row.save(live);
        self.commit(false);
        true
    }

    /// `entities::sweep::end_all_leases`, for the one process that could hold any.
    pub fn end_all_leases(&mut self, now: Timestamp) {
        self.row.lease_until = self.row.lease_until.map(|until| until.min(now));
        self.commit(false);
    }

    /// `entities::misfire::set_aside`.
    pub fn set_aside(&mut self, read: &Row, to: Status, now: Timestamp) {
        if self.is_as_read(read) {
            self.edit(to, self.row.progress.clone(), now);
            self.row.code = Some("too_late".into());
            self.commit(false);
        }
    }

    /// `entities::edit::cancel`.
    pub fn cancel(&mut self, now: Timestamp) {
        let row = &self.row;
        if row.status.can_become(Status::Canceled)
            && row.lease_until.is_none()
            && row.parts.is_empty()
        {
            self.edit(Status::Canceled, row.progress.clone(), now);
        }
    }

    /// `entities::edit::retry`: goes on `from` a part if the row is still as `read`.
    pub fn retry(&mut self, read: &Row, from: i32, now: Timestamp) -> bool {
        let row = &self.row;
        let is_as_read = self.has_epoch(read.epoch)
            && row.status == read.status
            && row.updated_at == read.updated_at;
        let progress = match row.status {
            Status::Failed => Progress {
                unresolved_since: row.progress.unresolved_since,
                ..Progress::start(from)
            },
            Status::Missed => Progress {
                looks: 0,
                failing_since: None,
                ..row.progress.clone()
            },
            _ => return false,
        };
        if is_as_read {
            self.edit(Status::Queued, progress, now);
        }
        is_as_read
    }

    /// `entities::accounts::requeue_reconnected`.
    pub fn reconnect(&mut self, now: Timestamp) {
        if self.row.status == Status::NeedsReconnect {
            let progress = Progress {
                failing_since: None,
                ..self.row.progress.clone()
            };
            self.edit(Status::Queued, progress, now);
        }
    }

    /// The server crashes and comes back: what did not wait for the disk may be lost.
    pub fn crash(&mut self) {
        self.row = self.durable.clone();
    }

    fn edit(&mut self, to: Status, progress: Progress, now: Timestamp) {
        self.row = Row {
            status: to,
            progress,
            next_at: (to == Status::Queued).then_some(now),
            epoch: self.row.epoch + 1,
            code: None,
            updated_at: now,
            ..self.row.clone()
        };
        self.commit(false);
    }

    fn is_as_read(&self, read: &Row) -> bool {
        let row = &self.row;
        self.has_epoch(read.epoch) && row.status == read.status && row.lease_until.is_none()
    }

    fn has_epoch(&self, epoch: i64) -> bool {
        !self.compares_epoch || self.row.epoch == epoch
    }

    fn commit(&mut self, may_be_lost: bool) {
        if !may_be_lost {
            self.durable = self.row.clone();
        }
    }
}

fn is_sent(progress: &Progress) -> bool {
    matches!(progress.checkpoint, Checkpoint::Sent { .. })
}
