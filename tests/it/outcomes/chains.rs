//! Chains: each part answers the one before.

use entities::Platform;
use reqwest::StatusCode;
use serde_json::{Value, json};
use simulator::{Fault, FaultRule, LagRanges, Operation, SecondPublish, When};
use tests::{TestApp, both_modes};

use super::{HOUR, broken, on};

const PARTS: usize = 3;

/// Takes a chain for both accounts; its parts are `{name} 0`, `{name} 1`, ...
async fn submit(app: &TestApp, name: &str) -> Value {
    let parts: Vec<Value> = (0..PARTS)
        .map(|index| json!({ "text": format!("{name} {index}") }))
        .collect();
    let body = json!({ "parts": parts, "accounts": app.both() });
    app.client
        .submit_raw(body)
        .await
        .expect(StatusCode::ACCEPTED)
}

/// Each part is live once, answers the one before, and is on record with its id and address.
async fn check(app: &TestApp, post: &Value, name: &str) {
    for platform in [Platform::Threads, Platform::X] {
        let delivery = app.client.delivery(post, platform.as_str()).await;
        assert_eq!(
            delivery["status"],
            "published",
            "{name}: {delivery:#}\n{:?}",
            app.client.attempts(&delivery).await
        );
        let mut before = None;
        for index in 0..PARTS {
            let written = format!("{name} {index}");
            let live: Vec<_> = app
                .live_on(platform)
                .into_iter()
                .filter(|post| post.text == written)
                .collect();
            assert_eq!(live.len(), 1, "{platform} {written}: {live:?}");
            assert_eq!(live[0].reply_to, before, "{platform} {written}");
            let part = &delivery["parts"][index];
            assert_eq!(
                (&part["remote_id"], &part["url"]),
                (&json!(live[0].id), &json!(live[0].url)),
                "{platform} {written}"
            );
            before = Some(live[0].id.clone());
        }
    }
}

both_modes! {
    async fn a_chain_goes_out_part_by_part(app: &TestApp) {
        let post = submit(app, "chain").await;
        app.drain().await;
        check(app, &post, "chain").await;
        assert_eq!(app.count("SELECT count(*) FROM events WHERE kind = 'delivery.published'").await, 2);
    }
}

both_modes! {
    async fn a_chain_whose_answers_are_lost_at_any_part_goes_out_once(app: &TestApp) {
        app.simulator.set_settings(|settings| {
            settings.threads.second_publish = SecondPublish::Duplicate;
            settings.x.duplicate_check = false;
        });
        for part in 0..PARTS {
            for when in [When::Before, When::After] {
                for (kind, _) in broken(Platform::X, when).into_iter().take(2) {
                    app.simulator.clear_faults();
                    let name = format!("chain {kind} at part {part}");
                    let strike = |operation, platform| {
                        let fault = broken(platform, when).into_iter().find(|(name, _)| *name == kind).expect("it is there").1;
                        on(operation, fault).text_contains(format!("{name} {part}")).once()
                    };
                    app.simulator.add_faults(vec![
                        strike(Operation::Publish, Platform::Threads),
                        strike(Operation::XCreate, Platform::X),
                    ]);
                    let post = submit(app, &name).await;
                    app.settle(HOUR).await;
                    check(app, &post, &name).await;
                }
            }
        }
    }
}

both_modes! {
    async fn a_chain_waits_until_the_part_before_can_be_answered(app: &TestApp) {
        for seconds in [1, 10, 45] {
            let late = (seconds * 1_000, seconds * 1_000);
            app.simulator.set_settings(|settings| {
                settings.lags = Some(LagRanges { reply_ms: late, feed_ms: late, ..Default::default() });
            });
            let name = format!("answered {seconds} s late");
            let post = submit(app, &name).await;
            app.settle(HOUR).await;
            check(app, &post, &name).await;
        }
    }
}

both_modes! {
    async fn a_chain_that_breaks_off_keeps_what_is_live_and_says_so(app: &TestApp) {
        let refused = simulator::XError::NotPermitted;
        let rule = FaultRule::new(Fault::XError { when: When::Before, error: refused }).text_contains("broken 1").once();
        app.simulator.add_faults(vec![rule.platform(simulator::Platform::X)]);
        let post = submit(app, "broken").await;
        app.settle(HOUR).await;
        let delivery = app.client.delivery(&post, "x").await;
        assert_eq!((&delivery["status"], &delivery["error"]["code"]), (&json!("failed"), &json!("not_permitted")));
        assert_eq!(delivery["parts"].as_array().map(Vec::len), Some(1), "{delivery:#}");
        assert_eq!(app.live_on(Platform::X).len(), 1);
        // A person's retry goes on where it broke off.
        let path = format!("/v1/deliveries/{}/retry", delivery["id"].as_str().expect("an id"));
        assert_eq!(app.client.post(&path, json!({})).await.status, 202);
        app.settle(HOUR).await;
        check(app, &post, "broken").await;
    }
}
