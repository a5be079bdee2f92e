//! Redis that stands still, or is gone for a while. What is submitted meanwhile is taken at once,
//! and goes out when Redis is back: without it no worker is told of anything.

use std::time::{Duration, Instant};

use queue::{Queue, RedisSettings};
use serde_json::json;
use tests::backend::redis_server;
use tests::proxy::{Proxy, Side};
use tests::stack::Stack;
use tests::{Mode, TestApp};
use tokio::process::Command;
use worker::Worker;

use super::{let_anything_be_doubled, out_once, record_is_true, settle, submit_surely};

/// The app's queue, reached through a proxy.
async fn behind(app: &TestApp) -> (Proxy, Queue) {
    let proxy = Proxy::start(redis_server()).await;
    let redis = app.backend.redis.as_ref().expect("distributed");
    let settings = RedisSettings {
        url: format!("redis://{}", proxy.address()),
        prefix: redis.prefix.clone(),
    };
    (proxy, Queue::redis(&settings).expect("Redis settings"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_to_redis_cut_at_any_message_loses_and_doubles_nothing() {
    let app = TestApp::spawn(Mode::Distributed).await;
    let_anything_be_doubled(&app);
    let (proxy, queue) = behind(&app).await;
    let client = app.another_server(|state| state.queue = queue.clone());
    let worker = Worker {
        queue,
        ..app.worker.clone()
    };
    for side in [Side::Before, Side::After] {
        for n in 1.. {
            let written = format!("cut {side:?} {n}");
            let body = json!({ "text": written, "accounts": app.both() });
            proxy.cut_after(n, side);
            let post = submit_surely(&client, &body, &written.replace(' ', "-")).await;
            settle(&app, &worker).await;
            out_once(&app, &post, &[written]).await;
            if proxy.disarm() {
                println!("cut {side:?} each of {} messages to Redis", n - 1);
                assert!(n > 4, "there are more messages than {n}");
                break;
            }
        }
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_goes_silent_does_not_keep_the_relay_from_its_rounds() {
    let app = TestApp::spawn(Mode::Distributed).await;
    let (proxy, queue) = behind(&app).await;
    let mut bell = queue.bell();
    bell.wait(Duration::from_millis(10)).await;
    proxy.stall(true);
    let waited = Instant::now();
    for _ in 0..2 {
        bell.wait(Duration::from_millis(10)).await;
    }
    assert!(
        waited.elapsed() < Duration::from_secs(5),
        "{:?}",
        waited.elapsed()
    );
    proxy.stall(false);
    queue.ring().await.expect("Redis is back");
    bell.wait(Duration::from_secs(60)).await;
    assert!(
        waited.elapsed() < Duration::from_secs(20),
        "it is heard again"
    );
    app.finish().await;
}

/// Submits a few posts every second for so long; returns how many. None of them may take long.
async fn submit_for(stack: &Stack, time: Duration, prefix: &str) -> usize {
    let started = Instant::now();
    let mut count = 0;
    while started.elapsed() < time {
        let round = Instant::now();
        stack.submit(5, &format!("{prefix}-{count}")).await;
        count += 5;
        assert!(
            round.elapsed() < Duration::from_secs(2),
            "{:?}",
            round.elapsed()
        );
        tokio::time::sleep(Duration::from_secs(1).saturating_sub(round.elapsed())).await;
    }
    count
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_submitted_while_redis_is_gone_goes_out_within_seconds_of_its_return() {
    let mut stack = Stack::start(4, &[]).await;
    let (_one, _two) = (stack.worker().await, stack.worker().await);
    stack.submit(20, "before").await;
    stack.until_published(40).await;
    stack.redis.stop().await;
    let meanwhile = submit_for(&stack, Duration::from_secs(15), "without").await;
    assert_eq!(stack.count("published").await, 40, "nobody was told");
    stack.redis.start_again().await;
    let back = Instant::now();
    let deliveries = 2 * (20 + meanwhile);
    stack.until_published(deliveries as i64).await;
    println!(
        "{meanwhile} posts were out {:?} after Redis was back",
        back.elapsed()
    );
    assert!(
        back.elapsed() < Duration::from_secs(6),
        "{:?}",
        back.elapsed()
    );
    stack.assert_live(deliveries).await;
    record_is_true(&stack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_submitted_while_redis_stands_still_goes_out_within_seconds_of_its_going_on() {
    let stack = Stack::start(4, &[]).await;
    let (_one, _two) = (stack.worker().await, stack.worker().await);
    stack.submit(20, "before").await;
    stack.until_published(40).await;
    let paused = Instant::now();
    let done = Command::new("redis-cli")
        .args(["-u", &stack.redis.url, "CLIENT", "PAUSE", "10000", "ALL"])
        .output()
        .await
        .expect("redis-cli");
    assert!(done.status.success());
    let meanwhile = submit_for(&stack, Duration::from_secs(9), "paused").await;
    let deliveries = 2 * (20 + meanwhile);
    stack.until_published(deliveries as i64).await;
    let after = paused.elapsed().saturating_sub(Duration::from_secs(10));
    println!("{meanwhile} posts were out {after:?} after Redis went on");
    assert!(after < Duration::from_secs(6), "{after:?}");
    stack.assert_live(deliveries).await;
    record_is_true(&stack).await;
}
