//! What an answer means for a delivery. Pure: the same answer at the same time always leads to
//! the same change.

mod files;
pub mod generic;
mod looking;
mod preparing;
mod publishing;
#[cfg(test)]
mod tests;

use std::time::Duration;

use entities::delivery::{
    Change, Checkpoint, Container, Effect, LivePart, Progress, Status, WaitReason,
};
use entities::record::TokenFate;
use entities::rows::attempt::Verdict;
use entities::uploads::Upload;
use entities::{Platform, Timestamp};
use platforms::threads::ContainerStatus;
use platforms::x::{Processing, Uploaded};
use platforms::{Failure, LimitScope};

use crate::Settings;
use crate::search::Search;
use crate::step::{Files, Step};

/// What a step brought, when it worked.
#[derive(Clone, Debug)]
pub enum Success {
    /// X has a file whole, or has begun to take one.
    Uploaded(Uploaded),
    /// X has a file up to this many bytes.
    Appended {
        sent_bytes: i64,
    },
    /// How far X is with a file.
    Processed(Processing),
    /// X knows what a file shows.
    Described,
    Container {
        id: String,
    },
    Status(ContainerStatus),
    Live {
        remote_id: String,
        url: Option<String>,
    },
    Permalink(Option<String>),
    Searched(Search),
}

/// The circumstances of a step.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    pub platform: Platform,
    /// The status under the claim: `publishing` or `unconfirmed`.
    pub status: Status,
    /// How far it got, as the claim says it.
    pub progress: &'a Progress,
    /// How many parts the delivery has.
    pub parts: i32,
    /// The files of the part under way.
    pub files: Files<'a>,
    /// The delivery's id: what varies its intervals.
    pub seed: &'a str,
    pub settings: &'a Settings,
    /// How often the lanes were found shut without a success since.
    pub strikes: Strikes,
    /// Whether the account's token can be renewed, should the platform refuse it.
    pub can_renew: bool,
    /// When the call began: what the answer tells may be as old as that.
    pub asked_at: Timestamp,
    /// Since when the worker's clock has run without a jump.
    pub steady_since: Timestamp,
    /// When the answer was there, or the worker came to look at it.
    pub now: Timestamp,
}

/// How often a lane was found shut by its platform.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Strikes {
    pub account: i32,
    pub app: i32,
}

/// What to write down.
#[derive(Clone, Debug)]
pub struct Decision {
    pub change: Change,
    pub verdict: Verdict,
    /// The lane to shut, and until when.
    pub pause: Option<LanePause>,
    /// What becomes of the account's token, when the platform refused it.
    pub token: Option<TokenFate>,
    /// How far a file got.
    pub upload: Option<Upload>,
}

/// A lane that the platform shut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LanePause {
    pub scope: LimitScope,
    pub until: Timestamp,
    pub reason: WaitReason,
}

impl Decision {
    fn new(change: Change, verdict: Verdict) -> Self {
        Decision {
            change,
            verdict,
            pause: None,
            token: None,
            upload: None,
        }
    }
}

/// Decides what comes of `step`.
pub fn decide(case: &Case<'_>, step: &Step, outcome: &Result<Success, Failure>) -> Decision {
    let decision = of_step(case, step, outcome);
    let gives_up = case.status == Status::Publishing && decision.change.to() == Status::Failed;
    match refused_container(&case.progress.checkpoint).filter(|_| gives_up) {
        // Nothing is given up while it may be live.
        Some((container, refused_at)) => publishing::may_be_live(case, container, refused_at),
        None => decision,
    }
}

/// The container under way, if a publish of it was answered as if it did not exist.
fn refused_container(checkpoint: &Checkpoint) -> Option<(&Container, Timestamp)> {
    let container = match checkpoint {
        Checkpoint::Preparing { container } | Checkpoint::Ready { container } => container,
        Checkpoint::Sent { container, .. } => container.as_ref()?,
        Checkpoint::Start | Checkpoint::Live { .. } => return None,
    };
    container.refused_at.map(|at| (container, at))
}

fn of_step(case: &Case<'_>, step: &Step, outcome: &Result<Success, Failure>) -> Decision {
    match (case.status, step, outcome) {
        (Status::Unconfirmed, Step::CheckContainer(container), Ok(Success::Status(status))) => {
            looking::at_container(case, container, status)
        }
        (Status::Unconfirmed, Step::FindPost, Ok(Success::Searched(search))) => {
            looking::at_list(case, search)
        }
        (Status::Unconfirmed, _, Err(failure)) => looking::failed(case, step, failure),
        (Status::Unconfirmed, _, _) => looking::again(case),

        (_, Step::UploadImage { position }, Ok(Success::Uploaded(uploaded))) => {
            files::begun(case, *position, uploaded, true)
        }
        (_, Step::BeginUpload { position }, Ok(Success::Uploaded(uploaded))) => {
            files::begun(case, *position, uploaded, false)
        }
        (_, Step::AppendUpload(upload), Ok(Success::Appended { sent_bytes })) => {
            files::appended(case, upload, *sent_bytes)
        }
        (
            _,
            Step::FinishUpload(upload) | Step::CheckUpload(upload),
            Ok(Success::Processed(processing)),
        ) => files::processed(case, upload, processing),
        (_, Step::DescribeMedia(upload), Ok(Success::Described)) => files::described(case, upload),
        (_, Step::CreateChild { position }, Ok(Success::Container { id })) => {
            files::child_created(case, *position, id)
        }
        (_, Step::CheckChild(upload), Ok(Success::Status(status))) => {
            files::child_checked(case, upload, status)
        }
        (
            _,
            Step::UploadImage { .. }
            | Step::BeginUpload { .. }
            | Step::AppendUpload(_)
            | Step::FinishUpload(_)
            | Step::CheckUpload(_)
            | Step::DescribeMedia(_)
            | Step::CreateChild { .. }
            | Step::CheckChild(_),
            Err(failure),
        ) => files::failed(case, step, failure),

        (_, Step::CreateContainer, Ok(Success::Container { id })) => preparing::created(case, id),
        (_, Step::CreateContainer, Err(failure)) => preparing::create_failed(case, failure),
        (_, Step::CheckContainer(container), Ok(Success::Status(status))) => {
            preparing::checked(case, container, status)
        }
        (_, Step::CheckContainer(container), Err(failure)) => {
            preparing::check_failed(case, container, failure)
        }

        (_, Step::PublishContainer(_) | Step::CreatePost, Ok(Success::Live { remote_id, url })) => {
            publishing::live(case, remote_id, url.as_deref())
        }
        (_, Step::PublishContainer(container), Err(failure)) => {
            publishing::publish_failed(case, container, failure)
        }
        (_, Step::CreatePost, Err(failure)) => publishing::create_post_failed(case, failure),

        (_, Step::ReadPermalink { remote_id }, Ok(Success::Permalink(url))) => {
            publishing::addressed(case, remote_id, url.clone())
        }
        (_, Step::ReadPermalink { remote_id }, outcome) => {
            publishing::address_failed(case, remote_id, outcome.as_ref().err())
        }

        // An answer to another question than the one asked: nothing is known that was not before.
        _ if is_sent(case) => publishing::unknown(case, None),
        _ => generic::again(
            case,
            case.progress.looked(),
            crate::explain::answer_mismatch(),
        ),
    }
}

/// A part is live and all is known of it: the next part, or the end.
fn part_done(case: &Case<'_>, live: LivePart) -> Change {
    let next = case.progress.part_index + 1;
    let change = if next >= case.parts {
        Change::published(Progress::start(case.progress.part_index), live.published_at)
    } else if case.status == Status::Unconfirmed {
        Change::queued(Progress::start(next), case.now, WaitReason::Turn)
    } else {
        Change::go_on(Progress::start(next))
    };
    change.with_live(live)
}

/// Whether the visible call may have been made.
fn is_sent(case: &Case<'_>) -> bool {
    case.progress.checkpoint.effect() == Effect::Publishes
}

/// Whether tries have failed for so long that it is time to say so.
fn out_of_patience(case: &Case<'_>, since: Timestamp) -> bool {
    case.now.since(since) >= case.settings.give_up_after
}

/// A container is worth publishing for 24 hours after it was made (`threads.md` 4.4); one that is
/// nearly that old is not begun with.
const CONTAINER_LIFE: Duration = Duration::from_secs(20 * 3600);

/// How many containers one part may use up (`threads.md` 5.3).
const CONTAINERS: i32 = 3;
