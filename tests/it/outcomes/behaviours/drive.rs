//! Runs many cases at once, each on an account of its own.

use std::time::Duration;

use entities::due;
use futures::StreamExt;
use queue::Job;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::TestApp;
use tests::client::id;
use worker::publish::publish;
use worker::{Worker, relay};

use super::cases::Case;
use crate::crashes::files::Shelf;

use super::judge::{Seen, judged};
use super::resolving::Waits;

/// A case under way.
pub struct Run {
    pub case: Case,
    pub username: String,
    pub post: Value,
}

/// Runs the cases to their ends, and names all that ended wrong.
pub async fn run(app: &TestApp, cases: Vec<Case>, longest: Duration) -> Waits {
    let count = cases.len();
    app.simulator.clear_faults();
    let shelf = Shelf::filled(&app.client).await;
    let mut runs = Vec::new();
    for case in cases {
        runs.push(begin(app, &shelf, case).await);
    }
    settle(app, longest).await;
    let mut waits = Waits::default();
    let mut wrong = Vec::new();
    let seen = Seen::by(&app.simulator);
    for run in &runs {
        match judged(app, run, &seen).await {
            Ok(story) => waits.add(&run.case, &story),
            Err(why) => wrong.push(format!("{}: {why}", run.case.name)),
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {count} cases ended wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    waits
}

async fn begin(app: &TestApp, shelf: &Shelf, case: Case) -> Run {
    let number = app.count("SELECT count(*) FROM accounts").await;
    let username = format!("case{number}");
    let account = app.add_account(case.platform, &username).await;
    let own = case
        .rules
        .iter()
        .map(|rule| rule.clone().account(username.clone()));
    app.simulator.add_faults(own.collect());
    let parts = case.parts();
    let parts: Vec<Value> = parts
        .iter()
        .map(|(text, carried)| shelf.part(text, *carried))
        .collect();
    let body = json!({ "parts": parts, "accounts": [account.id] });
    let reply = app.client.submit_raw(body).await;
    let post = reply.expect(StatusCode::ACCEPTED);
    assert!(id(&post).starts_with("post_"));
    Run {
        case,
        username,
        post,
    }
}

/// Moves time from due moment to due moment, as [`TestApp::settle`] does, and a little further
/// where many would follow each other closely.
async fn settle(app: &TestApp, longest: Duration) {
    let begin = app.clock.now();
    loop {
        drain(&app.worker).await;
        // What is held lands after its client has given up waiting.
        app.simulator.release();
        app.simulator.until_idle().await;
        let now = app.clock.now();
        let next = due::next_wake(&app.backend.database, now).await;
        match next.expect("a query") {
            Some(at) if at <= begin + longest => {
                let coarse = (now.since(begin) / 50).max(Duration::from_millis(200));
                app.clock.advance(at.since(now).max(coarse));
            }
            _ => break,
        }
    }
}

/// Relay and worker until nothing is due, several deliveries at once.
async fn drain(worker: &Worker) {
    loop {
        let round = relay::round(worker).await.expect("a relay round");
        let jobs = worker.queue.try_pop(1000).await.expect("the queue");
        if jobs.is_empty() && round == relay::Round::default() {
            return;
        }
        let publish = |Job::Publish(id): Job| async move {
            publish(worker, &id).await.expect("publishing");
        };
        futures::stream::iter(jobs)
            .for_each_concurrent(64, publish)
            .await;
    }
}
