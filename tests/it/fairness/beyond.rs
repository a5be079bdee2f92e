//! A backlog that is longer than the relay looks at once, and a queue that is full.

use std::collections::HashMap;

use entities::DeliveryId;
use queue::Job;
use tests::app::Options;
use tests::{TestApp, both_modes};
use worker::relay;

use super::{MINUTE, others};

/// Copies a scheduled delivery and its post so many times.
async fn copy_scheduled(app: &TestApp, times: usize) {
    for (table, prefix, others) in [
        (
            "posts",
            "post",
            "owner_id, request_hash, content, publish_at, created_at, updated_at",
        ),
        (
            "deliveries",
            "dlv",
            "owner_id, account_id, platform, status, next_at, due_at, waiting_for, created_at, updated_at",
        ),
    ] {
        let number = match app.backend.database.backend() {
            sea_orm::DbBackend::Postgres => "lpad(n::text, 32, '0')",
            _ => "printf('%032d', n)",
        };
        let post = match table {
            "posts" => ("", String::new()),
            _ => ("post_id, ", format!("'post_' || {number}, ")),
        };
        app.execute(&format!(
            "INSERT INTO {table} (id, {}{others})
             WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {times})
             SELECT '{prefix}_' || {number}, {}{others} FROM numbers, (SELECT * FROM {table} LIMIT 1) AS one",
            post.0, post.1
        ))
        .await;
    }
}

/// How many jobs of each account wait in the queue; takes them out.
async fn waiting(app: &TestApp) -> HashMap<String, usize> {
    let jobs = app.worker.queue.try_pop(10_000).await.expect("the queue");
    let mut counts = HashMap::new();
    for Job::Publish(id) in jobs {
        *counts.entry(account_of(app, &id).await).or_default() += 1;
    }
    counts
}

async fn account_of(app: &TestApp, id: &DeliveryId) -> String {
    let sql = format!(
        "SELECT a.username FROM deliveries d JOIN accounts a ON a.id = d.account_id WHERE d.id = '{id}'"
    );
    app.texts(&sql).await.pop().expect("an account")
}

/// Ann's backlog of 6,000 is half an hour older than two posts of each other account.
async fn backlog(app: &TestApp) {
    let start = app.clock.now();
    let ann = [app.threads.to_string()];
    app.client.schedule("ann", &ann, start + MINUTE).await;
    copy_scheduled(app, 6_000).await;
    for (number, account) in others(app).await.iter().enumerate() {
        for _ in 0..2 {
            let (text, account) = (format!("other {number}"), [account.to_string()]);
            app.client
                .schedule(&text, &account, start + 31 * MINUTE)
                .await;
        }
    }
    app.clock.advance(31 * MINUTE);
}

async fn forget(app: &TestApp) {
    app.execute("DELETE FROM deliveries").await;
}

both_modes! {
    async fn accounts_behind_a_backlog_of_thousands_get_their_turn_in_the_first_round(app: &TestApp) {
        backlog(app).await;
        relay::round(&app.worker).await.expect("a round");
        let waiting = waiting(app).await;
        assert_eq!(waiting.len(), 30, "{waiting:?}");
        assert!(waiting.iter().all(|(name, count)| name == "ann" || *count == 2), "{waiting:?}");
        // As much as keeps workers busy, and not the whole backlog.
        assert!((60..=300).contains(&waiting["ann"]), "{waiting:?}");
        forget(app).await;
    }
}

fn crammed() -> Options {
    Options {
        worker: worker::Settings {
            outstanding: 40,
            ..Default::default()
        },
        ..Options::default()
    }
}

both_modes! {
    async fn a_queue_that_one_account_has_filled_still_takes_others_in(app: &TestApp with crammed()) {
        for number in 0..100 {
            app.client.submit(&format!("burst {number}"), &[app.threads.to_string()]).await;
        }
        let at = app.clock.now() + MINUTE / 12;
        for (number, account) in others(app).await.iter().enumerate() {
            app.client.schedule(&format!("other {number}"), &[account.to_string()], at).await;
        }
        app.clock.advance(MINUTE / 12);
        let round = relay::round(&app.worker).await.expect("a round");
        assert!(round.blocked);
        let waiting = waiting(app).await;
        assert_eq!((waiting.len(), waiting["ann"]), (30, 100), "{waiting:?}");
        forget(app).await;
    }
}
