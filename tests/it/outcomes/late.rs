//! Answers that come after their claim was given up: the worker stalled, or the platform did.

use std::time::Duration;

use entities::Platform;
use serde_json::{Value, json};
use simulator::{Fault, Operation, When};
use tests::client::text;
use tests::{TestApp, both_modes};
use tokio::task::JoinHandle;
use worker::{Worker, publish::publish, relay};

use super::deaths::delivery_id;
use super::{HOUR, on, published_once};

const LEASE: Duration = Duration::from_secs(30);
const PLATFORMS: [(Platform, Operation); 2] = [
    (Platform::Threads, Operation::Publish),
    (Platform::X, Operation::XCreate),
];

/// A post whose visible call is on the way, under a worker that waits for its answer.
async fn stall(
    app: &TestApp,
    platform: Platform,
    operation: Operation,
    when: When,
    written: &str,
) -> (Value, JoinHandle<()>) {
    app.simulator
        .add_faults(vec![on(operation, Fault::Hold { when }).once()]);
    let account = if platform == Platform::Threads {
        &app.threads
    } else {
        &app.x
    };
    let post = app.client.submit(written, &[account.to_string()]).await;
    let (stalled, id): (Worker, _) = (app.another_worker("stalled").await, delivery_id(&post));
    let task = tokio::spawn(async move { publish(&stalled, &id).await.expect("no error") });
    app.simulator.until_held(1).await;
    (post, task)
}

async fn attempts_by(app: &TestApp, worker: &str) -> Vec<String> {
    app.texts(&format!(
        "SELECT verdict FROM attempts WHERE worker = '{worker}' ORDER BY id"
    ))
    .await
}

both_modes! {
    async fn a_success_that_comes_after_the_claim_was_given_up_is_taken_over(app: &TestApp) {
        for (platform, operation) in PLATFORMS {
            let written = format!("late on {platform}");
            let (post, task) = stall(app, platform, operation, When::After, &written).await;
            app.clock.advance(LEASE);
            assert_eq!(relay::round(&app.worker).await.expect("a round").swept, 1);
            assert_eq!(app.client.delivery(&post, platform.as_str()).await["status"], "unconfirmed");
            app.simulator.release();
            task.await.expect("no panic");
            app.drain().await;
            published_once(app, &post, &written).await;
            let verdicts = attempts_by(app, "stalled").await;
            assert_eq!(verdicts[verdicts.len() - 2..], ["lost", "done_late"], "{written}");
            let events = format!("SELECT kind FROM events WHERE delivery_id = '{}' ORDER BY id", delivery_id(&post));
            let events = app.texts(&events).await;
            assert_eq!(events[..2], ["delivery.unconfirmed", "delivery.resolved"], "{written}");
            app.execute("DELETE FROM attempts").await;
        }
        let looks = |call: &simulator::Call| matches!(call.operation, Operation::ListPosts | Operation::XTimeline);
        assert!(!app.simulator.calls().iter().any(looks), "there was nothing to look for");
    }
}

both_modes! {
    async fn a_success_that_comes_after_the_post_was_found_changes_nothing(app: &TestApp) {
        for (platform, operation) in PLATFORMS {
            let written = format!("found before told on {platform}");
            let (post, task) = stall(app, platform, operation, When::After, &written).await;
            app.advance(LEASE).await;
            for _ in 0..30 {
                app.advance(Duration::from_secs(1)).await;
            }
            let found = app.client.show(&post).await;
            assert_eq!(found["status"], "published", "{found:#}");
            app.simulator.release();
            task.await.expect("no panic");
            app.drain().await;
            assert_eq!(app.client.show(&post).await, found);
            published_once(app, &post, &written).await;
            assert!(!attempts_by(app, "stalled").await.contains(&"done_late".to_owned()));
        }
    }
}

both_modes! {
    async fn a_success_that_comes_after_it_was_given_up_for_good_overrules_that(app: &TestApp) {
        let (post, task) = stall(app, Platform::X, Operation::XCreate, When::After, "given up, then told").await;
        app.simulator.add_faults(vec![on(Operation::XTimeline, Fault::Lost { when: When::Before })]);
        for _ in 0..60 {
            app.advance(HOUR / 2).await;
        }
        let delivery = app.client.delivery(&post, "x").await;
        assert_eq!((&delivery["status"], &delivery["error"]["code"]), (&json!("failed"), &json!("unconfirmed")));
        app.simulator.release();
        task.await.expect("no panic");
        published_once(app, &post, "given up, then told").await;
    }
}

both_modes! {
    async fn a_failure_that_comes_after_the_claim_was_given_up_changes_nothing(app: &TestApp) {
        let (post, task) = stall(app, Platform::X, Operation::XCreate, When::Before, "failed late").await;
        app.clock.advance(LEASE);
        assert_eq!(relay::round(&app.worker).await.expect("a round").swept, 1);
        let before = app.client.show(&post).await;
        app.simulator.set_settings(|settings| settings.x.credit_microdollars = Some(0));
        app.simulator.release();
        task.await.expect("no panic");
        let refused = app.simulator.calls().iter().any(|call| call.http_status == Some(402));
        assert!(refused, "the platform answered 402");
        assert_eq!(app.client.show(&post).await, before);
        assert_eq!(attempts_by(app, "stalled").await, ["lost"]);
        assert_eq!(app.count("SELECT count(*) FROM lanes").await, 0, "its word on the lane is old as well");

        app.simulator.set_settings(|settings| settings.x.credit_microdollars = None);
        app.settle(HOUR).await;
        published_once(app, &post, "failed late").await;
        let creates = app.simulator.calls().iter().filter(|call| call.operation == Operation::XCreate).count();
        assert_eq!(creates, 2, "the refused one and the one that went through");
    }
}

both_modes! {
    async fn a_step_without_effect_that_ends_late_is_taken_again_by_another(app: &TestApp) {
        let (post, task) = stall(app, Platform::Threads, Operation::CreateContainer, When::After, "created late").await;
        app.advance(LEASE).await;
        published_once(app, &post, "created late").await;
        let shown = app.client.show(&post).await;
        app.simulator.release();
        task.await.expect("no panic");
        app.drain().await;
        assert_eq!(app.client.show(&post).await, shown);
        assert_eq!(text(&shown["status"]), "published");
    }
}
