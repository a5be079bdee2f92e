//! Positions, and what is told of posts as wholes.

use std::time::Duration;

use entities::erasure::erase_profile;
use entities::{Platform, events};
use reqwest::StatusCode;
use serde_json::json;
use simulator::{Fault, FaultRule, Operation, When, XError};
use tests::client::{id, text};
use tests::{TestApp, both_modes};
use worker::tell::{Round, round};

const HOUR: Duration = Duration::from_secs(3_600);

/// The kinds of what was told, in order.
async fn told(app: &TestApp) -> Vec<String> {
    app.texts("SELECT kind FROM events WHERE position IS NOT NULL ORDER BY position")
        .await
}

both_modes! {
    async fn a_post_is_told_as_a_whole_after_its_deliveries(app: &TestApp) {
        let post = app.client.submit("Told", &app.both()).await;
        app.drain().await;
        assert_eq!(told(app).await, ["delivery.published", "delivery.published", "post.published"]);
        let event = events::of_owner_after(&app.backend.database, &app.owner, 2, 10).await.unwrap();
        let body = event[0].body();
        assert_eq!(body["data"]["post_id"], post["id"]);
        let deliveries = body["data"]["deliveries"].as_array().unwrap();
        assert_eq!(deliveries.len(), 2);
        for delivery in deliveries {
            assert_eq!(delivery["status"], "published");
            assert!(text(&delivery["url"]).starts_with("https://"), "{delivery:#}");
        }
        assert_eq!(round(&app.worker).await.unwrap(), Round::Done);
    }
}

both_modes! {
    async fn a_post_that_fails_again_is_told_again_and_one_that_is_cured_too(app: &TestApp) {
        let refused = Fault::XError { when: When::Before, error: XError::NotPermitted };
        app.simulator.add_faults(vec![FaultRule::new(refused).operation(Operation::XCreate)]);
        let post = app.client.submit("Not liked", &app.both()).await;
        app.settle(HOUR).await;
        let x = app.client.delivery(&app.client.show(&post).await, "x").await;
        let retry = format!("/v1/deliveries/{}/retry", id(&x));
        app.client.post(&retry, json!({})).await.expect(StatusCode::ACCEPTED);
        app.settle(HOUR).await;
        app.simulator.clear_faults();
        app.client.post(&retry, json!({})).await.expect(StatusCode::ACCEPTED);
        app.settle(HOUR).await;
        let posts: Vec<String> = told(app).await.into_iter().filter(|kind| kind.starts_with("post.")).collect();
        assert_eq!(posts, ["post.partial", "post.partial", "post.published"]);
    }
}

both_modes! {
    async fn what_is_left_of_a_post_that_was_called_off_in_part_is_told(app: &TestApp) {
        // Threads can not be reached for a while; X is live.
        app.simulator.add_faults(vec![FaultRule::new(Fault::Lost { when: When::Before }).operation(Operation::CreateContainer)]);
        let post = app.client.submit("Half of it", &app.both()).await;
        app.drain().await;
        assert_eq!(told(app).await, ["delivery.published"]);
        app.client.delete(&format!("/v1/posts/{}", id(&post))).await.expect(StatusCode::OK);
        app.drain().await;
        assert_eq!(told(app).await, ["delivery.published", "delivery.canceled", "post.published"]);
    }
}

both_modes! {
    async fn tellers_in_several_processes_give_every_event_one_position(app: &TestApp) {
        let texts: Vec<String> = (0..40).map(|number| format!("One of many {number}")).collect();
        for text in &texts {
            app.client.submit(text, &[app.x.to_string()]).await;
        }
        let other = app.another_worker("worker-other").await;
        let publish = app.drain();
        let tell = async {
            // Whoever finds somebody else telling comes again.
            for _ in 0..200 {
                round(&other).await.unwrap();
                tokio::task::yield_now().await;
            }
        };
        tokio::join!(publish, tell);
        while round(&app.worker).await.unwrap() != Round::Done {}
        let count = app.count("SELECT count(*) FROM events").await;
        assert_eq!(count, 80, "a delivery and a post each");
        assert_eq!(app.count("SELECT count(DISTINCT position) FROM events").await, count);
        assert_eq!(app.count("SELECT max(position) FROM events").await, count);
        let doubled = "SELECT count(*) FROM (SELECT post_id FROM events WHERE kind = 'post.published'
            GROUP BY post_id HAVING count(*) <> 1) AS doubled";
        assert_eq!(app.count(doubled).await, 0);
        assert_eq!(app.live_on(Platform::X).len(), 40);
    }
}

both_modes! {
    async fn events_are_forgotten_after_a_month(app: &TestApp) {
        app.client.submit("Old", &app.both()).await;
        app.drain().await;
        let old = app.texts("SELECT id FROM events ORDER BY position DESC LIMIT 1").await;
        app.advance(29 * 24 * HOUR).await;
        app.client.submit("Young", &app.both()).await;
        app.drain().await;
        app.advance(2 * 24 * HOUR).await;
        worker::tell::forget(&app.worker).await.unwrap();
        assert_eq!(app.count("SELECT count(*) FROM events").await, 3);
        assert_eq!(app.count("SELECT count(*) FROM post_outcomes").await, 1);
        // Whoever saw the last of the old ones goes on with the first of those that are left.
        let database = &app.backend.database;
        let seen = events::position_of(database, &app.owner, &old[0].parse().unwrap()).await.unwrap();
        assert_eq!(events::of_owner_after(database, &app.owner, seen, 9).await.unwrap().len(), 3);
    }
}

both_modes! {
    async fn what_is_removed_after_its_outcome_was_forgotten_is_not_told_as_published_anew(app: &TestApp) {
        let post = app.client.submit("Long live", &[app.x.to_string()]).await;
        app.drain().await;
        app.advance(31 * 24 * HOUR).await;
        worker::tell::forget(&app.worker).await.unwrap();
        assert_eq!(app.count("SELECT count(*) FROM post_outcomes").await, 0);
        let delivery = app.client.delivery(&post, "x").await;
        let path = format!("/v1/deliveries/{}/remote", id(&delivery));
        app.client.delete(&path).await.expect(StatusCode::ACCEPTED);
        app.settle(HOUR).await;
        assert_eq!(told(app).await, ["delivery.removed"]);
    }
}

both_modes! {
    async fn whoever_goes_while_a_post_is_under_way_ends_it_and_that_is_told(app: &TestApp) {
        app.simulator.add_faults(vec![FaultRule::new(Fault::Lost { when: When::Before }).operation(Operation::CreateContainer)]);
        let post = app.client.submit("Half of it", &app.both()).await;
        app.drain().await;
        let remote = app.texts(&format!("SELECT remote_user_id FROM accounts WHERE id = '{}'", app.threads)).await;
        let now = app.clock.now();
        erase_profile(&app.backend.database, Platform::Threads, &remote[0], now, "code", now).await.unwrap();
        app.drain().await;
        assert_eq!(told(app).await, ["delivery.published", "delivery.canceled", "post.published"]);
        let events = events::of_owner_after(&app.backend.database, &app.owner, 1, 1).await.unwrap();
        assert_eq!(events[0].data["error"]["code"], "account_deleted");
        assert_eq!(events[0].body()["data"]["post_id"], post["id"]);
    }
}
