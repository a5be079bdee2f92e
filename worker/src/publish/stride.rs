//! A step under its claim, and which one follows it.

use entities::Timestamp;
use entities::delivery::{Change, Claim, Status};
use entities::rates::Take;
use entities::record::Attempted;
use entities::rows::attempt::Verdict;
use entities::spend::Charge;
use entities::uploads::Upload;

use super::Run;
use crate::decide::Decision;
use crate::step::{Files, Planned, Step, plan};

/// A step under its claim.
pub(super) struct Stride {
    pub claim: Claim,
    pub step: Step,
    /// What it took from the rate windows.
    pub takes: Vec<Take>,
    /// What it costs, as far as that is known beforehand.
    pub charge: Option<Charge>,
    /// The files of the part, as far as they got.
    pub uploads: Vec<Upload>,
    /// What was tried before under the same claim, to be written down with this step.
    pub earlier: Vec<Attempted>,
}

impl Stride {
    /// The next step under the same claim, which takes nothing from any window.
    pub fn then(mut self, next: Planned, attempted: Attempted) -> Self {
        self.earlier.push(attempted);
        Stride {
            claim: Claim {
                progress: next.armed,
                attempt_count: self.claim.attempt_count + 1,
                ..self.claim
            },
            step: next.step,
            takes: Vec::new(),
            charge: None,
            uploads: self.uploads,
            earlier: self.earlier,
        }
    }
}

impl Run<'_> {
    /// What follows the making of a container, if it is due at once and there is time for it under the
    /// same claim.
    pub(super) fn to_be_written_later(
        &self,
        stride: &Stride,
        decision: &Decision,
        now: Timestamp,
    ) -> Option<Planned> {
        let claim = &stride.claim;
        let has_time = now + self.worker.settings.call_timeout <= claim.lease_until;
        if !has_time || !made_container(&stride.step, decision.verdict) {
            return None;
        }
        self.next(claim, &decision.change, &stride.uploads, now)
    }

    /// The next step, when it is due at once and this worker may take it. The next part of a chain
    /// answers a post that `work` does not know of: it is read again.
    pub(super) fn next(
        &self,
        claim: &Claim,
        change: &Change,
        uploads: &[Upload],
        now: Timestamp,
    ) -> Option<Planned> {
        let same_part = change.progress().part_index == claim.progress.part_index;
        let goes_on = change.keeps_claim() && same_part && !self.worker.stop.is_cancelled();
        goes_on.then(|| {
            let files = Files::of(self.work.part(), uploads);
            let (platform, status) = (claim.platform, Status::Publishing);
            plan(platform, status, change.progress(), files, now)
        })
    }
}

/// Whether a step was the making of a container and worked. That is written down with the look at it
/// that follows at once: nobody sees a container, and if this process dies in between, another is made.
pub(super) fn made_container(step: &Step, verdict: Verdict) -> bool {
    *step == Step::CreateContainer && verdict == Verdict::Done
}

/// The files of a part, with one of them further on.
pub(super) fn with(mut uploads: Vec<Upload>, further: Option<Upload>) -> Vec<Upload> {
    if let Some(further) = further {
        uploads.retain(|upload| upload.position != further.position);
        uploads.push(further);
        uploads.sort_by_key(|upload| upload.position);
    }
    uploads
}
