//! What a person does at the very moment in which a worker does something else.

use std::time::Duration;

use entities::posts::find_delivery;
use tests::both_modes;
use tests::client::text;

const ERROR: &str = r#"{"code":"unconfirmed","message":"m","action":"a","retryable":true}"#;

both_modes! {
    async fn a_retry_decided_on_an_older_reading_is_refused(app: &TestApp) {
        let post = app.client.submit("Retried too early", &[app.x.to_string()]).await;
        let id = text(&post["deliveries"][0]["id"]).parse().unwrap();
        let read = || async { find_delivery(&app.backend.database, &app.owner, &id).await.unwrap().unwrap() };
        let before = read().await;
        app.execute(&format!("UPDATE deliveries SET status = 'failed', next_at = NULL, error = '{ERROR}'")).await;
        let (now, handed) = (app.clock.now(), Duration::from_secs(15));
        let retry = |read| entities::edit::retry(&app.backend.database, &app.owner, read, now, handed);
        assert!(!retry(&before).await.unwrap(), "it was not failed when it was read");
        assert!(retry(&read().await).await.unwrap());
        app.advance(handed).await;
        assert_eq!(app.client.delivery(&post, "x").await["status"], "published");
    }
}

both_modes! {
    async fn what_was_set_aside_while_its_account_was_being_connected_goes_out(app: &TestApp) {
        let post = app.client.submit("Set aside", &[app.x.to_string()]).await;
        app.execute(&format!("UPDATE deliveries SET status = 'needs_reconnect', next_at = NULL, error = '{ERROR}'")).await;
        app.advance(Duration::from_secs(1)).await;
        assert_eq!(app.client.delivery(&post, "x").await["status"], "published");
        assert_eq!(app.simulator.live_posts().len(), 1);
    }
}
