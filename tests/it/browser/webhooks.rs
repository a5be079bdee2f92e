//! A webhook that is told nothing more is shown, and enabled again.

use entities::notifications::{After, Disable, Tried, record, take};
use reqwest::StatusCode;
use serde_json::json;
use std::time::Duration;
use tests::Mode;
use tests::client::id;

use super::{running, signed_in};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_is_told_of_a_webhook_that_was_disabled_and_enables_it_again() {
    let (app, stop) = running(Mode::Embedded, false).await;
    // Nothing is sent: it is disabled as the worker would.
    drop(stop);
    let url =
        "https://receiver.example/a?very=long&address=that-has-to-be-broken-into-several-lines";
    let hook = app.client.post("/v1/webhooks", json!({ "url": url })).await;
    let hook = hook.expect(StatusCode::CREATED);
    let path = format!("/v1/webhooks/{}", id(&hook));
    let browser = signed_in(&app, 390, 844).await;
    assert_eq!(browser.text("#webhooks").await, "");

    let asked = app.client.post(&format!("{path}/test"), json!({})).await;
    asked.expect(StatusCode::ACCEPTED);
    let (database, now) = (&app.backend.database, app.clock.now());
    let webhook = id(&hook).parse().unwrap();
    let taken = take(database, &webhook, now, Duration::from_secs(60), 1)
        .await
        .unwrap();
    let tried = Tried {
        started_at: now,
        http_status: Some(410),
        error: Some("gone".to_owned()),
        answer: None,
    };
    record(
        database,
        &taken[0],
        &tried,
        After::Failed,
        Disable::Gone,
        now,
    )
    .await
    .unwrap();

    browser.open(app.page_url()).await;
    browser.until_shows("#webhooks", url).await;
    browser.until_shows("#webhooks", "410 Gone").await;
    assert!(browser.fits().await);
    browser.click("#webhooks button").await;
    browser
        .until(
            "no note",
            "return document.getElementById('webhooks').hidden;",
        )
        .await;
    let shown = app.client.get(&path).await.expect(StatusCode::OK);
    assert_eq!(shown["enabled"], true);
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}
