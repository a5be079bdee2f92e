//! What operators are told of a run: metrics, and the spans of its post's trace.

use std::time::Duration;

use entities::claims::Work;
use entities::delivery::{Change, Claim, Status};
use entities::{AttemptId, Timestamp};
use telemetry::{TraceParent, counting, traces};
use tracing::field::Empty;
use tracing::{Span, info_span};

use crate::decide::{Decision, Success};
use crate::perform::Performed;
use crate::step::Step;

/// The span of all that is done about a delivery at a time, in the trace that its post was submitted
/// in, and the id of that trace.
pub(super) fn run_span(work: &Work, now: Timestamp) -> (Span, Option<String>) {
    let row = &work.delivery;
    let waited = row.next_at.map_or(Duration::ZERO, |due| now.since(due));
    let span = info_span!(
        target: traces::TARGET, "publish",
        otel.name = %format!("publish on {}", row.platform), otel.kind = "consumer",
        post = %row.post_id, delivery = %row.id, account = %row.account_id, platform = %row.platform,
        status = %row.status, waited_ms = waited.as_millis() as i64,
    );
    let stored = work.trace_parent.as_deref();
    let span = traces::continued(span, stored);
    let parent = traces::parent_of(&span).or_else(|| stored?.parse::<TraceParent>().ok());
    (span, parent.map(|parent| parent.trace_id()))
}

/// The span of the one call of a step.
pub(super) fn call_span(claim: &Claim, step: &Step, attempt: &AttemptId) -> Span {
    let step = step.name();
    info_span!(
        target: traces::TARGET, "call",
        otel.name = %format!("{step} on {}", claim.platform), otel.kind = "client", otel.status_code = Empty,
        post = %claim.post_id, delivery = %claim.id, account = %claim.account_id, attempt = %attempt,
        platform = %claim.platform, step = %step, part = claim.progress.part_index,
        verdict = Empty, http.response.status_code = Empty,
    )
}

/// The span of a write of our own.
pub(super) fn write_span(name: &'static str, delivery: &entities::DeliveryId) -> Span {
    info_span!(target: traces::TARGET, "write", otel.name = name, %delivery)
}

/// A platform was called, and this is what it means.
pub(super) fn called(
    span: &Span,
    claim: &Claim,
    step: &Step,
    performed: &Performed,
    decision: &Decision,
    took: Duration,
) {
    counting::called(claim.platform, step.name(), decision.verdict, took);
    span.record("verdict", decision.verdict.as_str());
    if let Some(status) = performed.http_status {
        span.record("http.response.status_code", i64::from(status));
    }
    if performed.outcome.is_err() {
        span.record("otel.status_code", "ERROR");
    }
}

/// A step was written down.
pub(super) fn recorded(work: &Work, performed: &Performed, change: &Change) {
    let was_made_live = matches!(performed.outcome, Ok(Success::Live { .. }));
    if let Some(live) = change.live()
        && live.part_index == 0
        && (was_made_live || live.found)
    {
        let row = &work.delivery;
        counting::late_by(row.platform, live.published_at.since(row.due_at));
    }
    settled(work, change);
}

/// A change was written down.
pub(super) fn settled(work: &Work, change: &Change) {
    let platform = work.delivery.platform;
    match change.to() {
        Status::Published => counting::published(platform),
        Status::Failed => {
            let code = change
                .error()
                .map_or("unknown", |error| error.code.as_str());
            counting::failed(platform, code);
        }
        _ => {}
    }
}
