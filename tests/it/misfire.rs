//! Too late: after an outage nothing goes out that its owner would no longer expect, and nothing
//! is lost.

mod people;
mod requests;
mod visible;
mod waits;

use std::time::Duration;

use entities::Platform;
use reqwest::StatusCode;
use serde_json::{Value, json};
use simulator::NewAccount;
use tests::app::simulated;
use tests::client::{Reply, id, text};
use tests::{TestApp, both_modes};

const MOMENT: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// The policies with the longest lateness that each allows, and what becomes of later ones.
fn policies() -> Vec<(Value, Duration, &'static str)> {
    vec![
        (json!({}), 6 * HOUR, "missed"),
        (json!({ "if_late": "publish" }), 6 * HOUR, "missed"),
        (json!({ "if_late": "ask" }), MINUTE, "missed"),
        (json!({ "if_late": "skip" }), MINUTE, "canceled"),
        (json!({ "max_lateness_s": 3 * 86_400 }), 3 * DAY, "missed"),
        (
            json!({ "if_late": "ask", "max_lateness_s": 600 }),
            10 * MINUTE,
            "missed",
        ),
        (
            json!({ "if_late": "skip", "max_lateness_s": 600 }),
            10 * MINUTE,
            "canceled",
        ),
        (
            json!({ "if_late": "ask", "max_lateness_s": 0 }),
            5 * SECOND,
            "missed",
        ),
        (
            json!({ "if_late": "skip", "max_lateness_s": 0 }),
            5 * SECOND,
            "canceled",
        ),
    ]
}

/// Submits a text with `more` in the body, and returns the post.
async fn submit(app: &TestApp, written: &str, accounts: &[String], more: &Value) -> Value {
    let mut body = json!({ "text": written, "accounts": accounts });
    for (name, value) in more.as_object().expect("an object") {
        body[name] = value.clone();
    }
    let reply = app.client.post("/v1/posts", body).await;
    reply.expect(StatusCode::ACCEPTED)
}

fn path(post: &Value) -> String {
    format!("/v1/posts/{}", id(post))
}

async fn retry(app: &TestApp, delivery: &Value) -> Reply {
    let path = format!("/v1/deliveries/{}/retry", id(delivery));
    app.client.post(&path, json!({})).await
}

async fn deliveries(app: &TestApp, post: &Value) -> Vec<Value> {
    let post = app.client.show(post).await;
    post["deliveries"].as_array().expect("deliveries").clone()
}

/// The account at the platform with a new token, connected again.
async fn connect_again(app: &TestApp, platform: Platform) {
    let token = format!("token-{platform}-{}", uuid::Uuid::now_v7());
    app.simulator
        .add_account(NewAccount::new(simulated(platform), "ann", token.clone()));
    let body = json!({ "platform": platform.as_str(), "access_token": token });
    let reply = app.client.post("/v1/accounts", body).await;
    reply.expect(StatusCode::CREATED);
}

/// What its owner was told of a post, in order.
async fn events(app: &TestApp, post: &Value) -> Vec<String> {
    let sql = format!(
        "SELECT kind FROM events WHERE delivery_id IS NOT NULL AND post_id = '{}' ORDER BY id",
        id(post)
    );
    app.texts(&sql).await
}

/// It was set aside as too late, in so many words, and no platform heard of it.
async fn assert_set_aside(app: &TestApp, post: &Value, status: &str, late: &str) {
    for delivery in deliveries(app, post).await {
        assert_eq!(delivery["status"], status, "{delivery:#}");
        let error = &delivery["error"];
        let told = (&error["code"], &error["retryable"], &error["platform"]);
        assert_eq!(
            told,
            (&json!("too_late"), &json!(status == "missed"), &Value::Null)
        );
        let message = text(&error["message"]);
        let says = message.contains(late) && message.contains(" late; ");
        assert!(says, "{error:#}");
        assert!(!text(&error["action"]).is_empty(), "{error:#}");
        assert_eq!(
            (&delivery["next_at"], &delivery["waiting_for"]),
            (&Value::Null, &Value::Null)
        );
    }
}

/// Each delivery of the post is published, and live once.
async fn assert_published(app: &TestApp, post: &Value, written: &str) {
    for delivery in deliveries(app, post).await {
        assert_eq!(delivery["status"], "published", "{written}: {delivery:#}");
        assert_eq!(delivery["error"], Value::Null);
        let platform: Platform = text(&delivery["platform"]).parse().expect("a platform");
        assert_eq!(app.live_count(platform, written), 1, "{written}");
    }
}

both_modes! {
    async fn what_is_just_in_time_goes_out_and_what_is_a_moment_later_does_not(app: &TestApp) {
        for (policy, longest, beyond) in policies() {
            for scheduled in [true, false] {
                let submit = |name: &str| {
                    let (written, mut body) = (format!("{name} {scheduled} {policy}"), policy.clone());
                    let at = app.clock.now() + HOUR;
                    if scheduled {
                        body["publish_at"] = json!(at);
                    }
                    async move { (submit(app, &written, &app.both(), &body).await, written) }
                };
                let wait = if scheduled { HOUR } else { Duration::ZERO };

                let (in_time, written) = submit("in time").await;
                app.clock.advance(wait + longest);
                app.drain().await;
                assert_published(app, &in_time, &written).await;
                assert_eq!(events(app, &in_time).await, ["delivery.published", "delivery.published"]);

                let calls = app.simulator.calls().len();
                let (late, _) = submit("too late").await;
                app.clock.advance(wait + longest + MOMENT);
                app.drain().await;
                assert_set_aside(app, &late, beyond, "").await;
                let kind = format!("delivery.{beyond}");
                assert_eq!(events(app, &late).await, [kind.as_str(), kind.as_str()]);
                let status = if beyond == "missed" { "needs_attention" } else { "canceled" };
                assert_eq!(app.client.show(&late).await["status"], status);
                app.settle(10 * DAY).await;
                assert_eq!(app.simulator.calls().len(), calls, "{policy}: no platform heard of it");
                for delivery in deliveries(app, &late).await {
                    assert_eq!(delivery["attempt_count"], 0);
                }
            }
        }
    }
}

both_modes! {
    async fn after_an_outage_of_seven_hours_nothing_floods_out_and_nothing_is_lost(app: &TestApp) {
        let start = app.clock.now();
        let mut posts = Vec::new();
        for number in 1..=20 {
            let written = format!("Slept through {number}");
            let at = start + number * MINUTE;
            posts.push((app.client.schedule(&written, &app.both(), at).await, written));
        }
        let later = app.client.schedule("Still ahead", &app.both(), start + 8 * HOUR).await;
        app.clock.advance(20 * MINUTE + 7 * HOUR);
        app.drain().await;
        assert!(app.simulator.calls().is_empty(), "nothing goes out unasked");
        assert_set_aside(app, &posts[0].0, "missed", "7 hours 19 minutes").await;
        assert_set_aside(app, &posts[19].0, "missed", "7 hours").await;
        assert_eq!(app.count("SELECT count(*) FROM deliveries WHERE status = 'missed'").await, 40);
        assert_eq!(app.count("SELECT count(*) FROM events WHERE kind = 'delivery.missed'").await, 40);

        // What was not due yet is on time.
        app.settle(DAY).await;
        assert_published(app, &later, "Still ahead").await;
        assert_eq!(app.simulator.live_posts().len(), 2);
        for (number, (post, written)) in posts.iter().enumerate() {
            assert_eq!(app.client.show(post).await["status"], "needs_attention");
            for delivery in deliveries(app, post).await {
                let again = retry(app, &delivery).await.expect(StatusCode::ACCEPTED);
                assert_eq!((&again["status"], &again["error"]), (&json!("queued"), &Value::Null));
                assert_eq!(retry(app, &delivery).await.status, StatusCode::CONFLICT, "one click is enough");
            }
            app.drain().await;
            assert_published(app, post, written).await;
            assert_eq!(app.simulator.live_posts().len(), 2 + 2 * (number + 1), "the others wait on");
        }
        app.settle(10 * DAY).await;
        assert_eq!(app.simulator.live_posts().len(), 42);
    }
}

both_modes! {
    async fn after_an_outage_of_five_hours_the_default_goes_out(app: &TestApp) {
        let mut posts = Vec::new();
        for number in 1..=20 {
            let written = format!("A little late {number}");
            posts.push((app.client.schedule(&written, &app.both(), app.clock.now() + number * MINUTE).await, written));
        }
        app.clock.advance(5 * HOUR);
        app.drain().await;
        for (post, written) in &posts {
            assert_published(app, post, written).await;
        }
    }
}

both_modes! {
    async fn two_workers_that_find_it_too_late_tell_it_once(app: &TestApp) {
        let other = app.another_worker("worker-other").await;
        for number in 0..10 {
            let body = json!({ "if_late": if number % 2 == 0 { "ask" } else { "skip" } });
            let post = submit(app, &format!("Told once {number}"), &app.both(), &body).await;
            app.clock.advance(MINUTE + MOMENT);
            let ids: Vec<_> = deliveries(app, &post).await.iter().map(|delivery| id(delivery).parse().expect("an id")).collect();
            let tries = (0..4).flat_map(|_| {
                ids.iter().flat_map(|id| [worker::publish::publish(&app.worker, id), worker::publish::publish(&other, id)])
            });
            for done in futures::future::join_all(tries).await {
                done.expect("no error");
            }
            assert_eq!(events(app, &post).await.len(), 2);
        }
        app.drain().await;
        assert!(app.simulator.calls().is_empty());
    }
}
