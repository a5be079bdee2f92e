//! The files of a part on their way to a platform. Nothing in here is visible to anyone.

use std::time::Duration;

use entities::delivery::{Change, Progress, WaitReason};
use entities::rows::attempt::Verdict;
use entities::uploads::{Upload, UploadState};
use platforms::threads::ContainerStatus;
use platforms::x::{Processing, Uploaded};
use platforms::{Failure, Meaning};

use super::preparing::{REPLICATION, is_permanent};
use super::{Case, Decision, generic, preparing};
use crate::backoff::{PREPARING, interval};
use crate::explain;
use crate::step::Step;

/// How often one file is begun anew before its part is given up.
const TRIES: i32 = 3;
/// How often a platform may fail to fetch a file before it counts as out of its reach
/// (`threads.md` 5.2).
pub const FETCHES: i32 = 3;

/// X took a file whole, or has begun to take one in stretches.
pub fn begun(case: &Case<'_>, position: usize, uploaded: &Uploaded, is_whole: bool) -> Decision {
    if let Some(given_up) = given_up(case, position) {
        return given_up;
    }
    let media = case.files.media.get(position);
    let bytes = media.map_or(0, |media| i64::try_from(media.bytes).unwrap_or(i64::MAX));
    let upload = Upload {
        sent_bytes: if is_whole { bytes } else { 0 },
        ..fresh(case, position, &uploaded.id)
    };
    if is_whole {
        processed(case, &upload, &uploaded.processing)
    } else {
        forward(case, upload.reached(UploadState::Sending))
    }
}

/// X has all stretches up to `sent_bytes`.
pub fn appended(case: &Case<'_>, upload: &Upload, sent_bytes: i64) -> Decision {
    forward(
        case,
        Upload {
            sent_bytes,
            ..upload.clone()
        },
    )
}

/// What X says of a file that it has whole.
pub fn processed(case: &Case<'_>, upload: &Upload, processing: &Processing) -> Decision {
    match processing {
        Processing::Ready if needs_words(case, upload) => {
            forward(case, upload.reached(UploadState::Undescribed))
        }
        Processing::Ready => forward(case, upload.reached(UploadState::Ready)),
        Processing::Pending { check_after_s } => {
            let named = check_after_s.map(Duration::from_secs).unwrap_or_default();
            let progress = case.progress.looked();
            let rest = interval(PREPARING, progress.looks - 1, case.seed).max(named);
            let change = Change::processing(progress, case.now + rest);
            with(
                Decision::new(change, Verdict::Wait),
                upload.reached(UploadState::Processing),
            )
        }
        Processing::Failed {
            code,
            name,
            message,
        } => {
            let code = name.clone().or_else(|| code.map(|code| code.to_string()));
            let error = explain::media_refused(case.platform, code, message.clone());
            let change = Change::failed(Progress::start(case.progress.part_index), error);
            with(
                Decision::new(change, Verdict::Reject),
                upload.reached(UploadState::Lost),
            )
        }
    }
}

/// X knows what a file shows.
pub fn described(case: &Case<'_>, upload: &Upload) -> Decision {
    forward(case, upload.reached(UploadState::Ready))
}

/// Threads has a container for one file of a carousel.
pub fn child_created(case: &Case<'_>, position: usize, id: &str) -> Decision {
    if let Some(given_up) = given_up(case, position) {
        return given_up;
    }
    let upload = fresh(case, position, id);
    forward(case, upload.reached(UploadState::Processing))
}

/// How far that container got.
pub fn child_checked(case: &Case<'_>, upload: &Upload, status: &ContainerStatus) -> Decision {
    match status {
        // What was published by itself can not be a child; neither can what is not ours any more.
        ContainerStatus::Expired | ContainerStatus::Published => begin_anew(case, upload, None),
        ContainerStatus::Finished => forward(case, upload.reached(UploadState::Ready)),
        ContainerStatus::InProgress => preparing::wait(case, case.progress.looked()),
        ContainerStatus::Error(reason) if is_permanent(reason) => {
            let error = explain::container_refused(reason);
            let change = Change::failed(Progress::start(case.progress.part_index), error);
            with(
                Decision::new(change, Verdict::Reject),
                upload.reached(UploadState::Lost),
            )
        }
        ContainerStatus::Error(reason) => begin_anew(case, upload, Some(reason)),
    }
}

/// A step for a file failed.
pub fn failed(case: &Case<'_>, step: &Step, failure: &Failure) -> Decision {
    match (&failure.meaning, step) {
        (Meaning::NotFound, Step::CheckChild(upload))
            if case.now.since(upload.made_at) < REPLICATION =>
        {
            preparing::wait(case, case.progress.looked())
        }
        (
            Meaning::NotFound | Meaning::UploadLost,
            Step::CheckChild(upload)
            | Step::AppendUpload(upload)
            | Step::FinishUpload(upload)
            | Step::CheckUpload(upload)
            | Step::DescribeMedia(upload),
        ) => begin_anew(case, upload, failure.evidence.message.as_deref()),
        (Meaning::MediaUnreachable, _) => unreachable(case, failure),
        _ => generic::without_effect(case, case.progress.clone(), failure),
    }
}

/// The platform could not fetch a file: that passes, or the address is out of its reach.
pub fn unreachable(case: &Case<'_>, failure: &Failure) -> Decision {
    if case.progress.looks + 1 < FETCHES {
        return generic::without_effect(case, case.progress.clone(), failure);
    }
    let error = explain::explain(case.platform, failure);
    Decision::new(
        Change::failed(case.progress.clone(), error),
        Verdict::Reject,
    )
}

/// What was sent is of no use any more: the file begins anew, a few times.
fn begin_anew(case: &Case<'_>, upload: &Upload, reason: Option<&str>) -> Decision {
    let error = explain::upload_lost(case.platform, reason);
    let decision = if upload.tries >= TRIES {
        let change = Change::failed(Progress::start(case.progress.part_index), error);
        Decision::new(change, Verdict::Reject)
    } else {
        let next_at = case.now + interval(PREPARING, upload.tries, case.seed);
        let change = Change::queued(case.progress.clone(), next_at, WaitReason::Retry);
        Decision::new(change.because(error), Verdict::Retry)
    };
    with(decision, upload.reached(UploadState::Lost))
}

/// A platform that never finishes a file forgets it in the end, and it would be begun for ever.
fn given_up(case: &Case<'_>, position: usize) -> Option<Decision> {
    let before = case.files.upload(position)?;
    (before.tries >= TRIES).then(|| {
        let error = explain::upload_lost(case.platform, Some("it was never finished"));
        let change = Change::failed(Progress::start(case.progress.part_index), error);
        with(
            Decision::new(change, Verdict::Reject),
            before.reached(UploadState::Lost),
        )
    })
}

/// The step worked, and the next one is due at once.
fn forward(case: &Case<'_>, upload: Upload) -> Decision {
    let progress = preparing::reached(case, case.progress.checkpoint.clone());
    with(
        Decision::new(Change::go_on(progress), Verdict::Done),
        upload,
    )
}

fn with(decision: Decision, upload: Upload) -> Decision {
    Decision {
        upload: Some(upload),
        ..decision
    }
}

/// X takes words for images and GIFs (`x.md` 3.4).
fn needs_words(case: &Case<'_>, upload: &Upload) -> bool {
    let position = usize::try_from(upload.position).ok();
    let media = position.and_then(|position| case.files.media.get(position));
    media.is_some_and(|media| {
        media.alt_text.is_some() && media.kind != entities::content::MediaKind::Video
    })
}

fn fresh(case: &Case<'_>, position: usize, remote_id: &str) -> Upload {
    let before = case.files.upload(position);
    Upload {
        position: i32::try_from(position).unwrap_or(i32::MAX),
        state: UploadState::Processing,
        remote_id: remote_id.to_owned(),
        sent_bytes: 0,
        tries: before.map_or(0, |before| before.tries) + 1,
        made_at: case.now,
    }
}
