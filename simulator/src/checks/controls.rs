//! The control paths.

use serde_json::{Value, json};

use super::{Running, got};
use crate::{LagOf, Platform};

async fn post(running: &Running, path: &str, body: Value) -> (u16, Value) {
    let sent = got(running.post(path).json(&body)).await;
    (sent.status, serde_json::from_str(&sent.body).expect("JSON"))
}

#[tokio::test]
async fn accounts_posts_and_the_summary_are_seen_from_outside() {
    let running = Running::start().await;
    let new = json!({"platform": "x", "username": "bob", "display_name": "Bob", "access_token": "bob-token"});
    let (status, account) = post(&running, "/_sim/accounts", new.clone()).await;
    assert_eq!((status, &account["display_name"]), (200, &json!("Bob")));
    assert_eq!(post(&running, "/_sim/accounts", new).await.1, account);
    assert!(!account.to_string().contains("bob-token"));
    running
        .simulator
        .set_settings(|settings| settings.x.duplicate_check = false);
    for text in ["same", "same", "same", "other"] {
        running.tweet(json!({"text": text})).await;
    }
    running.publish(&running.container("same").await).await;
    let summary = running.json("/_sim/summary").await;
    assert_eq!(summary["live"], 5);
    assert_eq!(
        summary["accounts"],
        json!({"threads": {"ann": 1}, "x": {"ann": 4}})
    );
    assert_eq!(summary["duplicate_count"], 2);
    assert_eq!(summary["duplicates"][0]["text"], "same");
    assert_eq!(running.simulator.duplicates()[0].ids.len(), 3);
    let posts = running
        .json("/_sim/posts?platform=threads&account=ann")
        .await;
    assert_eq!(posts.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn the_calls_are_filtered_and_never_hold_a_token() {
    let running = Running::start().await;
    running.read("/v1.0/me?access_token=threads-token").await;
    running.tweet(json!({"text": "hi"})).await;
    let calls = running.read("/_sim/calls").await.body;
    assert!(!calls.contains("-token"), "{calls}");
    let creates = running
        .json("/_sim/calls?platform=x&account=ann&operation=x_create")
        .await;
    assert_eq!(creates[0]["effect"], true);
    assert_eq!(creates.as_array().map(Vec::len), Some(1));
    assert_eq!(running.json("/_sim/calls?after=2").await, json!([]));
    assert_eq!(running.json("/_sim/calls?after=1").await[0]["seq"], 2);
}

#[tokio::test]
async fn faults_are_added_read_and_removed() {
    let running = Running::start().await;
    let rules = json!([
        {"platform": "threads", "operation": "publish", "times": 1, "fault": {"kind": "lost", "when": "after"}},
        {"fault": {"kind": "lag", "what": "feed", "seconds": 3}, "probability": 0.1, "skip": 2},
    ]);
    assert_eq!(
        post(&running, "/_sim/faults", rules).await,
        (200, json!({"added": 2}))
    );
    let one = json!({"fault": {"kind": "x_error", "error": {"name": "too_many_requests", "window": "user_day", "reset_in_s": 60}}});
    assert_eq!(
        post(&running, "/_sim/faults", one).await,
        (200, json!({"added": 1}))
    );
    let read = running.json("/_sim/faults").await;
    assert_eq!(read[0]["fault"], json!({"kind": "lost", "when": "after"}));
    assert_eq!(read[0]["fired"], 0);
    assert_eq!(
        running.simulator.faults()[1].rule.fault,
        crate::Fault::Lag {
            what: LagOf::Feed,
            seconds: 3
        }
    );
    assert_eq!(got(running.delete("/_sim/faults")).await.status, 200);
    assert_eq!(running.json("/_sim/faults").await, json!([]));
    let (status, plan) = post(
        &running,
        "/_sim/faults",
        json!({"plan": "hostile", "probability": 0.1}),
    )
    .await;
    assert!(status == 200 && plan["added"].as_u64() > Some(10));
}

#[tokio::test]
async fn bad_input_is_answered_with_the_reason() {
    let running = Running::start().await;
    for (path, body, reason) in [
        (
            "/_sim/faults",
            json!({"fault": {"kind": "lots"}}),
            "unknown variant `lots`",
        ),
        (
            "/_sim/faults",
            json!([{"falt": {}}]),
            "unknown field `falt`",
        ),
        (
            "/_sim/settings",
            json!({"profil": "instant"}),
            "unknown field `profil`",
        ),
        (
            "/_sim/clock",
            json!({"advance": 1}),
            "unknown field `advance`",
        ),
        (
            "/_sim/accounts",
            json!({"platform": "mastodon"}),
            "unknown variant `mastodon`",
        ),
    ] {
        let (status, answer) = post(&running, path, body).await;
        let message = answer["error"]["message"].as_str().unwrap_or_default();
        assert!(
            status == 400 && message.contains(reason),
            "{path}: {status} {message}"
        );
    }
    assert_eq!(
        running.read("/_sim/calls?operation=nonsense").await.status,
        400
    );
    assert_eq!(running.read("/_sim/nothing").await.status, 404);
    assert_eq!(
        post(
            &running,
            "/_sim/revoke",
            json!({"platform": "x", "username": "no"})
        )
        .await
        .0,
        404
    );
}

#[tokio::test]
async fn settings_the_clock_and_tokens_can_be_changed_from_outside() {
    let running = Running::start().await;
    let patch = json!({"profile": "hostile", "x": {"dialect": "legacy"}});
    let (status, settings) = post(&running, "/_sim/settings", patch).await;
    assert_eq!((status, &settings["x"]["dialect"]), (200, &json!("legacy")));
    assert_eq!(settings["threads"]["post_quota"], 250);
    let (_, clock) = post(&running, "/_sim/clock", json!({"advance_ms": 5_000})).await;
    assert_eq!(clock, json!({"now_ms": super::START_MS + 5_000}));
    let (status, _) = post(
        &running,
        "/_sim/revoke",
        json!({"platform": "x", "username": "ann"}),
    )
    .await;
    assert_eq!(
        (status, running.read("/2/users/me").await.status),
        (200, 401)
    );
}

#[tokio::test]
async fn a_reset_leaves_accounts_with_living_tokens_and_nothing_else() {
    let running = Running::start().await;
    running.tweet(json!({"text": "hi"})).await;
    running.simulator.revoke(Platform::X, "ann");
    running.simulator.advance(1_000);
    assert_eq!(post(&running, "/_sim/reset", json!({})).await.0, 200);
    assert_eq!(running.live(), 0);
    assert_eq!(running.simulator.now_ms(), super::START_MS);
    assert_eq!(running.tweet(json!({"text": "hi"})).await.status, 201);
    let health = running.json("/_sim/health").await;
    assert_eq!(
        health,
        json!({"status": "ok", "now_ms": super::START_MS, "held": 0, "running": 0, "live": 1})
    );
}
