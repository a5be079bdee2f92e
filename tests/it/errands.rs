//! What is live is removed at its owner's wish, and looked for again.

use std::time::Duration;

use entities::Platform;
use reqwest::StatusCode;
use serde_json::{Value, json};
use simulator::{Fault, FaultRule, Operation, When};
use tests::client::{id, text};
use tests::{TestApp, both_modes};

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
