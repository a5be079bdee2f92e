//! The dry run: everything that can be known before, and nothing stored.

use std::time::Duration;

use entities::Platform;
use media::testing::{jpeg, webp};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::client::{id, text};
use tests::{TestApp, both_modes};

async fn forecast(app: &TestApp, body: Value) -> Value {
    let answer = app.client.post("/v1/posts/validate", body).await;
    let stored = app
        .count("SELECT count(*) FROM deliveries WHERE status = 'queued'")
        .await;
    let body = answer.expect(StatusCode::OK);
    assert_eq!(
        app.count("SELECT count(*) FROM deliveries WHERE status = 'queued'")
            .await,
        stored
    );
    body
}

fn of<'a>(forecast: &'a Value, platform: &str) -> &'a Value {
    let accounts = forecast["accounts"].as_array().unwrap();
    accounts
        .iter()
        .find(|account| account["platform"] == platform)
        .unwrap()
}

fn codes(list: &Value) -> Vec<String> {
    let list = list.as_array().unwrap();
    list.iter()
        .map(|one| format!("{} {}", text(&one["field"]), text(&one["code"])))
        .collect()
}

both_modes! {
    async fn it_shows_each_platforms_parts_by_its_own_counting(app: &TestApp) {
        let long = "One sentence of the text is here. ".repeat(20);
        let shown = forecast(app, json!({ "text": long, "split": { "numbering": true }, "accounts": app.both() })).await;
        assert_eq!(shown["valid"], true, "{shown:#}");
        let (threads, x) = (of(&shown, "threads"), of(&shown, "x"));
        assert_eq!(threads["parts"].as_array().unwrap().len(), 2);
        assert_eq!(x["parts"].as_array().unwrap().len(), 3);
        assert!(text(&x["parts"][0]["text"]).ends_with("(1/3)"), "{x:#}");
        for account in [threads, x] {
            for part in account["parts"].as_array().unwrap() {
                assert!(part["left"].as_i64().unwrap() >= 0, "{part:#}");
                assert_eq!(part["length"].as_i64().unwrap() + part["left"].as_i64().unwrap(), part["limit"].as_i64().unwrap());
            }
        }
        let without = forecast(app, json!({ "text": long, "accounts": app.both() })).await;
        assert_eq!(without["valid"], false);
        assert_eq!(codes(&without["violations"]), ["text text_too_long", "text text_too_long"]);
        assert_eq!(app.count("SELECT count(*) FROM posts").await, 0);
    }
}

both_modes! {
    async fn it_tells_what_x_charges_with_and_without_links(app: &TestApp) {
        let price = async |text: &str| {
            let shown = forecast(app, json!({ "text": text, "accounts": app.both() })).await;
            assert_eq!(of(&shown, "threads")["price"], Value::Null);
            of(&shown, "x")["price"].clone()
        };
        assert_eq!(price("no link").await, json!({ "total": "0.015", "without_links": "0.015" }));
        assert_eq!(price("see https://example.com").await, json!({ "total": "0.200", "without_links": "0.015" }));
    }
}

both_modes! {
    async fn it_counts_what_is_scheduled_into_the_quota_at_that_time(app: &TestApp) {
        let at = app.clock.now() + Duration::from_secs(3_600);
        for number in 0..3 {
            app.client.schedule(&format!("number {number} of three"), &app.both(), at).await;
        }
        let body = |at: entities::Timestamp| json!({ "text": "the next", "accounts": app.both(), "publish_at": at.to_string() });
        let shown = forecast(app, body(at + Duration::from_secs(60))).await;
        assert_eq!(of(&shown, "threads")["quota"][0], json!({
            "name": "posts", "limit": 250, "window_s": 86_400, "used": 3, "takes": 1, "left": 246,
        }));
        assert_eq!(of(&shown, "x")["quota"][0]["used"], 3);
        // A quarter of an hour later X's window is another one, Threads' day is not.
        let shown = forecast(app, body(at + Duration::from_secs(1_000))).await;
        assert_eq!(of(&shown, "threads")["quota"][0]["used"], 3);
        assert_eq!(of(&shown, "x")["quota"][0]["used"], 0);
        app.settle(Duration::from_secs(4_000)).await;
    }
}

both_modes! {
    async fn it_warns_of_repeats_of_dead_connections_and_of_files(app: &TestApp) {
        app.client.submit("We are hiring two Rust engineers, remote", &app.both()).await;
        app.drain().await;
        app.execute(&format!("UPDATE accounts SET state = 'needs_reconnect', state_reason = 'r' WHERE id = '{}'", app.x)).await;
        let file = app.client.upload("/v1/media", jpeg(200, 200)).await.expect(StatusCode::CREATED);
        let shown = forecast(app, json!({
            "text": "we are hiring two rust engineers: remote!", "accounts": app.both(), "media": [{ "id": id(&file) }],
        })).await;
        let found = codes(&shown["warnings"]);
        let (threads, x) = (&app.threads, &app.x);
        for expected in [
            format!("{threads} similar_post"), format!("{x} similar_post"), format!("{x} needs_reconnect"),
        ] {
            assert!(found.contains(&expected), "{found:?}");
        }
        // A picture of 200 pixels is scaled by Threads.
        assert!(found.iter().any(|warning| warning.starts_with("media[0] ")), "{found:?}");
        assert_eq!(shown["valid"], true);
    }
}

both_modes! {
    async fn it_warns_where_the_internet_can_not_fetch_the_files(app: &TestApp) {
        let file = app.client.upload("/v1/media", jpeg(600, 600)).await.expect(StatusCode::CREATED);
        let body = json!({ "text": "a cat", "accounts": [app.threads], "media": [{ "id": id(&file) }] });
        let afar = |url: &'static str| app.another_server(move |state| {
            state.settings.fetched_from_afar = true;
            state.settings.public_url = url.into();
        });
        let warned = async |url| {
            let shown = afar(url).post("/v1/posts/validate", body.clone()).await.expect(StatusCode::OK);
            codes(&shown["warnings"])
        };
        assert_eq!(warned("http://192.168.1.5:8080").await, [format!("{} media_out_of_reach", app.threads)]);
        assert_eq!(warned("https://posts.example.com").await, Vec::<String>::new());
    }
}

both_modes! {
    async fn a_picture_is_made_to_fit_only_when_that_is_asked_for(app: &TestApp) {
        let kept = app.client.upload("/v1/media", webp(700, 500)).await.expect(StatusCode::CREATED);
        assert_eq!(kept["mime"], "image/webp");
        let refused = &kept["findings"].as_array().unwrap()[0];
        assert_eq!((&refused["platform"], &refused["severity"]), (&json!("threads"), &json!("refused")));
        assert!(!text(&refused["fix"]).is_empty());
        let fitted = app.client.upload("/v1/media?fit=true", webp(700, 500)).await.expect(StatusCode::CREATED);
        assert_ne!(fitted["mime"], "image/webp");
        assert!(!fitted["converted"].as_array().unwrap().is_empty());
        assert_eq!(fitted["findings"], json!([]));
        let again = app.client.upload("/v1/media", webp(700, 500)).await.expect(StatusCode::OK);
        assert_eq!(id(&again), id(&kept), "the same file is the same id");
        let post = app.client.submit_raw(json!({
            "text": "fits", "accounts": app.both(), "media": [{ "id": id(&fitted) }],
        })).await.expect(StatusCode::ACCEPTED);
        app.settle(Duration::from_secs(3_600)).await;
        assert_eq!(app.client.show(&post).await["status"], "published");
        assert_eq!(app.live_on(Platform::Threads)[0].media[0].sha256, text(&fitted["sha256"]));
    }
}
