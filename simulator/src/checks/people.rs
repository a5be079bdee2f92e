//! The pages.

use serde_json::json;

use super::files::{png, sha256};
use super::x_uploads::one_shot;
use super::{Running, id};

#[tokio::test]
async fn permalinks_lead_to_pages_and_text_is_shown_as_text() {
    let running = Running::start().await;
    running
        .simulator
        .set_settings(|settings| settings.x_web_url = running.base.clone());
    let post = id(&running.tweet(json!({"text": "<b>bold</b> & more"})).await);
    running
        .publish(&running.container("on threads").await)
        .await;
    let timeline = running.read("/").await;
    assert_eq!(timeline.status, 200);
    assert!(
        timeline.body.contains("&lt;b&gt;bold&lt;/b&gt; &amp; more"),
        "{}",
        timeline.body
    );
    assert!(timeline.body.contains("on threads"));
    let live = running.simulator.live_posts();
    for post in &live {
        let path = post
            .url
            .replace("https://www.threads.com", "")
            .replace(&running.base, "");
        assert!(
            timeline.body.contains(&format!("href=\"{path}\"")),
            "{path}"
        );
        assert_eq!(running.read(&path).await.status, 200, "{path}");
    }
    assert_eq!(
        running.read(&format!("/i/web/status/{post}")).await.status,
        200
    );
    assert_eq!(running.read("/ann/status/1").await.status, 404);
    assert_eq!(running.read("/@ann/post/AAAAAAAAAAA").await.status, 404);
}

#[tokio::test]
async fn a_page_shows_what_a_post_has_besides_its_text() {
    let running = Running::start().await;
    let body = json!({
        "text": "poll", "poll": {"options": ["<yes>", "no"], "duration_minutes": 60}, "made_with_ai": true,
    });
    running.tweet(body).await;
    let upload = id(&one_shot(&running, "tweet_image", &png(1)).await);
    running
        .tweet(json!({"text": "image", "media": {"media_ids": [upload]}}))
        .await;
    let timeline = running.read("/").await.body;
    for part in [
        "<li>Poll: &lt;yes&gt; | no</li>",
        "<li>made_with_ai = true</li>",
        "image/png, 3 x 2",
        &sha256(&png(1)),
    ] {
        assert!(timeline.contains(part), "{part} in {timeline}");
    }
}
