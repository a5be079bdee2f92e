//! What is live is removed at its owner's wish, and looked for again.

use std::time::Duration;

use entities::Platform;
use reqwest::StatusCode;
use serde_json::{Value, json};
use simulator::{Fault, FaultRule, Operation, When};
use tests::client::{id, text};
use tests::{Mode, TestApp, both_modes};

const HOUR: Duration = Duration::from_secs(3_600);

/// A chain of two that is live on both.
async fn live(app: &TestApp, more: Value) -> Value {
    let mut body =
        json!({ "parts": [{ "text": "First" }, { "text": "Second" }], "accounts": app.both() });
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let post = app
        .client
        .submit_raw(body)
        .await
        .expect(StatusCode::ACCEPTED);
    app.drain().await;
    assert_eq!(app.simulator.live_posts().len(), 4);
    post
}

async fn remove(app: &TestApp, delivery: &Value) -> tests::client::Reply {
    app.client
        .delete(&format!("/v1/deliveries/{}/remote", id(delivery)))
        .await
}

async fn events(app: &TestApp, kind: &str) -> i64 {
    app.count(&format!(
        "SELECT count(*) FROM events WHERE kind = '{kind}'"
    ))
    .await
}

both_modes! {
    async fn all_parts_of_a_chain_are_removed_and_the_record_says_so(app: &TestApp) {
        let post = live(app, json!({})).await;
        for platform in ["x", "threads"] {
            let delivery = app.client.delivery(&post, platform).await;
            let asked = remove(app, &delivery).await.expect(StatusCode::ACCEPTED);
            assert_eq!(asked["removal"]["state"], "waiting");
        }
        app.drain().await;
        assert_eq!(app.simulator.live_posts().len(), 0);
        for platform in ["x", "threads"] {
            let delivery = app.client.delivery(&post, platform).await;
            assert_eq!(delivery["removal"], json!({ "state": "done", "next_at": null, "error": null }));
            assert_eq!(delivery["status"], "published", "it was");
            for part in delivery["parts"].as_array().unwrap() {
                assert!(part["removed_at"].is_string(), "{part:#}");
            }
            remove(app, &delivery).await.problem(409, "nothing_live");
        }
        assert_eq!(events(app, "delivery.removed").await, 4);
    }
}

both_modes! {
    async fn a_removal_is_tried_again_until_the_platform_answers(app: &TestApp) {
        let post = live(app, json!({})).await;
        for (operation, when) in [(Operation::XDelete, When::After), (Operation::Delete, When::Before)] {
            app.simulator.add_faults(vec![FaultRule::new(Fault::Lost { when }).operation(operation).times(2)]);
        }
        for platform in ["x", "threads"] {
            let delivery = app.client.delivery(&post, platform).await;
            remove(app, &delivery).await.expect(StatusCode::ACCEPTED);
        }
        app.drain().await;
        let waits = app.client.delivery(&post, "threads").await;
        assert_eq!(waits["removal"]["state"], "waiting");
        assert_eq!(waits["removal"]["error"]["code"], "platform_unavailable", "{waits:#}");
        app.settle(HOUR).await;
        assert_eq!(app.simulator.live_posts().len(), 0);
        assert_eq!(app.client.delivery(&post, "x").await["removal"]["state"], "done");
        assert_eq!(events(app, "delivery.removed").await, 4, "each is told once");
    }
}

both_modes! {
    async fn what_may_still_become_live_is_not_removed(app: &TestApp) {
        let at = app.clock.now() + HOUR;
        let post = app.client.schedule("Later", &app.both(), at).await;
        remove(app, &post["deliveries"][0]).await.problem(409, "not_settled");
        app.client.delete(&format!("/v1/posts/{}", id(&post))).await.expect(StatusCode::OK);
        remove(app, &post["deliveries"][0]).await.problem(409, "nothing_live");
    }
}

both_modes! {
    async fn what_is_gone_from_its_platform_is_told_when_one_asked_to_look(app: &TestApp) {
        let post = live(app, json!({ "verify_after_s": 600 })).await;
        let delivery = app.client.delivery(&post, "x").await;
        assert_eq!(delivery["verification"]["state"], "waiting", "{delivery:#}");
        let gone = app.live_on(Platform::X).into_iter().find(|post| post.text == "Second").unwrap();
        let token = "token-x-ann".to_owned().into();
        app.worker.platforms.x.delete_post(&token, &gone.id, app.clock.now().as_ms()).await.unwrap();
        app.advance(Duration::from_secs(599)).await;
        assert_eq!(events(app, "delivery.missing").await, 0);
        app.advance(Duration::from_secs(1)).await;
        let delivery = app.client.delivery(&post, "x").await;
        assert_eq!(delivery["verification"]["state"], "done");
        assert!(delivery["parts"][0]["missing_at"].is_null());
        assert!(delivery["parts"][1]["missing_at"].is_string(), "{delivery:#}");
        let threads = app.client.delivery(&post, "threads").await;
        assert_eq!(text(&threads["verification"]["state"]), "done");
        assert_eq!(events(app, "delivery.missing").await, 1);
    }
}

both_modes! {
    async fn a_look_long_after_publishing_has_a_day_of_tries_from_when_it_is_due(app: &TestApp) {
        let post = live(app, json!({ "verify_after_s": 2 * 24 * 3_600 })).await;
        app.simulator.add_faults(vec![FaultRule::new(Fault::Lost { when: When::Before }).operation(Operation::XRead).times(1)]);
        app.settle(3 * 24 * HOUR).await;
        let delivery = app.client.delivery(&post, "x").await;
        assert_eq!(delivery["verification"]["state"], "done", "{:#}", delivery["verification"]);
    }
}

both_modes! {
    async fn a_removal_that_is_asked_for_again_has_a_day_of_tries_again(app: &TestApp) {
        let post = live(app, json!({})).await;
        let lost = |times| FaultRule::new(Fault::Lost { when: When::Before }).operation(Operation::XDelete).times(times);
        app.simulator.add_faults(vec![lost(1_000)]);
        let delivery = app.client.delivery(&post, "x").await;
        remove(app, &delivery).await.expect(StatusCode::ACCEPTED);
        app.settle(2 * 24 * HOUR).await;
        assert_eq!(app.client.delivery(&post, "x").await["removal"]["state"], "failed");
        app.clock.advance(2 * 24 * HOUR);
        app.simulator.clear_faults();
        app.simulator.add_faults(vec![lost(1)]);
        remove(app, &delivery).await.expect(StatusCode::ACCEPTED);
        app.settle(HOUR).await;
        let removal = app.client.delivery(&post, "x").await["removal"].clone();
        assert_eq!(removal["state"], "done", "{removal:#}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_errands_are_taken_than_were_asked_for_however_postgresql_plans_it() {
    let app = TestApp::spawn(Mode::Distributed).await;
    app.execute(
        "INSERT INTO errands (delivery_id, kind, state, next_at, created_at, updated_at)
         SELECT 'dlv_' || n, 'verify', 'waiting', n, 0, 0 FROM generate_series(1, 40) AS n",
    )
    .await;
    let name = app.texts("SELECT current_database()").await.remove(0);
    for plan in [
        "hashagg",
        "sort",
        "hashjoin",
        "mergejoin",
        "material",
        "memoize",
    ] {
        app.execute(&format!(
            "ALTER DATABASE \"{name}\" SET enable_{plan} = off"
        ))
        .await;
    }
    let planned_otherwise = app.backend.another_database().await;
    let lease = Duration::from_secs(60);
    let taken = entities::errands::take(&planned_otherwise, app.clock.now(), lease, 3).await;
    assert_eq!(taken.unwrap().len(), 3);
    app.execute("DELETE FROM errands").await;
    app.finish().await;
}
