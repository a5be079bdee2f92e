//! Failures that mean the same whatever the step was.

use std::time::Duration;

use entities::Timestamp;
use entities::delivery::{Change, DeliveryError, Progress, WaitReason};
use entities::rows::attempt::Verdict;
use platforms::{Failure, LimitScope, Meaning};

use super::{Case, Decision, LanePause, out_of_patience};
use crate::backoff::{RETRY, interval};
use crate::explain;

/// How long a lane rests when the platform shut it without naming a time.
const BLOCKED_APP: Duration = Duration::from_secs(30 * 60);
const BLOCKED_ACCOUNT: Duration = Duration::from_secs(60 * 60);
/// Threads' bursts of 613 were seen to last 40 s and more (`threads.md` 5.2).
const LIMITED: Duration = Duration::from_secs(60);

/// What to do about a failure that is certain to have had no visible effect. `progress` is how
/// far the delivery stands after it.
pub fn without_effect(case: &Case<'_>, progress: Progress, failure: &Failure) -> Decision {
    let error = explain::explain(case.platform, failure);
    match &failure.meaning {
        Meaning::Limited { scope, until_ms } => {
            let until = until_ms.map_or(case.now + LIMITED, Timestamp::from_ms).max(case.now + Duration::from_secs(1));
            let reason = match scope {
                LimitScope::Account => WaitReason::AccountRateLimit,
                LimitScope::App => WaitReason::AppRateLimit,
            };
            paused(progress, error, LanePause { scope: *scope, until, reason })
        }
        Meaning::Blocked { code } => {
            let (scope, rest) = match *code {
                code if code.starts_with("account_") => (LimitScope::Account, BLOCKED_ACCOUNT),
                _ => (LimitScope::App, BLOCKED_APP),
            };
            let pause = LanePause { scope, until: case.now + rest, reason: WaitReason::LanePaused };
            let progress = Progress { failing_since: progress.failing_since.or(Some(case.now)), ..progress };
            give_up_or(case, &progress, &error, || paused(progress.clone(), error.clone(), pause))
        }
        Meaning::Unauthorized => Decision {
            reconnect: Some(error.message.clone()),
            ..Decision::new(Change::needs_reconnect(progress, error), Verdict::Reconnect)
        },
        Meaning::Rejected { .. } | Meaning::Duplicate => {
            Decision::new(Change::failed(progress, error), Verdict::Reject)
        }
        Meaning::NotDone
        | Meaning::Transient
        | Meaning::Unknown
        | Meaning::NotFound
        | Meaning::BadLinkPreview => again(case, progress.looked(), error),
    }
}

/// Nothing happened; the same step again, later each time, until patience ends.
pub fn again(case: &Case<'_>, progress: Progress, error: DeliveryError) -> Decision {
    let progress = Progress { failing_since: progress.failing_since.or(Some(case.now)), ..progress };
    give_up_or(case, &progress, &error, || {
        let next_at = case.now + interval(RETRY, progress.looks - 1, case.seed);
        let change = Change::queued(progress.clone(), next_at, WaitReason::Retry).because(error.clone());
        Decision::new(change, Verdict::Retry)
    })
}

fn paused(progress: Progress, error: DeliveryError, pause: LanePause) -> Decision {
    let change = Change::queued(progress, pause.until, pause.reason).because(error);
    Decision { pause: Some(pause), ..Decision::new(change, Verdict::RetryAt) }
}

fn give_up_or(
    case: &Case<'_>,
    progress: &Progress,
    error: &DeliveryError,
    otherwise: impl FnOnce() -> Decision,
) -> Decision {
    match progress.failing_since {
        Some(since) if out_of_patience(case, since) => {
            let error = DeliveryError { retryable: true, ..error.clone() };
            Decision::new(Change::failed(progress.clone(), error), Verdict::Reject)
        }
        _ => otherwise(),
    }
}
