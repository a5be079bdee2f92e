//! The pages.

use serde_json::json;

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
