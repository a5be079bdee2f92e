//! The API is killed while a customer waits for its answer, and the customer asks again.

use std::time::Duration;

use reqwest::StatusCode;
use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::{Value, json};
use tests::client::text;
use tests::process::Process;
use tests::stack::{Stack, text_after};
use tokio::process::Command;

use super::{SHORT, until};

/// How often the moment may be missed between the commit and the answer.
const TRIES: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_is_killed_before_it_answers_has_made_one_post_for_the_key() {
    let stack = Stack::start(1, &SHORT).await;
    let accounts = stack.client.get("/v1/accounts").await.body;
    let accounts: Vec<&str> = accounts["data"]
        .as_array()
        .expect("accounts")
        .iter()
        .map(|account| text(&account["id"]))
        .collect();
    let body = |name: &str| json!({ "text": name, "accounts": accounts });

    during_the_commit(&stack, body("killed during the commit")).await;
    let mut tries = 1;
    while !after_the_commit(&stack, body(&format!("killed after it, {tries}"))).await {
        tries += 1;
        assert!(tries <= TRIES, "the answer was always there first");
    }
    let deliveries = i64::try_from(accounts.len() * (1 + tries)).unwrap();
    let _worker = stack.worker().await;
    stack.until_published(deliveries).await;
    stack
        .assert_live(usize::try_from(deliveries).unwrap())
        .await;
}

/// The database does not get to it before the API is dead.
async fn during_the_commit(stack: &Stack, body: Value) {
    let others = stack
        .backend
        .database
        .writer()
        .begin()
        .await
        .expect("a transaction");
    others
        .execute_unprepared("LOCK TABLE posts IN EXCLUSIVE MODE")
        .await
        .expect("a lock");
    let (api, asked) = ask(stack, &body).await;
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                   AND wait_event_type = 'Lock' AND query LIKE '%INSERT INTO posts%'";
    until("the API waits for the database", || async {
        stack.number(waiting).await > 0
    })
    .await;
    api.kill().await;
    assert!(!asked.await.expect("no panic"), "nobody was left to answer");
    others.commit().await.expect("a commit");
    ask_again(stack, body).await;
}

/// Redis keeps the API from answering while it is killed. `false`: it was too fast.
async fn after_the_commit(stack: &Stack, body: Value) -> bool {
    let posts = stack.number("SELECT count(*) FROM posts").await;
    redis(stack, &["CLIENT", "PAUSE", "60000", "WRITE"]).await;
    let (api, asked) = ask(stack, &body).await;
    until("the post is committed", || async {
        stack.number("SELECT count(*) FROM posts").await > posts
    })
    .await;
    api.kill().await;
    let answered = asked.await.expect("no panic");
    redis(stack, &["CLIENT", "UNPAUSE"]).await;
    let again = ask_again(stack, body).await;
    assert_eq!(again, StatusCode::OK, "it had been made");
    !answered
}

/// Starts an API and sends it a request, whose text is its key; the task tells whether an answer
/// came.
async fn ask(stack: &Stack, body: &Value) -> (Process, tokio::task::JoinHandle<bool>) {
    let api = Process::start(&["api"], &stack.env, Some("API http://")).await;
    let url = format!("{}/v1/posts", text_after(&api.printed, "http://"));
    let set = |name| {
        let mut all = stack.env.iter();
        all.find(|(known, _)| *known == name)
            .expect("it is set")
            .1
            .clone()
    };
    let request = reqwest::Client::new()
        .post(url)
        .bearer_auth(set("DUALPOSTS_BOOTSTRAP_API_KEY"))
        .header("Idempotency-Key", key(body))
        .json(body);
    let asked = tokio::spawn(async move { request.send().await.is_ok() });
    (api, asked)
}

/// The same request to another API.
async fn ask_again(stack: &Stack, body: Value) -> StatusCode {
    let key = key(&body);
    let reply = stack.client.submit_with_key(body, &key).await;
    assert!(
        reply.status.is_success(),
        "{} {:#}",
        reply.status,
        reply.body
    );
    let made = format!("SELECT count(*) FROM posts WHERE idempotency_key = '{key}'");
    assert_eq!(stack.number(&made).await, 1, "{key}");
    reply.status
}

fn key(body: &Value) -> String {
    text(&body["text"]).replace([' ', ','], "-")
}

async fn redis(stack: &Stack, command: &[&str]) {
    let port = stack.redis.url.rsplit(':').next().expect("a port");
    let done = Command::new("redis-cli")
        .args(["-p", port])
        .args(command)
        .output();
    let done = tokio::time::timeout(Duration::from_secs(10), done).await;
    let done = done.expect("an answer in time").expect("redis-cli");
    assert_eq!(
        String::from_utf8_lossy(&done.stdout).trim(),
        "OK",
        "{command:?}"
    );
}
