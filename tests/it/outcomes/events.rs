//! The rows tell the true story: every try, every event once, and nobody's token.

use entities::Platform;
use serde_json::json;
use simulator::{ContainerFate, Fault, FaultBody, FaultRule, LagOf, Operation, When, XError};
use tests::dump::{holds, table_rows};
use tests::{TestApp, both_modes};

use super::deaths::delivery_id;
use super::{HOUR, on};

/// Publishes on one platform under rules, and tells what was written: `step verdict` for each
/// try, equal ones in a row once, and the kinds of events.
async fn story(
    app: &TestApp,
    platform: Platform,
    rules: Vec<FaultRule>,
) -> (Vec<String>, Vec<String>) {
    app.simulator.clear_faults();
    app.simulator.add_faults(rules);
    let account = if platform == Platform::Threads {
        &app.threads
    } else {
        &app.x
    };
    let number = app.count("SELECT count(*) FROM posts").await;
    let post = app
        .client
        .submit(&format!("story {number}"), &[account.to_string()])
        .await;
    app.settle(30 * HOUR).await;
    let mut attempts = app.client.attempts(&post["deliveries"][0]).await;
    attempts.dedup();
    let delivery = delivery_id(&post);
    let events = format!("SELECT kind FROM events WHERE delivery_id = '{delivery}' ORDER BY id");
    (attempts, app.texts(&events).await)
}

async fn check(
    app: &TestApp,
    platform: Platform,
    rules: Vec<FaultRule>,
    attempts: &[&str],
    events: &[&str],
) {
    let labels: Vec<String> = rules.iter().map(|rule| rule.fault.label()).collect();
    let (told, happened) = story(app, platform, rules).await;
    assert_eq!(told, attempts, "{platform} {labels:?}");
    assert_eq!(happened, events, "{platform} {labels:?}");
}

both_modes! {
    async fn every_try_on_threads_and_every_event_is_on_record(app: &TestApp) {
        let ready = ["create_container done", "check_container done"];
        let story = |rest: &[&'static str]| [&ready[..], rest].concat();
        let threads = Platform::Threads;
        check(app, threads, vec![], &story(&["publish_container done", "read_permalink done"]), &["delivery.published"]).await;

        let lost = |when| on(Operation::Publish, Fault::Lost { when }).once();
        let found = story(&["publish_container unknown", "check_container wait", "find_post done"]);
        check(app, threads, vec![lost(When::After)], &found, &["delivery.unconfirmed", "delivery.resolved"]).await;

        let slow = on(Operation::CreateContainer, Fault::Lag { what: LagOf::Processing, seconds: 20 }).once();
        let waited = ["create_container done", "check_container wait", "check_container done", "publish_container done", "read_permalink done"];
        check(app, threads, vec![slow], &waited, &["delivery.published"]).await;

        let error = ContainerFate::Error("INVALID_DURATION".to_owned());
        let refused = on(Operation::CreateContainer, Fault::Container { becomes: error }).once();
        check(app, threads, vec![refused], &["create_container done", "check_container reject"], &["delivery.failed"]).await;
    }
}

both_modes! {
    async fn every_try_on_x_and_every_event_is_on_record(app: &TestApp) {
        let x = Platform::X;
        check(app, x, vec![], &["create_post done"], &["delivery.published"]).await;

        let lost = |when| on(Operation::XCreate, Fault::Lost { when }).once();
        let found = ["create_post unknown", "find_post done"];
        check(app, x, vec![lost(When::After)], &found, &["delivery.unconfirmed", "delivery.resolved"]).await;

        let absent = ["create_post unknown", "find_post wait", "find_post retry", "create_post done"];
        let events = ["delivery.unconfirmed", "delivery.resolved", "delivery.published"];
        check(app, x, vec![lost(When::Before)], &absent, &events).await;

        let refused = Fault::XError { when: When::Before, error: XError::NotPermitted };
        let refused = on(Operation::XCreate, refused).once();
        check(app, x, vec![refused], &["create_post reject"], &["delivery.failed"]).await;

        let limited = XError::TooManyRequests { window: simulator::LimitWindow::FifteenMinutes, reset_in_s: 60 };
        let limited = on(Operation::XCreate, Fault::XError { when: When::Before, error: limited }).once();
        check(app, x, vec![limited], &["create_post retry_at", "create_post done"], &["delivery.published"]).await;

        let silent = on(Operation::XTimeline, Fault::Lost { when: When::Before });
        let open = ["create_post unknown", "find_post retry", "find_post unknown"];
        check(app, x, vec![lost(When::After), silent], &open, &["delivery.unconfirmed", "delivery.failed"]).await;
    }
}

both_modes! {
    async fn an_attempt_shows_what_the_platform_said(app: &TestApp) {
        let refused = Fault::XError { when: When::Before, error: XError::NotPermitted };
        app.simulator.add_faults(vec![on(Operation::XCreate, refused).once()]);
        let post = app.client.submit("refused", &[app.x.to_string()]).await;
        app.drain().await;
        let path = format!("/v1/deliveries/{}/attempts", delivery_id(&post));
        let attempts = app.client.get(&path).await.body;
        let attempt = &attempts["data"][0];
        assert_eq!(attempt["http_status"], 403, "{attempts:#}");
        assert_eq!(attempt["platform_message"], "You are not permitted to perform this action.");
        assert_eq!(attempt["worker"], "worker-test");
        assert!(attempt["trace_id"].is_string(), "{attempt:#}");
        assert_eq!(attempt["started_at"], app.clock.now().to_string());
    }
}

both_modes! {
    async fn no_token_is_written_anywhere_even_when_a_platform_repeats_it(app: &TestApp) {
        let tokens = ["token-threads-ann", "token-x-ann"];
        let said = |token: &str, status| {
            let message = format!("Bad token {token}, access_token={token}&x=1");
            let body = json!({ "error": { "message": message, "type": token, "code": 1, "error_subcode": token, "fbtrace_id": token },
                "title": token, "detail": message, "type": format!("https://api.x.com/2/problems/{token}"),
                "errors": [{ "message": message, "code": 1 }] });
            let headers = [("x-fb-trace-id", token), ("x-transaction-id", token), ("location", token)];
            let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
            Fault::Status { when: When::Before, status, body: FaultBody::Json(body), headers }
        };
        for (status, times) in [(500, 1), (400, 1), (403, 1), (200, 1), (429, 1), (302, 1)] {
            for token in tokens {
                let html = FaultBody::Html(format!("<html>{token}</html>"));
                let page = Fault::Status { when: When::Before, status, body: html, headers: Default::default() };
                app.simulator.add_faults(vec![
                    FaultRule::new(said(token, status)).account("ann").text_contains(format!("{token} {status}")).times(times),
                    FaultRule::new(page).account("ann").text_contains(format!("{token} {status}")).times(times),
                ]);
                let account = if token.contains("threads") { &app.threads } else { &app.x };
                // The post's own text is its owner's, and not among the tables looked at.
                app.client.submit(&format!("{token} {status}"), &[account.to_string()]).await;
            }
        }
        app.settle(30 * HOUR).await;
        app.simulator.clear_faults();
        app.simulator.revoke(simulator::Platform::X, "ann");
        app.simulator.revoke(simulator::Platform::Threads, "ann");
        app.client.submit("revoked", &app.both()).await;
        app.settle(HOUR).await;

        let mut seen = 0;
        for table in ["attempts", "events", "deliveries", "accounts", "lanes", "parts"] {
            for row in table_rows(app, table).await {
                seen += 1;
                let is_in = |token: &&str| holds(&row, token);
                assert!(!tokens.iter().any(is_in), "{table}: {row}");
            }
        }
        assert!(seen > 50, "only {seen} rows");
        let failed = app.count("SELECT count(*) FROM deliveries WHERE status IN ('failed', 'needs_reconnect')").await;
        assert!(failed > 2, "only {failed} went wrong");
    }
}
