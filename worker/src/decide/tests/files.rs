//! The files of a part on their way.

use entities::MediaId;
use entities::content::{MediaKind, PartMedia};
use entities::rows::attempt::Verdict;
use entities::uploads::{Upload, UploadState};
use platforms::x::{Processing, Uploaded};

use super::every::upload;
use super::*;

fn media(kind: MediaKind, alt_text: Option<&str>) -> PartMedia {
    PartMedia {
        id: MediaId::generate(),
        alt_text: alt_text.map(str::to_owned),
        kind,
        mime: "image/png".into(),
        bytes: 10,
        key: "k".into(),
    }
}

/// Decides about a part with one file, whose way so far is `uploads`.
fn decided(
    platform: Platform,
    media: &PartMedia,
    uploads: &[Upload],
    step: &Step,
    outcome: &Result<Success, Failure>,
) -> Decision {
    let progress = Progress::start(0);
    let settings = Settings::default();
    let case = Case {
        platform,
        status: Status::Publishing,
        progress: &progress,
        parts: 1,
        files: Files {
            media: std::slice::from_ref(media),
            uploads,
        },
        seed: "dlv_1",
        settings: &settings,
        asked_at: START,
        strikes: Default::default(),
        can_renew: false,
        steady_since: Timestamp::from_ms(0),
        now: START,
    };
    let decision = decide(&case, step, outcome);
    assert!(
        decision
            .change
            .is_legal_after(Status::Publishing, &progress),
        "{:?}",
        decision.change
    );
    decision
}

fn state(decision: &Decision) -> Option<UploadState> {
    decision.upload.as_ref().map(|upload| upload.state)
}

fn uploaded(processing: Processing) -> Result<Success, Failure> {
    Ok(Success::Uploaded(Uploaded {
        id: "u1".into(),
        processing,
        expires_after_s: None,
    }))
}

#[test]
fn an_image_with_words_is_described_before_it_is_ready() {
    let step = Step::UploadImage { position: 0 };
    for (words, expected) in [
        (None, UploadState::Ready),
        (Some("a cat"), UploadState::Undescribed),
    ] {
        let media = media(MediaKind::Image, words);
        let decision = decided(
            Platform::X,
            &media,
            &[],
            &step,
            &uploaded(Processing::Ready),
        );
        assert_eq!(state(&decision), Some(expected));
        assert!(
            decision.change.keeps_claim(),
            "the next step is due at once"
        );
    }
    let media = media(MediaKind::Image, Some("a cat"));
    let told = upload(UploadState::Undescribed);
    let step = Step::DescribeMedia(told.clone());
    let decision = decided(Platform::X, &media, &[told], &step, &Ok(Success::Described));
    assert_eq!(state(&decision), Some(UploadState::Ready));
}

#[test]
fn x_takes_no_words_for_a_video() {
    let media = media(MediaKind::Video, Some("a cat runs"));
    let whole = upload(UploadState::Processing);
    let step = Step::CheckUpload(whole.clone());
    let ready = Ok(Success::Processed(Processing::Ready));
    let decision = decided(Platform::X, &media, &[whole], &step, &ready);
    assert_eq!(state(&decision), Some(UploadState::Ready));
}

#[test]
fn what_x_still_prepares_is_asked_about_when_x_says() {
    let media = media(MediaKind::Video, None);
    let whole = upload(UploadState::Sending);
    let step = Step::FinishUpload(whole.clone());
    let pending = Ok(Success::Processed(Processing::Pending {
        check_after_s: Some(17),
    }));
    let decision = decided(Platform::X, &media, &[whole], &step, &pending);
    assert_eq!(decision.change.to(), Status::Processing);
    assert_eq!(decision.change.next_at(), Some(START + secs(17)));
    assert_eq!(state(&decision), Some(UploadState::Processing));
    assert_eq!(decision.verdict, Verdict::Wait);
}

#[test]
fn what_x_can_not_use_fails_with_its_words() {
    let media = media(MediaKind::Video, None);
    let whole = upload(UploadState::Processing);
    let step = Step::CheckUpload(whole.clone());
    let failed = Ok(Success::Processed(Processing::Failed {
        code: Some(1),
        name: Some("InvalidMedia".into()),
        message: Some("Unsupported video format".into()),
    }));
    let decision = decided(Platform::X, &media, &[whole], &step, &failed);
    assert_eq!(decision.change.to(), Status::Failed);
    let error = decision.change.error().unwrap();
    assert_eq!(error.code, "media_invalid");
    let said = error.platform.clone().unwrap();
    assert_eq!(said.code.as_deref(), Some("InvalidMedia"));
    assert_eq!(said.message.as_deref(), Some("Unsupported video format"));
    assert_eq!(
        state(&decision),
        Some(UploadState::Lost),
        "a retry begins anew"
    );
}

#[test]
fn a_lost_upload_begins_anew_a_few_times_and_then_says_so() {
    let media = media(MediaKind::Video, None);
    for tries in 1..=3 {
        let under_way = Upload {
            tries,
            ..upload(UploadState::Sending)
        };
        let step = Step::AppendUpload(under_way.clone());
        let decision = decided(
            Platform::X,
            &media,
            &[under_way],
            &step,
            &err(Meaning::UploadLost),
        );
        assert_eq!(state(&decision), Some(UploadState::Lost));
        let expected = if tries < 3 {
            Status::Queued
        } else {
            Status::Failed
        };
        assert_eq!(decision.change.to(), expected, "after {tries}");
    }
    let lost = Upload {
        tries: 2,
        ..upload(UploadState::Lost)
    };
    let step = Step::BeginUpload { position: 0 };
    let begun = uploaded(Processing::Pending {
        check_after_s: None,
    });
    let decision = decided(Platform::X, &media, &[lost], &step, &begun);
    let upload = decision.upload.unwrap();
    assert_eq!((upload.tries, upload.sent_bytes), (3, 0));
    assert_eq!(upload.state, UploadState::Sending);
}

#[test]
fn a_file_that_is_never_finished_is_not_begun_for_ever() {
    let media = media(MediaKind::Video, None);
    let old = Upload {
        tries: 3,
        made_at: START - DAY,
        ..upload(UploadState::Processing)
    };
    let files = Files {
        media: std::slice::from_ref(&media),
        uploads: std::slice::from_ref(&old),
    };
    let step = files.next(Platform::X, START).unwrap();
    assert_eq!(step, Step::BeginUpload { position: 0 });
    let begun = uploaded(Processing::Pending {
        check_after_s: None,
    });
    let decision = decided(Platform::X, &media, &[old], &step, &begun);
    assert_eq!(code(&decision), Some("media_lost"));
    assert_eq!(decision.change.to(), Status::Failed);
}

#[test]
fn a_fresh_child_may_be_unknown_for_a_while_and_is_not_made_again() {
    let media = media(MediaKind::Image, None);
    let child = upload(UploadState::Processing);
    let step = Step::CheckChild(child.clone());
    let not_found = err(Meaning::NotFound);
    let decision = decided(Platform::Threads, &media, &[child], &step, &not_found);
    assert_eq!(decision.change.to(), Status::Processing);
    assert_eq!(state(&decision), None, "nothing is lost");
    let old = Upload {
        made_at: START - secs(121),
        ..upload(UploadState::Processing)
    };
    let step = Step::CheckChild(old.clone());
    let decision = decided(Platform::Threads, &media, &[old], &step, &not_found);
    assert_eq!(state(&decision), Some(UploadState::Lost));
}

#[test]
fn a_child_that_threads_will_never_take_fails_with_its_reason() {
    let media = media(MediaKind::Video, None);
    for (reason, expected) in [
        ("INVALID_DURATION", Status::Failed),
        ("FAILED_DOWNLOADING_VIDEO", Status::Queued),
    ] {
        let child = upload(UploadState::Processing);
        let step = Step::CheckChild(child.clone());
        let answer = status(ContainerStatus::Error(reason.into()));
        let decision = decided(Platform::Threads, &media, &[child], &step, &answer);
        assert_eq!(decision.change.to(), expected, "{reason}");
        assert_eq!(state(&decision), Some(UploadState::Lost));
    }
}

#[test]
fn an_address_out_of_reach_is_tried_three_times() {
    let media = media(MediaKind::Image, None);
    let mut progress = Progress::start(0);
    for (looks, expected) in [
        (0, Status::Queued),
        (1, Status::Queued),
        (2, Status::Failed),
    ] {
        progress.looks = looks;
        let settings = Settings::default();
        let case = Case {
            platform: Platform::Threads,
            status: Status::Publishing,
            progress: &progress,
            parts: 1,
            files: Files {
                media: std::slice::from_ref(&media),
                uploads: &[],
            },
            seed: "dlv_1",
            settings: &settings,
            asked_at: START,
            strikes: Default::default(),
            can_renew: false,
            steady_since: Timestamp::from_ms(0),
            now: START,
        };
        let decision = decide(
            &case,
            &Step::CreateContainer,
            &err(Meaning::MediaUnreachable),
        );
        assert_eq!(decision.change.to(), expected);
        assert_eq!(code(&decision), Some("media_unreachable"));
    }
}

#[test]
fn a_video_that_answers_waits_before_it_is_published() {
    let media = media(MediaKind::Video, None);
    for (part_index, waits) in [(0, false), (1, true)] {
        let progress = Progress {
            checkpoint: Checkpoint::Preparing {
                container: container(),
            },
            ..Progress::start(part_index)
        };
        let settings = Settings::default();
        let case = Case {
            platform: Platform::Threads,
            status: Status::Publishing,
            progress: &progress,
            parts: 2,
            files: Files {
                media: std::slice::from_ref(&media),
                uploads: &[],
            },
            seed: "dlv_1",
            settings: &settings,
            asked_at: START,
            strikes: Default::default(),
            can_renew: false,
            steady_since: Timestamp::from_ms(0),
            now: START,
        };
        let step = Step::CheckContainer(container());
        let decision = decide(&case, &step, &status(ContainerStatus::Finished));
        let next_at = decision.change.next_at();
        assert_eq!(next_at, waits.then(|| START + secs(40)));
        assert!(matches!(
            decision.change.progress().checkpoint,
            Checkpoint::Ready { .. }
        ));
    }
}
