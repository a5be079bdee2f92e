//! The life of a container and of a post on Threads, over time.

use serde_json::json;

use super::threads_api::not_found;
use super::{Running, answered, got, id};
use crate::{LagRanges, Profile, SecondPublish, Settings};

#[tokio::test]
async fn a_second_publish_does_what_the_settings_say() {
    for (mode, same_status, live) in [
        (SecondPublish::Error, 400, 1),
        (SecondPublish::SameId, 200, 1),
        (SecondPublish::Duplicate, 200, 2),
    ] {
        let mut settings = Settings::default();
        settings.threads.second_publish = mode;
        let running = Running::start_with(settings).await;
        let container = running.container("hello").await;
        let first = running.publish(&container).await;
        let second = running.publish(&container).await;
        assert_eq!(
            (second.status, running.live()),
            (same_status, live),
            "{mode:?}"
        );
        match mode {
            SecondPublish::Error => assert_eq!(second, not_found(&container)),
            SecondPublish::SameId => assert_eq!(second, first),
            SecondPublish::Duplicate => assert_ne!(second, first),
        }
    }
}

#[tokio::test]
async fn a_fresh_container_and_a_fresh_post_are_unknown_for_a_while() {
    let lags = LagRanges {
        replication_ms: (5_000, 5_000),
        status_ms: (3_000, 3_000),
        feed_ms: (4_000, 4_000),
        reply_ms: (9_000, 9_000),
        ..LagRanges::default()
    };
    let running = Running::start_with(Settings {
        lags: Some(lags),
        ..Settings::default()
    })
    .await;
    let container = running.container("hello").await;
    assert_eq!(running.publish(&container).await, not_found(&container));
    running.advance(5_000);
    let media = id(&running.publish(&container).await);
    let status = format!("/v1.0/{container}");
    assert!(running.read(&status).await.body.contains("FINISHED"));
    assert_eq!(running.json("/me/threads").await, json!({"data": []}));
    let reply = [
        ("media_type", "TEXT"),
        ("text", "r"),
        ("reply_to_id", media.as_str()),
    ];
    assert_eq!(running.create(&reply).await, not_found(&media));
    running.advance(4_000);
    assert!(running.read(&status).await.body.contains("PUBLISHED"));
    assert_eq!(
        running.json("/me/threads").await["data"],
        json!([{"id": media}])
    );
    running.advance(5_000);
    assert_eq!(running.create(&reply).await.status, 200);
}

#[tokio::test]
async fn a_hostile_profile_still_lets_every_post_through_in_the_end() {
    let running = Running::start_with(Settings {
        profile: Profile::Hostile,
        ..Settings::default()
    })
    .await;
    let container = running.container("see https://a.example").await;
    running.advance(7_000);
    assert_eq!(running.publish(&container).await.status, 200);
    running.advance(24 * 3_600_000);
    assert!(
        running
            .read(&format!("/{container}"))
            .await
            .body
            .contains("PUBLISHED")
    );
}

#[tokio::test]
async fn an_unpublished_container_expires_after_a_day() {
    let running = Running::start().await;
    let container = running.container("hello").await;
    running.advance(24 * 3_600_000);
    assert!(
        running
            .read(&format!("/{container}"))
            .await
            .body
            .contains("EXPIRED")
    );
    assert_eq!(running.publish(&container).await, not_found(&container));
}

#[tokio::test]
async fn a_text_can_be_published_in_one_call() {
    let running = Running::start().await;
    let params = [
        ("media_type", "TEXT"),
        ("text", "at once"),
        ("auto_publish_text", "true"),
    ];
    let media = id(&running.create(&params).await);
    let live = running.simulator.live_posts();
    assert_eq!(
        (live[0].id.as_str(), live[0].container_id.as_deref()),
        (media.as_str(), None)
    );
}

#[tokio::test]
async fn a_deleted_post_is_gone_at_once_but_listed_a_little_longer() {
    let lags = LagRanges {
        delete_ms: (5_000, 5_000),
        ..LagRanges::default()
    };
    let running = Running::start_with(Settings {
        lags: Some(lags),
        ..Settings::default()
    })
    .await;
    let media = id(&running.publish(&running.container("hello").await).await);
    let deleted = got(running.delete(&format!("/v1.0/{media}"))).await;
    assert_eq!(
        deleted,
        answered(
            200,
            &format!("{{\"success\":true,\"deleted_id\":\"{media}\"}}")
        )
    );
    assert_eq!(running.live(), 0);
    assert_eq!(running.read(&format!("/{media}")).await.status, 400);
    assert_eq!(
        running.json("/me/threads").await["data"],
        json!([{"id": media}])
    );
    running.advance(5_000);
    assert_eq!(running.json("/me/threads").await, json!({"data": []}));
    assert!(
        got(running.delete(&format!("/v1.0/{media}")))
            .await
            .body
            .contains("\"error_subcode\":33")
    );
    let reply = [
        ("media_type", "TEXT"),
        ("text", "r"),
        ("reply_to_id", media.as_str()),
    ];
    assert_eq!(running.create(&reply).await, not_found(&media));
}
