//! The loop around one delivery: read, plan, claim, call, decide, write down; again at once while
//! the next step is due.

mod boundaries;
mod lateness;
mod stepping;
mod story;
mod stride;
mod telling;
mod tokenless;
mod waiting;

use entities::boundary::{Action, Side, StepAction};
use entities::claims::{Claimed, Work, claim};
use entities::delivery::{Change, Claim, Status, WaitReason};
use entities::lanes;
use entities::rates::Take;
use entities::spend::Charge;
use entities::{DbErr, DeliveryId, Timestamp};
use tracing::field::Empty;
use tracing::{Instrument, debug, info, info_span};

use self::story::pause_of;
use self::stride::Stride;
use crate::Worker;
use crate::explain;
use crate::spend;
use crate::step::{Files, Planned, plan};
use crate::token::{Obtained, Token, obtain};

/// Moves a delivery as far as it will go now. Errors are the database's; whatever was under way
/// is then judged by its checkpoint when the lease runs out.
pub async fn publish(worker: &Worker, id: &DeliveryId) -> Result<(), DbErr> {
    let counted = worker.settings.limits.counted();
    let loading = worker.loads.load(id, counted, worker.clock.now());
    let Some(work) = loading.await? else {
        debug!(delivery = %id, "not due, or in other hands");
        return Ok(());
    };
    let row = &work.delivery;
    let span = info_span!(
        "publish", post = %row.post_id, delivery = %row.id, account = %row.account_id, platform = %row.platform,
        trace = Empty
    );
    let (traced, trace) = telling::run_span(&work, worker.clock.now());
    if let Some(trace) = trace {
        span.record("trace", trace);
    }
    let run = Run {
        worker,
        work: &work,
    };
    // Its state is large, and a job that finds nothing due does not need it.
    Box::pin(run.run())
        .instrument(span)
        .instrument(traced)
        .await
}

/// One stretch of work on one delivery.
struct Run<'a> {
    worker: &'a Worker,
    work: &'a Work,
}

impl Run<'_> {
    async fn run(&self) -> Result<(), DbErr> {
        let now = self.worker.clock.now();
        let row = &self.work.delivery;
        let progress = row.progress()?;
        let boundaries = &self.worker.boundaries;
        boundaries.at(Side::Before, Action::SetAside).await;
        if self.is_too_late(&progress, now).await? {
            boundaries.at(Side::After, Action::SetAside).await;
            return Ok(());
        }
        let files = Files::of(self.work.part(), &self.work.uploads);
        let planned = plan(row.platform, row.status, &progress, files, now);
        if row.status != Status::Unconfirmed && self.must_wait(&progress, &planned, now).await? {
            return Ok(());
        }
        if self.is_cut_off(&progress) {
            let error = explain::chain_cut(row.platform);
            return self.end(Change::failed(progress.clone(), error), now).await;
        }
        let Some(token) = self.token(now).await? else {
            return Ok(());
        };
        // Renewing a token may have taken as long as a call. What is saved as sent is dated from
        // here: everything that is concluded later counts from that moment.
        let now = self.worker.clock.now();
        if self.is_too_late(&progress, now).await? {
            return Ok(());
        }
        let planned = plan(row.platform, row.status, &progress, files, now);
        let (charge, takes) = self.takes(&planned, now);
        let Some(claim) = self.claim(&planned, &takes, now).await? else {
            return Ok(());
        };
        let mut stride = Stride {
            claim,
            step: planned.step,
            takes,
            charge,
            uploads: self.work.uploads.clone(),
            earlier: Vec::new(),
        };
        while let Some(next) = self.step(stride, &token).await? {
            stride = next;
        }
        Ok(())
    }

    /// What a step takes from the rate windows, and what it costs.
    fn takes(&self, planned: &Planned, now: Timestamp) -> (Option<Charge>, Vec<Take>) {
        let row = &self.work.delivery;
        let (step, armed) = (&planned.step, &planned.armed);
        let settings = &self.worker.settings;
        let mut takes = match step.publishes() {
            true => settings
                .limits
                .takes(row.platform, &row.account_id, armed.part_index > 0),
            false => Vec::new(),
        };
        let part = self.work.part();
        let charge = part.and_then(|part| spend::before(self.work, part, step, armed, now));
        if let (Some(budget), Some(charge)) = (settings.budget, &charge) {
            takes.push(spend::take(budget, charge));
        }
        (charge, takes)
    }

    /// The token for what is planned; `None`: the delivery waits for one.
    async fn token(&self, now: Timestamp) -> Result<Option<Token>, DbErr> {
        match obtain(self.worker, self.work).await? {
            Obtained::Token(token) => Ok(Some(token)),
            Obtained::Wait { until } => {
                debug!(%until, "no token yet");
                self.hold_back(until, WaitReason::Token, now).await?;
                Ok(None)
            }
            Obtained::None(error) => {
                self.without_token(*error, now).await?;
                Ok(None)
            }
        }
    }

    async fn claim(
        &self,
        planned: &Planned,
        takes: &[Take],
        now: Timestamp,
    ) -> Result<Option<Claim>, DbErr> {
        let worker = self.worker;
        self.at(Side::Before, StepAction::Claim, &planned.step)
            .await;
        let claimed = claim(
            &worker.database,
            self.work,
            &planned.armed,
            takes,
            &worker.name,
            now,
            worker.settings.lease,
        )
        .instrument(telling::write_span("claim", &self.work.delivery.id))
        .await?;
        match claimed {
            Claimed::Ours(claim) => {
                self.at(Side::After, StepAction::Claim, &planned.step).await;
                Ok(Some(claim))
            }
            Claimed::Taken => {
                debug!("taken by another");
                Ok(None)
            }
            Claimed::Limited(full) => {
                info!(until = %full.until, waiting_for = %full.reason, "used up");
                if let Some(pause) = pause_of(&full) {
                    worker.boundaries.at(Side::Before, Action::PauseLane).await;
                    lanes::shut(&worker.database, &pause, now).await?;
                    worker.boundaries.at(Side::After, Action::PauseLane).await;
                }
                self.hold_back(full.until, full.reason, now).await?;
                Ok(None)
            }
        }
    }
}
