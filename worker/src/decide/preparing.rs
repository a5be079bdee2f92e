//! Threads: making a container and waiting for it. Nothing in here is visible to anyone.

use std::time::Duration;

use entities::delivery::{Change, Checkpoint, Container, Progress, WaitReason};
use entities::rows::attempt::Verdict;
use platforms::threads::ContainerStatus;
use platforms::{Failure, Meaning};

use super::{CONTAINER_LIFE, CONTAINERS, Case, Decision, files, generic, publishing};
use crate::backoff::{PREPARING, interval};
use crate::explain;

/// How long a container may be unknown to some of the platform's servers after it was made
/// (`threads.md` 5.3, 7.4).
pub const REPLICATION: Duration = Duration::from_secs(120);
/// How often the post that is answered may be missing before it counts as deleted: with the
/// growing intervals about two minutes, and a fresh post was seen to need 10 s (`threads.md` 4.6).
const PARENT_LOOKS: i32 = 6;
/// How often a link preview may be refused; minutes-old pages are (`threads.md` 5.2).
const PREVIEW_LOOKS: i32 = 5;
/// How often the files of a carousel may be unknown to the server that makes it, although they are
/// finished: with the growing intervals about two minutes. Ten to thirty seconds were seen, and
/// more than one of them (`threads.md` 4.5).
const CHILDREN_LOOKS: i32 = 7;
/// A video that is published as an answer sooner than this after it was finished came out as a post
/// of its own (`threads.md` 4.6).
const VIDEO_REPLY: Duration = Duration::from_secs(40);

pub fn created(case: &Case<'_>, id: &str) -> Decision {
    let container = Container {
        id: id.to_owned(),
        made_at: case.now,
        refused_at: None,
    };
    let progress = Progress {
        containers_used: case.progress.containers_used + 1,
        ..reached(case, Checkpoint::Preparing { container })
    };
    Decision::new(Change::go_on(progress), Verdict::Done)
}

pub fn create_failed(case: &Case<'_>, failure: &Failure) -> Decision {
    let looks = case.progress.looks + 1;
    let is_reply = case.progress.part_index > 0;
    if failure.meaning == Meaning::MediaUnreachable {
        return files::unreachable(case, failure);
    }
    let give_up = match failure.meaning {
        Meaning::NotFound if is_reply && looks >= PARENT_LOOKS => {
            Some(explain::reply_target_missing(failure))
        }
        Meaning::NotFound if !is_reply && looks >= PARENT_LOOKS => {
            Some(explain::explain(case.platform, failure))
        }
        Meaning::ChildrenNotReady if looks >= CHILDREN_LOOKS => {
            Some(explain::explain(case.platform, failure))
        }
        Meaning::BadLinkPreview if looks >= PREVIEW_LOOKS => {
            Some(explain::explain(case.platform, failure))
        }
        _ => None,
    };
    match give_up {
        Some(error) => Decision::new(
            Change::failed(case.progress.clone(), error),
            Verdict::Reject,
        ),
        None => generic::without_effect(case, case.progress.clone(), failure),
    }
}

pub fn checked(case: &Case<'_>, container: &Container, status: &ContainerStatus) -> Decision {
    match status {
        ContainerStatus::Finished => {
            let ready = reached(
                case,
                Checkpoint::Ready {
                    container: container.clone(),
                },
            );
            let change = if case.progress.part_index > 0 && case.files.has_video() {
                Change::processing(ready, case.now + VIDEO_REPLY)
            } else {
                Change::go_on(ready)
            };
            Decision::new(change, Verdict::Done)
        }
        ContainerStatus::InProgress if case.now.since(container.made_at) < CONTAINER_LIFE => {
            wait(case, case.progress.looked())
        }
        // Live without our having heard of it: only its id is missing.
        ContainerStatus::Published => {
            let since = case.progress.unresolved_since.unwrap_or(container.made_at);
            let checkpoint = Checkpoint::Sent {
                container: Some(container.clone()),
                at: case.now,
                seen_live: true,
            };
            let progress = Progress {
                unresolved_since: Some(since),
                ..reached(case, checkpoint)
            };
            Decision::new(Change::unconfirmed(progress, case.now), Verdict::Unknown)
        }
        ContainerStatus::Error(reason) if is_permanent(reason) => {
            let error = explain::container_refused(reason);
            Decision::new(
                Change::failed(Progress::start(case.progress.part_index), error),
                Verdict::Reject,
            )
        }
        ContainerStatus::InProgress | ContainerStatus::Expired => {
            another_container(case, container, "EXPIRED")
        }
        ContainerStatus::Error(reason) => another_container(case, container, reason),
    }
}

pub fn check_failed(case: &Case<'_>, container: &Container, failure: &Failure) -> Decision {
    match failure.meaning {
        Meaning::NotFound if case.now.since(container.made_at) < REPLICATION => {
            wait(case, case.progress.looked())
        }
        Meaning::NotFound => another_container(case, container, "vanished"),
        _ => generic::without_effect(case, case.progress.clone(), failure),
    }
}

/// The container is of no use any more. A new one may be made a few times, but never while a
/// send of the old one has no known outcome.
fn another_container(case: &Case<'_>, container: &Container, reason: &str) -> Decision {
    if let Some(refused_at) = container.refused_at {
        return publishing::may_be_live(case, container, refused_at);
    }
    let error = explain::container_lost(reason);
    let part = case.progress.part_index;
    if case.progress.containers_used >= CONTAINERS {
        return Decision::new(
            Change::failed(Progress::start(part), error),
            Verdict::Reject,
        );
    }
    let progress = Progress {
        checkpoint: Checkpoint::Start,
        looks: case.progress.containers_used,
        ..case.progress.clone()
    };
    let next_at = case.now + interval(PREPARING, progress.containers_used, case.seed);
    Decision::new(
        Change::queued(progress, next_at, WaitReason::Retry).because(error),
        Verdict::Retry,
    )
}

/// A step forward. A send that failed is not made good by it, only by a part that is live.
pub fn reached(case: &Case<'_>, checkpoint: Checkpoint) -> Progress {
    let failing_since = case
        .progress
        .failing_since
        .filter(|_| case.progress.unresolved_since.is_some());
    Progress {
        failing_since,
        ..case.progress.reached(checkpoint)
    }
}

/// The platform is at it; look again a little later each time.
pub fn wait(case: &Case<'_>, progress: Progress) -> Decision {
    let next_at = case.now + interval(PREPARING, progress.looks - 1, case.seed);
    Decision::new(Change::processing(progress, next_at), Verdict::Wait)
}

/// `threads.md` 4.4: what the platform will say of the same content every time.
pub fn is_permanent(reason: &str) -> bool {
    reason.starts_with("INVALID_") || reason.ends_with("FRAME_RATE")
}
