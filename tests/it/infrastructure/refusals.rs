//! PostgreSQL that answers with an error: a serialization failure, a deadlock, a server that only
//! reads, a full disk.

use serde_json::json;
use simulator::{Fault, When};
use tests::{Mode, TestApp};

use super::{
    Behind, HOUR, is_told_to_repeat, let_anything_be_doubled, on_sending, out_once, publishing,
    settle, submit_surely,
};

/// Serialization failure, deadlock, read-only transaction, disk full.
const STATES: [&str; 4] = ["40001", "40P01", "25006", "53100"];

/// Everything that is written from accepting a post to its end.
const WRITES: [(&str, &str); 7] = [
    ("INSERT", "posts"),
    ("INSERT", "deliveries"),
    ("UPDATE", "deliveries"),
    ("INSERT", "rate_windows"),
    ("INSERT", "parts"),
    ("INSERT", "attempts"),
    ("INSERT", "events"),
];

/// What makes the server itself refuse its first so many writes of a kind. Counted by a sequence,
/// which a rollback does not take back.
const REFUSING: &str = "
    CREATE TABLE refusing (state text NOT NULL, times bigint NOT NULL);
    INSERT INTO refusing VALUES ('00000', 0);
    CREATE SEQUENCE refused;
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('refused') <= (SELECT times FROM refusing) THEN
            RAISE EXCEPTION 'refused' USING ERRCODE = (SELECT state FROM refusing);
        END IF;
        RETURN NEW;
    END $$";

async fn refuse(app: &TestApp, state: &str, times: u64) {
    app.execute(&format!(
        "UPDATE refusing SET state = '{state}', times = {times}; SELECT setval('refused', 1, false)"
    ))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_the_server_refuses_loses_and_doubles_nothing() {
    const TIMES: u64 = 3;
    let app = TestApp::spawn(Mode::Distributed).await;
    let_anything_be_doubled(&app);
    app.execute(REFUSING).await;
    for (operation, table) in WRITES {
        app.execute(&format!(
            "CREATE TRIGGER refuse BEFORE {operation} ON {table} FOR EACH ROW EXECUTE FUNCTION refuse()"
        ))
        .await;
        for state in STATES {
            let written = format!("{state} at {operation} {table}");
            let key = written.replace(' ', "-");
            let body = json!({ "text": written, "accounts": app.both() });
            refuse(&app, state, TIMES).await;
            let post = submit_surely(&app.client, &body, &key).await;
            settle(&app, &app.worker).await;
            let tried = app.count("SELECT last_value FROM refused").await;
            assert!(
                tried > TIMES as i64,
                "{written}: refused only {tried} times"
            );
            out_once(&app, &post, &[written]).await;
            let posts = format!("SELECT count(*) FROM posts WHERE idempotency_key = '{key}'");
            assert_eq!(app.count(&posts).await, 1, "{key}");
            app.clock.advance(25 * HOUR);
        }
        app.execute(&format!("DROP TRIGGER refuse ON {table}"))
            .await;
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_is_full_for_longer_than_a_worker_keeps_an_answer_costs_only_time() {
    let app = TestApp::spawn(Mode::Distributed).await;
    let_anything_be_doubled(&app);
    app.execute(REFUSING).await;
    app.execute(
        "CREATE TRIGGER refuse BEFORE INSERT ON attempts FOR EACH ROW
         WHEN (NEW.step IN ('publish_container', 'create_post')) EXECUTE FUNCTION refuse()",
    )
    .await;
    let post = app.client.submit("no room for it", &app.both()).await;
    refuse(&app, "53100", 1_000_000).await;
    for task in publishing(&app.worker, &post) {
        task.await.expect("no panic").expect_err("given up");
    }
    assert_eq!(app.simulator.live_posts().len(), 2);
    assert_eq!(app.client.show(&post).await["status"], "publishing");

    refuse(&app, "53100", 0).await;
    settle(&app, &app.worker).await;
    out_once(&app, &post, &["no room for it".to_owned()]).await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_only_reads_still_shows_posts_and_takes_new_ones_later() {
    let app = TestApp::spawn(Mode::Distributed).await;
    let_anything_be_doubled(&app);
    let product = Behind::of(&app).await;
    app.simulator
        .add_faults(on_sending(Fault::Hold { when: When::After }));
    let sent = app.client.submit("sent before", &app.both()).await;
    let tasks = publishing(&product.worker, &sent);
    app.simulator.until_held(2).await;
    // Whether a key was used lately is written down once a minute.
    app.execute("UPDATE api_keys SET last_used_at = 0").await;

    // For those who connect from now on, as after a failover.
    let database = app.texts("SELECT current_database()::text").await.remove(0);
    let setting = format!("ALTER DATABASE {database} SET default_transaction_read_only");
    app.execute(&format!("{setting} = on")).await;
    product.proxy.cut();
    let shown = product
        .until_answered(&format!("/v1/posts/{}", tests::client::id(&sent)))
        .await;
    assert_eq!(shown["status"], "publishing");
    let body = json!({ "text": "taken later", "accounts": app.both() });
    is_told_to_repeat(&product.client.submit_with_key(body.clone(), "later").await);
    let before = product.proxy.count();
    app.simulator.release();
    while product.proxy.count() < before + 8 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    app.execute(&format!("{setting} = off")).await;
    product.proxy.cut();

    for task in tasks {
        task.await
            .expect("no panic")
            .expect("written down in the end");
    }
    let later = submit_surely(&product.client, &body, "later").await;
    settle(&app, &product.worker).await;
    out_once(&app, &sent, &["sent before".to_owned()]).await;
    out_once(&app, &later, &["taken later".to_owned()]).await;
    app.finish().await;
}
