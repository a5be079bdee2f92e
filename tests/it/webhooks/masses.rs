//! Webhooks with a long past: no statement takes all of it at once.

use tests::Mode;

use super::*;

/// Has PostgreSQL keep how many notifications each statement deletes.
async fn watch_deletes(app: &TestApp) {
    app.execute(
        "CREATE TABLE deleted_at_once (count bigint);
         CREATE FUNCTION count_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN INSERT INTO deleted_at_once SELECT count(*) FROM gone; RETURN NULL; END $$;
         CREATE TRIGGER count_deleted AFTER DELETE ON notifications REFERENCING OLD TABLE AS gone
            FOR EACH STATEMENT EXECUTE FUNCTION count_deleted();",
    )
    .await;
}

async fn most_at_once(app: &TestApp) -> i64 {
    app.count("SELECT coalesce(max(count), 0) FROM deleted_at_once")
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_with_a_long_log_is_deleted_bit_by_bit_and_so_is_all_of_an_owner() {
    let app = TestApp::spawn(Mode::Distributed).await;
    watch_deletes(&app).await;
    let rows = "SELECT count(*) FROM notifications";
    let hooks = [(); 3].map(|()| make(&app.client, "https://example.com/", json!(null)));
    let hooks = futures::future::join_all(hooks).await;
    for hook in &hooks {
        note(&app, hook, 2_500, app.clock.now() + DAY).await;
    }
    let deleted = app.client.delete(&path(&hooks[0], "")).await;
    deleted.expect(StatusCode::NO_CONTENT);
    app.client
        .get(&path(&hooks[0], ""))
        .await
        .problem(404, "not_found");
    assert_eq!(app.count(rows).await, 5_000);
    assert!(most_at_once(&app).await <= 1_000);
    entities::erasure::erase_user(&app.backend.database, &app.owner, app.clock.now())
        .await
        .unwrap();
    assert_eq!(app.count(rows).await, 0);
    assert_eq!(app.count("SELECT count(*) FROM webhooks").await, 0);
    let most = most_at_once(&app).await;
    assert!(most <= 1_000, "{most} in one statement");
    app.finish().await;
}

both_modes! {
    async fn what_is_old_is_forgotten_batch_by_batch_so_that_sending_goes_on_in_between(app: &TestApp) {
        let hook = make(&app.client, "https://example.com/", json!(null)).await;
        note(app, &hook, 1_500, app.clock.now() + 100 * DAY).await;
        app.clock.advance(31 * DAY);
        worker::notify::forget_old(&app.worker, app.clock.now()).await;
        assert_eq!(app.count("SELECT count(*) FROM notifications").await, 500);
        worker::notify::forget_old(&app.worker, app.clock.now()).await;
        assert_eq!(app.count("SELECT count(*) FROM notifications").await, 0);
    }
}

both_modes! {
    async fn old_events_are_forgotten_batch_by_batch_so_that_telling_goes_on_in_between(app: &TestApp) {
        app.execute(
            "INSERT INTO events (id, owner_id, kind, data, created_at, position)
             WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 6000)
             SELECT 'evt_00' || n, 'nobody', 'webhook.test', '{}', 1, n FROM numbers",
        )
        .await;
        worker::tell::forget(&app.worker).await.unwrap();
        assert_eq!(app.count("SELECT count(*) FROM events").await, 1_000);
        worker::tell::forget(&app.worker).await.unwrap();
        assert_eq!(app.count("SELECT count(*) FROM events").await, 0);
    }
}
