//! Customers are told what happened, at addresses of their own.

mod many;
mod masses;
mod reach;
mod retries;
mod rules;
mod sharing;
mod together;

use std::time::Duration;

use entities::{EventId, Timestamp, notifications};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::client::{Client, id, text};
use tests::receiver::{Reaction, Receiver};
use tests::{TestApp, both_modes};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A webhook of the customer's, with its secret.
async fn make(client: &Client, url: &str, events: Value) -> Value {
    let body = json!({ "url": url, "events": events });
    client
        .post("/v1/webhooks", body)
        .await
        .expect(StatusCode::CREATED)
}

fn path(webhook: &Value, rest: &str) -> String {
    format!("/v1/webhooks/{}{rest}", id(webhook))
}

/// Has a test event sent, without sending it yet; its id.
async fn ask_for_test(client: &Client, webhook: &Value) -> String {
    let asked = client.post(&path(webhook, "/test"), json!({})).await;
    let asked = asked.expect(StatusCode::ACCEPTED);
    assert_eq!(asked["state"], "waiting");
    text(&asked["event_id"]).to_owned()
}

/// Notes every event there is for those who want it, as often as one likes.
async fn note_all(app: &TestApp) -> u64 {
    let events = app.texts("SELECT id FROM events").await;
    let events: Vec<EventId> = events.iter().map(|id| id.parse().unwrap()).collect();
    let (database, now) = (&app.backend.database, app.clock.now());
    notifications::fan_out(database.writer(), &events, now)
        .await
        .unwrap()
}

/// So many notifications for a webhook, due at the same time, without events of their own.
async fn note(app: &TestApp, webhook: &Value, count: usize, due: Timestamp) {
    let now = app.clock.now().as_ms();
    app.execute(&format!(
        "INSERT INTO notifications (webhook_id, event_id, kind, state, next_at, created_at)
         WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})
         SELECT '{}', 'evt_' || n, 'webhook.test', 'waiting', {}, {now} FROM numbers",
        id(webhook),
        due.as_ms()
    ))
    .await;
}

/// The webhook's log, newest first.
async fn log(client: &Client, webhook: &Value) -> Vec<Value> {
    let list = client.get(&path(webhook, "/notifications")).await;
    let list = list.expect(StatusCode::OK);
    list["data"].as_array().unwrap().clone()
}

async fn shown(client: &Client, webhook: &Value) -> Value {
    client.get(&path(webhook, "")).await.expect(StatusCode::OK)
}

async fn disabled_events(app: &TestApp) -> i64 {
    app.count("SELECT count(*) FROM events WHERE kind = 'webhook.disabled'")
        .await
}

both_modes! {
    async fn an_event_is_sent_signed_to_those_who_want_its_kind(app: &TestApp) {
        let (receiver, deaf) = (Receiver::start().await, Receiver::start().await);
        let hook = make(&app.client, &receiver.url, json!(["delivery.published"])).await;
        make(&app.client, &deaf.url, json!(["delivery.failed"])).await;
        let (_, other) = app.another_owner("user_other").await;
        make(&other, &deaf.url, json!(null)).await;
        let post = app.client.submit("Told", &[app.x.to_string()]).await;
        app.drain().await;
        note_all(app).await;
        assert_eq!(note_all(app).await, 0, "each is noted once");
        app.drain().await;

        let [got] = &receiver.got()[..] else { panic!("{:?}", receiver.got()) };
        let event = got.event();
        assert_eq!(event["type"], "delivery.published");
        assert_eq!(event["id"], got.id);
        assert_eq!(event["data"]["post_id"], post["id"]);
        assert_eq!(event["data"]["delivery_id"], post["deliveries"][0]["id"]);
        assert_eq!(event["data"]["account_id"], app.x.as_str());
        assert_eq!(event["data"]["status"], "published");
        assert!(text(&event["timestamp"]).ends_with('Z'), "{event:#}");
        assert_eq!(got.timestamp, (app.clock.now().as_ms() / 1000).to_string());
        assert!(got.is_signed_with(text(&hook["secret"]), app.clock.now()));
        assert!(!got.is_signed_with("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", app.clock.now()));
        assert_eq!(deaf.got().len(), 0);

        let [logged] = &log(&app.client, &hook).await[..] else { panic!("one") };
        assert_eq!((&logged["event_id"], &logged["type"]), (&event["id"], &event["type"]));
        assert_eq!((&logged["state"], &logged["next_at"]), (&json!("done"), &json!(null)));
        assert_eq!(logged["attempts"][0]["http_status"], 200, "{logged:#}");
        assert_eq!(logged["attempts"][0]["error"], json!(null));
    }
}

both_modes! {
    async fn a_test_event_goes_to_one_webhook_and_to_no_other(app: &TestApp) {
        let (receiver, other) = (Receiver::start().await, Receiver::start().await);
        let hook = make(&app.client, &receiver.url, json!(["delivery.failed"])).await;
        make(&app.client, &other.url, json!(null)).await;
        let event = ask_for_test(&app.client, &hook).await;
        note_all(app).await;
        app.drain().await;
        let got = receiver.got();
        assert_eq!((got.len(), got[0].id.as_str()), (1, event.as_str()));
        assert_eq!(got[0].event()["type"], "webhook.test");
        assert_eq!(got[0].event()["data"]["webhook_id"], id(&hook));
        assert_eq!(other.got().len(), 0);
    }
}

both_modes! {
    async fn while_a_secret_is_changed_both_sign_and_then_the_new_one_alone(app: &TestApp) {
        let receiver = Receiver::start().await;
        let hook = make(&app.client, &receiver.url, json!(null)).await;
        let rotate = async |body: Value| {
            let rotated = app.client.post(&path(&hook, "/rotate-secret"), body).await;
            rotated.expect(StatusCode::OK)
        };
        let signs = async |secrets: [&Value; 3]| {
            ask_for_test(&app.client, &hook).await;
            app.drain().await;
            let got = receiver.got().pop().unwrap();
            assert_eq!(got.event()["type"], "webhook.test");
            secrets.map(|secret| got.is_signed_with(text(secret), app.clock.now()))
        };
        let first = &hook["secret"];
        let rotated = rotate(json!({})).await;
        let second = &rotated["secret"];
        assert_eq!(rotated["former_secret_until"], (app.clock.now() + DAY).to_string());
        assert_eq!(signs([first, second, first]).await, [true, true, true]);
        app.clock.advance(DAY - Duration::from_secs(1));
        assert_eq!(signs([first, second, first]).await, [true, true, true]);
        app.clock.advance(Duration::from_secs(1));
        assert_eq!(signs([first, second, second]).await, [false, true, true]);
        assert_eq!(shown(&app.client, &hook).await["former_secret_until"], json!(null));

        let third = rotate(json!({ "former_valid_for_s": 0 })).await;
        assert_eq!(signs([first, second, &third["secret"]]).await, [false, false, true]);
        let fourth = rotate(json!({ "former_valid_for_s": 60 })).await;
        assert_eq!(signs([second, &third["secret"], &fourth["secret"]]).await, [false, true, true]);
        app.clock.advance(MINUTE);
        assert_eq!(signs([second, &third["secret"], &fourth["secret"]]).await, [false, false, true]);
    }
}

both_modes! {
    async fn what_was_sent_is_sent_again_on_request_under_the_same_id(app: &TestApp) {
        let receiver = Receiver::start().await;
        let hook = make(&app.client, &receiver.url, json!(null)).await;
        let event = ask_for_test(&app.client, &hook).await;
        app.drain().await;
        let again = path(&hook, &format!("/notifications/{event}/redeliver"));
        app.client.post(&again, json!({})).await.expect(StatusCode::ACCEPTED);
        app.drain().await;
        let got = receiver.got();
        assert_eq!(got.len(), 2);
        assert_eq!((&got[0].id, &got[0].body), (&got[1].id, &got[1].body));
        let logged = log(&app.client, &hook).await;
        assert_eq!(logged.len(), 1);
        assert_eq!(logged[0]["attempts"].as_array().unwrap().len(), 2);
        let never = path(&hook, &format!("/notifications/{}/redeliver", EventId::generate()));
        app.client.post(&never, json!({})).await.problem(404, "not_found");

        // Not while it is under way.
        receiver.answers(Reaction::Hang);
        app.client.post(&again, json!({})).await.expect(StatusCode::ACCEPTED);
        let worker = app.worker.clone();
        let sending = tokio::spawn(async move { worker::notify::round(&worker).await });
        receiver.until(3).await;
        app.client.post(&again, json!({})).await.problem(409, "under_way");
        receiver.let_go();
        assert_eq!(sending.await.unwrap().unwrap(), 1);
    }
}
