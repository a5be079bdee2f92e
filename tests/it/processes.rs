//! The built binary: processes that are started, killed and started again.

use std::time::{Duration, Instant};

use serde_json::json;
use tests::client::{Client, text};
use tests::process::Process;
use tests::stack::{Stack, text_after};

use crate::stand_in::StandIn;

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_publish_a_thousand_posts_once_each() {
    let stack = Stack::start(10, &[]).await;
    let (_one, _two) = (stack.worker().await, stack.worker().await);
    stack.submit(1_000, "thousand").await;
    stack.until_published(2_000).await;
    stack.assert_live(2_000).await;
    let workers = stack
        .number("SELECT count(DISTINCT worker) FROM attempts")
        .await;
    assert_eq!(workers, 2, "both took part");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_and_a_restarted_redis_lose_and_double_nothing() {
    let mut stack = Stack::start(10, &[("DUALPOSTS_HANDED_S", "2")]).await;
    let (_one, _two) = (stack.worker().await, stack.worker().await);
    stack.submit(300, "before").await;
    stack.redis.flush_all().await;
    stack.submit(300, "between").await;
    stack.redis.flush_all().await;
    stack.redis.stop().await;
    stack.submit(100, "without").await;
    stack.redis.start_again().await;
    stack.submit(100, "after").await;
    stack.until_published(1_600).await;
    stack.assert_live(1_600).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_worker_loses_and_doubles_nothing_and_needs_no_hand() {
    let short = [
        ("DUALPOSTS_LEASE_S", "3"),
        ("DUALPOSTS_CALL_TIMEOUT_S", "2"),
        ("DUALPOSTS_HANDED_S", "2"),
        ("DUALPOSTS_THREADS_SETTLE_S", "1"),
        ("DUALPOSTS_X_SETTLE_S", "1"),
    ];
    let stack = Stack::start(10, &short).await;
    // Every call takes a while, before or after its effect: the kill finds many under way.
    let slow = |when: &str| json!({ "probability": 0.5, "fault": { "kind": "delay", "when": when, "ms": 60 } });
    stack
        .simulator
        .post("/_sim/faults", json!([slow("before"), slow("after")]))
        .await;
    let first = stack.worker().await;
    stack.submit(100, "killed").await;
    stack
        .until("some are published", || async {
            stack.count("published").await >= 40
        })
        .await;
    first.kill().await;
    let cut = stack
        .number("SELECT count(*) FROM deliveries WHERE lease_until IS NOT NULL")
        .await;
    assert!(cut > 0, "the kill must find claims open");
    let _second = stack.worker().await;
    stack.until_published(200).await;
    stack.assert_live(200).await;
    println!("{cut} claims were open when the worker was killed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_joins_others_at_work_takes_its_share_at_once() {
    let stack = Stack::start(10, &[("DUALPOSTS_CONCURRENCY", "2")]).await;
    stack
        .simulator
        .post(
            "/_sim/faults",
            json!({ "fault": { "kind": "delay", "when": "before", "ms": 40 } }),
        )
        .await;
    let _first = stack.worker().await;
    stack.submit(100, "join").await;
    let started = Instant::now();
    let second = stack.worker().await;
    let name = text_after(&second.printed, "worker-");
    stack
        .until("the second worker has worked", || async {
            stack
                .number(&format!(
                    "SELECT count(*) FROM attempts WHERE worker = '{name}'"
                ))
                .await
                > 0
        })
        .await;
    println!(
        "the second worker's first step was on record {:?} after its start",
        started.elapsed()
    );
    assert!(
        stack.count("published").await < 200,
        "the first worker is still at it"
    );
    stack.until_published(200).await;
    stack.assert_live(200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_told_to_stop_finishes_its_steps_and_leaves_no_claim() {
    let stack = Stack::start(4, &[]).await;
    stack
        .simulator
        .post(
            "/_sim/faults",
            json!({ "fault": { "kind": "delay", "when": "after", "ms": 80 } }),
        )
        .await;
    let first = stack.worker().await;
    stack.submit(50, "stop").await;
    stack
        .until("work is under way", || async {
            stack.count("publishing").await > 0
        })
        .await;
    assert!(first.terminate().await, "it ends well");
    assert_eq!(
        stack
            .number("SELECT count(*) FROM deliveries WHERE lease_until IS NOT NULL")
            .await,
        0
    );
    assert_eq!(
        stack.count("unconfirmed").await,
        0,
        "nothing was cut in the middle"
    );
    let _second = stack.worker().await;
    stack.until_published(100).await;
    stack.assert_live(100).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn up_is_ready_at_once_and_its_curl_line_publishes_on_both_platforms() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let data = DataFolder::new();
    let started = Instant::now();
    let up = Process::start(&["up"], &data.env(), Some("curl ")).await;
    println!("ready {:?} after the binary started", started.elapsed());
    let curl = up.printed.last().expect("the curl line").clone();
    let simulator = Client::new(&text_after(&lines_with(&up, "Simulator"), "http://"), "");
    let answer = tokio::process::Command::new("sh")
        .args(["-c", &curl])
        .output()
        .await
        .expect("sh");
    let post: serde_json::Value = serde_json::from_slice(&answer.stdout).expect("the post");
    let key = lines_with(&up, "API key")[0]
        .split_whitespace()
        .last()
        .expect("the key")
        .to_owned();
    let client = Client::new(
        &text_after(&lines_with(&up, "API  "), "http://").replace("/v1", ""),
        &key,
    );

    let deadline = Instant::now() + Duration::from_secs(3);
    let post = loop {
        let post = client.show(&post).await;
        if post["status"] == "published" {
            break post;
        }
        assert!(Instant::now() < deadline, "{post:#}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    for delivery in post["deliveries"].as_array().expect("deliveries") {
        let page = Client::new("", "").get(text(&delivery["url"])).await;
        assert!(
            page.body.to_string().contains("Hello from DualPosts"),
            "the address leads to the post"
        );
    }
    assert_eq!(
        simulator
            .get("/_sim/posts")
            .await
            .body
            .as_array()
            .expect("posts")
            .len(),
        2
    );

    let mut second = Process::start(&["up"], &data.env(), None).await;
    for _ in 0..500 {
        if !second.is_running() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(
        !second.is_running(),
        "a second process on the same folder is refused"
    );

    assert!(up.terminate().await, "it ends well");
    let again = Process::start(&["up"], &data.env(), Some("curl ")).await;
    let client = Client::new(
        &text_after(&lines_with(&again, "API  "), "http://").replace("/v1", ""),
        &key,
    );
    assert_eq!(
        client.show(&post).await["status"],
        "published",
        "the same key shows the same post"
    );
    assert!(again.terminate().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stand_in_of_another_make_serves_as_well_as_the_simulator() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let stand_in = StandIn::start().await;
    let data = DataFolder::new();
    let mut env = data.env();
    env.push(("DUALPOSTS_THREADS_API_URL", stand_in.url.clone()));
    env.push(("DUALPOSTS_X_API_URL", stand_in.url.clone()));
    let up = Process::start(&["up"], &env, Some("curl ")).await;
    let key = lines_with(&up, "API key")[0]
        .split_whitespace()
        .last()
        .expect("the key")
        .to_owned();
    let client = Client::new(
        &text_after(&lines_with(&up, "API  "), "http://").replace("/v1", ""),
        &key,
    );
    for platform in ["threads", "x"] {
        let connected = client
            .post(
                "/v1/accounts",
                json!({ "platform": platform, "access_token": "a-real-one" }),
            )
            .await;
        assert_eq!(connected.status, 201, "{:#}", connected.body);
        assert_eq!(connected.body["username"], "standin");
    }
    let accounts = client.get("/v1/accounts").await.body;
    let all = accounts["data"].as_array().expect("accounts").iter();
    let ids: Vec<String> = all
        .filter(|row| row["username"] == "standin")
        .map(|row| text(&row["id"]).to_owned())
        .collect();
    let post = client.submit("To the stand-in", &ids).await;
    let deadline = Instant::now() + Duration::from_secs(10);
    while client.show(&post).await["status"] != "published" {
        assert!(Instant::now() < deadline, "{:#}", client.show(&post).await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(
        stand_in.live(),
        ["threads To the stand-in", "x To the stand-in"]
    );
    assert!(up.terminate().await);
}

fn lines_with(process: &Process, word: &str) -> Vec<String> {
    process
        .printed
        .iter()
        .filter(|line| line.contains(word))
        .cloned()
        .collect()
}

/// A data folder of a test's own; gone when dropped.
struct DataFolder(std::path::PathBuf);

impl DataFolder {
    fn new() -> Self {
        DataFolder(
            std::env::temp_dir().join(format!("dualposts-{}", uuid::Uuid::now_v7().simple())),
        )
    }

    fn env(&self) -> Vec<(&'static str, String)> {
        vec![
            ("DUALPOSTS_DATA_DIR", self.0.display().to_string()),
            ("DUALPOSTS_LISTEN", "127.0.0.1:0".to_owned()),
            ("DUALPOSTS_SIMULATOR_LISTEN", "127.0.0.1:0".to_owned()),
        ]
    }
}

impl Drop for DataFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
