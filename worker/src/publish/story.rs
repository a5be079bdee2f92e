//! What a step leaves behind beside the change itself: the attempt, the rate windows, a log line.

use entities::delivery::{Claim, PlatformSaid, WaitReason};
use entities::lanes::{Lane, Pause};
use entities::rates::Report;
use entities::record::{Attempted, Evidence};
use entities::{AttemptId, Timestamp};
use platforms::LimitScope;
use tracing::info;

use super::Run;
use crate::decide::Decision;
use crate::explain;
use crate::limits::{Limits, lane};
use crate::perform::Performed;
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
            .map(|(_, report)| self.pause_of(report.lane.clone(), report.resets_at));
        (
            known.into_iter().map(|(_, report)| report).collect(),
            exhausted,
        )
    }

    pub(super) fn pause_of(&self, lane: Lane, until: Timestamp) -> Pause {
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
