//! Reconciling: the outcome of a send is unknown, and we look for the post until we know. What
//! is found is adopted at once; that it is absent is believed only after everything that could
//! still land has had its time.

use std::time::Duration;

use entities::Timestamp;
use entities::delivery::{Change, Checkpoint, Container, LivePart, Progress, WaitReason};
use entities::record::TokenFate;
use entities::rows::attempt::Verdict;
use entities::{Platform, delivery};
use platforms::threads::ContainerStatus;
use platforms::{Failure, Meaning};

use super::{CONTAINERS, Case, Decision, out_of_patience, part_done};
use crate::backoff::{LOOKING, LOOKING_ON, RETRY, interval};
use crate::explain;
use crate::search::Search;
use crate::step::Step;

/// Both ways of looking must have been gone before absence counts.
const LOOKS_BEFORE_ABSENCE: i32 = 3;
/// A worker that comes back after days has not looked for days.
const LOOKS_BEFORE_GIVING_UP: i32 = 10;
/// How long a post that is proven live is looked for, to learn its id.
const LOOK_FOR_ID: Duration = Duration::from_secs(15 * 60);
/// How long to rest when the platform lets nobody look: the app has no credits, the account is locked.
const BLOCKED: Duration = Duration::from_secs(3600);
/// How many looks come before such a rest: one refusal may be a mistake of the platform's.
const LOOKS_BEFORE_RESTING: i32 = 3;
/// How long a container that can not be found is believed to be merely out of sight.
const VANISHED: Duration = Duration::from_secs(60);

pub fn at_container(case: &Case<'_>, container: &Container, status: &ContainerStatus) -> Decision {
    match status {
        ContainerStatus::Published => {
            let mut progress = Progress {
                looks: 0,
                ..case.progress.clone()
            };
            if let Checkpoint::Sent { seen_live, .. } = &mut progress.checkpoint {
                *seen_live = true;
            }
            Decision::new(Change::unconfirmed(progress, case.now), Verdict::Wait)
        }
        ContainerStatus::Finished => absent(
            case,
            Checkpoint::Ready {
                container: container.clone(),
            },
        ),
        ContainerStatus::InProgress => absent(
            case,
            Checkpoint::Preparing {
                container: container.clone(),
            },
        ),
        ContainerStatus::Expired | ContainerStatus::Error(_) => absent(case, Checkpoint::Start),
    }
}

pub fn at_list(case: &Case<'_>, search: &Search) -> Decision {
    if let Some(found) = &search.found {
        let live = LivePart {
            part_index: case.progress.part_index,
            remote_id: Some(found.id.clone()),
            url: found.url.clone(),
            published_at: found
                .created_at_ms
                .map_or(sent_at(case), Timestamp::from_ms),
            found: true,
        };
        return Decision::new(part_done(case, live), Verdict::Done);
    }
    let looked = case.progress.looked();
    if is_seen_live(case) {
        return live_but_not_found(case, looked);
    }
    // A container knows better than the lists whether it was published. On X, and when the
    // container is gone, the list is all there is.
    let container_knows = matches!(
        case.progress.checkpoint,
        Checkpoint::Sent {
            container: Some(_),
            ..
        }
    );
    if search.complete && !container_knows {
        absent(case, Checkpoint::Start)
    } else {
        look_again(case, looked)
    }
}

pub fn failed(case: &Case<'_>, step: &Step, failure: &Failure) -> Decision {
    let mut looked = case.progress.looked();
    let vanished = matches!(step, Step::CheckContainer(_)) && failure.meaning == Meaning::NotFound;
    if vanished && absence_counts(case) && case.now.since(settled_at(case)) >= VANISHED {
        // It may have been published before it went: from now on the list has the word.
        if let Checkpoint::Sent { container, .. } = &mut looked.checkpoint {
            *container = None;
        }
    }
    let mut decision = look_again(case, looked);
    match &failure.meaning {
        Meaning::Unauthorized => {
            decision.token = Some(if case.can_renew {
                TokenFate::Renew
            } else {
                let reason = explain::explain(case.platform, failure).message;
                TokenFate::Dead { reason }
            });
        }
        // Nobody is let look before somebody has seen to it.
        Meaning::Blocked { .. } if case.progress.looks >= LOOKS_BEFORE_RESTING => {
            if let (delivery::Status::Unconfirmed, Some(at)) =
                (decision.change.to(), decision.change.next_at())
            {
                let progress = decision.change.progress().clone();
                decision.change = Change::unconfirmed(progress, at.max(case.now + BLOCKED));
            }
        }
        // The platform named a time to look again.
        Meaning::Limited {
            until_ms: Some(until_ms),
            ..
        } => {
            let until = Timestamp::from_ms(*until_ms).max(case.now + Duration::from_secs(1));
            if decision.change.to() == delivery::Status::Unconfirmed {
                let progress = decision.change.progress().clone();
                decision.change = Change::unconfirmed(progress, until);
            }
        }
        _ => {}
    }
    if decision.change.to() == delivery::Status::Unconfirmed {
        let error = explain::outcome_unknown(case.platform, Some(failure));
        decision.change = decision.change.because(error);
        decision.verdict = Verdict::Retry;
    }
    decision
}

/// Nothing was learned.
pub fn again(case: &Case<'_>) -> Decision {
    look_again(case, case.progress.looked())
}

/// It is not there: believed only when whatever was under way has landed, and when we have looked
/// often enough. Then it may be sent again, from `checkpoint` on.
fn absent(case: &Case<'_>, checkpoint: Checkpoint) -> Decision {
    if !absence_counts(case) {
        return look_again(case, case.progress.looked());
    }
    let needs_container = case.platform == Platform::Threads && checkpoint == Checkpoint::Start;
    if needs_container && case.progress.containers_used >= CONTAINERS {
        let progress = Progress {
            checkpoint,
            ..case.progress.clone()
        };
        let change = Change::failed(
            progress,
            explain::container_lost("gone after publishing failed"),
        );
        return Decision::new(change, Verdict::Reject);
    }
    not_live(case, checkpoint)
}

fn absence_counts(case: &Case<'_>) -> bool {
    // A worker may stall over an answer for any time: that makes the answer no younger.
    let as_of = case.now.min(case.asked_at + case.settings.call_timeout);
    as_of >= settled_at(case) && case.progress.looks + 1 >= LOOKS_BEFORE_ABSENCE
}

/// From when on an answer was certainly asked for after everything under way had landed: a
/// platform answers as of the question, and that may be as old as a call may take. A clock that
/// jumped since the send does not tell how much of that time has really passed.
fn settled_at(case: &Case<'_>) -> Timestamp {
    sent_at(case).max(case.steady_since)
        + case.settings.settle(case.platform)
        + case.settings.call_timeout
}

fn sent_at(case: &Case<'_>) -> Timestamp {
    match &case.progress.checkpoint {
        Checkpoint::Sent { at, .. } => *at,
        _ => case.now,
    }
}

fn is_seen_live(case: &Case<'_>) -> bool {
    matches!(
        case.progress.checkpoint,
        Checkpoint::Sent {
            seen_live: true,
            ..
        }
    )
}

/// It is not live: it may be sent again, from `checkpoint` on.
fn not_live(case: &Case<'_>, checkpoint: Checkpoint) -> Decision {
    let since = case.progress.failing_since.unwrap_or(sent_at(case));
    let progress = Progress {
        checkpoint,
        looks: 0,
        failing_since: Some(since),
        ..case.progress.clone()
    };
    if out_of_patience(case, since) {
        let error = explain::never_went_out(case.platform);
        let change = Change::failed(
            Progress {
                checkpoint: Checkpoint::Start,
                ..progress
            },
            error,
        );
        return Decision::new(change, Verdict::Reject);
    }
    // A platform that fails at every send is asked less and less often.
    let failing = case.now.since(
        case.progress
            .unresolved_since
            .map_or(since, |first| first.max(since)),
    );
    let rest = if failing < case.settings.settle(case.platform) * 2 {
        Duration::ZERO
    } else {
        (failing / 4).min(RETRY.longest)
    };
    Decision::new(
        Change::queued(progress, case.now + rest, WaitReason::Retry),
        Verdict::Retry,
    )
}

fn live_but_not_found(case: &Case<'_>, looked: Progress) -> Decision {
    if looked_for(
        case,
        &looked,
        case.settings.settle(case.platform) + LOOK_FOR_ID,
    ) {
        return without_id(case);
    }
    look_again(case, looked)
}

fn look_again(case: &Case<'_>, looked: Progress) -> Decision {
    if looked_for(case, &looked, case.settings.give_up_after) {
        return if is_seen_live(case) {
            without_id(case)
        } else {
            unconfirmed_for_good(case)
        };
    }
    let settled = settled_at(case);
    let next_at = if case.now < settled {
        // The look that can settle it should not come late.
        (case.now + interval(LOOKING, looked.looks, case.seed))
            .min(settled.max(case.now + LOOKING.first))
    } else if case.now < settled + LOOKING.longest && is_containers_turn(&looked) {
        // The look before was the list's, which can not settle it.
        case.now + LOOKING.first
    } else {
        case.now + rest(case.now.since(settled), &looked, case.seed)
    };
    Decision::new(Change::unconfirmed(looked, next_at), Verdict::Wait)
}

/// Whether the next look is at the container ([`crate::step::plan`]).
fn is_containers_turn(looked: &Progress) -> bool {
    let container_is_asked = matches!(
        looked.checkpoint,
        Checkpoint::Sent {
            container: Some(_),
            seen_live: false,
            ..
        }
    );
    container_is_asked && looked.looks % 2 == 0
}

/// How long to rest between two looks, this long after all was to have settled: about a fifth of
/// that time, so that what shows late is not found much later. The first looks are made quickly
/// all the same: a limit or a lost worker may have kept them off.
fn rest(overdue: Duration, looked: &Progress, seed: &str) -> Duration {
    match (overdue.as_secs() / 300).checked_ilog2() {
        Some(doubled) if looked.looks >= LOOKS_BEFORE_GIVING_UP => {
            interval(LOOKING_ON, i32::try_from(doubled).unwrap_or(i32::MAX), seed)
        }
        _ => interval(LOOKING, looked.looks, seed),
    }
}

/// Whether this send has been looked for that long, and not only waited for while nobody looked.
fn looked_for(case: &Case<'_>, looked: &Progress, time: Duration) -> bool {
    case.now.since(sent_at(case)) >= time && looked.looks >= LOOKS_BEFORE_GIVING_UP
}

/// The platform said that it is live, and its id can not be had.
fn without_id(case: &Case<'_>) -> Decision {
    // Proven by the container: that is the truth even without the id. But a part that is to be
    // answered needs one.
    let is_last = case.progress.part_index + 1 >= case.parts;
    if case.platform != Platform::Threads || !is_last {
        return unconfirmed_for_good(case);
    }
    let live = LivePart {
        part_index: case.progress.part_index,
        remote_id: None,
        url: None,
        published_at: sent_at(case),
        found: true,
    };
    Decision::new(part_done(case, live), Verdict::Done)
}

/// Nobody can tell; a person must look.
fn unconfirmed_for_good(case: &Case<'_>) -> Decision {
    let error = explain::unconfirmed(case.platform);
    Decision::new(
        Change::failed(case.progress.clone(), error),
        Verdict::Unknown,
    )
}
