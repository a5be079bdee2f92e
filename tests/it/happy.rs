//! The main job: submit, publish, look.

use entities::Platform;
use serde_json::json;
use tests::both_modes;
use tests::client::text;

both_modes! {
    async fn a_post_goes_out_once_on_each_platform_with_its_address(app: &TestApp) {
        let post = app.client.submit("Hello, both of you", &app.both()).await;
        assert_eq!(post["status"], "publishing");
        app.drain().await;

        let post = app.client.show(&post).await;
        assert_eq!(post["status"], "published", "{post:#}");
        for delivery in post["deliveries"].as_array().unwrap() {
            assert_eq!(delivery["status"], "published");
            assert!(text(&delivery["url"]).starts_with("https://"), "{delivery:#}");
            let live = app.simulator.live_posts();
            assert!(live.iter().any(|post| post.id == text(&delivery["remote_id"])));
        }
        assert_eq!(app.live_count(Platform::Threads, "Hello, both of you"), 1);
        assert_eq!(app.live_count(Platform::X, "Hello, both of you"), 1);

        let threads = app.client.delivery(&post, "threads").await;
        let steps = ["create_container done", "check_container done", "publish_container done", "read_permalink done"];
        assert_eq!(app.client.attempts(&threads).await, steps);
        assert_eq!(threads["attempt_count"], steps.len(), "each is counted once");
        let x = app.client.delivery(&post, "x").await;
        assert_eq!(app.client.attempts(&x).await, ["create_post done"]);
        assert_eq!(x["attempt_count"], 1);
    }
}

both_modes! {
    async fn an_override_is_shown_on_its_platform_alone(app: &TestApp) {
        let body = json!({ "text": "for both", "accounts": app.both(), "overrides": { "x": { "text": "for X" } } });
        app.client.post("/v1/posts", body).await;
        app.drain().await;
        assert_eq!(app.live_count(Platform::Threads, "for both"), 1);
        assert_eq!(app.live_count(Platform::X, "for X"), 1);
        assert_eq!(app.simulator.live_posts().len(), 2);
    }
}
