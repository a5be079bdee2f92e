//! What a step leaves behind beside the change itself: the attempt, the rate windows, the ledger, a log
//! line.

use entities::delivery::{Claim, PlatformSaid, WaitReason};
use entities::lanes::{Lane, Pause};
use entities::month::Month;
use entities::quota::low::{Low, little};
use entities::rates::{Full, Report};
use entities::record::{Attempted, Evidence};
use entities::rows::attempt::Verdict;
use entities::spend::{Charge, ChargeKind, ChargeState};
use entities::{AttemptId, Timestamp};
use platforms::LimitScope;
use tracing::info;

use super::Run;
use crate::decide::Decision;
use crate::explain;
use crate::limits::{Limits, lane};
use crate::perform::Performed;
use crate::spend;
use crate::step::Step;

impl Run<'_> {
    pub(super) fn attempted(
        &self,
        id: AttemptId,
        step: &Step,
        performed: &Performed,
        decision: &Decision,
        started_at: Timestamp,
        now: Timestamp,
    ) -> Attempted {
        let said = match &performed.outcome {
            Err(failure) => explain::said(&failure.evidence),
            Ok(_) => performed.http_status.map(|status| PlatformSaid {
                http_status: Some(status),
                code: None,
                message: None,
            }),
        };
        Attempted {
            id,
            step: step.name(),
            verdict: decision.verdict,
            worker: self.worker.name.clone(),
            started_at,
            ended_at: now,
            evidence: Evidence {
                said,
                trace_id: performed.trace_id.clone(),
            },
        }
    }

    /// What the answer's headers mean for our own windows, and whether one of them is used up.
    /// Only answers to publishing calls speak of the windows that guard publishing.
    pub(super) fn windows(
        &self,
        claim: &Claim,
        step: &Step,
        performed: &Performed,
        now: Timestamp,
    ) -> (Vec<Report>, Option<Pause>) {
        if !step.publishes()
            || self.worker.settings.limits == Limits::off() && performed.outcome.is_ok()
        {
            return (Vec::new(), None);
        }
        let known = performed.windows.iter().filter_map(|window| {
            let resets_at = Timestamp::from_ms(window.resets_at_ms?);
            let report = Report {
                lane: lane(window.scope, claim.platform, &claim.account_id),
                name: window.name,
                limit: window.limit?,
                remaining: window.remaining?,
                resets_at,
            };
            // Far from the limit our own count is good enough, and a write is saved.
            let near = report.remaining.saturating_mul(4) <= report.limit;
            (resets_at > now && near).then_some((window.scope, report))
        });
        let known: Vec<(LimitScope, Report)> = known.collect();
        let exhausted = known
            .iter()
            .filter(|(_, report)| report.remaining <= 0)
            .max_by_key(|(_, report)| report.resets_at)
            .map(|(_, report)| exhausted(report.lane.clone(), report.resets_at));
        (
            known.into_iter().map(|(_, report)| report).collect(),
            exhausted,
        )
    }

    /// What of the ledger follows from a step; `charge` is what was known of it before.
    pub(super) fn charges(
        &self,
        claim: &Claim,
        step: &Step,
        charge: Option<&Charge>,
        performed: &Performed,
        decision: &Decision,
        started_at: Timestamp,
    ) -> Vec<Charge> {
        let (verdict, to) = (decision.verdict, decision.change.to());
        let part = usize::try_from(claim.progress.part_index).ok();
        let part = part.and_then(|index| self.work.parts().get(index));
        let failure = performed.outcome.as_ref().err();
        let of_step = charge
            .map(|charge| charge.becomes(spend::after_call(verdict, failure, step.publishes())));
        // Where nothing was reserved, nothing is to be released.
        let has_budget = self.worker.settings.budget.is_some();
        let of_step = of_step.filter(|charge| has_budget || charge.state != ChargeState::Released);
        let looked_for = part.and_then(|part| spend::looked_for(self.work, part, claim));
        let looked_for = looked_for.map(|charge| charge.becomes(spend::after_look(verdict, to)));
        let (index, posts) = (claim.progress.part_index, performed.posts_read);
        let read = spend::of_reading(self.work, index, posts, started_at);
        [of_step, looked_for, read].into_iter().flatten().collect()
    }

    /// What of these charges was not reserved before, where there is a budget to count it in.
    pub(super) fn unreserved(&self, charges: &[Charge]) -> Option<(Month, i64)> {
        self.worker.settings.budget?;
        let read = charges
            .iter()
            .find(|charge| charge.what == ChargeKind::ReadPosts)?;
        Some((read.month, read.micro_dollars))
    }

    /// Lanes that were shut, and are seen to be open: a call in them has published.
    pub(super) fn reopened(&self, claim: &Claim, step: &Step, verdict: Verdict) -> Vec<Lane> {
        if !step.publishes() || verdict != Verdict::Done {
            return Vec::new();
        }
        let account =
            (self.work.account_strikes > 0).then(|| Lane::Account(claim.account_id.clone()));
        let app = (self.work.app_strikes > 0).then_some(Lane::App(claim.platform));
        // In the order in which whoever shuts the app's lane takes its rows.
        [app, account].into_iter().flatten().collect()
    }

    /// Whether little is left of a rolling day, after one more has gone out.
    pub(super) fn low(
        &self,
        claim: &Claim,
        step: &Step,
        verdict: Verdict,
        now: Timestamp,
    ) -> Option<Low> {
        if !step.publishes() || verdict != Verdict::Done {
            return None;
        }
        let limits = &self.worker.settings.limits;
        let limit = limits.rolling(claim.platform, claim.progress.part_index > 0)?;
        let left = limit.max - self.work.published_24h - 1;
        (left <= little(limit.max)).then(|| Low {
            lane: limit.lane(&claim.account_id),
            name: limit.name,
            shown_as: limit.key(),
            max: limit.max,
            left: left.max(0),
            until: now + limit.window,
        })
    }
}

/// The pause that a full window makes; none where only this call was too dear.
pub(super) fn pause_of(full: &Full) -> Option<Pause> {
    full.for_all.then(|| Pause {
        lane: full.lane.clone(),
        until: full.until,
        reason: full.reason,
        detail: None,
    })
}

/// The pause of a lane whose limit the platform says is used up.
fn exhausted(lane: Lane, until: Timestamp) -> Pause {
    let reason = match lane {
        Lane::Account(_) => WaitReason::AccountRateLimit,
        Lane::App(_) => WaitReason::AppRateLimit,
    };
    Pause {
        lane,
        until,
        reason,
        detail: None,
    }
}

/// One line for each step.
pub(super) fn log(
    claim: &Claim,
    step: &Step,
    performed: &Performed,
    decision: &Decision,
    took: std::time::Duration,
) {
    let code = decision.change.error().map(|error| error.code.as_str());
    let said = performed
        .outcome
        .as_ref()
        .err()
        .map(tracing::field::display);
    info!(
        attempt = claim.attempt_count, step = %step.name(), verdict = %decision.verdict,
        status = %decision.change.to(), next_at = decision.change.next_at().map(tracing::field::display),
        code, said, http_status = performed.http_status, took_ms = took.as_millis() as u64,
        "step"
    );
}
