//! Posts on X with media, polls and every other option (x.md 2.1, 10.12, 10.17-10.19).

use serde_json::{Value, json};

use super::files::{gif, png, sha256, video};
use super::x_uploads::{data, in_pieces, one_shot};
use super::{Got, Running, got, id};
use crate::{LiveMedia, MediaKind, NewAccount, Platform, PostKind, Settings, WrongMix};

async fn image(running: &Running, byte: u8) -> String {
    id(&one_shot(running, "tweet_image", &png(byte)).await)
}

async fn describe(running: &Running, upload: &str, text: &str) -> Got {
    let body = json!({"id": upload, "metadata": {"alt_text": {"text": text}}});
    got(running.post("/2/media/metadata").json(&body)).await
}

fn with(text: &str, media: &[&str]) -> Value {
    json!({"text": text, "media": {"media_ids": media}})
}

#[tokio::test]
async fn what_was_uploaded_is_what_is_live_in_its_order_and_with_its_alt_text() {
    let running = Running::start().await;
    let uploads = [image(&running, 1).await, image(&running, 2).await];
    let described = describe(&running, &uploads[0], "a bird").await;
    let expected = json!({
        "id": uploads[0], "associated_metadata": {"alt_text": {"text": "a bird"}},
    });
    assert_eq!((described.status, data(&described)), (200, expected));
    assert_eq!(
        running
            .tweet(with("", &[&uploads[1], &uploads[0]]))
            .await
            .status,
        201
    );
    describe(&running, &uploads[0], "too late").await;

    let live = &running.simulator.live_posts()[0];
    let media = |byte, alt_text: Option<&str>| LiveMedia {
        kind: MediaKind::Image,
        sha256: sha256(&png(byte)),
        bytes: png(byte).len() as u64,
        content_type: "image/png".to_owned(),
        width: Some(3),
        height: Some(2),
        alt_text: alt_text.map(str::to_owned),
    };
    assert_eq!(live.kind, PostKind::Image);
    assert_eq!(live.media, [media(2, None), media(1, Some("a bird"))]);
    let shown = running.json("/_sim/posts").await;
    assert_eq!(shown[0]["kind"], "image");
    assert_eq!(shown[0]["media"][1]["alt_text"], "a bird");
    let path = format!("/2/tweets/{}?tweet.fields=attachments", live.id);
    let keys = running.json(&path).await["data"]["attachments"]["media_keys"].clone();
    assert_eq!(
        keys,
        json!([format!("3_{}", uploads[1]), format!("3_{}", uploads[0])])
    );
}

#[tokio::test]
async fn alt_text_has_its_limit_and_its_required_fields() {
    let running = Running::start().await;
    let upload = image(&running, 1).await;
    assert_eq!(
        describe(&running, &upload, &"é".repeat(1_000)).await.status,
        200
    );
    for (body, part) in [
        (
            json!({"id": upload, "metadata": {"alt_text": {"text": "x".repeat(1_001)}}}),
            "1000 characters",
        ),
        (json!({"id": upload}), "$.metadata: is missing"),
        (json!({"metadata": {}}), "$.id: is missing"),
        (json!({"id": "12", "metadata": {}}), "BadRequest: Not found"),
    ] {
        let refused = got(running.post("/2/media/metadata").json(&body)).await;
        assert!(
            refused.status == 400 && refused.body.contains(part),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn four_images_or_one_of_anything_else_make_a_post() {
    let running = Running::start().await;
    let mut images = Vec::new();
    for byte in 0..5 {
        images.push(image(&running, byte).await);
    }
    let images: Vec<&str> = images.iter().map(String::as_str).collect();
    let moving = id(&in_pieces(&running, "tweet_gif", "image/gif", &gif()).await);
    let film = id(&in_pieces(&running, "amplify_video", "video/mp4", &video(500, 9)).await);
    let private = id(&one_shot(&running, "dm_image", &png(9)).await);
    assert_eq!(running.tweet(with("four", &images[..4])).await.status, 201);
    assert!(
        running
            .tweet(with("five", &images))
            .await
            .body
            .contains("maximum of 4 items")
    );
    assert_eq!(running.tweet(with("one gif", &[&moving])).await.status, 201);
    assert_eq!(running.tweet(with("one video", &[&film])).await.status, 201);
    let kinds: Vec<_> = running
        .simulator
        .live_posts()
        .iter()
        .map(|post| post.kind)
        .collect();
    assert_eq!(kinds, [PostKind::Image, PostKind::Gif, PostKind::Video]);
    for (mode, status) in [(WrongMix::InvalidMedia, 400), (WrongMix::NotPermitted, 403)] {
        running
            .simulator
            .set_settings(|settings| settings.x.media.wrong_mix = mode);
        for mix in [[images[0], &moving], [&film, images[0]], [&film, &film]] {
            assert_eq!(running.tweet(with("mixed", &mix)).await.status, status);
        }
    }
    assert_eq!(
        running.tweet(with("private", &[&private])).await.status,
        400
    );
}

#[tokio::test]
async fn a_long_video_goes_up_and_is_refused_when_it_is_posted() {
    let running = Running::start().await;
    let film = id(&in_pieces(&running, "tweet_video", "video/mp4", &video(500, 141)).await);
    let refused = running.tweet(with("long", &[&film])).await;
    assert!(
        refused.status == 403 && refused.body.contains("longer than 2 minutes"),
        "{refused:?}"
    );
    running
        .simulator
        .set_settings(|settings| settings.x.media.video_seconds = Some(20));
    assert_eq!(running.tweet(with("long", &[&film])).await.status, 201);
    let premium = NewAccount {
        premium: true,
        ..NewAccount::new(Platform::X, "ann", "x-token-2")
    };
    running.simulator.add_account(premium);
    running
        .simulator
        .set_settings(|settings| settings.x.media.video_seconds = None);
    let call = running.http.post(format!("{}/2/tweets", running.base));
    let call = call
        .bearer_auth("x-token-2")
        .json(&with("longer", &[&film]));
    assert_eq!(got(call).await.status, 201);
}

#[tokio::test]
async fn the_same_text_with_other_media_is_no_duplicate() {
    let running = Running::start().await;
    let (one, same, other) = (
        image(&running, 1).await,
        image(&running, 1).await,
        image(&running, 2).await,
    );
    assert_eq!(running.tweet(with("hi", &[&one])).await.status, 201);
    assert_eq!(running.tweet(with("hi", &[&same])).await.status, 403);
    assert_eq!(running.tweet(with("hi", &[&other])).await.status, 201);
    assert_eq!(running.tweet(json!({"text": "hi"})).await.status, 403);
    assert!(running.simulator.duplicates().is_empty());
}

#[tokio::test]
async fn every_option_is_kept_by_its_name() {
    let running = Running::start().await;
    let upload = image(&running, 1).await;
    let first = id(&running.tweet(json!({"text": "first"})).await);
    let body = json!({
        "text": "all of it",
        "media": {"media_ids": [upload], "tagged_user_ids": ["7", "8"], "title": "t"},
        "reply": {"in_reply_to_tweet_id": first, "exclude_reply_user_ids": ["9"],
                  "auto_populate_reply_metadata": true},
        "reply_settings": "mentionedUsers", "made_with_ai": true, "paid_partnership": true,
        "nullcast": false, "community_id": "42", "share_with_followers": true,
        "geo": {"place_id": "p"},
    });
    let sent = running.tweet(body).await;
    assert_eq!(sent.status, 201, "{sent:?}");
    let live = running.simulator.live_posts().pop().expect("a post");
    let options: Vec<(&str, &str)> = live
        .options
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let expected = [
        ("community_id", "42"),
        ("geo.place_id", "p"),
        ("made_with_ai", "true"),
        ("media.tagged_user_ids", "7,8"),
        ("media.title", "t"),
        ("paid_partnership", "true"),
        ("reply.exclude_reply_user_ids", "9"),
        ("reply_settings", "mentionedUsers"),
        ("share_with_followers", "true"),
    ];
    assert_eq!(options, expected);
    assert_eq!(live.reply_to, Some(first.clone()));

    let body = json!({"text": "poll", "poll": {"options": ["yes", "no"], "duration_minutes": 60}});
    assert_eq!(running.tweet(body).await.status, 201);
    let body = json!({"text": "quote", "quote_tweet_id": first});
    assert_eq!(running.tweet(body).await.status, 201);
    let live = running.json("/_sim/posts?platform=x").await;
    assert_eq!(
        live[2]["poll"],
        json!({"options": ["yes", "no"], "duration_minutes": 60})
    );
    assert_eq!(live[3]["quote"], first);
    let both = json!({"text": "both", "quote_tweet_id": first, "media": {"media_ids": [upload]}});
    assert!(
        running
            .tweet(both)
            .await
            .body
            .contains("You can only provide one of poll")
    );
}

#[tokio::test]
async fn an_edit_takes_the_place_of_a_post_of_the_last_hour_with_premium() {
    let running = Running::start().await;
    let plain = id(&running.tweet(json!({"text": "one"})).await);
    let edit = |of: &str| json!({"text": "two", "edit_options": {"previous_post_id": of}});
    assert_eq!(running.tweet(edit(&plain)).await.status, 403);
    let premium = NewAccount {
        premium: true,
        ..NewAccount::new(Platform::X, "zoe", "zoe-token")
    };
    running.simulator.add_account(premium);
    let as_zoe = |body: Value| {
        let call = running.http.post(format!("{}/2/tweets", running.base));
        got(call.bearer_auth("zoe-token").json(&body))
    };
    let first = id(&as_zoe(json!({"text": "one"})).await);
    assert_eq!(as_zoe(edit(&first)).await.status, 201);
    let live = running.simulator.live_posts();
    let texts: Vec<&str> = live.iter().map(|post| post.text.as_str()).collect();
    assert_eq!(texts, ["one", "two"]);
    assert!(live.iter().all(|post| post.id != first));
}

#[tokio::test]
async fn metadata_and_deletions_are_charged() {
    let mut settings = Settings::default();
    settings.x.credit_microdollars = Some(30_000);
    let running = Running::start_with(settings).await;
    let upload = image(&running, 1).await;
    assert_eq!(describe(&running, &upload, "a").await.status, 200);
    let post = id(&running.tweet(with("hi", &[&upload])).await);
    // 20,000 are spent; the deletion takes the last 10,000.
    assert_eq!(
        got(running.delete(&format!("/2/tweets/{post}")))
            .await
            .status,
        200
    );
    assert_eq!(describe(&running, &upload, "b").await.status, 402);
}

#[tokio::test]
async fn the_text_can_end_in_a_link_to_its_media() {
    let mut settings = Settings::default();
    settings.x.media.link_in_text = true;
    let running = Running::start_with(settings).await;
    let upload = image(&running, 1).await;
    let sent = data(&running.tweet(with("hi", &[&upload])).await);
    let post = sent["id"].as_str().expect("an id").to_owned();
    assert!(
        sent["text"]
            .as_str()
            .is_some_and(|text| text.starts_with("hi https://t.co/"))
    );
    let read = running
        .json(&format!("/2/tweets/{post}?tweet.fields=entities"))
        .await;
    let url = &read["data"]["entities"]["urls"][0];
    assert_eq!(
        url["expanded_url"],
        format!("https://x.com/ann/status/{post}/photo/1")
    );
    assert_eq!(read["data"]["text"], sent["text"]);
    assert_eq!(running.simulator.live_posts()[0].text, "hi");
}
