//! What becomes of posts when what the product stands on fails: database, queue, clock, process.
//! Whatever it is, a post that was accepted is live once in the end, and the record says so.

mod clocks;
mod cluster;
mod cuts;
mod processes;
mod redis;
mod refusals;
mod same_job;
mod sqlite;

use std::time::Duration;

use entities::DbErr;
use queue::Job;
use serde_json::Value;
use simulator::{Fault, FaultRule, Operation, SecondPublish};
use tests::TestApp;
use tests::backend::{connect, postgres_server};
use tests::client::{Client, Reply, id, text};
use tests::proxy::Proxy;
use tests::stack::Stack;
use tokio::task::JoinHandle;
use worker::publish::publish;
use worker::{Loads, Worker, relay};

const HOUR: Duration = Duration::from_secs(3600);
const LEASE: Duration = Duration::from_secs(30);

/// The product behind a proxy before its database. The judge's own connections do not pass it.
struct Behind {
    proxy: Proxy,
    client: Client,
    worker: Worker,
}

impl Behind {
    async fn of(app: &TestApp) -> Self {
        let proxy = Proxy::start(postgres_server()).await;
        let database = connect(&app.backend.url_through(proxy.address())).await;
        Behind {
            client: app.another_server(|state| state.database = database.clone()),
            worker: Worker {
                loads: Loads::start(&database),
                database,
                name: "behind".to_owned(),
                ..app.worker.clone()
            },
            proxy,
        }
    }

    /// The answer to a `GET`, once the connections that were cut have been found dead.
    async fn until_answered(&self, path: &str) -> Value {
        for _ in 0..20 {
            let reply = self.client.get(path).await;
            if reply.status.is_success() {
                return reply.body;
            }
            is_told_to_repeat(&reply);
        }
        panic!("{path} is not answered");
    }
}

/// Platforms that would let anything be out twice.
fn let_anything_be_doubled(app: &TestApp) {
    app.simulator.set_settings(|settings| {
        settings.threads.second_publish = SecondPublish::Duplicate;
        settings.x.duplicate_check = false;
    });
}

/// Submits as a customer does who repeats, under the same key, what could not be taken.
async fn submit_surely(client: &Client, body: &Value, key: &str) -> Value {
    for _ in 0..20 {
        let reply = client.submit_with_key(body.clone(), key).await;
        if reply.status.is_success() {
            return reply.body;
        }
        is_told_to_repeat(&reply);
    }
    panic!("{key} was never taken");
}

/// A customer whose request could not be served is told that it may be repeated, and when.
#[track_caller]
fn is_told_to_repeat(reply: &Reply) {
    let problem = reply.problem(503, "unavailable");
    assert_eq!(problem["retryable"], true);
    let wait_s: u64 = reply
        .header("retry-after")
        .parse()
        .expect("a number of seconds");
    assert!((1..=10).contains(&wait_s), "{wait_s}");
}

/// Relay and worker, who go on after whatever failed, from due moment to due moment until
/// everything is settled.
async fn settle(app: &TestApp, worker: &Worker) {
    let open = "SELECT count(*) FROM deliveries
        WHERE status IN ('queued', 'publishing', 'processing', 'unconfirmed')";
    let end = app.clock.now() + 30 * HOUR;
    while app.count(open).await > 0 {
        assert!(app.clock.now() < end, "it is never settled");
        drain(worker).await;
        app.simulator.until_idle().await;
        let now = app.clock.now();
        let next = entities::due::next_wake(&app.backend.database, now).await;
        // A relay never sleeps longer than a second, and what was handed out to nobody is not in
        // its mind.
        let longest = Duration::from_secs(1);
        let pause = next.expect("a query").map_or(longest, |at| at.since(now));
        app.clock.advance(pause.max(Duration::from_millis(1)));
    }
}

/// What relay and worker do until nothing is due at this moment.
async fn drain(worker: &Worker) {
    for _ in 0..1_000 {
        // Whoever fails tries again.
        let Ok(round) = relay::round(worker).await else {
            continue;
        };
        let Ok(jobs) = worker.queue.try_pop(1_000).await else {
            continue;
        };
        if jobs.is_empty() && round == relay::Round::default() {
            return;
        }
        for job @ Job::Publish(_) in jobs {
            worker::run::work(worker, job).await;
        }
    }
    panic!("there is no end of what is due");
}

/// On each platform's next call that makes something visible.
fn on_sending(fault: Fault) -> Vec<FaultRule> {
    let rule = |operation| FaultRule::new(fault.clone()).operation(operation).once();
    vec![rule(Operation::Publish), rule(Operation::XCreate)]
}

/// A task for each delivery of the post, in which `worker` publishes it.
fn publishing(worker: &Worker, post: &Value) -> Vec<JoinHandle<Result<(), DbErr>>> {
    let deliveries = post["deliveries"].as_array().expect("deliveries");
    let tasks = deliveries.iter().map(|delivery| {
        let (worker, id) = (worker.clone(), id(delivery).parse().expect("an id"));
        tokio::spawn(async move { publish(&worker, &id).await })
    });
    tasks.collect()
}

/// Asserts that each of `texts`, the post's parts, is live once on each of its accounts, and that
/// the record is true.
async fn out_once(app: &TestApp, post: &Value, texts: &[String]) {
    let shown = app.client.show(post).await;
    let deliveries = shown["deliveries"].as_array().expect("deliveries");
    for delivery in deliveries {
        let platform = text(&delivery["platform"]).parse().expect("a platform");
        let live = app.live_on(platform);
        let attempts = app.client.attempts(delivery).await;
        for (number, written) in texts.iter().enumerate() {
            let ids: Vec<&str> = live
                .iter()
                .filter(|post| &post.text == written)
                .map(|post| post.id.as_str())
                .collect();
            let recorded = &delivery["parts"][number]["remote_id"];
            assert!(
                ids.len() == 1 && recorded == ids[0],
                "{written}: {ids:?} are live; {delivery:#}\n{attempts:?}"
            );
        }
        assert_eq!(
            delivery["status"], "published",
            "{delivery:#}\n{attempts:?}"
        );
        assert!(delivery["error"].is_null(), "{delivery:#}");
    }
}

/// Asserts that what is on record as live is exactly what is live, id by id.
async fn record_is_true(stack: &Stack) {
    let live = stack.simulator.get("/_sim/posts").await.body;
    let live = live.as_array().expect("posts");
    let ids: Vec<String> = live
        .iter()
        .map(|post| format!("'{}'", text(&post["id"])))
        .collect();
    let known = format!(
        "SELECT count(*) FROM parts WHERE remote_id IN ({})",
        ids.join(", ")
    );
    let recorded = stack.number("SELECT count(*) FROM parts").await;
    let ours = stack.number(&known).await;
    assert_eq!((recorded, ours), (live.len() as i64, live.len() as i64));
    let open = "SELECT count(*) FROM deliveries WHERE claimed_by IS NOT NULL";
    assert_eq!(stack.number(open).await, 0, "open claims");
}
