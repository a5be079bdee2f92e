//! Faults that strike images, videos and uploads.

use serde_json::json;

use super::files::{Files, png, video};
use super::threads_media::{child, files};
use super::x_uploads::{data, in_pieces, one_shot};
use super::{Got, Running, id};
use crate::{ContainerFate, Fault, LagOf, MediaFate, Operation, ThreadsError, When, XError};

async fn carousel(running: &Running, files: &Files) -> Got {
    let one = child(running, &files.url("a.png")).await;
    let two = child(running, &files.url("b.png")).await;
    let children = format!("{one},{two}");
    running
        .create(&[("media_type", "CAROUSEL"), ("children", &children)])
        .await
}

#[tokio::test]
async fn children_and_their_carousel_are_struck_apart() {
    let (running, files) = (Running::start().await, files().await);
    running.fault(
        Operation::CreateChild,
        Fault::Container {
            becomes: ContainerFate::Vanishes,
        },
    );
    assert!(carousel(&running, &files).await.body.contains("4279004"));
    running.fault(
        Operation::CreateChild,
        Fault::Lag {
            what: LagOf::Child,
            seconds: 9,
        },
    );
    assert!(carousel(&running, &files).await.body.contains("4279004"));
    let fate = ContainerFate::Error("UNKNOWN".to_owned());
    running.fault(
        Operation::CreateCarousel,
        Fault::Container { becomes: fate },
    );
    let parent = id(&carousel(&running, &files).await);
    assert!(
        running
            .read(&format!("/{parent}"))
            .await
            .body
            .contains("ERROR")
    );
    let error = ThreadsError::InvalidChildren {
        ids: vec!["1".to_owned()],
    };
    running.fault(
        Operation::CreateCarousel,
        Fault::ThreadsError {
            when: When::Before,
            error,
        },
    );
    assert!(
        carousel(&running, &files)
            .await
            .body
            .contains("The children with IDs 1 are")
    );
    assert_eq!(carousel(&running, &files).await.status, 200);
}

#[tokio::test]
async fn the_answer_of_a_fetching_call_can_be_lost_on_either_side() {
    let (running, files) = (Running::start().await, files().await);
    let url = files.url("a.png");
    let form = [("media_type", "IMAGE"), ("image_url", url.as_str())];
    for (when, asked) in [(When::Before, 0), (When::After, 1)] {
        running.fault(Operation::CreateContainer, Fault::Lost { when });
        let sent = running.post("/v1.0/me/threads").form(&form).send().await;
        assert!(sent.is_err());
        assert_eq!(files.asked(), asked);
    }
}

#[tokio::test]
async fn a_fetch_fails_when_it_is_told_to() {
    let (running, files) = (Running::start().await, files().await);
    let error = ThreadsError::MediaDownloadFailed {
        url: files.url("a.png"),
    };
    running.fault(
        Operation::CreateContainer,
        Fault::ThreadsError {
            when: When::Before,
            error,
        },
    );
    let url = files.url("a.png");
    let params = [("media_type", "IMAGE"), ("image_url", url.as_str())];
    let refused = running.create(&params).await;
    assert!(
        refused.status == 400 && refused.body.contains("\"error_subcode\":2207052"),
        "{refused:?}"
    );
    assert_eq!(running.create(&params).await.status, 200);
}

#[tokio::test]
async fn uploads_fail_lag_and_expire_on_command() {
    let running = Running::start().await;
    let film = video(500, 5);
    let fault = |becomes| running.fault(Operation::XMediaFinalize, Fault::Media { becomes });
    fault(MediaFate::Fails("Too odd".to_owned()));
    let failed = in_pieces(&running, "tweet_video", "video/mp4", &film).await;
    assert_eq!(data(&failed)["processing_info"]["state"], "failed");
    assert_eq!(
        data(&failed)["processing_info"]["error"]["message"],
        "Too odd"
    );

    let lag = Fault::Lag {
        what: LagOf::Processing,
        seconds: 30,
    };
    running.fault(Operation::XMediaFinalize, lag);
    let slow = in_pieces(&running, "tweet_video", "video/mp4", &film).await;
    assert_eq!(data(&slow)["processing_info"]["state"], "pending");
    running.advance(29_999);
    let path = format!("/2/media/upload?media_id={}", id(&slow));
    let state = running.json(&path).await["data"]["processing_info"]["state"].clone();
    assert_eq!(state, "in_progress");
    running.advance(1);
    let post = json!({"text": "film", "media": {"media_ids": [id(&slow)]}});
    assert_eq!(running.tweet(post).await.status, 201);

    running.fault(
        Operation::XMediaUpload,
        Fault::Media {
            becomes: MediaFate::Expires,
        },
    );
    let gone = one_shot(&running, "tweet_image", &png(1)).await;
    assert_eq!(gone.status, 200);
    let post = json!({"text": "image", "media": {"media_ids": [id(&gone)]}});
    assert!(
        running
            .tweet(post)
            .await
            .body
            .contains("Your media IDs are invalid.")
    );
}

#[tokio::test]
async fn the_named_refusals_of_uploads_have_their_own_bodies() {
    let running = Running::start().await;
    for (error, status, part) in [
        (XError::UnknownMedia, 400, "BadRequest: Not found"),
        (XError::SegmentsDoNotAddUp, 400, "Segments do not add up"),
        (XError::MediaTooLarge, 413, ""),
    ] {
        let fault = Fault::XError {
            when: When::Before,
            error,
        };
        running.fault(Operation::XMediaUpload, fault);
        let refused = one_shot(&running, "tweet_image", &png(1)).await;
        assert_eq!(refused.status, status);
        assert!(refused.body.contains(part), "{refused:?}");
    }
    let error = XError::VideoTooLong;
    running.fault(
        Operation::XCreate,
        Fault::XError {
            when: When::Before,
            error,
        },
    );
    let refused = running.tweet(json!({"text": "hi"})).await;
    assert!(refused.status == 403 && refused.body.contains("longer than 2 minutes"));
}

#[tokio::test]
async fn a_container_is_made_even_when_its_client_does_not_wait_for_the_file() {
    let (running, files) = (Running::start().await, files().await);
    let url = files.slow_url("a.png");
    let form = [("media_type", "IMAGE"), ("image_url", url.as_str())];
    let call = running.post("/v1.0/me/threads").form(&form);
    tokio::select! {
        _ = call.send() => panic!("answered before the file was there"),
        () = files.until_asked() => {}
    }
    files.let_go();
    running.simulator.until_idle().await;
    let call = &running.simulator.calls()[0];
    assert_eq!((call.http_status, call.finished), (Some(200), true));
}
