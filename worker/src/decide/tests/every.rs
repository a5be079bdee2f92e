//! All there is of each kind of input. A new variant does not compile until it has examples here.

use entities::delivery::{Checkpoint, Status};
use entities::uploads::{Upload, UploadState};
use platforms::threads::ContainerStatus;
use platforms::x::{Processing, Uploaded};
use platforms::{LimitScope, Meaning};

use super::*;

/// A function that lists the examples of an enum; its lines must cover the enum.
macro_rules! every {
    ($name:ident: $type:ty { $($variant:pat => [$($example:expr),+ $(,)?],)+ }) => {
        pub fn $name() -> Vec<$type> {
            let _ = |known: &$type| match known { $($variant => (),)+ };
            vec![$($($example),+),+]
        }
    };
}

every!(meanings: Meaning {
    Meaning::NotDone => [Meaning::NotDone],
    Meaning::Transient => [Meaning::Transient],
    Meaning::Unknown => [Meaning::Unknown],
    Meaning::Limited { .. } => [
        Meaning::Limited { scope: LimitScope::Account, until_ms: None },
        Meaning::Limited { scope: LimitScope::App, until_ms: None },
        Meaning::Limited { scope: LimitScope::Account, until_ms: Some(0) },
        Meaning::Limited { scope: LimitScope::App, until_ms: Some((START + DAY * 2).as_ms()) },
    ],
    Meaning::Unauthorized => [Meaning::Unauthorized],
    Meaning::NotFound => [Meaning::NotFound],
    Meaning::BadLinkPreview => [Meaning::BadLinkPreview],
    Meaning::MediaUnreachable => [Meaning::MediaUnreachable],
    Meaning::ChildrenNotReady => [Meaning::ChildrenNotReady],
    Meaning::UploadLost => [Meaning::UploadLost],
    Meaning::Duplicate => [Meaning::Duplicate],
    Meaning::Blocked { .. } => [
        Meaning::Blocked { code: "credits_depleted" },
        Meaning::Blocked { code: "account_locked" },
        Meaning::Blocked { code: "activity_restricted" },
    ],
    Meaning::Rejected { .. } => [
        Meaning::Rejected { code: "text_too_long" },
        Meaning::Rejected { code: "permission_missing" },
    ],
});

every!(steps: Step {
    Step::UploadImage { .. } => [Step::UploadImage { position: 0 }],
    Step::BeginUpload { .. } => [Step::BeginUpload { position: 1 }],
    Step::AppendUpload(_) => [Step::AppendUpload(upload(UploadState::Sending))],
    Step::FinishUpload(_) => [Step::FinishUpload(upload(UploadState::Sending))],
    Step::CheckUpload(_) => [Step::CheckUpload(upload(UploadState::Processing))],
    Step::DescribeMedia(_) => [Step::DescribeMedia(upload(UploadState::Undescribed))],
    Step::CreateChild { .. } => [Step::CreateChild { position: 0 }],
    Step::CheckChild(_) => [Step::CheckChild(upload(UploadState::Processing))],
    Step::CreateContainer => [Step::CreateContainer],
    Step::CheckContainer(_) => [Step::CheckContainer(container())],
    Step::PublishContainer(_) => [Step::PublishContainer(container())],
    Step::CreatePost => [Step::CreatePost],
    Step::ReadPermalink { .. } => [Step::ReadPermalink { remote_id: "m1".into() }],
    Step::FindPost => [Step::FindPost],
});

every!(container_statuses: ContainerStatus {
    ContainerStatus::InProgress => [ContainerStatus::InProgress],
    ContainerStatus::Finished => [ContainerStatus::Finished],
    ContainerStatus::Published => [ContainerStatus::Published],
    ContainerStatus::Expired => [ContainerStatus::Expired],
    ContainerStatus::Error(_) => [
        ContainerStatus::Error("INVALID_DURATION".into()),
        ContainerStatus::Error("FAILED_PROCESSING_VIDEO".into()),
        ContainerStatus::Error("UNKNOWN".into()),
    ],
});

/// A file on its way.
pub fn upload(state: UploadState) -> Upload {
    Upload {
        position: 0,
        state,
        remote_id: "u1".into(),
        sent_bytes: 0,
        tries: 1,
        made_at: START,
    }
}

/// Whether a step brings a file on its way.
pub fn is_of_a_file(step: &Step) -> bool {
    !matches!(
        step,
        Step::CreateContainer
            | Step::CheckContainer(_)
            | Step::PublishContainer(_)
            | Step::CreatePost
            | Step::ReadPermalink { .. }
            | Step::FindPost
    )
}

/// Every success, those that answer another question included.
pub fn successes() -> Vec<Success> {
    let mut all = every_success();
    all.extend(container_statuses().into_iter().map(Success::Status));
    all.extend(processings().into_iter().map(Success::Processed));
    all
}

every!(processings: Processing {
    Processing::Ready => [Processing::Ready],
    Processing::Pending { .. } => [
        Processing::Pending { check_after_s: None },
        Processing::Pending { check_after_s: Some(5) },
    ],
    Processing::Failed { .. } => [Processing::Failed {
        code: Some(1),
        name: Some("InvalidMedia".into()),
        message: None,
    }],
});

every!(every_success: Success {
    Success::Uploaded(_) => [Success::Uploaded(Uploaded {
        id: "u1".into(),
        processing: Processing::Ready,
        expires_after_s: None,
    })],
    Success::Appended { .. } => [Success::Appended { sent_bytes: 5 }],
    Success::Processed(_) => [Success::Processed(Processing::Ready)],
    Success::Described => [Success::Described],
    Success::Container { .. } => [Success::Container { id: "c2".into() }],
    Success::Status(_) => [Success::Status(ContainerStatus::Published)],
    Success::Live { .. } => [Success::Live { remote_id: "m1".into(), url: None }],
    Success::Permalink(_) => [Success::Permalink(None), Success::Permalink(Some("https://t/m1".into()))],
    Success::Searched(_) => [
        found("m1").unwrap(),
        not_found(true).unwrap(),
        not_found(false).unwrap(),
    ],
});

/// The circumstances under which `step` is taken, and a few in which it never should be.
pub fn scenes(step: &Step) -> Vec<Scene> {
    let mut scenes = Vec::new();
    for platform in [Platform::Threads, Platform::X] {
        for status in [Status::Publishing, Status::Unconfirmed] {
            let base = Scene::new(platform, status, checkpoint(platform, status, step));
            for wait in [secs(1), secs(80), secs(140), DAY + HOUR] {
                for looks in [0, 1, 2, 11] {
                    for containers_used in [1, 3] {
                        for since in [None, Some(START)] {
                            let scene = base.clone().after(wait).with(|progress| {
                                progress.looks = looks;
                                progress.containers_used = containers_used;
                                progress.unresolved_since = since;
                                progress.failing_since = since;
                            });
                            scenes.extend([scene.clone(), scene.of_parts(2)]);
                        }
                    }
                }
            }
        }
    }
    scenes
}

/// How far the claim says it got while `step` is taken.
fn checkpoint(platform: Platform, status: Status, step: &Step) -> Checkpoint {
    match (status, step) {
        (Status::Unconfirmed, _) => sent(platform),
        (
            _,
            Step::UploadImage { .. }
            | Step::BeginUpload { .. }
            | Step::AppendUpload(_)
            | Step::FinishUpload(_)
            | Step::CheckUpload(_)
            | Step::DescribeMedia(_)
            | Step::CreateChild { .. }
            | Step::CheckChild(_)
            | Step::CreateContainer,
        ) => Checkpoint::Start,
        (_, Step::CheckContainer(_)) => Checkpoint::Preparing {
            container: container(),
        },
        (_, Step::PublishContainer(_)) => sent(Platform::Threads),
        (_, Step::CreatePost) => sent(Platform::X),
        (_, Step::ReadPermalink { .. }) => Checkpoint::Live {
            remote_id: "m1".into(),
        },
        (_, Step::FindPost) => sent(platform),
    }
}
