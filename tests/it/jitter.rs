//! `jitter_s`: deliveries that are spread over a while for those who ask.

use std::time::Duration;

use entities::{Platform, Timestamp};
use serde_json::{Value, json};
use tests::client::{id, text};
use tests::{TestApp, both_modes};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// When the deliveries of a post are due, in milliseconds after `from`.
fn spread(post: &Value, from: Timestamp) -> Vec<i64> {
    let deliveries = post["deliveries"].as_array().expect("deliveries");
    let due = deliveries.iter().map(|delivery| {
        let at: Timestamp = serde_json::from_value(delivery["next_at"].clone()).expect("a time");
        at.as_ms() - from.as_ms()
    });
    due.collect()
}

async fn accounts(app: &TestApp) -> Vec<String> {
    let mut accounts = app.both().to_vec();
    for number in 0..10 {
        let platform = Platform::ALL[number % 2];
        let name = format!("spread-{number}");
        accounts.push(app.add_account(platform, &name).await.id.to_string());
    }
    accounts
}

both_modes! {
    async fn deliveries_are_spread_over_the_time_that_was_asked_for(app: &TestApp) {
        let at = app.clock.now() + HOUR;
        let body = json!({"text": "spread", "accounts": accounts(app).await, "publish_at": at, "jitter_s": 600});
        let post = app.client.submit_with_key(body.clone(), "spread").await.expect(reqwest::StatusCode::ACCEPTED);
        assert_eq!(post["jitter_s"], 600);
        let drawn = spread(&post, at);
        assert!(drawn.iter().all(|ms| (0..=600_000).contains(ms)), "{drawn:?}");
        let different: std::collections::BTreeSet<_> = drawn.iter().collect();
        assert!(different.len() > 10, "{drawn:?}");
        assert!(post["deliveries"].as_array().unwrap().iter().all(|one| one["waiting_for"] == "schedule"));

        let again = app.client.submit_with_key(body, "spread").await;
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(spread(&again.body, at), drawn, "a repeat tells the same times");

        app.advance(HOUR).await;
        app.settle(10 * MINUTE).await;
        let went: std::collections::BTreeSet<i64> =
            app.simulator.live_posts().iter().map(|live| live.created_at_ms - at.as_ms()).collect();
        assert_eq!(went, drawn.into_iter().collect(), "each at its own moment");
    }
}

both_modes! {
    async fn a_post_without_a_time_is_spread_from_now_on(app: &TestApp) {
        let now = app.clock.now();
        let body = json!({"text": "soon", "accounts": app.both(), "jitter_s": 60});
        let post = app.client.post("/v1/posts", body).await.expect(reqwest::StatusCode::ACCEPTED);
        assert!(spread(&post, now).iter().all(|ms| (0..=60_000).contains(ms)), "{post:#}");
        app.settle(MINUTE).await;
        assert_eq!(app.client.show(&post).await["status"], "published");
    }
}

both_modes! {
    async fn lateness_counts_from_the_moment_that_was_drawn(app: &TestApp) {
        let at = app.clock.now() + HOUR;
        let body = json!({"text": "ask me", "accounts": accounts(app).await, "publish_at": at, "jitter_s": 3600,
                          "if_late": "ask", "max_lateness_s": 60});
        let post = app.client.post("/v1/posts", body).await.expect(reqwest::StatusCode::ACCEPTED);
        let drawn = spread(&post, at);
        // Nobody works for half an hour after its time.
        app.clock.advance(HOUR + HOUR / 2);
        app.drain().await;
        let post = app.client.show(&post).await;
        for (delivery, drawn) in post["deliveries"].as_array().unwrap().iter().zip(drawn) {
            let expected = match 1_800_000 - drawn {
                late if late > 60_000 => "missed",
                late if late >= 0 => "published",
                _ => "queued",
            };
            assert_eq!(delivery["status"], expected, "{delivery:#}");
        }
        app.client.delete(&format!("/v1/posts/{}", id(&post))).await;
    }
}

both_modes! {
    async fn a_change_keeps_each_deliverys_place_in_the_spread(app: &TestApp) {
        let at = app.clock.now() + HOUR;
        let body = json!({"text": "moved", "accounts": app.both(), "publish_at": at, "jitter_s": 1000});
        let post = app.client.post("/v1/posts", body).await.expect(reqwest::StatusCode::ACCEPTED);
        let drawn = spread(&post, at);
        let path = format!("/v1/posts/{}", id(&post));
        let change = async |body: Value| app.client.patch(&path, body).await.expect(reqwest::StatusCode::OK);

        let later = at + HOUR;
        assert_eq!(spread(&change(json!({"publish_at": later})).await, later), drawn);
        assert_eq!(spread(&change(json!({"text": "moved and changed"})).await, later), drawn);
        let wider = spread(&change(json!({"jitter_s": 2000})).await, later);
        assert!(wider.iter().zip(&drawn).all(|(wide, narrow)| (wide - 2 * narrow).abs() <= 2), "{drawn:?} {wider:?}");
        let none = change(json!({"jitter_s": null})).await;
        assert_eq!((spread(&none, later), &none["jitter_s"]), (vec![0, 0], &json!(0)));
        let soon = change(json!({"publish_at": null, "jitter_s": 1000})).await;
        assert_eq!(spread(&soon, app.clock.now()), drawn);
        change(json!({"jitter_s": 0})).await;
        app.drain().await;
        assert_eq!(app.client.show(&post).await["status"], "published");
    }
}

both_modes! {
    async fn what_is_no_jitter_is_told_with_all_else_that_is_wrong(app: &TestApp) {
        for (jitter, code) in [(json!(3601), "out_of_range"), (json!(-1), "out_of_range"), (json!("600"), "wrong_type"), (json!(1.5), "wrong_type")] {
            let body = json!({"text": "", "accounts": [], "jitter_s": jitter});
            let told = app.client.post("/v1/posts", body.clone()).await.violations();
            assert!(told.contains(&format!("jitter_s {code}")) && told.contains(&"accounts missing".to_owned()), "{told:?}");
            let forecast = app.client.post("/v1/posts/validate", body).await.body;
            assert_eq!(forecast["valid"], false);
        }
        let at = app.clock.now() + HOUR;
        let body = json!({"text": "a dry run", "accounts": app.both(), "publish_at": at, "jitter_s": 600});
        let forecast = app.client.post("/v1/posts/validate", body).await.body;
        assert_eq!(text(&forecast["due_from"]), at.to_string());
        assert_eq!(text(&forecast["due_until"]), (at + 10 * MINUTE).to_string());
    }
}
