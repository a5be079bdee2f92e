//! Which step comes next: known from status, checkpoint and the part's files alone.

mod files;

use entities::Platform;
use entities::Timestamp;
use entities::delivery::{Checkpoint, Container, Progress, Status};
use entities::rows::attempt::StepName;
use entities::uploads::Upload;

pub use files::Files;

/// One call to a platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Which file of the part, from 0.
    UploadImage {
        position: usize,
    },
    BeginUpload {
        position: usize,
    },
    AppendUpload(Upload),
    FinishUpload(Upload),
    CheckUpload(Upload),
    DescribeMedia(Upload),
    CreateChild {
        position: usize,
    },
    CheckChild(Upload),
    CreateContainer,
    CheckContainer(Container),
    PublishContainer(Container),
    CreatePost,
    ReadPermalink {
        remote_id: String,
    },
    FindPost,
}

impl Step {
    /// The word for it in attempts and logs.
    pub fn name(&self) -> StepName {
        match self {
            Step::UploadImage { .. } => StepName::UploadImage,
            Step::BeginUpload { .. } => StepName::BeginUpload,
            Step::AppendUpload(_) => StepName::AppendUpload,
            Step::FinishUpload(_) => StepName::FinishUpload,
            Step::CheckUpload(_) => StepName::CheckUpload,
            Step::DescribeMedia(_) => StepName::DescribeMedia,
            Step::CreateChild { .. } => StepName::CreateChild,
            Step::CheckChild(_) => StepName::CheckChild,
            Step::CreateContainer => StepName::CreateContainer,
            Step::CheckContainer(_) => StepName::CheckContainer,
            Step::PublishContainer(_) => StepName::PublishContainer,
            Step::CreatePost => StepName::CreatePost,
            Step::ReadPermalink { .. } => StepName::ReadPermalink,
            Step::FindPost => StepName::FindPost,
        }
    }

    /// Whether it makes something visible.
    pub fn publishes(&self) -> bool {
        matches!(self, Step::PublishContainer(_) | Step::CreatePost)
    }
}

/// A step, and what must be saved before it is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    pub step: Step,
    /// How far it got, as the claim must say it: "about to publish" is saved before the call.
    pub armed: Progress,
}

/// The next step of a delivery that is due.
pub fn plan(
    platform: Platform,
    status: Status,
    progress: &Progress,
    files: Files<'_>,
    now: Timestamp,
) -> Planned {
    let as_it_is = |step| Planned {
        step,
        armed: progress.clone(),
    };
    let sent = |step, container| Planned {
        step,
        armed: Progress {
            checkpoint: Checkpoint::Sent {
                container,
                at: now,
                seen_live: false,
            },
            ..progress.clone()
        },
    };
    if progress.checkpoint == Checkpoint::Start
        && let Some(step) = files.next(platform, now)
    {
        return as_it_is(step);
    }
    match (&progress.checkpoint, platform) {
        (Checkpoint::Start, Platform::Threads) => as_it_is(Step::CreateContainer),
        (Checkpoint::Start, Platform::X) => sent(Step::CreatePost, None),
        (Checkpoint::Preparing { container }, _) => {
            as_it_is(Step::CheckContainer(container.clone()))
        }
        (Checkpoint::Ready { container }, _) => sent(
            Step::PublishContainer(container.clone()),
            Some(container.clone()),
        ),
        (Checkpoint::Live { remote_id }, _) => as_it_is(Step::ReadPermalink {
            remote_id: remote_id.clone(),
        }),
        // Looking for what may be live: the container's word and the account's list by turns,
        // because either may lag or be gone (`threads.md` 7.2).
        (
            Checkpoint::Sent {
                container: Some(container),
                seen_live: false,
                ..
            },
            _,
        ) if progress.looks % 2 == 0 => as_it_is(Step::CheckContainer(container.clone())),
        (Checkpoint::Sent { .. }, _) => {
            debug_assert_eq!(
                status,
                Status::Unconfirmed,
                "what was sent is never planned as a new send"
            );
            as_it_is(Step::FindPost)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(ms)
    }

    fn container() -> Container {
        Container {
            id: "c".into(),
            made_at: at(1),
            refused_at: None,
        }
    }

    fn progress(checkpoint: Checkpoint) -> Progress {
        Progress {
            checkpoint,
            ..Progress::start(0)
        }
    }

    #[test]
    fn whoever_is_about_to_publish_says_so_first() {
        let ready = progress(Checkpoint::Ready {
            container: container(),
        });
        let planned = plan(
            Platform::Threads,
            Status::Processing,
            &ready,
            Files::default(),
            at(9),
        );
        assert_eq!(planned.step, Step::PublishContainer(container()));
        let expected = Checkpoint::Sent {
            container: Some(container()),
            at: at(9),
            seen_live: false,
        };
        assert_eq!(planned.armed.checkpoint, expected);

        let planned = plan(
            Platform::X,
            Status::Queued,
            &Progress::start(0),
            Files::default(),
            at(9),
        );
        assert_eq!(planned.step, Step::CreatePost);
        let expected = Checkpoint::Sent {
            container: None,
            at: at(9),
            seen_live: false,
        };
        assert_eq!(planned.armed.checkpoint, expected);
    }

    #[test]
    fn what_may_be_live_is_looked_for_and_never_sent() {
        for platform in [Platform::Threads, Platform::X] {
            for (looks, seen_live) in [(0, false), (1, false), (2, true), (3, true)] {
                let container = (platform == Platform::Threads).then(container);
                let sent = Progress {
                    looks,
                    ..progress(Checkpoint::Sent {
                        container,
                        at: at(2),
                        seen_live,
                    })
                };
                let planned = plan(
                    platform,
                    Status::Unconfirmed,
                    &sent,
                    Files::default(),
                    at(9),
                );
                assert!(!planned.step.publishes(), "{planned:?}");
                assert_eq!(
                    planned.armed, sent,
                    "a look changes nothing before it is made"
                );
            }
        }
    }
}
