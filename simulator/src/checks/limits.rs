//! Quotas and windows, with a clock that is moved by hand.

use serde_json::json;

use super::{Running, got, id};
use crate::{NewAccount, Platform, Settings};

#[tokio::test]
async fn the_hundred_and_first_create_in_a_quarter_of_an_hour_is_refused() {
    let running = Running::start().await;
    running
        .simulator
        .add_account(NewAccount::new(Platform::X, "bob", "bob-token"));
    let create = |n: u32| {
        running
            .post("/2/tweets")
            .json(&json!({"text": format!("post {n}")}))
            .send()
    };
    for n in 0..100 {
        let sent = create(n).await.expect("an answer");
        assert_eq!(sent.status(), 201);
        assert_eq!(sent.headers()["x-rate-limit-limit"], "100");
        assert_eq!(
            sent.headers()["x-rate-limit-remaining"],
            (99 - n).to_string()
        );
        assert_eq!(
            sent.headers()["x-app-limit-24hour-remaining"],
            (9_999 - n).to_string()
        );
        assert!(!sent.headers().contains_key("x-user-limit-24hour-limit"));
    }
    running.advance(899_999);
    let refused = create(100).await.expect("an answer");
    assert_eq!(refused.status(), 429);
    let reset = (super::START_MS / 1_000 + 900).to_string();
    assert_eq!(refused.headers()["x-rate-limit-reset"], reset);
    assert_eq!(refused.headers()["x-rate-limit-remaining"], "0");
    assert_eq!(refused.headers()["x-app-limit-24hour-remaining"], "9900");
    assert_eq!(running.live(), 100);
    let bob = running
        .http
        .post(format!("{}/2/tweets", running.base))
        .bearer_auth("bob-token");
    assert_eq!(got(bob.json(&json!({"text": "hi"}))).await.status, 201);
    running.advance(1);
    assert_eq!(create(100).await.expect("an answer").status(), 201);
}

#[tokio::test]
async fn a_spent_day_hides_behind_a_healthy_quarter_of_an_hour() {
    let mut settings = Settings::default();
    settings.x.create_per_user_day = Some(2);
    let running = Running::start_with(settings).await;
    for text in ["one", "two"] {
        assert_eq!(running.tweet(json!({"text": text})).await.status, 201);
    }
    running.advance(3_600_000);
    let refused = running
        .post("/2/tweets")
        .json(&json!({"text": "three"}))
        .send()
        .await
        .expect("an answer");
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["x-rate-limit-remaining"], "100");
    assert_eq!(refused.headers()["x-user-limit-24hour-remaining"], "0");
    let reset = (super::START_MS / 1_000 + 86_400).to_string();
    assert_eq!(refused.headers()["x-user-limit-24hour-reset"], reset);
}

#[tokio::test]
async fn the_window_of_the_app_is_shared_by_its_users() {
    let mut settings = Settings::default();
    settings.x.create_per_app_day = Some(1);
    let running = Running::start_with(settings).await;
    running
        .simulator
        .add_account(NewAccount::new(Platform::X, "bob", "bob-token"));
    assert_eq!(running.tweet(json!({"text": "one"})).await.status, 201);
    let bob = running
        .http
        .post(format!("{}/2/tweets", running.base))
        .bearer_auth("bob-token");
    assert_eq!(got(bob.json(&json!({"text": "two"}))).await.status, 429);
}

#[tokio::test]
async fn refused_calls_count_too_and_a_test_can_lift_the_windows() {
    let mut settings = Settings::default();
    settings.x.create_per_user = 2;
    let running = Running::start_with(settings).await;
    for _ in 0..2 {
        assert_eq!(running.tweet(json!({})).await.status, 400);
    }
    assert_eq!(running.tweet(json!({"text": "hi"})).await.status, 429);
    running
        .simulator
        .set_settings(|settings| settings.x.rate_limits = false);
    assert_eq!(running.tweet(json!({"text": "hi"})).await.status, 201);
}

#[tokio::test]
async fn each_read_has_a_window_of_its_own() {
    let running = Running::start().await;
    for _ in 0..75 {
        assert_eq!(running.read("/2/users/me").await.status, 200);
    }
    assert_eq!(running.read("/2/users/me").await.status, 429);
    let timeline = running.get(&format!("/2/users/{}/tweets", running.x.remote_user_id));
    let sent = timeline.send().await.expect("an answer");
    assert_eq!(sent.headers()["x-rate-limit-limit"], "900");
    assert_eq!(sent.headers()["x-rate-limit-remaining"], "899");
}

#[tokio::test]
async fn threads_counts_posts_and_replies_apart_when_they_are_published() {
    let mut settings = Settings::default();
    settings.threads.post_quota = 2;
    settings.threads.reply_quota = 1;
    settings.threads.delete_quota = 1;
    let running = Running::start_with(settings).await;
    let first = id(&running.publish(&running.container("one").await).await);
    running.advance(1_000);
    let second = id(&running.publish(&running.container("two").await).await);
    let third = running.container("three").await;
    let full = running.publish(&third).await;
    assert!(
        full.status == 400 && full.body.contains("\"code\":613,\"error_subcode\":4279002"),
        "{full:?}"
    );
    let reply = [
        ("media_type", "TEXT"),
        ("text", "re"),
        ("reply_to_id", first.as_str()),
    ];
    assert_eq!(
        running
            .publish(&id(&running.create(&reply).await))
            .await
            .status,
        200
    );
    assert!(
        running
            .publish(&id(&running.create(&reply).await))
            .await
            .body
            .contains("4279002")
    );

    let asked = "quota_usage,config,reply_quota_usage,delete_config";
    let read = running
        .read(&format!("/v1.0/me/threads_publishing_limit?fields={asked}"))
        .await;
    assert_eq!(
        read.body,
        "{\"data\":[{\"quota_usage\":2,\"config\":{\"quota_total\":2,\"quota_duration\":86400},\
         \"reply_quota_usage\":1,\"delete_config\":{\"quota_total\":1,\"quota_duration\":86400}}]}"
    );
    assert_eq!(got(running.delete(&format!("/{first}"))).await.status, 200);
    assert!(
        got(running.delete(&format!("/{second}")))
            .await
            .body
            .contains("4279002")
    );
    // The first leaves the rolling day before the second does.
    running.advance(86_400_000 - 1_000);
    assert_eq!(
        running
            .publish(&running.container("four").await)
            .await
            .status,
        200
    );
    assert!(
        running
            .publish(&running.container("five").await)
            .await
            .body
            .contains("4279002")
    );
    running.advance(1_000);
    assert_eq!(
        running
            .publish(&running.container("six").await)
            .await
            .status,
        200
    );
}
