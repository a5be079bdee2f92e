//! Posts with files: from the upload to what is live.

mod links;

use std::time::Duration;

use entities::Platform;
use media::testing::{Mp4Spec, gif, jpeg, mp4, png};
use serde_json::{Value, json};
use simulator::{MediaKind, PostKind};
use tests::client::text;
use tests::{TestApp, both_modes};

const HOUR: Duration = Duration::from_secs(3_600);

/// Uploads a file, and answers its id.
pub async fn upload(app: &TestApp, bytes: Vec<u8>) -> String {
    let answer = app.client.upload("/v1/media", bytes).await;
    assert_eq!(answer.status, 201, "{:#}", answer.body);
    text(&answer.body["id"]).to_owned()
}

/// Submits a post, and answers it when all is done.
pub async fn post(app: &TestApp, body: Value) -> Value {
    let answer = app.client.submit_raw(body).await;
    assert_eq!(answer.status, 202, "{:#}", answer.body);
    app.settle(HOUR).await;
    app.client
        .get(&format!("/v1/posts/{}", text(&answer.body["id"])))
        .await
        .body
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A short video with a sound track, a good deal larger than one stretch.
fn video() -> Vec<u8> {
    mp4(&Mp4Spec {
        padding_bytes: 5_000_000,
        ..Mp4Spec::default()
    })
}

both_modes! {
    async fn an_image_with_words_is_live_on_both_as_it_was_uploaded(app: &TestApp) {
        let bytes = jpeg(800, 600);
        let id = upload(app, bytes.clone()).await;
        let post = post(app, json!({
            "text": "A cat",
            "media": [{ "id": id, "alt_text": "A cat on a mat" }],
            "accounts": app.both(),
        })).await;
        assert_eq!(post["status"], "published", "{post:#}");
        for platform in [Platform::Threads, Platform::X] {
            let live = app.live_on(platform);
            assert_eq!(live.len(), 1);
            assert_eq!(live[0].text, "A cat");
            assert_eq!(live[0].kind, PostKind::Image);
            assert_eq!(live[0].media[0].sha256, sha256(&bytes), "{platform}");
            assert_eq!(live[0].media[0].alt_text.as_deref(), Some("A cat on a mat"));
        }
    }
}

both_modes! {
    async fn several_images_are_a_carousel_on_threads_and_one_post_on_x(app: &TestApp) {
        let files = [jpeg(800, 600), png(640, 480), jpeg(500, 500), png(320, 320)];
        let mut media = Vec::new();
        for (number, file) in files.iter().enumerate() {
            let id = upload(app, file.clone()).await;
            media.push(json!({ "id": id, "alt_text": format!("Number {number}") }));
        }
        let post = post(app, json!({ "text": "Four", "media": media, "accounts": app.both() })).await;
        assert_eq!(post["status"], "published", "{post:#}");
        let wanted: Vec<String> = files.iter().map(|file| sha256(file)).collect();
        for platform in [Platform::Threads, Platform::X] {
            let live = app.live_on(platform);
            assert_eq!(live.len(), 1);
            let seen: Vec<String> = live[0].media.iter().map(|media| media.sha256.clone()).collect();
            assert_eq!(seen, wanted, "{platform}: in order");
            assert_eq!(live[0].media[3].alt_text.as_deref(), Some("Number 3"));
        }
        assert_eq!(app.live_on(Platform::Threads)[0].kind, PostKind::Carousel);
    }
}

both_modes! {
    async fn a_video_goes_to_x_in_stretches_and_is_fetched_by_threads(app: &TestApp) {
        let bytes = video();
        let id = upload(app, bytes.clone()).await;
        let post = post(app, json!({
            "text": "It moves", "media": [{ "id": id }], "accounts": app.both(),
        })).await;
        assert_eq!(post["status"], "published", "{post:#}");
        for platform in [Platform::Threads, Platform::X] {
            let live = app.live_on(platform);
            assert_eq!((live.len(), live[0].kind), (1, PostKind::Video), "{platform}");
            assert_eq!(live[0].media[0].sha256, sha256(&bytes));
            assert_eq!(live[0].media[0].bytes, bytes.len() as u64);
        }
    }
}

both_modes! {
    async fn a_moving_gif_goes_to_x_and_is_refused_for_threads_before_anything_is_stored(app: &TestApp) {
        let id = upload(app, gif(100, 80, 3)).await;
        let body = |accounts: Value| json!({ "text": "Loop", "media": [{ "id": id }], "accounts": accounts });
        let refused = app.client.submit_raw(body(json!(app.both()))).await;
        assert_eq!(refused.status, 422, "{:#}", refused.body);
        assert_eq!(refused.body["violations"][0]["field"], "media[0]", "{:#}", refused.body);
        let post = post(app, body(json!([app.x]))).await;
        assert_eq!(post["status"], "published", "{post:#}");
        let live = app.live_on(Platform::X);
        assert_eq!(live[0].media[0].kind, MediaKind::Gif);
    }
}

both_modes! {
    async fn a_chain_has_media_on_any_part_and_each_part_answers_the_one_before(app: &TestApp) {
        let (image, film) = (upload(app, jpeg(700, 700)).await, upload(app, video()).await);
        let two = [upload(app, png(400, 400)).await, upload(app, png(401, 400)).await];
        let post = post(app, json!({
            "parts": [
                { "text": "One", "media": [{ "id": image, "alt_text": "first" }] },
                { "text": "Two" },
                { "text": "Three", "media": [{ "id": film }] },
                { "text": "", "media": [{ "id": two[0] }, { "id": two[1] }] },
            ],
            "accounts": app.both(),
        })).await;
        assert_eq!(post["status"], "published", "{post:#}");
        for platform in [Platform::Threads, Platform::X] {
            let mut live = app.live_on(platform);
            live.sort_by_key(|post| post.id.clone());
            let delivery = app.client.delivery(&post, platform.as_str()).await;
            let parts = delivery["parts"].as_array().unwrap();
            assert_eq!((live.len(), parts.len()), (4, 4), "{platform}: {delivery:#}");
            let find = |index: usize| live.iter().find(|post| post.id == text(&parts[index]["remote_id"])).unwrap();
            for index in 1..4 {
                assert_eq!(find(index).reply_to.as_deref(), parts[index - 1]["remote_id"].as_str());
            }
            assert_eq!(find(0).kind, PostKind::Image);
            assert_eq!(find(1).kind, PostKind::Text);
            assert_eq!(find(2).kind, PostKind::Video);
            assert_eq!(find(3).media.len(), 2);
        }
    }
}
