//! The visible call, and reading the address of what it made.

use std::time::Duration;

use entities::delivery::{Change, Checkpoint, Container, LivePart, Progress};
use entities::rows::attempt::Verdict;
use entities::{Platform, Timestamp};
use platforms::{Failure, Meaning};

use super::{Case, Decision, generic, part_done, preparing};
use crate::backoff::{LOOKING, PREPARING, interval};
use crate::explain;

/// How often the address of a live post is asked for before it is left out; the platform leaves
/// it out itself for some posts (`threads.md` 8.1).
const ADDRESS_LOOKS: i32 = 3;
/// The longest rest between two of these looks: a post is not held up for its address.
const ADDRESS_REST: Duration = Duration::from_secs(300);
/// How long a finished container may be refused as unknown before another is made
/// (`threads.md` 5.3: replication was seen to take up to half a minute).
const REPLICATION: Duration = Duration::from_secs(120);
const PREVIEW_LOOKS: i32 = 5;

pub fn live(case: &Case<'_>, remote_id: &str, url: Option<&str>) -> Decision {
    let live = LivePart {
        part_index: case.progress.part_index,
        remote_id: Some(remote_id.to_owned()),
        url: url.map(str::to_owned),
        published_at: case.now,
        found: false,
    };
    let change = if case.platform == Platform::Threads {
        let checkpoint = Checkpoint::Live {
            remote_id: remote_id.to_owned(),
        };
        Change::go_on(Progress {
            unresolved_since: None,
            ..case.progress.reached(checkpoint)
        })
        .with_live(live)
    } else {
        part_done(case, live)
    };
    Decision::new(change, Verdict::Done)
}

pub fn publish_failed(case: &Case<'_>, container: &Container, failure: &Failure) -> Decision {
    let back_to_ready = Progress {
        checkpoint: Checkpoint::Ready {
            container: container.clone(),
        },
        ..case.progress.clone()
    };
    match failure.meaning {
        Meaning::Unknown | Meaning::Transient | Meaning::Duplicate => unknown(case, Some(failure)),
        // Not known to the server that was asked: most often it lags, and its status tells more.
        // But the same words were seen for what another server has published (`threads.md` 5.3),
        // so with an earlier send unresolved, or no lag to explain them, we look.
        Meaning::NotFound if may_only_lag(case, container) => lags(case, container),
        Meaning::NotFound => unknown_of(case, refused(case, container), Some(failure)),
        Meaning::BadLinkPreview if case.progress.looks + 1 >= PREVIEW_LOOKS => {
            let error = explain::explain(case.platform, failure);
            Decision::new(Change::failed(back_to_ready, error), Verdict::Reject)
        }
        _ => generic::without_effect(case, back_to_ready, failure),
    }
}

pub fn create_post_failed(case: &Case<'_>, failure: &Failure) -> Decision {
    let back_to_start = Progress {
        checkpoint: Checkpoint::Start,
        ..case.progress.clone()
    };
    match failure.meaning {
        Meaning::Unknown | Meaning::Transient => unknown(case, Some(failure)),
        // After a send without an outcome, "exists already" speaks of that one.
        Meaning::Duplicate if case.progress.unresolved_since.is_some() => exists(case, failure),
        Meaning::NotFound => {
            let error = explain::reply_target_missing(failure);
            Decision::new(Change::failed(back_to_start, error), Verdict::Reject)
        }
        _ => generic::without_effect(case, back_to_start, failure),
    }
}

fn may_only_lag(case: &Case<'_>, container: &Container) -> bool {
    let lost_an_answer = case.progress.unresolved_since.is_some() && container.refused_at.is_none();
    !lost_an_answer && case.now.since(container.made_at) < REPLICATION
}

/// The container, with the note that it may be live although it was refused.
fn refused(case: &Case<'_>, container: &Container) -> Container {
    Container {
        refused_at: container.refused_at.or(Some(sent_at(case))),
        ..container.clone()
    }
}

/// The container's status is asked, and then the same one is published. The status is a success
/// each time, so the waits grow with the container's age and not with a count of failures.
fn lags(case: &Case<'_>, container: &Container) -> Decision {
    let checkpoint = Checkpoint::Preparing {
        container: refused(case, container),
    };
    let wait = (case.now.since(container.made_at) / 2).clamp(PREPARING.first, PREPARING.longest);
    let change = Change::processing(
        Progress {
            checkpoint,
            unresolved_since: case.progress.unresolved_since.or(Some(sent_at(case))),
            ..case.progress.clone()
        },
        case.now + wait,
    );
    Decision::new(change, Verdict::Wait)
}

/// It may have happened: look before anything is repeated.
pub fn unknown(case: &Case<'_>, failure: Option<&Failure>) -> Decision {
    unknown_from(case, unresolved(case), failure)
}

/// The same of a container that was refused.
fn unknown_of(case: &Case<'_>, container: Container, failure: Option<&Failure>) -> Decision {
    let mut progress = unresolved(case);
    progress.checkpoint = Checkpoint::Sent {
        container: Some(container),
        at: sent_at(case),
        seen_live: false,
    };
    unknown_from(case, progress, failure)
}

/// A container that was refused when it was sent has come to nothing since: whether it was
/// published before is to be found out, before another may take its place.
pub fn may_be_live(case: &Case<'_>, container: &Container, sent_at: Timestamp) -> Decision {
    let mut progress = unresolved(case);
    progress.checkpoint = Checkpoint::Sent {
        container: Some(container.clone()),
        at: sent_at,
        seen_live: false,
    };
    unknown_from(case, progress, None)
}

fn unknown_from(case: &Case<'_>, progress: Progress, failure: Option<&Failure>) -> Decision {
    let error = explain::outcome_unknown(case.platform, failure);
    let next_at = case.now + interval(LOOKING, 0, case.seed);
    let change = Change::unconfirmed(progress, next_at).because(error);
    Decision::new(change, Verdict::Unknown)
}

/// The platform says that it is live; only its id is missing.
fn exists(case: &Case<'_>, failure: &Failure) -> Decision {
    let mut progress = unresolved(case);
    if let Checkpoint::Sent { seen_live, .. } = &mut progress.checkpoint {
        *seen_live = true;
    }
    let error = explain::outcome_unknown(case.platform, Some(failure));
    Decision::new(
        Change::unconfirmed(progress, case.now).because(error),
        Verdict::Unknown,
    )
}

fn unresolved(case: &Case<'_>) -> Progress {
    let sent_at = sent_at(case);
    Progress {
        looks: 0,
        unresolved_since: case.progress.unresolved_since.or(Some(sent_at)),
        failing_since: case.progress.failing_since.or(Some(sent_at)),
        ..case.progress.clone()
    }
}

fn sent_at(case: &Case<'_>) -> Timestamp {
    match &case.progress.checkpoint {
        Checkpoint::Sent { at, .. } => *at,
        _ => case.now,
    }
}

pub fn addressed(case: &Case<'_>, remote_id: &str, url: Option<String>) -> Decision {
    Decision::new(
        part_done(case, address(case, remote_id, url)),
        Verdict::Done,
    )
}

/// It is live all the same: an address that can not be had is left out.
pub fn address_failed(case: &Case<'_>, remote_id: &str, failure: Option<&Failure>) -> Decision {
    let looked = case.progress.looked();
    if looked.looks >= ADDRESS_LOOKS {
        return addressed(case, remote_id, None);
    }
    let Some(Meaning::Limited { until_ms, .. }) = failure.map(|failure| &failure.meaning) else {
        return preparing::wait(case, looked);
    };
    // A burst of refusals outlasts quick looks (`threads.md` 5.2: 40 s and more).
    let named = until_ms.map(|until_ms| Timestamp::from_ms(until_ms).since(case.now));
    let rest = named
        .unwrap_or_default()
        .clamp(generic::LIMITED, ADDRESS_REST);
    Decision::new(Change::processing(looked, case.now + rest), Verdict::Wait)
}

fn address(case: &Case<'_>, remote_id: &str, url: Option<String>) -> LivePart {
    LivePart {
        part_index: case.progress.part_index,
        remote_id: Some(remote_id.to_owned()),
        url,
        published_at: case.now,
        found: false,
    }
}
