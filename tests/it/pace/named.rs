//! A platform that says "too many" all the same: the right lane rests until the right time.

use std::time::Duration;

use entities::Platform;
use serde_json::Value;
use simulator::{Fault, FaultBody, FaultRule, LimitWindow, Operation, When, XError};
use tests::{TestApp, both_modes};

use super::{HOUR, MINUTE, assert_published, assert_waiting, calls, deliveries, submit};

#[derive(Clone, Copy, PartialEq)]
enum Rests {
    Account,
    App,
}

/// One refusal, the lane that rests, and for how long.
type Row = (&'static str, Fault, Rests, Duration);

/// The account `ann` is refused once; `bob` on the same platform tells whether the app rests too.
async fn check(app: &TestApp, platform: Platform, operation: Operation, row: Row) {
    let (name, fault, rests, time) = row;
    let (ann, bob) = accounts(app, platform).await;
    app.simulator.clear_faults();
    app.simulator.add_faults(vec![
        FaultRule::new(fault)
            .operation(operation)
            .account("ann")
            .once(),
    ]);
    let until = app.clock.now() + time;
    let first = submit(app, &ann, &format!("{name} first"), 1).await;
    app.drain().await;
    let second = submit(app, &ann, &format!("{name} second"), 2).await;
    let others = submit(app, &bob, &format!("{name} others"), 1).await;
    app.drain().await;

    let reason = if rests == Rests::App {
        "app_rate_limit"
    } else {
        "account_rate_limit"
    };
    let refused: Vec<Value> = deliveries(app, &first).await;
    assert_waiting(&refused, reason, until);
    assert_eq!(refused[0]["error"]["code"], "rate_limited", "{name}");
    assert_waiting(&deliveries(app, &second).await, reason, until);
    match rests {
        Rests::App => assert_waiting(&deliveries(app, &others).await, reason, until),
        Rests::Account => assert_published(&deliveries(app, &others).await),
    }
    let before = app.simulator.calls().len();
    app.advance(time - Duration::from_millis(1)).await;
    assert_eq!(
        app.simulator.calls().len(),
        before,
        "{name}: nothing is tried before its time"
    );
    app.advance(Duration::from_millis(1)).await;
    app.settle(HOUR).await;
    for posts in [&first, &second, &others] {
        assert_published(&deliveries(app, posts).await);
    }
    assert_eq!(calls(app, |call| call.fault.is_some()).len(), 1, "{name}");
    app.clock.advance(25 * HOUR);
    // Each row begins with an empty log and unspent windows.
    app.simulator.reset();
    app.execute("DELETE FROM rate_windows").await;
}

async fn accounts(app: &TestApp, platform: Platform) -> (entities::AccountId, entities::AccountId) {
    let ann = if platform == Platform::Threads {
        &app.threads
    } else {
        &app.x
    };
    (ann.clone(), app.add_account(platform, "bob").await.id)
}

fn refused(window: LimitWindow, reset_in_s: i64) -> Fault {
    Fault::XError {
        when: When::Before,
        error: XError::TooManyRequests { window, reset_in_s },
    }
}

fn status_429(headers: &[(&str, String)]) -> Fault {
    let headers = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    Fault::Status {
        when: When::Before,
        status: 429,
        body: FaultBody::Empty,
        headers,
    }
}

both_modes! {
    async fn each_set_of_headers_of_x_rests_its_own_lane(app: &TestApp) {
        let rows: [Row; 7] = [
            ("15 minutes", refused(LimitWindow::FifteenMinutes, 600), Rests::Account, 10 * MINUTE),
            ("user's day", refused(LimitWindow::UserDay, 7_200), Rests::Account, 2 * HOUR),
            ("app's day", refused(LimitWindow::AppDay, 10_800), Rests::App, 3 * HOUR),
            ("no headers", refused(LimitWindow::None, 0), Rests::Account, MINUTE),
            ("15 minutes, over", refused(LimitWindow::FifteenMinutes, -5), Rests::Account, MINUTE),
            ("app's day, over", refused(LimitWindow::AppDay, -5), Rests::Account, MINUTE),
            ("retry-after", status_429(&[("retry-after", "90".to_owned())]), Rests::Account, Duration::from_secs(90)),
        ];
        for row in rows {
            check(app, Platform::X, Operation::XCreate, row).await;
        }
    }
}

both_modes! {
    async fn of_two_spent_windows_the_later_counts(app: &TestApp) {
        let now_s = app.clock.now().as_ms() / 1000;
        let spent = |prefix: &str, in_s: i64| {
            [("limit", 100), ("remaining", 0), ("reset", now_s + in_s)].map(|(part, value)| (format!("{prefix}-{part}"), value.to_string()))
        };
        let all: Vec<(String, String)> = spent("x-rate-limit", 300).into_iter().chain(spent("x-user-limit-24hour", 5_000)).collect();
        let all: Vec<(&str, String)> = all.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        let row = ("two windows", status_429(&all), Rests::Account, Duration::from_secs(5_000));
        check(app, Platform::X, Operation::XCreate, row).await;
    }
}

both_modes! {
    async fn a_timeline_that_is_limited_is_looked_at_later_and_no_lane_rests(app: &TestApp) {
        app.simulator.add_faults(vec![
            FaultRule::new(Fault::Lost { when: When::After }).operation(Operation::XCreate).once(),
            FaultRule::new(refused(LimitWindow::FifteenMinutes, 600)).operation(Operation::XTimeline).once(),
        ]);
        let lost = submit(app, &app.x, "lost", 1).await;
        app.advance(5 * MINUTE).await;
        let other = submit(app, &app.x, "other", 1).await;
        app.drain().await;
        assert_published(&deliveries(app, &other).await);
        assert_eq!(deliveries(app, &lost).await[0]["status"], "unconfirmed");
        app.settle(HOUR).await;
        assert_published(&deliveries(app, &lost).await);
    }
}

both_modes! {
    async fn a_burst_of_613_rests_the_account_at_whatever_call_it_begins(app: &TestApp) {
        for operation in [Operation::CreateContainer, Operation::ContainerStatus, Operation::Publish] {
            let name = match operation {
                Operation::CreateContainer => "613 at the container",
                Operation::ContainerStatus => "613 at the status",
                _ => "613 at the publish",
            };
            let row = (name, Fault::ThreadsBurst { seconds: 40 }, Rests::Account, MINUTE);
            check(app, Platform::Threads, operation, row).await;
        }
    }
}

both_modes! {
    async fn a_429_of_threads_rests_the_account_until_it_says(app: &TestApp) {
        let after = status_429(&[("retry-after", "120".to_owned())]);
        check(app, Platform::Threads, Operation::CreateContainer, ("429 with a time", after, Rests::Account, 2 * MINUTE)).await;
        check(app, Platform::Threads, Operation::Publish, ("429 without", status_429(&[]), Rests::Account, MINUTE)).await;
    }
}
