//! SQLite whose file is locked by somebody else, or whose disk is full.

use std::time::Duration;

use entities::Database;
use futures::future::join_all;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use simulator::{Fault, When};
use tests::client::{id, text};
use tests::{Mode, TestApp};

use super::{
    is_told_to_repeat, let_anything_be_doubled, on_sending, out_once, publishing, settle,
    submit_surely,
};

/// Somebody else's hand on the file, from another connection.
struct Lock(Database);

impl Lock {
    async fn take(app: &TestApp) -> Self {
        let other = app.backend.another_database().await;
        let sql = "BEGIN IMMEDIATE";
        other.writer().execute_unprepared(sql).await.expect(sql);
        Lock(other)
    }

    async fn release(self) {
        self.0
            .writer()
            .execute_unprepared("ROLLBACK")
            .await
            .expect("a rollback");
    }
}

async fn embedded() -> TestApp {
    let app = TestApp::spawn(Mode::Embedded).await;
    let_anything_be_doubled(&app);
    app
}

/// One after the other each would wait for its own time-out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_stays_locked_longer_than_anyone_waits_loses_and_doubles_nothing() {
    tokio::join!(locked_at_accept(), locked_at_claim(), locked_at_record());
}

async fn locked_at_accept() {
    let app = embedded().await;
    let lock = Lock::take(&app).await;
    let body = json!({ "text": "locked out", "accounts": app.both() });
    is_told_to_repeat(&app.client.submit_with_key(body.clone(), "locked").await);
    lock.release().await;
    let post = submit_surely(&app.client, &body, "locked").await;
    settle(&app, &app.worker).await;
    out_once(&app, &post, &["locked out".to_owned()]).await;
    assert_eq!(app.count("SELECT count(*) FROM posts").await, 1);
    app.finish().await;
}

async fn locked_at_claim() {
    let app = embedded().await;
    let post = app.client.submit("locked before", &app.both()).await;
    let lock = Lock::take(&app).await;
    let tasks = publishing(&app.worker, &post);
    for task in tasks {
        task.await.expect("no panic").expect_err("it is locked");
    }
    assert!(
        app.simulator.calls().is_empty(),
        "nothing is sent without a claim"
    );
    lock.release().await;
    settle(&app, &app.worker).await;
    out_once(&app, &post, &["locked before".to_owned()]).await;
    app.finish().await;
}

async fn locked_at_record() {
    let app = embedded().await;
    app.simulator
        .add_faults(on_sending(Fault::Hold { when: When::After }));
    let post = app.client.submit("locked after", &app.both()).await;
    let tasks = publishing(&app.worker, &post);
    app.simulator.until_held(2).await;
    let lock = Lock::take(&app).await;
    app.simulator.release();
    // Longer than SQLite waits for a lock.
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert!(tasks.iter().all(|task| !task.is_finished()));
    lock.release().await;
    for task in tasks {
        task.await
            .expect("no panic")
            .expect("written down in the end");
    }
    settle(&app, &app.worker).await;
    out_once(&app, &post, &["locked after".to_owned()]).await;
    let looks = app
        .count("SELECT count(*) FROM attempts WHERE step = 'find_post'")
        .await;
    assert_eq!(looks, 0, "what the platforms had said was not lost");
    app.finish().await;
}

/// Lets the writing connection find the disk full: no page can be added, and the last page of
/// every table that grows is filled up.
async fn fill(app: &TestApp, post: &Value) {
    let writer = app.backend.database.writer();
    let pages = app.count("PRAGMA page_count").await;
    app.execute(&format!("PRAGMA max_page_count = {pages}"))
        .await;
    let rows = |size: usize, number: usize| {
        let long = "x".repeat(size);
        let name = format!("filler-{size}-{number}");
        [
            format!(
                "INSERT INTO attempts (id, delivery_id, epoch, part_index, step, verdict, worker, started_at, ended_at)
                 VALUES ('{name}', 'filler', 0, 0, '{long}', '', '', 0, 0)"
            ),
            format!(
                "INSERT INTO events (id, owner_id, kind, data, created_at) VALUES ('{name}', '', '{long}', '{{}}', 0)"
            ),
            format!(
                "INSERT INTO posts (id, owner_id, request_hash, content, created_at, updated_at)
                 VALUES ('{name}', 'filler', '', '{long}', 0, 0)"
            ),
            format!("INSERT INTO rate_windows (lane, name, used, resets_at) VALUES ('{name}', '{long}', 0, 0)"),
            format!(
                "INSERT INTO deliveries (id, post_id, owner_id, account_id, platform, status, waiting_for, created_at, updated_at)
                 VALUES ('{name}', '{}', 'filler', '{name}', 'x', 'canceled', '{long}', 0, 0)",
                id(post)
            ),
        ]
    };
    for size in [3_000, 300, 30, 0] {
        for table in 0..rows(size, 0).len() {
            let mut number = 0;
            while writer
                .execute_unprepared(&rows(size, number)[table])
                .await
                .is_ok()
            {
                number += 1;
            }
        }
    }
}

/// Gives the disk room again.
async fn make_room(app: &TestApp) {
    app.execute("PRAGMA max_page_count = 1000000").await;
}

/// Many customers at once, so that one transaction holds what several of them wrote: some are
/// taken and some are not. Returns what each of them sent, and under which key.
async fn crowd(app: &TestApp) -> Vec<(Value, String)> {
    let sent: Vec<(Value, String)> = (0..24)
        .map(|number| {
            let written = format!("crowd {number} {}", "x".repeat(number % 4 * 60));
            let body = json!({ "text": written.trim(), "accounts": app.both() });
            (body, format!("crowd-{number}"))
        })
        .collect();
    let submits = sent
        .iter()
        .map(|(body, key)| app.client.submit_with_key(body.clone(), key));
    let replies = join_all(submits).await;
    let refused: Vec<_> = replies
        .iter()
        .filter(|reply| !reply.status.is_success())
        .collect();
    refused.iter().for_each(|reply| is_told_to_repeat(reply));
    println!("{} of {} found the disk full", refused.len(), sent.len());
    for (reply, (_, key)) in replies.iter().zip(&sent) {
        if reply.status.is_success() {
            let shown = app.client.show(&reply.body).await;
            assert_eq!(shown["id"], reply.body["id"], "{key} was taken");
        }
    }
    sent
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_is_full_loses_and_doubles_nothing_on_sqlite() {
    let app = embedded().await;
    app.simulator
        .add_faults(on_sending(Fault::Hold { when: When::After }));
    let sent = app.client.submit("sent before", &app.both()).await;
    let tasks = publishing(&app.worker, &sent);
    app.simulator.until_held(2).await;
    let due = app.client.submit("due meanwhile", &app.both()).await;

    fill(&app, &due).await;
    let body = json!({ "text": "submitted meanwhile", "accounts": app.both() });
    is_told_to_repeat(&app.client.submit_with_key(body.clone(), "full").await);
    fill(&app, &due).await;
    let claiming = publishing(&app.worker, &due);
    app.simulator.release();
    // Time for a few tries.
    tokio::time::sleep(Duration::from_millis(500)).await;
    make_room(&app).await;
    for task in claiming {
        // A claim is not tried again and again.
        let _ = task.await.expect("no panic");
    }
    for task in tasks {
        task.await
            .expect("no panic")
            .expect("written down in the end");
    }
    fill(&app, &due).await;
    let crowd = crowd(&app).await;
    make_room(&app).await;

    // Claims that another was faster with, so that transactions are rolled back.
    let other = app.another_worker("other").await;
    for round in 0..5 {
        let written = format!("taken by one of two, {round}");
        let post = app.client.submit(&written, &app.both()).await;
        let tasks = [publishing(&app.worker, &post), publishing(&other, &post)];
        for task in tasks.into_iter().flatten() {
            task.await.expect("no panic").expect("no error");
        }
        out_once(&app, &post, &[written]).await;
    }
    let later = submit_surely(&app.client, &body, "full").await;
    settle(&app, &app.worker).await;
    for (post, written) in [
        (sent, "sent before"),
        (due, "due meanwhile"),
        (later, "submitted meanwhile"),
    ] {
        out_once(&app, &post, &[written.to_owned()]).await;
    }
    for (body, key) in &crowd {
        let post = submit_surely(&app.client, body, key).await;
        settle(&app, &app.worker).await;
        out_once(&app, &post, &[text(&body["text"]).to_owned()]).await;
    }
    // Nothing is left in a transaction that was never ended: another process sees it all.
    let others = app.backend.another_database().await;
    let sql = "SELECT count(*) FROM deliveries WHERE status = 'published'";
    let statement = Statement::from_string(others.backend(), sql);
    let row = others
        .reader()
        .query_one_raw(statement)
        .await
        .expect("a query")
        .expect("a row");
    let published: i64 = row.try_get_by_index(0).expect("a number");
    assert_eq!(published, 2 * (3 + 5 + crowd.len() as i64));
    app.finish().await;
}
