//! How fast: what does not fit into a platform's limits waits with its reason and time, others go
//! on, everything goes out in the end, and the platform never has to say no.

mod blocked;
mod named;
mod shared;
mod threads;

use platforms::x::NewPost;
use std::time::Duration;

use entities::{AccountId, Platform, Timestamp};
use serde_json::{Value, json};
use simulator::{Call, Operation};
use tests::app::Options;
use tests::client::text;
use tests::{TestApp, both_modes};
use worker::limits::Limits;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A product with limits of its operator's, and a platform that enforces the same.
fn limited(limits: &str, platform: impl FnOnce(&mut simulator::Settings)) -> Options {
    let limits = Limits::parse(limits).expect("limits");
    let mut simulator = simulator::Settings::default();
    platform(&mut simulator);
    Options {
        worker: worker::Settings {
            limits,
            ..Default::default()
        },
        simulator,
        ..Options::default()
    }
}

/// Submits `count` posts to an account: `{name} 0`, `{name} 1`, ...
async fn submit(app: &TestApp, account: &AccountId, name: &str, count: usize) -> Vec<Value> {
    let mut posts = Vec::new();
    for number in 0..count {
        posts.push(
            app.client
                .submit(&format!("{name} {number}"), &[account.to_string()])
                .await,
        );
    }
    posts
}

/// The posts' deliveries as they are now; each post has one.
async fn deliveries(app: &TestApp, posts: &[Value]) -> Vec<Value> {
    let mut all = Vec::new();
    for post in posts {
        all.push(app.client.show(post).await["deliveries"][0].clone());
    }
    all
}

/// The posts that wait, all for this reason and until this time.
fn assert_waiting(deliveries: &[Value], reason: &str, until: Timestamp) {
    for delivery in deliveries {
        let told = (
            &delivery["status"],
            &delivery["waiting_for"],
            &delivery["next_at"],
        );
        assert_eq!(
            told,
            (&json!("queued"), &json!(reason), &json!(until.to_string())),
            "{delivery:#}"
        );
    }
}

fn assert_published(deliveries: &[Value]) {
    assert!(!deliveries.is_empty());
    for delivery in deliveries {
        assert_eq!(delivery["status"], "published", "{delivery:#}");
        assert!(!text(&delivery["remote_id"]).is_empty());
    }
}

fn calls(app: &TestApp, wanted: impl Fn(&Call) -> bool) -> Vec<Call> {
    app.simulator.calls().into_iter().filter(wanted).collect()
}

/// The platform never had to say that it was too much.
async fn assert_never_refused(app: &TestApp) {
    let refused = calls(app, |call| call.http_status == Some(429));
    assert!(refused.is_empty(), "{refused:#?}");
    let told = app
        .texts("SELECT platform_code FROM attempts WHERE verdict = 'retry_at'")
        .await;
    assert!(told.is_empty(), "{told:?}");
}

/// No more calls than `most` in any window that the platform could have counted.
fn assert_pace(calls: &[Call], most: usize, window: Duration) {
    let window_ms = i64::try_from(window.as_millis()).expect("a short time");
    for (index, first) in calls.iter().enumerate() {
        let within = calls[index..]
            .iter()
            .take_while(|call| call.at_ms < first.at_ms + window_ms)
            .count();
        assert!(
            within <= most,
            "{within} calls within {window:?} of {}",
            first.at_ms
        );
    }
}

both_modes! {
    async fn the_101st_post_of_an_account_on_x_in_15_minutes_waits_and_others_go_on(app: &TestApp) {
        let bob = app.add_account(Platform::X, "bob").await.id;
        let posts = submit(app, &app.x, "ann", 104).await;
        let others = submit(app, &bob, "bob", 3).await;
        let start = app.clock.now();
        app.drain().await;

        let now = deliveries(app, &posts).await;
        assert_published(&deliveries(app, &others).await);
        assert_eq!(app.live_on(Platform::X).len(), 103);
        let waiting: Vec<Value> = now.into_iter().filter(|delivery| delivery["status"] != "published").collect();
        assert_eq!(waiting.len(), 4);
        assert_waiting(&waiting, "account_rate_limit", start + 15 * MINUTE);
        assert!(waiting.iter().all(|delivery| delivery["attempt_count"] == 0), "they are not even claimed");

        // A post that comes while the lane rests waits as well, also over a part of the time.
        app.advance(7 * MINUTE).await;
        let later = submit(app, &app.x, "later", 1).await;
        app.drain().await;
        assert_waiting(&deliveries(app, &later).await, "account_rate_limit", start + 15 * MINUTE);
        app.advance(8 * MINUTE - Duration::from_millis(1)).await;
        assert_eq!(app.live_on(Platform::X).len(), 103);
        app.advance(Duration::from_millis(1)).await;
        assert_published(&deliveries(app, &posts).await);
        assert_published(&deliveries(app, &later).await);
        assert!(app.simulator.duplicates().is_empty());
        assert_never_refused(app).await;
    }
}

both_modes! {
    async fn the_apps_day_on_x_is_shared_by_all_accounts(app: &TestApp with limited("x.24h_app=5", |platform| {
        platform.x.create_per_app_day = Some(5);
    })) {
        let bob = app.add_account(Platform::X, "bob").await.id;
        let start = app.clock.now();
        let mut posts = submit(app, &app.x, "ann", 4).await;
        posts.extend(submit(app, &bob, "bob", 4).await);
        let threads = submit(app, &app.threads, "on Threads", 2).await;
        app.drain().await;
        assert_eq!(app.live_on(Platform::X).len(), 5);
        assert_published(&deliveries(app, &threads).await);
        let waiting: Vec<Value> =
            deliveries(app, &posts).await.into_iter().filter(|delivery| delivery["status"] != "published").collect();
        assert_eq!(waiting.len(), 3);
        assert_waiting(&waiting, "app_rate_limit", start + DAY);
        app.settle(2 * DAY).await;
        assert_published(&deliveries(app, &posts).await);
        assert!(app.clock.now() >= start + DAY);
        assert_never_refused(app).await;
    }
}

both_modes! {
    async fn a_window_that_the_platform_began_earlier_is_kept_to(app: &TestApp) {
        // Somebody else posts with the same token: only the headers tell.
        let foreign = app.worker.platforms.x.clone();
        let token = "token-x-ann".to_owned().into();
        for number in 0..98 {
            let text = format!("foreign {number}");
            foreign.create_post(&token, &NewPost { text: &text, ..NewPost::default() }, app.clock.now().as_ms()).await.expect("created");
        }
        let until = app.clock.now() + 15 * MINUTE;
        app.clock.advance(5 * MINUTE);
        let posts = submit(app, &app.x, "own", 4).await;
        app.drain().await;
        let now = deliveries(app, &posts).await;
        assert_published(&now[..2]);
        assert_waiting(&now[2..], "account_rate_limit", until);
        app.settle(HOUR).await;
        assert_published(&deliveries(app, &posts).await);
        assert_never_refused(app).await;
        // What is not ours is not on record.
        app.simulator.reset();
    }
}

both_modes! {
    async fn a_burst_over_many_windows_keeps_the_pace_and_the_order(app: &TestApp with limited("x.15min=7", |platform| {
        platform.x.create_per_user = 7;
    })) {
        let posts = submit(app, &app.x, "burst", 30).await;
        app.settle(DAY).await;
        assert_published(&deliveries(app, &posts).await);
        let creates = calls(app, |call| call.operation == Operation::XCreate);
        assert_eq!(creates.len(), 30);
        assert_pace(&creates, 7, 15 * MINUTE);
        assert_never_refused(app).await;
        let live: Vec<String> = app.live_on(Platform::X).into_iter().map(|post| post.text).collect();
        let submitted: Vec<String> = (0..30).map(|number| format!("burst {number}")).collect();
        assert_eq!(live, submitted, "first come, first served");
    }
}
