//! Images, videos and carousels on Threads (threads.md 4.1, 4.3, 4.5, 4.6).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::json;

use super::files::{Files, gif, png, sha256, video};
use super::{Got, Running, answered, got, id};
use crate::{Clock, LagRanges, MediaKind, NewAccount, Platform, PostKind, Settings};

pub(super) async fn files() -> Files {
    Files::serve(vec![
        ("a.png", png(1)),
        ("b.png", png(2)),
        ("gif", gif()),
        ("big.png", [png(3), vec![0; 8 << 20]].concat()),
        ("film.mp4", video(20_000, 30)),
        ("long.mp4", video(500, 301)),
        ("page", b"<html>".to_vec()),
    ])
    .await
}

async fn image(running: &Running, url: &str, more: &[(&str, &str)]) -> Got {
    running
        .create(&[&[("media_type", "IMAGE"), ("image_url", url)], more].concat())
        .await
}

async fn film(running: &Running, url: &str, more: &[(&str, &str)]) -> Got {
    running
        .create(&[&[("media_type", "VIDEO"), ("video_url", url)], more].concat())
        .await
}

pub(super) async fn child(running: &Running, url: &str) -> String {
    id(&image(running, url, &[("is_carousel_item", "true")]).await)
}

async fn carousel(running: &Running, children: &str) -> Got {
    running
        .create(&[
            ("media_type", "CAROUSEL"),
            ("text", "all"),
            ("children", children),
        ])
        .await
}

async fn status(running: &Running, container: &str) -> Got {
    running
        .read(&format!("/v1.0/{container}?fields=status,error_message"))
        .await
}

fn no_children(ids: &str) -> Got {
    let body = format!(
        "{{\"error\":{{\"message\":\"Invalid parameter\",\"type\":\"OAuthException\",\"code\":100,\
         \"error_subcode\":4279004,\"is_transient\":false,\"error_user_title\":\"Invalid Carousel Children\",\
         \"error_user_msg\":\"The children with IDs {ids} are invalid, nonexistent, or expired.\",\
         \"fbtrace_id\":\"<..>\"}}}}"
    );
    answered(400, &body)
}

#[tokio::test]
async fn an_image_is_fetched_when_its_container_is_made() {
    let (running, files) = (Running::start().await, files().await);
    let made = image(&running, &files.url("a.png"), &[("alt_text", "a bird")]).await;
    assert_eq!((made.status, files.asked()), (200, 1));
    let post = id(&running.publish(&id(&made)).await);
    let live = &running.simulator.live_posts()[0];
    let media = &live.media[0];
    assert_eq!((live.kind, media.kind), (PostKind::Image, MediaKind::Image));
    assert_eq!(
        (&media.sha256, media.bytes),
        (&sha256(&png(1)), png(1).len() as u64)
    );
    assert_eq!(media.alt_text.as_deref(), Some("a bird"));
    assert_eq!(files.asked(), 1);
    let read = running
        .json(&format!("/{post}?fields=media_type,alt_text,text"))
        .await;
    assert_eq!(
        read,
        json!({"media_type": "IMAGE", "alt_text": "a bird", "id": post})
    );
}

#[tokio::test]
async fn an_image_that_is_not_there_or_is_none_refuses_the_call() {
    let (running, files) = (Running::start().await, files().await);
    for url in [
        files.url("missing"),
        files.url("gif"),
        files.url("page"),
        files.url("big.png"),
        "http://127.0.0.1:9/a.png".to_owned(),
        "not an address".to_owned(),
    ] {
        let body = format!(
            "{{\"error\":{{\"message\":\"An unknown error occurred\",\"type\":\"OAuthException\",\"code\":1,\
             \"error_subcode\":2207052,\"is_transient\":false,\
             \"error_user_title\":\"Media download has failed.\",\
             \"error_user_msg\":\"The media could not be fetched from this URI: {url}\",\
             \"fbtrace_id\":\"<..>\"}}}}"
        );
        assert_eq!(image(&running, &url, &[]).await, answered(400, &body));
    }
    let long = "x".repeat(1_001);
    let refused = image(
        &running,
        &files.url("a.png"),
        &[("alt_text", long.as_str())],
    )
    .await;
    assert!(
        refused.status == 500 && refused.body.contains("at most 1000"),
        "{refused:?}"
    );
    let refused = running.create(&[("media_type", "IMAGE")]).await;
    assert!(
        refused.body.contains("image_url is required"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_video_that_is_not_there_or_is_none_fails_as_a_container() {
    let (running, files) = (Running::start().await, files().await);
    for (name, error) in [
        ("missing", "FAILED_DOWNLOADING_VIDEO"),
        ("page", "FAILED_PROCESSING_VIDEO"),
        ("a.png", "FAILED_PROCESSING_VIDEO"),
        ("long.mp4", "INVALID_DURATION"),
    ] {
        let container = id(&film(&running, &files.url(name), &[]).await);
        let expected = format!(
            "{{\"status\":\"ERROR\",\"id\":\"{container}\",\"error_message\":\"{error}\"}}"
        );
        assert_eq!(status(&running, &container).await, answered(200, &expected));
        assert!(running.publish(&container).await.body.contains("4279009"));
    }
    let container = id(&film(&running, &files.url("film.mp4"), &[]).await);
    assert_eq!(running.publish(&container).await.status, 200);
    let live = &running.simulator.live_posts()[0];
    assert_eq!(
        (live.kind, &live.media[0].sha256),
        (PostKind::Video, &sha256(&video(20_000, 30)))
    );
}

#[tokio::test]
async fn nothing_is_fetched_for_a_call_that_is_refused_or_when_it_is_not_wanted() {
    let (running, files) = (Running::start().await, files().await);
    let url = files.url("a.png");
    running.simulator.revoke(Platform::Threads, "ann");
    assert_eq!(image(&running, &url, &[]).await.status, 500);
    running
        .simulator
        .add_account(NewAccount::new(Platform::Threads, "ann", "threads-token-2"));
    running.simulator.reset();
    let long = "x".repeat(501);
    assert_eq!(
        image(&running, &url, &[("text", long.as_str())])
            .await
            .status,
        500
    );
    running
        .simulator
        .set_settings(|settings| settings.threads.fetch_media = false);
    let call = running.http.post(format!("{}/me/threads", running.base));
    let form = [("media_type", "IMAGE"), ("image_url", url.as_str())];
    let made = got(call.bearer_auth("threads-token-2").form(&form)).await;
    assert_eq!((made.status, files.asked()), (200, 0));
}

#[tokio::test]
async fn a_slow_file_holds_up_its_own_call_and_no_other() {
    let (running, files) = (Running::start().await, files().await);
    let url = files.slow_url("a.png");
    let form = [
        ("media_type", "IMAGE"),
        ("text", "slow"),
        ("image_url", url.as_str()),
    ];
    let call = running.post("/v1.0/me/threads").form(&form);
    let other = async {
        let container = running.container("quick").await;
        assert_eq!(running.publish(&container).await.status, 200);
        assert_eq!(running.tweet(json!({"text": "quick"})).await.status, 201);
        files.let_go();
    };
    let (made, ()) = tokio::join!(got(call), other);
    assert_eq!(made.status, 200);
    assert_eq!(running.live(), 2);
}

#[tokio::test]
async fn a_carousel_is_made_of_its_children_in_their_order() {
    let (running, files) = (Running::start().await, files().await);
    let one = child(&running, &files.url("a.png")).await;
    let url = files.url("film.mp4");
    let two = film(
        &running,
        &url,
        &[("is_carousel_item", "true"), ("alt_text", "a film")],
    );
    let two = id(&two.await);
    let parent = id(&carousel(&running, &format!("{two},{one}")).await);
    let post = id(&running.publish(&parent).await);
    let live = &running.simulator.live_posts()[0];
    assert_eq!((live.kind, live.text.as_str()), (PostKind::Carousel, "all"));
    let hashes: Vec<&str> = live
        .media
        .iter()
        .map(|media| media.sha256.as_str())
        .collect();
    assert_eq!(hashes, [sha256(&video(20_000, 30)), sha256(&png(1))]);
    assert_eq!(live.media[0].alt_text.as_deref(), Some("a film"));
    let read = running
        .json(&format!("/{post}?fields=media_type,children"))
        .await;
    assert_eq!(read["media_type"], "CAROUSEL_ALBUM");
    let children = read["children"]["data"]
        .as_array()
        .expect("children")
        .clone();
    assert_eq!(children.len(), 2);
    assert!(
        children
            .iter()
            .all(|child| child["id"] != json!(one) && child["id"] != json!(two))
    );
    assert!(
        running
            .publish(&one)
            .await
            .body
            .contains("item of a carousel")
    );
    let limit = running.json("/me/threads_publishing_limit").await;
    assert_eq!(limit["data"][0]["quota_usage"], 1);
}

#[tokio::test]
async fn children_that_are_not_items_not_own_or_gone_are_named() {
    let (running, files) = (Running::start().await, files().await);
    let good = child(&running, &files.url("a.png")).await;
    let plain = id(&image(&running, &files.url("b.png"), &[]).await);
    let url = files.url("page");
    let failed = film(&running, &url, &[("is_carousel_item", "true")]);
    let failed = id(&failed.await);
    let asked = format!("{good},{plain},{failed},12");
    let expected = no_children(&format!("{plain}, {failed}, 12"));
    assert_eq!(carousel(&running, &asked).await, expected);
    for children in ["", &good] {
        let refused = carousel(&running, children).await;
        assert!(refused.body.contains("2 to 20"), "{refused:?}");
    }
    let text = [
        ("media_type", "TEXT"),
        ("text", "a"),
        ("is_carousel_item", "true"),
    ];
    assert_eq!(running.create(&text).await.status, 500);
    let second = child(&running, &files.url("b.png")).await;
    running
        .simulator
        .add_account(NewAccount::new(Platform::Threads, "bob", "bob-token"));
    let call = running.http.post(format!("{}/me/threads", running.base));
    let both = format!("{good},{second}");
    let form = [("media_type", "CAROUSEL"), ("children", both.as_str())];
    let foreign = got(call.bearer_auth("bob-token").form(&form)).await;
    assert_eq!(foreign, no_children(&format!("{good}, {second}")));
    running.advance(24 * 3_600_000);
    assert_eq!(carousel(&running, &both).await.status, 400);
}

#[tokio::test]
async fn each_kind_takes_its_own_time() {
    let lags = LagRanges {
        image_processing_ms: (2_000, 2_000),
        video_processing_ms: (25_000, 25_000),
        carousel_processing_ms: (3_000, 3_000),
        child_ms: (10_000, 10_000),
        ..LagRanges::default()
    };
    let settings = Settings {
        lags: Some(lags),
        ..Settings::default()
    };
    let (running, files) = (Running::start_with(settings).await, files().await);
    let film = id(&film(&running, &files.url("film.mp4"), &[]).await);
    let one = child(&running, &files.url("a.png")).await;
    let two = child(&running, &files.url("b.png")).await;
    let both = format!("{one},{two}");
    let refused = no_children(&format!("{one}, {two}"));
    assert_eq!(carousel(&running, &both).await, refused);
    running.advance(2_000);
    assert!(status(&running, &one).await.body.contains("FINISHED"));
    assert_eq!(
        carousel(&running, &both).await,
        refused,
        "finished, but not known everywhere"
    );
    running.advance(10_000);
    let parent = id(&carousel(&running, &both).await);
    assert!(running.publish(&parent).await.body.contains("4279009"));
    running.advance(3_000);
    assert_eq!(running.publish(&parent).await.status, 200);
    assert!(status(&running, &film).await.body.contains("IN_PROGRESS"));
    running.advance(10_000);
    assert!(status(&running, &film).await.body.contains("FINISHED"));
}

#[tokio::test]
async fn a_video_that_answers_too_soon_answers_nothing() {
    let lags = LagRanges {
        video_reply_ms: (40_000, 40_000),
        ..LagRanges::default()
    };
    let settings = Settings {
        lags: Some(lags),
        ..Settings::default()
    };
    let (running, files) = (Running::start_with(settings).await, files().await);
    let root = id(&running.publish(&running.container("root").await).await);
    let answer = || async {
        id(&film(
            &running,
            &files.url("film.mp4"),
            &[("reply_to_id", root.as_str())],
        )
        .await)
    };
    let reply_of = || {
        running
            .simulator
            .live_posts()
            .pop()
            .expect("a post")
            .reply_to
    };
    let early = answer().await;
    running.advance(39_999);
    assert_eq!(running.publish(&early).await.status, 200);
    assert_eq!(reply_of(), None);
    let late = answer().await;
    running.advance(40_000);
    running.publish(&late).await;
    assert_eq!(reply_of(), Some(root.clone()));
    running
        .simulator
        .set_settings(|settings| settings.threads.video_reply_loses_parent = false);
    let kept = answer().await;
    running.advance(1);
    running.publish(&kept).await;
    assert_eq!(reply_of(), Some(root));
}

#[tokio::test]
async fn an_answer_to_what_is_known_just_now_is_not_made_without_its_file() {
    let (running, files) = (Running::start().await, files().await);
    // Each look at the clock takes a second, so that what it may answer becomes known between any
    // two of them.
    let at_ms = Arc::new(AtomicI64::new(running.simulator.now_ms()));
    for lag_ms in (1_000..=8_000).step_by(1_000) {
        let ticking = Arc::clone(&at_ms);
        running.simulator.set_settings(|settings| {
            settings.clock = Clock::from_fn(move || ticking.fetch_add(1_000, Ordering::Relaxed));
            settings.lags = Some(LagRanges {
                reply_ms: (lag_ms, lag_ms),
                ..LagRanges::default()
            });
        });
        let root = id(&running.publish(&running.container("root").await).await);
        let answer = loop {
            let made = image(&running, &files.url("a.png"), &[("reply_to_id", &root)]).await;
            if made.status == 200 {
                break id(&made);
            }
        };
        running.publish(&answer).await;
    }
    let live = running.simulator.live_posts();
    let answers: Vec<_> = live.iter().filter(|post| post.reply_to.is_some()).collect();
    assert_eq!(answers.len(), 8);
    for answer in answers {
        assert_eq!(answer.media[0].sha256, sha256(&png(1)), "{answer:?}");
    }
}
