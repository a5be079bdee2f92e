//! Uploads to X: shapes, states and refusals (x.md 3, 10.23-10.28).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::files::{gif, multipart, png, sha256, video};
use super::{Got, Running, got, id};
use crate::{NewAccount, Platform, Profile, Settings};

pub(super) async fn one_shot(running: &Running, category: &str, media: &[u8]) -> Got {
    let (kind, body) = multipart(&[("media_category", category)], media);
    let call = running.post("/2/media/upload").header("content-type", kind);
    got(call.body(body)).await
}

async fn initialize(running: &Running, category: &str, kind: &str, bytes: usize) -> Got {
    let body = json!({"media_type": kind, "total_bytes": bytes, "media_category": category});
    got(running.post("/2/media/upload/initialize").json(&body)).await
}

async fn append(running: &Running, upload: &str, index: usize, media: &[u8]) -> Got {
    let (kind, body) = multipart(&[("segment_index", &index.to_string())], media);
    let call = running.post(&format!("/2/media/upload/{upload}/append"));
    got(call.header("content-type", kind).body(body)).await
}

async fn finalize(running: &Running, upload: &str) -> Got {
    got(running.post(&format!("/2/media/upload/{upload}/finalize"))).await
}

async fn status(running: &Running, upload: &str) -> Got {
    let path = format!("/2/media/upload?command=STATUS&media_id={upload}");
    running.read(&path).await
}

pub(super) fn data(got: &Got) -> Value {
    let body: Value = serde_json::from_str(&got.body).unwrap_or_else(|_| panic!("{got:?}"));
    body["data"].clone()
}

/// Initialized, appended in pieces and finalized.
pub(super) async fn in_pieces(running: &Running, category: &str, kind: &str, media: &[u8]) -> Got {
    let upload = id(&initialize(running, category, kind, media.len()).await);
    for (index, piece) in media.chunks(1_000).enumerate() {
        assert_eq!(append(running, &upload, index, piece).await.status, 200);
    }
    finalize(running, &upload).await
}

#[tokio::test]
async fn an_image_goes_up_in_one_call_as_raw_bytes_or_as_base64() {
    let running = Running::start().await;
    let image = png(1);
    let json = json!({"media": STANDARD.encode(&image), "media_category": "tweet_image"});
    let encoded = got(running.post("/2/media/upload").json(&json)).await;
    for sent in [one_shot(&running, "tweet_image", &image).await, encoded] {
        assert_eq!(sent.status, 200, "{sent:?}");
        let upload = id(&sent);
        let expected = json!({
            "id": upload, "media_key": format!("3_{upload}"), "size": image.len(),
            "expires_after_secs": 86_400, "image": {"image_type": "image/png", "w": 3, "h": 2},
        });
        assert_eq!(data(&sent), expected);
        assert_eq!(status(&running, &upload).await, sent);
    }
}

#[tokio::test]
async fn a_video_goes_up_in_pieces_of_any_order_and_either_form() {
    let running = Running::start().await;
    let file = video(3_000, 9);
    let begun = initialize(&running, "tweet_video", "video/mp4", file.len()).await;
    let upload = id(&begun);
    let expected = json!({
        "id": upload, "media_key": format!("7_{upload}"), "expires_after_secs": 1_295_999,
    });
    assert_eq!((begun.status, data(&begun)), (200, expected));
    assert_eq!(
        append(&running, &upload, 2, &file[2_000..]).await.status,
        200
    );
    assert_eq!(append(&running, &upload, 0, b"wrong").await.status, 200);
    let path = format!("/2/media/upload/{upload}/append");
    let json = json!({"media": STANDARD.encode(&file[..1_000]), "segment_index": 0});
    let answer = got(running.post(&path).json(&json)).await;
    let expires_at = super::START_MS / 1_000 + 1_295_999;
    assert_eq!(data(&answer), json!({"expires_at": expires_at}));
    assert_eq!(
        append(&running, &upload, 1, &file[1_000..2_000])
            .await
            .status,
        200
    );
    let done = data(&finalize(&running, &upload).await);
    assert_eq!(done["size"], 3_000);
    assert_eq!(done["video"], json!({"video_type": "video/mp4"}));
    assert_eq!(
        done["processing_info"],
        json!({"state": "succeeded", "progress_percent": 100})
    );
    let body = json!({"text": "look", "media": {"media_ids": [upload]}});
    assert_eq!(running.tweet(body).await.status, 201);
    assert_eq!(
        running.simulator.live_posts()[0].media[0].sha256,
        sha256(&file)
    );
}

#[tokio::test]
async fn a_moving_picture_is_pending_then_in_progress_then_ready() {
    for (profile, wait_ms, work_ms) in [
        (Profile::Typical, 2_000, 15_000),
        (Profile::Hostile, 5_000, 60_000),
    ] {
        let settings = Settings {
            profile,
            ..Settings::default()
        };
        let running = Running::start_with(settings).await;
        let sent = in_pieces(&running, "tweet_gif", "image/gif", &gif()).await;
        let upload = id(&sent);
        assert!(
            data(&sent)["media_key"]
                .as_str()
                .is_some_and(|key| key.starts_with("16_"))
        );
        let pending = json!({"state": "pending", "check_after_secs": 1});
        assert_eq!(data(&sent)["processing_info"], pending);
        let post = json!({"text": "look", "media": {"media_ids": [upload]}});
        assert!(
            running
                .tweet(post.clone())
                .await
                .body
                .contains("Your media IDs are invalid.")
        );
        running.advance(wait_ms);
        let info = data(&status(&running, &upload).await)["processing_info"].clone();
        assert_eq!(info["state"], "in_progress", "{info}");
        assert!(
            info["check_after_secs"]
                .as_u64()
                .is_some_and(|seconds| seconds >= 1)
        );
        assert!(
            info["progress_percent"]
                .as_u64()
                .is_some_and(|percent| percent < 100)
        );
        running.advance(work_ms);
        let told = data(&status(&running, &upload).await);
        assert_eq!(told["processing_info"]["state"], "succeeded");
        let later = data(&status(&running, &upload).await);
        assert_eq!(later.get("processing_info"), None);
        assert_eq!(running.tweet(post).await.status, 201);
    }
}

#[tokio::test]
async fn what_is_no_video_fails_after_the_upload() {
    let running = Running::start().await;
    let sent = in_pieces(&running, "tweet_video", "video/mp4", &png(1)).await;
    let failed = json!({
        "state": "failed",
        "error": {"code": 1, "name": "InvalidMedia", "message": "Unsupported video format"},
    });
    assert_eq!(
        (sent.status, &data(&sent)["processing_info"]),
        (200, &failed)
    );
    let post = json!({"text": "look", "media": {"media_ids": [id(&sent)]}});
    assert_eq!(running.tweet(post).await.status, 400);
}

#[tokio::test]
async fn pieces_that_are_too_long_too_few_or_too_late_are_refused() {
    let running = Running::start().await;
    running
        .simulator
        .set_settings(|settings| settings.x.media.chunk_limit_bytes = 2_000);
    let upload = id(&initialize(&running, "tweet_video", "video/mp4", 1_500).await);
    let long = append(&running, &upload, 0, &video(2_001, 1)).await;
    assert_eq!((long.status, long.body.as_str()), (413, ""));
    let none = finalize(&running, &upload).await;
    assert!(
        none.body
            .contains("Segments do not add up to provided total file size.")
    );
    append(&running, &upload, 0, &video(1_000, 1)).await;
    assert_eq!(finalize(&running, &upload).await.status, 400);
    append(&running, &upload, 1, &[0; 500]).await;
    assert_eq!(finalize(&running, &upload).await.status, 200);
    let late = append(&running, &upload, 2, b"more").await;
    assert!(
        late.status == 400 && late.body.contains("finalized"),
        "{late:?}"
    );
    let huge = initialize(&running, "tweet_image", "image/png", (5 << 20) + 1).await;
    assert!(
        huge.status == 400 && huge.body.contains("File size exceeds"),
        "{huge:?}"
    );
}

#[tokio::test]
async fn a_body_that_the_schema_does_not_know_is_refused() {
    let running = Running::start().await;
    let form = [
        ("command", "INIT"),
        ("total_bytes", "1"),
        ("media_type", "image/png"),
    ];
    let old = got(running.post("/2/media/upload").form(&form)).await;
    assert!(
        old.status == 400 && old.body.contains("$.command: is not defined"),
        "{old:?}"
    );
    let post = |path: &str, body: Value| got(running.post(path).json(&body));
    for (path, body, part) in [
        (
            "/2/media/upload",
            json!({"media_category": "tweet_image"}),
            "media parameter is missing.",
        ),
        (
            "/2/media/upload",
            json!({"media": "QQ=="}),
            "$.media_category: is missing",
        ),
        (
            "/2/media/upload",
            json!({"media": "?", "media_category": "tweet_image"}),
            "base64",
        ),
        (
            "/2/media/upload",
            json!({"media": "QQ==", "media_category": "tweet_image"}),
            "unrecognized",
        ),
        (
            "/2/media/upload/initialize",
            json!({"media_type": "image/heic"}),
            "$.media_type: does not",
        ),
        (
            "/2/media/upload/initialize",
            json!({"media_category": "photo"}),
            "$.media_category: does not",
        ),
        (
            "/2/media/upload/initialize",
            json!({"media_type": "video/mp4", "media_category": "tweet_image"}),
            "does not match",
        ),
        (
            "/2/media/upload/1/append",
            json!({"media": "QQ==", "segment_index": 10_000}),
            "9999",
        ),
        (
            "/2/media/upload/1/append",
            json!({"media": "QQ==", "segment_index": 0}),
            "Not found",
        ),
    ] {
        let refused = post(path, body).await;
        assert!(
            refused.status == 400 && refused.body.contains(part),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn an_upload_belongs_to_its_owners_for_a_day_and_needs_its_scope() {
    let running = Running::start().await;
    let sent = one_shot(&running, "tweet_image", &png(1)).await;
    let upload = id(&sent);
    let writer = NewAccount {
        scopes: ["tweet.read", "tweet.write", "users.read"]
            .map(str::to_owned)
            .into(),
        ..NewAccount::new(Platform::X, "bob", "bob-token")
    };
    let bob = running.simulator.add_account(writer);
    let as_bob = |path: &str| {
        let call = running.http.get(format!("{}{path}", running.base));
        got(call.bearer_auth("bob-token"))
    };
    let path = format!("/2/media/upload?media_id={upload}");
    assert_eq!(as_bob(&path).await.status, 403);
    running
        .simulator
        .add_account(NewAccount::new(Platform::X, "bob", "bob-token-2"));
    let post = |media: &str| {
        let body = json!({"text": media, "media": {"media_ids": [media]}});
        let call = running.http.post(format!("{}/2/tweets", running.base));
        got(call.bearer_auth("bob-token-2").json(&body))
    };
    assert_eq!(post(&upload).await.status, 400);
    let owners = [
        ("media_category", "tweet_image"),
        ("additional_owners", bob.remote_user_id.as_str()),
    ];
    let (kind, body) = multipart(&owners, &png(2));
    let shared = running.post("/2/media/upload").header("content-type", kind);
    let shared = id(&got(shared.body(body)).await);
    assert_eq!(post(&shared).await.status, 201);

    running.advance(86_399_999);
    assert_eq!(status(&running, &upload).await.status, 200);
    running.advance(1);
    let gone = status(&running, &upload).await;
    assert!(
        gone.status == 400 && gone.body.contains("BadRequest: Not found"),
        "{gone:?}"
    );
    let late = json!({"text": "late", "media": {"media_ids": [upload]}});
    assert_eq!(running.tweet(late).await.status, 400);
}

#[tokio::test]
async fn each_kind_of_upload_call_has_windows_of_its_own() {
    let running = Running::start().await;
    running
        .simulator
        .set_settings(|settings| settings.x.media.upload_per_user = 1);
    let upload = one_shot(&running, "tweet_image", &png(1)).await;
    assert_eq!(one_shot(&running, "tweet_image", &png(2)).await.status, 429);
    let path = format!("/2/media/upload?media_id={}", id(&upload));
    let seen = running.get(&path).send().await.expect("an answer");
    assert_eq!(seen.headers()["x-rate-limit-limit"], "1000");
    assert_eq!(seen.headers()["x-app-limit-24hour-limit"], "100000");
}

#[tokio::test]
async fn knobs_change_how_uploads_are_answered() {
    let mut settings = Settings {
        profile: Profile::Hostile,
        ..Settings::default()
    };
    settings.x.media.check_after = false;
    settings.x.media.empty_append_answer = true;
    let running = Running::start_with(settings).await;
    let upload = id(&initialize(&running, "tweet_video", "video/mp4", 100).await);
    let appended = append(&running, &upload, 0, &video(100, 1)).await;
    assert_eq!((appended.status, appended.body.as_str()), (204, ""));
    let done = data(&finalize(&running, &upload).await);
    assert_eq!(done["processing_info"], json!({"state": "pending"}));
}

#[tokio::test]
async fn pieces_of_several_megabytes_are_taken() {
    let running = Running::start().await;
    let file = video(13 << 20, 60);
    let upload = id(&initialize(&running, "tweet_video", "video/mp4", file.len()).await);
    for (index, piece) in file.chunks(5 << 20).enumerate() {
        assert_eq!(append(&running, &upload, index, piece).await.status, 200);
    }
    assert_eq!(finalize(&running, &upload).await.status, 200);
    let body = json!({"text": "look", "media": {"media_ids": [upload]}});
    assert_eq!(running.tweet(body).await.status, 201);
    let live = running.simulator.live_posts();
    assert_eq!(live[0].media[0].sha256, sha256(&file));
}
