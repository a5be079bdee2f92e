//! One step: the call, what it means, and writing it down.

use std::time::{Duration, Instant};

use entities::boundary::{Action, Side, StepAction};
use entities::content::Part;
use entities::delivery::{Change, Claim, Status, WaitReason};
use entities::lanes::Pause;
use entities::rates::Take;
use entities::record::{Attempted, Record, Recorded, RefusedToken, record, record_late};
use entities::rows::attempt::Verdict;
use entities::spend::{Charge, ChargeState, book};
use entities::{AttemptId, DbErr, Timestamp};
use telemetry::counting;
use tracing::{Instrument, debug, info, info_span, warn};

use super::story::pause_of;
use super::stride::{Stride, made_container, with};
use super::{Run, story, telling};
use crate::decide::{Case, Decision, Strikes, Success, decide};
use crate::limits::lane;
use crate::perform::{Performed, Subject, perform};
use crate::spend;
use crate::step::{Files, Step};
use crate::token::Token;

/// How often writing down an answer is tried again: for about 13 seconds.
const RECORD_TRIES: u32 = 8;

/// What came of a step.
struct Outcome {
    performed: Performed,
    decision: Decision,
    attempted: Attempted,
    charges: Vec<Charge>,
    now: Timestamp,
}

impl Run<'_> {
    /// Takes one step and writes it down, at once or with the next. Returns that when it is due at once.
    pub(super) async fn step(
        &self,
        stride: Stride,
        token: &Token,
    ) -> Result<Option<Stride>, DbErr> {
        let id = AttemptId::generate();
        let span = info_span!("attempt", attempt_id = %id);
        self.attempt(id, stride, token).instrument(span).await
    }

    async fn attempt(
        &self,
        id: AttemptId,
        stride: Stride,
        token: &Token,
    ) -> Result<Option<Stride>, DbErr> {
        let worker = self.worker;
        let (claim, step) = (&stride.claim, &stride.step);
        let started_at = worker.clock.now();
        if started_at + worker.settings.call_timeout > claim.lease_until {
            warn!(step = %step.name(), "too little is left of the lease to begin; it is let run out");
            return Ok(None);
        }
        let parts = self.work.parts();
        let nothing = Part::default();
        let part = usize::try_from(claim.progress.part_index)
            .ok()
            .and_then(|index| parts.get(index))
            .unwrap_or(&nothing);
        let files = Files::of(Some(part), &stride.uploads);
        let subject = Subject {
            work: self.work,
            claim,
            part,
            files,
            reply_to: self.work.reply_to.as_deref(),
        };
        self.at(Side::Before, StepAction::Call, step).await;
        let (span, began) = (telling::call_span(claim, step, &id), Instant::now());
        let performed = perform(worker, &subject, step, &token.secret)
            .instrument(span.clone())
            .await?;
        let took = began.elapsed();
        self.at(Side::After, StepAction::Call, step).await;
        let now = worker.clock.now();
        let case = Case {
            platform: claim.platform,
            status: claim.status,
            progress: &claim.progress,
            parts: i32::try_from(parts.len()).unwrap_or(i32::MAX),
            files,
            seed: claim.id.as_str(),
            settings: &worker.settings,
            strikes: Strikes {
                account: self.work.account_strikes,
                app: self.work.app_strikes,
            },
            can_renew: token.can_renew,
            asked_at: started_at,
            steady_since: worker.clock.steady_since(),
            now,
        };
        let decision = decide(&case, step, &performed.outcome);
        telling::called(&span, claim, step, &performed, &decision, took);
        drop(span);
        story::log(claim, step, &performed, &decision, now.since(started_at));
        let attempted = self.attempted(id, step, &performed, &decision, started_at, now);
        let charge = stride.charge.as_ref();
        let charges = self.charges(claim, step, charge, &performed, &decision, started_at);
        let outcome = Outcome {
            performed,
            decision,
            attempted,
            charges,
            now,
        };
        match self.to_be_written_later(&stride, &outcome.decision, now) {
            Some(next) => {
                debug_assert!(outcome.charges.is_empty(), "nobody charges for a container");
                Ok(Some(stride.then(next, outcome.attempted)))
            }
            None => self.write_down(stride, outcome, token).await,
        }
    }

    async fn write_down(
        &self,
        stride: Stride,
        outcome: Outcome,
        token: &Token,
    ) -> Result<Option<Stride>, DbErr> {
        let Stride {
            claim,
            step,
            takes,
            charge: _,
            uploads,
            earlier,
        } = stride;
        let Outcome {
            performed,
            decision,
            attempted,
            charges,
            now,
        } = outcome;
        let Decision {
            change,
            verdict,
            pause,
            token: fate,
            upload,
        } = decision;
        let paused = pause.map(|pause| Pause {
            lane: lane(pause.scope, claim.platform, &claim.account_id),
            until: pause.until,
            reason: pause.reason,
            detail: attempted
                .evidence
                .said
                .as_ref()
                .and_then(|said| said.message.clone()),
        });
        let (reports, exhausted) = self.windows(&claim, &step, &performed, now);
        let mut entry = Record {
            attempts: earlier.into_iter().chain([attempted.clone()]).collect(),
            pause: paused.or(exhausted),
            refused_token: fate.map(|fate| RefusedToken {
                token: token.of.clone(),
                fate,
            }),
            reports,
            refunds: self.refunds(&claim, &step, (verdict, change.to()), &charges, takes),
            unreserved: self.unreserved(&charges),
            charges: charges.clone(),
            reopened: self.reopened(&claim, &step, verdict),
            low: self.low(&claim, &step, verdict, now),
            upload: upload.clone(),
            verify_at: self.verify_at(&change, now),
            ..Record::bare(change.clone())
        };

        let uploads = with(uploads, upload);
        let next = self.next(&claim, &change, &uploads, now);
        // Had there been time for the look at a container, it would not be written down before it.
        let next = next.filter(|_| !made_container(&step, verdict));
        let (next_charge, next_takes) = next
            .as_ref()
            .map(|next| self.takes(next, now))
            .unwrap_or_default();
        match &next {
            Some(next) => {
                entry.change = change.clone().armed(next.armed.clone());
                entry.takes = next_takes.clone();
            }
            None => entry.change = change.clone().release(now, WaitReason::Turn),
        }
        let action = match &next {
            Some(_) => StepAction::RecordAndClaim,
            None => StepAction::Record,
        };
        self.at(Side::Before, action, &step).await;
        let span = telling::write_span("record", &claim.id);
        let recording = self.record_surely(&claim, &entry, now);
        let mut recorded = recording.instrument(span).await?;
        if let Recorded::Limited(full) = &recorded {
            info!(until = %full.until, waiting_for = %full.reason, "used up");
            entry.change = change.clone().release(full.until, full.reason);
            entry.takes = Vec::new();
            entry.pause = pause_of(full);
            self.at(Side::Before, StepAction::Record, &step).await;
            recorded = self.record_surely(&claim, &entry, now).await?;
        }
        if matches!(recorded, Recorded::Done(_)) {
            for attempted in &entry.attempts {
                counting::attempts(attempted.verdict, 1);
            }
            telling::recorded(self.work, &performed, &entry.change);
        }
        match (recorded, next) {
            (Recorded::Done(Some(claim)), Some(next)) => {
                self.at(Side::After, action, &step).await;
                Ok(Some(Stride {
                    claim,
                    step: next.step,
                    takes: next_takes,
                    charge: next_charge,
                    uploads,
                    earlier: Vec::new(),
                }))
            }
            (Recorded::Done(_), _) => {
                self.at(Side::After, StepAction::Record, &step).await;
                self.hand_on(&claim, &change).await;
                Ok(None)
            }
            (Recorded::ClaimLost | Recorded::Limited(_), _) => {
                if matches!(performed.outcome, Ok(Success::Live { .. })) {
                    let late = change.clone();
                    // Seldom, so its state is not kept within that of every step.
                    let writing = self.write_late(&claim, &step, change, attempted, &charges, now);
                    if Box::pin(writing).await? {
                        counting::attempts(Verdict::DoneLate, 1);
                        telling::recorded(self.work, &performed, &late);
                    }
                } else {
                    warn!("the claim was given up before the answer came; nothing is written");
                }
                Ok(None)
            }
        }
    }

    /// Writes down a success that came after the claim had been given up; `false`: it is known already.
    async fn write_late(
        &self,
        claim: &Claim,
        step: &Step,
        change: Change,
        attempted: Attempted,
        charges: &[Charge],
        now: Timestamp,
    ) -> Result<bool, DbErr> {
        let database = &self.worker.database;
        self.at(Side::Before, StepAction::RecordLate, step).await;
        // Whoever took over may have released what this call turns out to have cost.
        book(database, charges, now).await?;
        let written = record_late(database, claim, change, attempted, now).await?;
        self.at(Side::After, StepAction::RecordLate, step).await;
        warn!(written, "published after the claim had been given up");
        Ok(written)
    }

    /// When to see whether what is published now is still there, if that was asked for.
    fn verify_at(&self, change: &Change, now: Timestamp) -> Option<Timestamp> {
        let after_s = self.work.content.verify_after_s?;
        let is_published = change.to() == Status::Published;
        is_published.then(|| now + Duration::from_secs(u64::from(after_s)))
    }

    /// Writes down what came of a call, again and again while the database is away: what the
    /// platform said must not be lost with the first connection. Each try is a compare-and-swap,
    /// so one that took effect unnoticed is found as a lost claim and changes nothing more.
    async fn record_surely(
        &self,
        claim: &Claim,
        entry: &Record,
        now: Timestamp,
    ) -> Result<Recorded, DbErr> {
        let worker = self.worker;
        let mut pause = Duration::from_millis(50);
        for _ in 0..RECORD_TRIES {
            match record(
                &worker.database,
                claim,
                entry.clone(),
                now,
                worker.settings.lease,
            )
            .await
            {
                Err(error) => warn!(%error, "could not be written down; trying on"),
                written => return written,
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        record(
            &worker.database,
            claim,
            entry.clone(),
            now,
            worker.settings.lease,
        )
        .await
    }

    /// The next part of a chain goes back into the queue at once.
    async fn hand_on(&self, claim: &Claim, change: &Change) {
        if change.keeps_claim() && !self.worker.stop.is_cancelled() {
            let job = queue::Job::Publish(claim.id.clone());
            let line = queue::Line::of(&claim.account_id);
            let boundaries = &self.worker.boundaries;
            boundaries.at(Side::Before, Action::HandOn).await;
            if let Err(error) = self.worker.queue.push(vec![(line, job)]).await {
                debug!(%error, "the next part is left to the relay");
            }
            boundaries.at(Side::After, Action::HandOn).await;
        }
    }

    /// What to give back to the rate windows and the budget: the call was refused, or is now known not
    /// to have been carried out.
    fn refunds(
        &self,
        claim: &Claim,
        step: &Step,
        (verdict, to): (Verdict, Status),
        charges: &[Charge],
        takes: Vec<Take>,
    ) -> Vec<Take> {
        use Verdict::{Reconnect, Reject, Retry, RetryAt, Wait};
        let settings = &self.worker.settings;
        let released = charges
            .iter()
            .find(|charge| charge.state == ChargeState::Released);
        let is_look = claim.status == Status::Unconfirmed;
        let refused = match step.publishes() {
            true => matches!(verdict, Wait | Retry | RetryAt | Reconnect | Reject),
            false => !is_look && released.is_some(),
        };
        let unused = if refused {
            takes
        } else if is_look && spend::after_look(verdict, to) == ChargeState::Released {
            let is_reply = claim.progress.part_index > 0;
            let mut takes = settings
                .limits
                .takes(claim.platform, &claim.account_id, is_reply);
            let money = settings.budget.zip(released);
            takes.extend(money.map(|(budget, charge)| spend::take(budget, charge)));
            takes
        } else {
            Vec::new()
        };
        unused.into_iter().filter(|take| take.refundable).collect()
    }
}
