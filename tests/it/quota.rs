//! What is left of the platforms' limits: shown as it is, told once when it is little, and foretold.

use std::collections::BTreeMap;
use std::time::Duration;

use entities::{AccountId, Platform};
use platforms::threads::NewContainer;
use reqwest::StatusCode;
use serde_json::{Value, json};
use simulator::{Fault, FaultRule, Operation, When};
use tests::app::Options;
use tests::client::text;
use tests::{TestApp, both_modes};
use worker::limits::Limits;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// Limits of the operator's that the platforms enforce as well.
fn limited() -> Options {
    let mut simulator = simulator::Settings::default();
    simulator.x.create_per_user = 10;
    simulator.threads.post_quota = 5;
    Options {
        worker: worker::Settings {
            limits: Limits::parse("x.15min=10,threads.publishing=5").expect("limits"),
            ..Default::default()
        },
        simulator,
        ..Options::default()
    }
}

async fn quota(app: &TestApp, account: &AccountId) -> Value {
    let path = format!("/v1/accounts/{account}/quota");
    app.client.get(&path).await.expect(StatusCode::OK)
}

fn window<'a>(quota: &'a Value, name: &str) -> &'a Value {
    let windows = quota["windows"].as_array().expect("windows");
    let found = windows.iter().find(|window| window["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {quota:#}"))
}

async fn publish(app: &TestApp, account: &AccountId, name: &str, count: usize) {
    for number in 0..count {
        let text = format!("{name} {number}");
        app.client.submit(&text, &[account.to_string()]).await;
    }
    app.drain().await;
}

async fn events(app: &TestApp, kind: &str) -> Vec<Value> {
    let sql = format!("SELECT CAST(data AS text) FROM events WHERE kind = '{kind}' ORDER BY id");
    let events = app.texts(&sql).await;
    events
        .iter()
        .map(|data| serde_json::from_str(data).expect("JSON"))
        .collect()
}

both_modes! {
    async fn what_is_left_on_x_and_when_it_frees(app: &TestApp with limited()) {
        let start = app.clock.now();
        publish(app, &app.x, "one of three", 3).await;
        app.clock.advance(5 * MINUTE);
        let shown = quota(app, &app.x).await;
        assert_eq!(*window(&shown, "15min"), json!({
            "name": "15min", "counts": "posts_and_replies", "scope": "account", "window_s": 900,
            "used": 3, "max": 10, "left": 7, "frees_at": (start + 15 * MINUTE).to_string(), "source": "our_count",
            "our_count": { "used": 3, "max": 10 }, "platform": null,
        }));
        let of_app = window(&shown, "24h_app");
        assert_eq!((&of_app["scope"], &of_app["left"]), (&json!("app"), &json!(9_997)));
        assert_eq!((&shown["asked"], &shown["paused"]), (&Value::Null, &json!([])));
        // Near the limit the headers are read, and shown beside our own count.
        publish(app, &app.x, "five more", 5).await;
        let shown = quota(app, &app.x).await;
        assert_eq!(window(&shown, "15min")["platform"], json!({ "used": 8, "max": 10 }));
        app.clock.advance(10 * MINUTE);
        let shown = quota(app, &app.x).await;
        assert_eq!((&window(&shown, "15min")["used"], &window(&shown, "15min")["frees_at"]), (&json!(0), &Value::Null));
        // Refused at the platform for another reason than the limit: a pause is shown with its words.
        app.simulator.set_settings(|settings| settings.x.credit_microdollars = Some(0));
        publish(app, &app.x, "no credit", 1).await;
        let paused = &quota(app, &app.x).await["paused"][0];
        assert_eq!((&paused["scope"], &paused["reason"]), (&json!("app"), &json!("lane_paused")));
        assert_eq!(paused["platform_message"], "credits depleted");
        app.simulator.set_settings(|settings| settings.x.credit_microdollars = None);
        app.settle(HOUR).await;
    }
}

fn asked(app: &TestApp) -> usize {
    let calls = app.simulator.calls();
    calls
        .iter()
        .filter(|call| call.operation == Operation::PublishingLimit)
        .count()
}

both_modes! {
    async fn threads_own_count_holds_where_it_is_stricter_and_is_asked_for_once_a_minute(app: &TestApp with limited()) {
        let start = app.clock.now();
        publish(app, &app.threads, "ours", 1).await;
        app.clock.advance(HOUR);
        publish(app, &app.threads, "ours, later", 1).await;
        let shown = quota(app, &app.threads).await;
        let posts = window(&shown, "publishing");
        assert_eq!((&posts["used"], &posts["left"], &posts["source"]), (&json!(2), &json!(3), &json!("our_count")));
        assert_eq!(posts["platform"], json!({ "used": 2, "max": 5 }), "{shown:#}");
        assert_eq!(posts["frees_at"], (start + DAY).to_string());
        // What the token may do is not known, so that replies are not asked for.
        assert_eq!((&window(&shown, "replying")["platform"], &shown["asked"]["answered"]), (&Value::Null, &json!(true)));

        // Another app posts with the same profile.
        let token = "token-threads-ann".to_owned().into();
        let client = &app.worker.platforms.threads;
        let user = app.texts(&format!("SELECT remote_user_id FROM accounts WHERE id = '{}'", app.threads)).await.remove(0);
        let new = NewContainer { text: Some("foreign"), ..NewContainer::default() };
        let now_ms = app.clock.now().as_ms();
        let container = client.create_container(&token, &user, &new, now_ms).await.expect("a container").value;
        client.publish(&token, &user, &container, now_ms).await.expect("a post");
        quota(app, &app.threads).await;
        assert_eq!(asked(app), 1, "the answer of a moment ago is good");
        app.clock.advance(MINUTE);
        let sql = format!("UPDATE accounts SET scopes = 'threads_basic threads_manage_replies' WHERE id = '{}'", app.threads);
        app.execute(&sql).await;
        let shown = quota(app, &app.threads).await;
        assert_eq!(asked(app), 2);
        let posts = window(&shown, "publishing");
        assert_eq!((&posts["used"], &posts["left"], &posts["source"]), (&json!(3), &json!(2), &json!("platform")));
        assert_eq!(posts["our_count"], json!({ "used": 2, "max": 5 }));
        assert_eq!(window(&shown, "replying")["platform"], json!({ "used": 0, "max": 1_000 }));
        app.simulator.reset();
    }
}

both_modes! {
    async fn a_platform_that_can_not_be_asked_costs_nothing_but_its_count(app: &TestApp with limited()) {
        publish(app, &app.threads, "ours", 1).await;
        app.simulator.add_faults(vec![FaultRule::new(Fault::Lost { when: When::Before }).operation(Operation::PublishingLimit).once()]);
        let shown = quota(app, &app.threads).await;
        assert_eq!(shown["asked"]["answered"], false);
        assert!(text(&shown["asked"]["reason"]).starts_with("Threads could not be asked"), "{shown:#}");
        let posts = window(&shown, "publishing");
        assert_eq!((&posts["used"], &posts["source"], &posts["platform"]), (&json!(1), &json!("our_count"), &Value::Null));
        // The token is gone: nobody is asked.
        app.clock.advance(MINUTE);
        app.execute(&format!("UPDATE accounts SET state = 'needs_reconnect', state_reason = 'r' WHERE id = '{}'", app.threads)).await;
        let before = asked(app);
        let list = app.client.get("/v1/quota").await.expect(StatusCode::OK);
        assert_eq!(list["data"].as_array().map(Vec::len), Some(2));
        assert_eq!((&list["data"][0]["asked"]["answered"], asked(app)), (&json!(false), before));
    }
}

both_modes! {
    async fn that_little_is_left_is_told_once_for_each_window(app: &TestApp with limited()) {
        let look = async || worker::quota::round(&app.worker).await.expect("a round");
        publish(app, &app.x, "eight", 8).await;
        assert_eq!(look().await, 0);
        publish(app, &app.x, "the ninth", 1).await;
        assert_eq!((look().await, look().await), (1, 0));
        let until = text(&quota(app, &app.x).await["windows"][0]["frees_at"]).to_owned();
        let told = json!({ "window": "x.15min", "lane": "account", "max": 10, "left": 1, "until": until });
        assert_eq!(events(app, "quota.low").await, [told]);
        publish(app, &app.x, "the tenth", 1).await;
        assert_eq!(look().await, 0);
        app.clock.advance(15 * MINUTE);
        publish(app, &app.x, "in the next window", 9).await;
        assert_eq!((look().await, events(app, "quota.low").await.len()), (1, 2));
        // A rolling day is told of by the post that leaves little of it.
        publish(app, &app.threads, "four of five", 3).await;
        assert_eq!(events(app, "quota.low").await.len(), 2);
        publish(app, &app.threads, "the last but one", 1).await;
        let all = events(app, "quota.low").await;
        assert_eq!((all.len(), &all[2]["window"], &all[2]["left"]), (3, &json!("threads.publishing"), &json!(1)));
        publish(app, &app.threads, "the last", 1).await;
        assert_eq!(events(app, "quota.low").await.len(), 3);
    }
}

both_modes! {
    async fn what_is_foretold_is_what_happens(app: &TestApp with limited()) {
        let bob = app.add_account(Platform::X, "bob").await.id;
        // Some of the windows are used up in part.
        publish(app, &app.x, "before", 4).await;
        publish(app, &app.threads, "before", 2).await;
        let start = app.clock.now();
        for number in 0..26_u32 {
            let at = start + 5 * MINUTE + number * Duration::from_secs(50);
            app.client.schedule(&format!("ann {number}"), &[app.x.to_string()], at).await;
        }
        for number in 0..6_u32 {
            let at = start + (number + 1) * HOUR;
            app.client.schedule(&format!("both {number}"), &[app.threads.to_string(), bob.to_string()], at).await;
        }
        let chain = json!({ "parts": vec![json!({ "text": "one" }), json!({ "text": "two" }), json!({ "text": "three" })],
            "accounts": [app.x], "publish_at": (start + 27 * MINUTE).to_string() });
        app.client.submit_raw(chain).await.expect(StatusCode::ACCEPTED);

        let list = app.client.get("/v1/quota").await.expect(StatusCode::OK);
        let mut foretold: BTreeMap<String, (String, String)> = BTreeMap::new();
        let mut scheduled = 0;
        for account in list["data"].as_array().unwrap() {
            let forecast = &account["forecast"];
            assert_eq!(forecast["is_cut"], false);
            scheduled += forecast["scheduled"].as_u64().unwrap();
            for late in forecast["late"].as_array().unwrap() {
                let time = |name: &str| text(&late[name]).to_owned();
                foretold.insert(time("delivery"), (time("goes_at"), time("complete_at")));
            }
        }
        assert_eq!(scheduled, 26 + 12 + 1);
        assert!(foretold.len() > 10 && foretold.len() < 30, "{}", foretold.len());

        app.settle(5 * DAY).await;
        let sql = "SELECT d.id || ' ' || d.due_at_first || ' ' || min(p.published_at) || ' ' || max(p.published_at) FROM (
                SELECT deliveries.id, coalesce(posts.publish_at, posts.created_at) AS due_at_first
                FROM deliveries JOIN posts ON posts.id = deliveries.post_id WHERE posts.publish_at IS NOT NULL
            ) AS d JOIN parts p ON p.delivery_id = d.id GROUP BY d.id, d.due_at_first";
        let happened = app.texts(sql).await;
        assert_eq!(happened.len(), 39);
        for row in happened {
            let words: Vec<&str> = row.split(' ').collect();
            let at = |word: &str| entities::Timestamp::from_ms(word.parse().unwrap()).to_string();
            let due = at(words[1]);
            let expected = foretold.get(words[0]).cloned().unwrap_or((due.clone(), due));
            assert_eq!((at(words[2]), at(words[3])), expected, "{}", words[0]);
        }
    }
}

both_modes! {
    async fn a_quota_belongs_to_its_owner(app: &TestApp) {
        let (_, other) = app.another_owner("user_other").await;
        let path = format!("/v1/accounts/{}/quota", app.x);
        other.get(&path).await.problem(404, "not_found");
        assert_eq!(other.get("/v1/quota").await.expect(StatusCode::OK), json!({ "data": [] }));
    }
}

both_modes! {
    async fn forecasts_wait_for_each_other_and_nothing_else_waits_for_them(app: &TestApp) {
        let turns = std::sync::Arc::new(tokio::sync::Semaphore::new(1));
        let client = app.another_server(|state| state.foretelling = turns.clone());
        let held = turns.acquire().await.expect("a turn");
        let paths = ["/v1/quota".to_owned(), format!("/v1/accounts/{}/quota", app.x), "/v1/cost".to_owned()];
        let mut asked = tokio::task::JoinSet::new();
        for path in paths {
            let client = client.clone();
            asked.spawn(async move { client.get(&path).await.status });
        }
        for _ in 0..20 {
            assert_eq!(client.get("/v1/accounts").await.status, 200);
        }
        assert!(asked.try_join_next().is_none(), "a forecast was made out of its turn");
        drop(held);
        assert_eq!(asked.join_all().await, [StatusCode::OK; 3]);
    }
}
