//! The loop around one delivery: read, plan, claim, call, decide, write down; again at once while
//! the next step is due.

mod boundaries;
mod lateness;
mod story;

use std::time::Duration;

use entities::boundary::{Action, Side, StepAction};
use entities::claims::{Claimed, Work, claim, load};
use entities::delivery::{Change, Checkpoint, Claim, DeliveryError, Progress, Status, WaitReason};
use entities::lanes::Pause;
use entities::rates::Take;
use entities::record::{Attempted, Record, Recorded, RefusedToken, record, record_late};
use entities::rows::attempt::Verdict;
use entities::{DbErr, DeliveryId, Timestamp};
use tracing::{Instrument, debug, info, info_span, warn};

use crate::Worker;
use crate::decide::{Case, Decision, Success, decide};
use crate::explain;
use crate::limits::lane;
use crate::perform::{Performed, Subject, perform};
use crate::step::{Planned, Step, plan};
use crate::token::{Obtained, Token, obtain};

/// How often writing down an answer is tried again: for about 13 seconds.
const RECORD_TRIES: u32 = 8;

/// Moves a delivery as far as it will go now. Errors are the database's; whatever was under way
/// is then judged by its checkpoint when the lease runs out.
pub async fn publish(worker: &Worker, id: &DeliveryId) -> Result<(), DbErr> {
    let Some(work) = load(&worker.database, id, worker.clock.now()).await? else {
        debug!(delivery = %id, "not due, or in other hands");
        return Ok(());
    };
    let row = &work.delivery;
    let span = info_span!(
        "publish", post = %row.post_id, delivery = %row.id, account = %row.account_id, platform = %row.platform
    );
    Run {
        worker,
        work: &work,
    }
    .run()
    .instrument(span)
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
        let planned = plan(row.platform, row.status, &progress, now);
        if row.status != Status::Unconfirmed && self.must_wait(&progress, &planned, now).await? {
            return Ok(());
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
        let planned = plan(row.platform, row.status, &progress, now);
        let takes = self.takes(&planned);
        let Some(mut claim) = self.claim(&planned, &takes, now).await? else {
            return Ok(());
        };
        let (mut step, mut takes) = (planned.step, takes);
        while let Some((next_claim, next_step, next_takes)) =
            self.step(claim, step, takes, &token).await?
        {
            (claim, step, takes) = (next_claim, next_step, next_takes);
        }
        Ok(())
    }

    /// Holds a delivery back that a pause or a full rolling day keeps from being published.
    async fn must_wait(
        &self,
        progress: &Progress,
        planned: &Planned,
        now: Timestamp,
    ) -> Result<bool, DbErr> {
        let starts_something =
            planned.step.publishes() || matches!(planned.step, Step::CreateContainer);
        if !starts_something {
            return Ok(false);
        }
        let wait = self.work.pause(now).or_else(|| {
            let most = self
                .worker
                .settings
                .limits
                .rolling_day(self.work.delivery.platform, progress.part_index > 0)?;
            let hour = Duration::from_secs(3600);
            (self.work.published_24h >= most).then_some((now + hour, WaitReason::AccountRateLimit))
        });
        let Some((until, why)) = wait else {
            return Ok(false);
        };
        info!(%until, waiting_for = %why, "held back");
        self.hold_back(until, why, now).await?;
        Ok(true)
    }

    fn takes(&self, planned: &Planned) -> Vec<Take> {
        if !planned.step.publishes() {
            return Vec::new();
        }
        let row = &self.work.delivery;
        self.worker.settings.limits.takes(
            row.platform,
            &row.account_id,
            planned.armed.part_index > 0,
        )
    }

    /// What to give back to the rate windows: the call was refused, or is now known not to have
    /// been carried out.
    fn refunds(
        &self,
        claim: &Claim,
        step: &Step,
        verdict: Verdict,
        to: Status,
        takes: Vec<Take>,
    ) -> Vec<Take> {
        use Verdict::{Reconnect, Reject, Retry, RetryAt, Wait};
        let refused =
            step.publishes() && matches!(verdict, Wait | Retry | RetryAt | Reconnect | Reject);
        let looked_in_vain = claim.status == Status::Unconfirmed && to != Status::Unconfirmed;
        let unused = if refused {
            takes
        } else if looked_in_vain && matches!(verdict, Retry | Reject) {
            let is_reply = claim.progress.part_index > 0;
            self.worker
                .settings
                .limits
                .takes(claim.platform, &claim.account_id, is_reply)
        } else {
            Vec::new()
        };
        unused.into_iter().filter(|take| take.refundable).collect()
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
            Claimed::Limited { lane, until } => {
                let pause = self.pause_of(lane, until);
                info!(%until, waiting_for = %pause.reason, "rate limit used up");
                worker.boundaries.at(Side::Before, Action::PauseLane).await;
                entities::lanes::pause(worker.database.writer(), &pause, now).await?;
                worker.boundaries.at(Side::After, Action::PauseLane).await;
                self.hold_back(until, pause.reason, now).await?;
                Ok(None)
            }
        }
    }

    /// Without a token nothing can be tried: the delivery waits for a new one. What may be live is
    /// looked for later, until patience ends; what is live needs no token.
    async fn without_token(&self, error: DeliveryError, now: Timestamp) -> Result<(), DbErr> {
        let worker = self.worker;
        let row = &self.work.delivery;
        let progress = row.progress()?;
        let later = now + Duration::from_secs(300);
        let change = match (row.status, &progress.checkpoint) {
            (Status::Unconfirmed, _) => {
                let since = progress.unresolved_since.unwrap_or(now);
                if now.since(since) < worker.settings.give_up_after {
                    let why = WaitReason::Confirmation;
                    return self.hold_back(later, why, now).await;
                }
                Change::failed(progress.clone(), explain::unconfirmed(row.platform))
            }
            (_, Checkpoint::Live { .. }) if self.is_last_part(&progress) => {
                Change::published(Progress::start(progress.part_index), now)
            }
            _ if error.code == "token_unreadable" => {
                Change::queued(progress.clone(), later, WaitReason::Retry).because(error)
            }
            _ if error.code == "account_deleted" => Change::failed(progress.clone(), error),
            _ => Change::needs_reconnect(progress.clone(), error),
        };
        let (lease, boundaries) = (worker.settings.lease, &worker.boundaries);
        let at_claim = Action::ClaimWithoutToken;
        boundaries.at(Side::Before, at_claim).await;
        let claimed = claim(
            &worker.database,
            self.work,
            &progress,
            &[],
            &worker.name,
            now,
            lease,
        )
        .await?;
        let Claimed::Ours(claim) = claimed else {
            return Ok(());
        };
        boundaries.at(Side::After, at_claim).await;
        info!(status = %change.to(), code = change.error().map(|error| error.code.as_str()), "no token");
        let at_record = Action::RecordWithoutToken;
        boundaries.at(Side::Before, at_record).await;
        record(&worker.database, &claim, Record::bare(change), now, lease).await?;
        boundaries.at(Side::After, at_record).await;
        Ok(())
    }

    fn is_last_part(&self, progress: &Progress) -> bool {
        let parts = self.work.content.parts_on(self.work.delivery.platform);
        usize::try_from(progress.part_index).is_ok_and(|index| index + 1 >= parts.len())
    }

    /// Takes one step and writes it down. Returns the next step when it is due at once.
    async fn step(
        &self,
        claim: Claim,
        step: Step,
        takes: Vec<Take>,
        token: &Token,
    ) -> Result<Option<(Claim, Step, Vec<Take>)>, DbErr> {
        let worker = self.worker;
        let started_at = worker.clock.now();
        if started_at + worker.settings.call_timeout > claim.lease_until {
            warn!(step = %step.name(), "too little is left of the lease to begin; it is let run out");
            return Ok(None);
        }
        let parts = self.work.content.parts_on(claim.platform);
        let part = usize::try_from(claim.progress.part_index)
            .ok()
            .and_then(|index| parts.get(index));
        let subject = Subject {
            work: self.work,
            claim: &claim,
            text: part.map_or("", |part| part.text.as_str()),
            reply_to: self.work.reply_to.as_deref(),
        };
        self.at(Side::Before, StepAction::Call, &step).await;
        let performed = perform(worker, &subject, &step, &token.secret).await?;
        self.at(Side::After, StepAction::Call, &step).await;
        let now = worker.clock.now();
        let case = Case {
            platform: claim.platform,
            status: claim.status,
            progress: &claim.progress,
            parts: i32::try_from(parts.len()).unwrap_or(i32::MAX),
            seed: claim.id.as_str(),
            settings: &worker.settings,
            can_renew: token.can_renew,
            asked_at: started_at,
            steady_since: worker.clock.steady_since(),
            now,
        };
        let decision = decide(&case, &step, &performed.outcome);
        story::log(&claim, &step, &performed, &decision, now.since(started_at));
        let attempted = self.attempted(&step, &performed, &decision, started_at, now);
        self.write_down(
            claim, step, takes, token, performed, decision, attempted, now,
        )
        .await
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one step's whole story, told once"
    )]
    async fn write_down(
        &self,
        claim: Claim,
        step: Step,
        takes: Vec<Take>,
        token: &Token,
        performed: Performed,
        decision: Decision,
        attempted: Attempted,
        now: Timestamp,
    ) -> Result<Option<(Claim, Step, Vec<Take>)>, DbErr> {
        let worker = self.worker;
        let Decision {
            change,
            verdict,
            pause,
            token: fate,
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
            attempted: Some(attempted.clone()),
            pause: paused.or(exhausted),
            refused_token: fate.map(|fate| RefusedToken {
                token: token.of.clone(),
                fate,
            }),
            reports,
            refunds: self.refunds(&claim, &step, verdict, change.to(), takes),
            ..Record::bare(change.clone())
        };

        // The next step, when it is due at once and this worker may take it. The next part of a
        // chain answers a post that `work` does not know of: it is read again.
        let same_part = change.progress().part_index == claim.progress.part_index;
        let next = (change.keeps_claim() && same_part && !worker.stop.is_cancelled())
            .then(|| plan(claim.platform, Status::Publishing, change.progress(), now));
        let next_takes = next
            .as_ref()
            .map(|next| self.takes(next))
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
        let mut recorded = self.record_surely(&claim, &entry, now).await?;
        if let Recorded::Limited { lane, until } = recorded {
            let pause = self.pause_of(lane, until);
            info!(%until, waiting_for = %pause.reason, "rate limit used up");
            entry.change = change.clone().release(until, pause.reason);
            entry.takes = Vec::new();
            entry.pause = Some(pause);
            self.at(Side::Before, StepAction::Record, &step).await;
            recorded = self.record_surely(&claim, &entry, now).await?;
        }
        match (recorded, next) {
            (Recorded::Done(Some(claim)), Some(next)) => {
                self.at(Side::After, action, &step).await;
                Ok(Some((claim, next.step, next_takes)))
            }
            (Recorded::Done(_), _) => {
                self.at(Side::After, StepAction::Record, &step).await;
                self.hand_on(&claim, &change, now).await;
                Ok(None)
            }
            (Recorded::ClaimLost | Recorded::Limited { .. }, _) => {
                if matches!(performed.outcome, Ok(Success::Live { .. })) {
                    self.at(Side::Before, StepAction::RecordLate, &step).await;
                    let written =
                        record_late(&worker.database, &claim, change, attempted, now).await?;
                    self.at(Side::After, StepAction::RecordLate, &step).await;
                    warn!(written, "published after the claim had been given up");
                } else {
                    warn!("the claim was given up before the answer came; nothing is written");
                }
                Ok(None)
            }
        }
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
    async fn hand_on(&self, claim: &Claim, change: &Change, now: Timestamp) {
        if change.keeps_claim() && !self.worker.stop.is_cancelled() {
            let job = queue::Job::Publish(claim.id.clone());
            let boundaries = &self.worker.boundaries;
            boundaries.at(Side::Before, Action::HandOn).await;
            if let Err(error) = self.worker.queue.push(vec![(now, job)]).await {
                debug!(%error, "the next part is left to the relay");
            }
            boundaries.at(Side::After, Action::HandOn).await;
        }
    }
}
