//! What X charges: the ledger against the simulator's own, a budget that holds, and an app without
//! credits.

use std::time::Duration;

use entities::delivery::WaitReason;
use entities::lanes::{self, Lane, Pause};
use entities::month::Month;
use entities::rates::{self, Ends, Take, Taking};
use entities::spend::{Charge, ChargeKind, ChargeState, book};
use entities::{AccountId, DeliveryId, Platform, UserId, erasure};
use media::testing::jpeg;
use reqwest::StatusCode;
use serde_json::{Value, json};
use simulator::{Fault, FaultRule, Operation, When, XDialect, XError};
use tests::app::Options;
use tests::client::{id, text};
use tests::{TestApp, both_modes};
use worker::Worker;
use worker::publish::publish;
use worker::relay;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

fn budget(micro_dollars: i64) -> Options {
    Options {
        worker: worker::Settings {
            budget: Some(micro_dollars),
            ..Default::default()
        },
        ..Options::default()
    }
}

async fn cost(app: &TestApp) -> Value {
    app.client.get("/v1/cost").await.expect(StatusCode::OK)
}

async fn sum(app: &TestApp, state: &str) -> i64 {
    let sql = format!(
        "SELECT CAST(coalesce(sum(micro_dollars), 0) AS bigint) FROM charges WHERE state = '{state}'"
    );
    app.count(&sql).await
}

async fn submit(app: &TestApp, account: &AccountId, name: &str, count: usize) -> Vec<Value> {
    let mut posts = Vec::new();
    for number in 0..count {
        let text = format!("{name} {number}");
        posts.push(app.client.submit(&text, &[account.to_string()]).await);
    }
    posts
}

async fn waiting(app: &TestApp, reason: &str) -> i64 {
    let sql = format!(
        "SELECT count(*) FROM deliveries WHERE status = 'queued' AND waiting_for = '{reason}'"
    );
    app.count(&sql).await
}

async fn events(app: &TestApp, kind: &str, owner: &UserId) -> Vec<Value> {
    let sql = format!(
        "SELECT CAST(data AS text) FROM events WHERE kind = '{kind}' AND owner_id = '{owner}' ORDER BY id"
    );
    let events = app.texts(&sql).await;
    events
        .iter()
        .map(|data| serde_json::from_str(data).expect("JSON"))
        .collect()
}

/// Everything that costs something, with everything that may go wrong about it.
async fn a_day_with_faults(app: &TestApp) {
    let on = |fault, operation, times| FaultRule::new(fault).operation(operation).times(times);
    let lost = |when| Fault::Lost { when };
    let refused = |error| Fault::XError {
        when: When::Before,
        error,
    };
    let picture = app
        .client
        .upload("/v1/media", jpeg(400, 400))
        .await
        .expect(StatusCode::CREATED);
    let rules = [
        vec![on(lost(When::After), Operation::XCreate, 2)],
        vec![on(lost(When::Before), Operation::XCreate, 2)],
        vec![on(refused(XError::NotPermitted), Operation::XCreate, 1)],
        vec![on(refused(XError::AccountLocked), Operation::XCreate, 1)],
        vec![
            on(lost(When::After), Operation::XCreate, 1),
            on(lost(When::Before), Operation::XTimeline, 2),
        ],
    ];
    for (number, rules) in rules.into_iter().enumerate() {
        app.simulator.add_faults(rules);
        submit(app, &app.x, &format!("plain {number}"), 2).await;
        submit(
            app,
            &app.x,
            &format!("https://example.com/{number} linked"),
            1,
        )
        .await;
        app.settle(3 * HOUR).await;
    }
    let post = app.client.submit_raw(json!({
        "parts": [{ "text": "A picture", "media": [{ "id": id(&picture), "alt_text": "grey" }] }, { "text": "and more" }],
        "accounts": [app.x], "verify_after_s": 600,
    })).await.expect(StatusCode::ACCEPTED);
    app.settle(HOUR).await;
    app.simulator
        .add_faults(vec![on(lost(When::After), Operation::XDelete, 1)]);
    let delivery = app.client.delivery(&post, "x").await;
    let path = format!("/v1/deliveries/{}/remote", id(&delivery));
    app.client.delete(&path).await.expect(StatusCode::ACCEPTED);
    app.settle(HOUR).await;
}

both_modes! {
    async fn the_ledger_is_what_x_charged(app: &TestApp) {
        a_day_with_faults(app).await;
        assert_eq!(sum(app, "settled").await, app.simulator.spent_microdollars());
        assert_eq!(sum(app, "reserved").await, 0);
        let told = cost(app).await;
        let dollars = |micro: i64| format!("{}.{:03}", micro / 1_000_000, micro / 1_000 % 1_000);
        assert_eq!(told["spent"], dollars(app.simulator.spent_microdollars()), "{told:#}");
        assert_eq!((&told["reserved"], &told["budget"]), (&json!("0.000"), &Value::Null));
        assert_eq!(told["by_account"][0]["account"], app.x.as_str());
        let kinds: Vec<&str> = told["by_kind"].as_array().unwrap().iter().map(|kind| text(&kind["kind"])).collect();
        assert_eq!(kinds, ["create_post", "create_post_with_link", "describe_media", "delete_post", "read_posts"]);
        let (_, other) = app.another_owner("user_other").await;
        assert_eq!(other.get("/v1/cost").await.expect(StatusCode::OK)["spent"], "0.000");
        app.client.get("/v1/cost?month=2026-13").await.problem(400, "bad_request");
        // Who goes takes the ledger along.
        erasure::erase_user(&app.backend.database, &app.owner, app.clock.now()).await.unwrap();
        assert_eq!(app.count("SELECT count(*) FROM charges").await, 0);
    }
}

both_modes! {
    async fn with_a_budget_the_same_is_charged_and_the_budget_counts_it(app: &TestApp with budget(100_000_000)) {
        a_day_with_faults(app).await;
        assert_eq!(sum(app, "settled").await, app.simulator.spent_microdollars());
        assert_eq!(sum(app, "reserved").await, 0);
        let used = app.count("SELECT used FROM rate_windows WHERE name = 'budget'").await;
        assert_eq!(used, app.simulator.spent_microdollars());
        assert!(sum(app, "released").await > 0);
    }
}

both_modes! {
    async fn what_has_no_outcome_stays_reserved_until_it_has_one(app: &TestApp with budget(1_000_000)) {
        app.simulator.add_faults(vec![FaultRule::new(Fault::Lost { when: When::Before }).operation(Operation::XCreate).once()]);
        submit(app, &app.x, "absent", 1).await;
        app.drain().await;
        let told = cost(app).await;
        assert_eq!((&told["spent"], &told["reserved"], &told["budget"]["left"]), (&json!("0.000"), &json!("0.015"), &json!("0.985")));
        app.settle(HOUR).await;
        let told = cost(app).await;
        assert_eq!((&told["spent"], &told["reserved"], &told["budget"]["left"]), (&json!("0.015"), &json!("0.000"), &json!("0.985")));
        assert_eq!(sum(app, "released").await, 15_000, "the first try");
    }
}

/// Everything that is due at this moment, all at once, by all workers in turn.
async fn work_at_once(app: &TestApp, workers: &[Worker]) {
    loop {
        let round = relay::round(&app.worker).await.expect("a round");
        let jobs = app.worker.queue.try_pop(1_000).await.expect("the queue");
        if jobs.is_empty() && round == relay::Round::default() {
            return;
        }
        let started = jobs
            .into_iter()
            .enumerate()
            .map(|(index, queue::Job::Publish(id))| {
                let worker = workers[index % workers.len()].clone();
                tokio::spawn(async move { publish(&worker, &id).await })
            });
        for task in started.collect::<Vec<_>>() {
            task.await.expect("no panic").expect("no error");
        }
    }
}

both_modes! {
    async fn a_budget_is_never_exceeded_however_many_workers_spend_it(app: &TestApp with budget(95_000)) {
        let workers = [app.another_worker("one").await, app.another_worker("two").await, app.another_worker("three").await];
        let bob = app.add_account(Platform::X, "bob").await.id;
        let dear = submit(app, &app.x, "https://example.com/ too dear", 1).await;
        submit(app, &app.x, "ann", 9).await;
        submit(app, &bob, "bob", 9).await;
        let scheduled = app.clock.now() + HOUR;
        app.client.schedule("later", &[bob.to_string()], scheduled).await;
        work_at_once(app, &workers).await;
        // Six fit at a cent and a half; the dear one held up none of them.
        assert_eq!((app.live_on(Platform::X).len(), app.simulator.spent_microdollars()), (6, 90_000));
        assert_eq!(waiting(app, "budget").await, 13);
        let renewed = Month::of(app.clock.now()).end();
        let delivery = app.client.delivery(&dear[0], "x").await;
        assert_eq!((&delivery["waiting_for"], &delivery["next_at"]), (&json!("budget"), &json!(renewed.to_string())));
        let paused = events(app, "lane.paused", &app.owner).await;
        assert_eq!(paused.len(), 1, "{paused:#?}");
        assert_eq!((&paused[0]["reason"], &paused[0]["paused_until"]), (&json!("budget"), &json!(renewed.to_string())));
        worker::quota::round(&app.worker).await.expect("a round");
        let low = events(app, "quota.low", &app.owner).await;
        assert_eq!((low.len(), &low[0]["window"], &low[0]["left"]), (1, &json!("x.budget"), &json!(5_000)));
        let told = cost(app).await;
        assert_eq!((&told["budget"]["left"], &told["forecast"]["scheduled"]), (&json!("0.005"), &json!(1)), "{told:#}");

        app.clock.advance(HOUR);
        work_at_once(app, &workers).await;
        assert_eq!(waiting(app, "budget").await, 14);
        // The next month has room for the next six, and the one after it for the rest; only the dear one never fits.
        for (month, live) in [(1, 12), (2, 18), (3, 19)] {
            let end = Month::of(app.clock.now()).end();
            app.clock.advance(end.since(app.clock.now()));
            work_at_once(app, &workers).await;
            assert_eq!(app.live_on(Platform::X).len(), live, "month {month}");
            assert!(app.simulator.spent_microdollars() <= 95_000 * (month + 1));
        }
        // A larger one is taken up by the next worker that starts.
        let richer = Worker {
            settings: worker::Settings { budget: Some(1_000_000), ..app.worker.settings.clone() },
            ..app.worker.clone()
        };
        worker::quota::align(&richer).await.expect("a write");
        work_at_once(app, &[richer]).await;
        assert_eq!(app.live_on(Platform::X).len(), 20);
    }
}

both_modes! {
    async fn a_budget_that_is_new_counts_what_was_spent_before(app: &TestApp) {
        submit(app, &app.x, "before", 4).await;
        app.drain().await;
        let with_budget = Worker {
            settings: worker::Settings { budget: Some(80_000), ..app.worker.settings.clone() },
            ..app.worker.clone()
        };
        worker::quota::align(&with_budget).await.expect("a write");
        submit(app, &app.x, "after", 3).await;
        work_at_once(app, &[with_budget]).await;
        assert_eq!(app.simulator.spent_microdollars(), 75_000);
        assert_eq!(waiting(app, "budget").await, 2);
        // Without one again, nothing waits for it.
        worker::quota::align(&app.worker).await.expect("a write");
        app.drain().await;
        assert_eq!(app.live_on(Platform::X).len(), 7);
    }
}

fn refused_for_money(app: &TestApp) -> usize {
    let calls = app.simulator.calls();
    calls
        .iter()
        .filter(|call| matches!(call.http_status, Some(402 | 403)))
        .count()
}

/// Two owners with posts on three accounts; returns the other owner.
async fn many_posts(app: &TestApp, name: &str) -> UserId {
    let (other, client) = app.another_owner(&format!("user_{name}")).await;
    let bob = app.add_account(Platform::X, "bob").await.id;
    let theirs = app.add_account_of(&other, Platform::X, "cat").await.id;
    submit(app, &app.x, &format!("{name} ann"), 5).await;
    submit(app, &bob, &format!("{name} bob"), 5).await;
    for number in 0..5 {
        client
            .submit(&format!("{name} cat {number}"), &[theirs.to_string()])
            .await;
    }
    other
}

both_modes! {
    async fn an_app_without_credits_is_tried_a_handful_of_times_and_told_of_once(app: &TestApp) {
        for (dialect, name) in [(XDialect::Legacy, "legacy"), (XDialect::V2026, "new")] {
            app.simulator.reset();
            app.execute("DELETE FROM events").await;
            app.simulator.set_settings(|settings| {
                settings.x.dialect = dialect;
                settings.x.credit_microdollars = Some(0);
            });
            let other = many_posts(app, name).await;
            app.drain().await;
            assert_eq!(refused_for_money(app), 1, "the first learns it for all");
            assert_eq!(waiting(app, "lane_paused").await, 15);
            app.settle(2 * DAY).await;
            let tries = refused_for_money(app);
            assert!((8..=14).contains(&tries), "{name}: {tries} calls in two days");
            for owner in [&app.owner, &other] {
                let told = events(app, "lane.paused", owner).await;
                assert_eq!(told.len(), 1, "{told:#?}");
                assert_eq!((&told[0]["platform"], &told[0]["lane"]), (&json!("x"), &json!("app")));
            }
            // One goes first, and the others follow it at once.
            app.simulator.set_settings(|settings| settings.x.credit_microdollars = None);
            app.settle(6 * HOUR + 2 * MINUTE).await;
            let failed = app.count("SELECT count(*) FROM deliveries WHERE status = 'failed'").await;
            let published = app.count("SELECT count(*) FROM deliveries WHERE status = 'published'").await;
            assert_eq!(published + failed, if name == "legacy" { 15 } else { 30 });
            assert!(failed <= 4, "{failed} were given up as the first");
            let strikes = app.count("SELECT CAST(strikes AS bigint) FROM lanes WHERE lane = 'app:x'").await;
            assert_eq!(strikes, 0);
        }
        app.simulator.reset();
    }
}

both_modes! {
    async fn a_spending_limit_of_xs_own_is_told_of_once_and_ends_with_the_first_success(app: &TestApp) {
        let capped = Fault::XError { when: When::Before, error: XError::SpendCapReached };
        app.simulator.add_faults(vec![FaultRule::new(capped).operation(Operation::XCreate).times(2)]);
        let start = app.clock.now();
        let other = many_posts(app, "capped").await;
        app.drain().await;
        app.advance(15 * MINUTE).await;
        assert_eq!(refused_for_money(app), 2, "one of fifteen tries");
        assert_eq!((waiting(app, "lane_paused").await, app.live_on(Platform::X).len()), (15, 0));
        app.advance(HOUR).await;
        assert_eq!(app.live_on(Platform::X).len(), 15);
        assert_eq!(app.clock.now(), start + HOUR + 15 * MINUTE);
        for owner in [&app.owner, &other] {
            assert_eq!(events(app, "lane.paused", owner).await.len(), 1);
        }
        // The next time is told of again.
        let capped = Fault::XError { when: When::Before, error: XError::SpendCapReached };
        app.simulator.add_faults(vec![FaultRule::new(capped).operation(Operation::XCreate).once()]);
        submit(app, &app.x, "once more", 1).await;
        app.drain().await;
        assert_eq!(events(app, "lane.paused", &app.owner).await.len(), 2);
        app.settle(HOUR).await;
    }
}

both_modes! {
    async fn a_shut_lane_is_tried_by_one_delivery_though_all_have_files(app: &TestApp) {
        let picture = app.client.upload("/v1/media", jpeg(400, 400)).await.expect(StatusCode::CREATED);
        let shut = || {
            let capped = Fault::XError { when: When::Before, error: XError::SpendCapReached };
            app.simulator.add_faults(vec![FaultRule::new(capped).operation(Operation::XCreate).once()]);
        };
        shut();
        let first = submit(app, &app.x, "the first", 1).await;
        app.drain().await;
        app.client.delete(&format!("/v1/posts/{}", id(&first[0]))).await.expect(StatusCode::OK);
        for number in 0..6 {
            let body = json!({
                "text": format!("A picture {number}"), "accounts": [app.x],
                "media": [{ "id": id(&picture), "alt_text": "grey" }],
            });
            app.client.submit_raw(body).await.expect(StatusCode::ACCEPTED);
        }
        app.drain().await;
        assert_eq!(waiting(app, "lane_paused").await, 6);
        shut();
        let before = app.simulator.calls().len();
        app.advance(15 * MINUTE).await;
        assert_eq!(app.simulator.calls().len() - before, 3, "upload, words, post: of one delivery");
        assert_eq!(waiting(app, "lane_paused").await, 6);
        let strikes = app.count("SELECT CAST(strikes AS bigint) FROM lanes WHERE lane = 'app:x'").await;
        assert_eq!(strikes, 2, "so the next pause is longer");
        app.settle(7 * HOUR).await;
        assert_eq!(app.live_on(Platform::X).len(), 6);
    }
}

both_modes! {
    async fn a_lane_that_rests_for_another_reason_is_told_of_when_it_is_found_shut(app: &TestApp) {
        let database = &app.backend.database;
        let now = app.clock.now();
        let pause = |hours: u32, reason| Pause { lane: Lane::App(Platform::X), until: now + HOUR * hours, reason, detail: None };
        lanes::shut(database, &pause(20, WaitReason::AppRateLimit), now).await.unwrap();
        lanes::shut(database, &pause(1, WaitReason::LanePaused), now).await.unwrap();
        assert_eq!(events(app, "lane.paused", &app.owner).await, Vec::<Value>::new(), "it rests longer than that");
        lanes::shut(database, &pause(21, WaitReason::LanePaused), now + HOUR * 20).await.unwrap();
        lanes::shut(database, &pause(22, WaitReason::LanePaused), now + HOUR * 20).await.unwrap();
        assert_eq!(events(app, "lane.paused", &app.owner).await.len(), 1);
    }
}

both_modes! {
    async fn what_last_month_did_not_cost_is_no_room_in_this_one(app: &TestApp with budget(1_000_000)) {
        let database = &app.backend.database;
        submit(app, &app.x, "this month's", 1).await;
        app.drain().await;
        let used = "SELECT used FROM rate_windows WHERE lane = 'app:x' AND name = 'budget'";
        let spent = app.count(used).await;
        assert!(spent > 0);
        let month = Month::of(app.clock.now());
        for (end, left) in [(month.start(), spent), (month.end(), spent - 1)] {
            let take = Take { lane: Lane::App(Platform::X), name: "budget", max: 1_000_000, ends: Ends::At(end), refundable: true, takes: Taking::Call };
            rates::refund(database.writer(), &[take]).await.unwrap();
            assert_eq!(app.count(used).await, left);
        }
    }
}

both_modes! {
    async fn what_was_paid_for_stays_paid_whoever_asks_for_it_again(app: &TestApp) {
        let (database, now) = (&app.backend.database, app.clock.now());
        let charge = |state| Charge {
            delivery_id: DeliveryId::generate(), owner_id: app.owner.clone(), account_id: app.x.clone(), part_index: 0,
            what: ChargeKind::DeletePost, called_at: now, micro_dollars: 10_000, state, month: Month::of(now),
        };
        let settled = charge(ChargeState::Settled);
        for state in [ChargeState::Settled, ChargeState::Reserved, ChargeState::Released] {
            book(database, &[settled.becomes(state)], now).await.unwrap();
            assert_eq!((sum(app, "settled").await, sum(app, "reserved").await), (10_000, 0));
        }
        let reserved = charge(ChargeState::Reserved);
        for (state, left) in [(ChargeState::Reserved, 10_000), (ChargeState::Released, 0)] {
            book(database, &[reserved.becomes(state)], now).await.unwrap();
            assert_eq!(sum(app, "reserved").await, left);
        }
    }
}
