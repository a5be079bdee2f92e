//! Processes that are stopped or killed in the middle of a publish.

use std::time::{Duration, Instant};

use serde_json::json;
use tests::process::Process;
use tests::stack::{Stack, text_after};
use tokio::process::Command;

use super::record_is_true;

/// A worker's process number: it is part of its name.
fn pid(worker: &Process) -> String {
    let name = text_after(&worker.printed, "worker-");
    name.split('-').nth(1).expect("a number").to_owned()
}

async fn signal(worker: &Process, signal: &str) {
    let sent = Command::new("kill")
        .args([signal, &pid(worker)])
        .status()
        .await
        .expect("kill");
    assert!(sent.success());
}

/// The calls of posts with this text that make something visible stay open.
async fn hold(stack: &Stack, text: &str, when: &str) {
    let rule = |operation: &str| {
        json!({
            "operation": operation, "text_contains": text, "times": 1,
            "fault": { "kind": "hold", "when": when },
        })
    };
    let rules = json!([rule("publish"), rule("x_create")]);
    let added = stack.simulator.post("/_sim/faults", rules).await;
    assert_eq!(added.status, 200, "{:#}", added.body);
}

async fn until_held(stack: &Stack, count: u64) {
    stack
        .until("the calls are held", || async {
            stack.simulator.get("/_sim/health").await.body["held"] == count
        })
        .await;
}

async fn until_taken_over(stack: &Stack, count: i64) {
    let lost = "SELECT count(*) FROM attempts WHERE verdict = 'lost'";
    stack
        .until("another worker has taken over", || async {
            stack.number(lost).await == count
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_was_stopped_beyond_its_lease_doubles_nothing_when_it_goes_on() {
    let settings = [
        ("DUALPOSTS_LEASE_S", "3"),
        ("DUALPOSTS_CALL_TIMEOUT_S", "2"),
        ("DUALPOSTS_HANDED_S", "2"),
        ("DUALPOSTS_THREADS_SETTLE_S", "8"),
        ("DUALPOSTS_X_SETTLE_S", "8"),
    ];
    let stack = Stack::start(1, &settings).await;
    hold(&stack, "before-its-effect", "before").await;
    hold(&stack, "after-its-effect", "after").await;
    let stopped = stack.worker().await;
    stack.submit(1, "before-its-effect").await;
    stack.submit(1, "after-its-effect").await;
    until_held(&stack, 4).await;
    signal(&stopped, "-STOP").await;

    let _other = stack.worker().await;
    until_taken_over(&stack, 4).await;
    // Within the time that a platform may take; what is not out by then is sent again.
    stack.simulator.post("/_sim/release", json!({})).await;
    stack.until_published(4).await;
    signal(&stopped, "-CONT").await;

    // It works on with the other.
    stack.submit(20, "afterwards").await;
    stack.until_published(44).await;
    stack.assert_live(44).await;
    record_is_true(&stack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_takes_effect_after_its_post_was_sent_again_is_refused_by_the_platform() {
    let settings = [
        ("DUALPOSTS_LEASE_S", "3"),
        ("DUALPOSTS_CALL_TIMEOUT_S", "2"),
        ("DUALPOSTS_HANDED_S", "2"),
        ("DUALPOSTS_THREADS_SETTLE_S", "0.5"),
        ("DUALPOSTS_X_SETTLE_S", "0.5"),
    ];
    let stack = Stack::start(1, &settings).await;
    hold(&stack, "very-late", "before").await;
    let stopped = stack.worker().await;
    stack.submit(1, "very-late").await;
    until_held(&stack, 2).await;
    signal(&stopped, "-STOP").await;
    let _other = stack.worker().await;
    stack.until_published(2).await;
    stack.simulator.post("/_sim/release", json!({})).await;
    signal(&stopped, "-CONT").await;
    stack.submit(10, "afterwards").await;
    stack.until_published(22).await;
    stack.assert_live(22).await;
    record_is_true(&stack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_kill_9_everything_moves_again_within_the_lease() {
    const LEASE: Duration = Duration::from_secs(4);
    let settings = [
        ("DUALPOSTS_LEASE_S", "4"),
        ("DUALPOSTS_CALL_TIMEOUT_S", "3"),
        ("DUALPOSTS_HANDED_S", "3"),
        ("DUALPOSTS_THREADS_SETTLE_S", "1"),
        ("DUALPOSTS_X_SETTLE_S", "1"),
        ("DUALPOSTS_CONCURRENCY", "2"),
    ];
    let stack = Stack::start(2, &settings).await;
    hold(&stack, "killed", "after").await;
    let killed = stack.worker().await;
    let name = text_after(&killed.printed, "worker-");
    stack.submit(10, "killed").await;
    // Its two hands are full, and more was handed to it.
    until_held(&stack, 2).await;
    let _other = stack.worker().await;
    let claims = format!("SELECT count(*) FROM deliveries WHERE claimed_by = '{name}'");
    assert_eq!(stack.number(&claims).await, 2);
    killed.kill().await;
    let since = Instant::now();
    let stuck =
        format!("SELECT count(*) FROM deliveries WHERE claimed_by = '{name}' OR attempt_count = 0");
    stack
        .until("everything has moved", || async {
            stack.number(&stuck).await == 0
        })
        .await;
    let moved = since.elapsed();
    println!("everything had moved {moved:?} after the kill; the lease is {LEASE:?}");
    assert!(moved < LEASE + Duration::from_secs(2), "{moved:?}");
    stack.simulator.post("/_sim/release", json!({})).await;
    stack.until_published(20).await;
    stack.assert_live(20).await;
    record_is_true(&stack).await;
}
