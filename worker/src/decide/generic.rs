//! Failures that mean the same whatever the step was.

use std::time::Duration;

use entities::Timestamp;
use entities::delivery::{Change, DeliveryError, Progress, WaitReason};
use entities::record::TokenFate;
use entities::rows::attempt::Verdict;
use platforms::{Failure, LimitScope, Meaning};

use super::{Case, Decision, LanePause, Strikes, out_of_patience};
use crate::backoff::{RETRY, interval};
use crate::explain;

/// How long an app's lane rests that the platform shut without naming a time, the first time and after
/// each try: what it needs, credits or another plan, somebody must see to.
const BLOCKED_APP: [Duration; 3] = [
    Duration::from_secs(15 * 60),
    Duration::from_secs(3600),
    Duration::from_secs(6 * 3600),
];
/// The same of an account's.
const BLOCKED_ACCOUNT: Duration = Duration::from_secs(60 * 60);
/// Threads' bursts of 613 were seen to last 40 s and more (`threads.md` 5.2).
pub const LIMITED: Duration = Duration::from_secs(60);

/// What to do about a failure that is certain to have had no visible effect. `progress` is how
/// far the delivery stands after it.
pub fn without_effect(case: &Case<'_>, progress: Progress, failure: &Failure) -> Decision {
    let error = explain::explain(case.platform, failure);
    match &failure.meaning {
        Meaning::Limited { scope, until_ms } => {
            let reason = match scope {
                LimitScope::Account => WaitReason::AccountRateLimit,
                LimitScope::App => WaitReason::AppRateLimit,
            };
            let named = until_ms
                .map(Timestamp::from_ms)
                .filter(|until| *until > case.now);
            let until = named.unwrap_or(case.now + LIMITED);
            let pause = LanePause {
                scope: *scope,
                until,
                reason,
            };
            // A platform whose times do not hold, or that names none, is asked less and less often.
            let progress = progress.looked();
            let next_at = until.max(case.now + interval(RETRY, progress.looks - 1, case.seed));
            if named.is_some() {
                return paused(progress, next_at, error, pause);
            }
            let progress = failing(case, progress);
            give_up_or(case, &progress, &error, || {
                paused(progress.clone(), next_at, error.clone(), pause)
            })
        }
        Meaning::Blocked { code } => {
            let (scope, rest) = blocked(code, case.strikes);
            let until = case.now + rest;
            let pause = LanePause {
                scope,
                until,
                reason: WaitReason::LanePaused,
            };
            let progress = failing(case, progress);
            give_up_or(case, &progress, &error, || {
                paused(progress.clone(), until, error.clone(), pause)
            })
        }
        // Refused before it was looked at (x.md 1.3): the same again with a new token.
        Meaning::Unauthorized if case.can_renew => {
            let change = Change::queued(progress, case.now, WaitReason::Token).because(error);
            Decision {
                token: Some(TokenFate::Renew),
                ..Decision::new(change, Verdict::Retry)
            }
        }
        Meaning::Unauthorized => Decision {
            token: Some(TokenFate::Dead {
                reason: error.message.clone(),
            }),
            ..Decision::new(Change::needs_reconnect(progress, error), Verdict::Reconnect)
        },
        Meaning::Rejected { .. } | Meaning::Duplicate => {
            Decision::new(Change::failed(progress, error), Verdict::Reject)
        }
        Meaning::NotDone
        | Meaning::Transient
        | Meaning::Unknown
        | Meaning::NotFound
        | Meaning::BadLinkPreview
        | Meaning::MediaUnreachable
        | Meaning::ChildrenNotReady
        | Meaning::UploadLost => again(case, progress.looked(), error),
    }
}

/// Which lane a platform shut, and for how long to leave it alone.
pub fn blocked(code: &str, strikes: Strikes) -> (LimitScope, Duration) {
    match code {
        "credits_depleted" | "spend_cap_reached" | "usage_capped" | "app_not_enrolled" => {
            let tried = usize::try_from(strikes.app).unwrap_or(0);
            let longest = BLOCKED_APP.len() - 1;
            (LimitScope::App, BLOCKED_APP[tried.min(longest)])
        }
        _ => (LimitScope::Account, BLOCKED_ACCOUNT),
    }
}

/// Nothing happened; the same step again, later each time, until patience ends.
pub fn again(case: &Case<'_>, progress: Progress, error: DeliveryError) -> Decision {
    let progress = failing(case, progress);
    give_up_or(case, &progress, &error, || {
        let next_at = case.now + interval(RETRY, progress.looks - 1, case.seed);
        let change =
            Change::queued(progress.clone(), next_at, WaitReason::Retry).because(error.clone());
        Decision::new(change, Verdict::Retry)
    })
}

fn failing(case: &Case<'_>, progress: Progress) -> Progress {
    Progress {
        failing_since: progress.failing_since.or(Some(case.now)),
        ..progress
    }
}

fn paused(
    progress: Progress,
    next_at: Timestamp,
    error: DeliveryError,
    pause: LanePause,
) -> Decision {
    let change = Change::queued(progress, next_at, pause.reason).because(error);
    Decision {
        pause: Some(pause),
        ..Decision::new(change, Verdict::RetryAt)
    }
}

fn give_up_or(
    case: &Case<'_>,
    progress: &Progress,
    error: &DeliveryError,
    otherwise: impl FnOnce() -> Decision,
) -> Decision {
    match progress.failing_since {
        Some(since) if out_of_patience(case, since) => {
            let error = DeliveryError {
                retryable: true,
                ..error.clone()
            };
            Decision::new(Change::failed(progress.clone(), error), Verdict::Reject)
        }
        _ => otherwise(),
    }
}
