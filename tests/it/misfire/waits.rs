//! Which waits count as lateness: a limit's do not, for its end is announced. Those whose end
//! nobody knows do: failing tries, and an account that has to be connected again.

use entities::{AccountId, Platform};
use serde_json::{Value, json};
use simulator::{Fault, FaultRule, LimitWindow, Operation, ThreadsError, When, XError};
use tests::app::{Options, simulated};
use tests::client::id;
use tests::{TestApp, both_modes};
use worker::limits::Limits;
use worker::publish::publish;

use super::*;

/// A product and a platform with limits that are soon reached.
fn limited() -> Options {
    let mut simulator = simulator::Settings::default();
    simulator.x.create_per_user = 3;
    simulator.threads.post_quota = 3;
    let limits = Limits::parse("x.15min=3,threads.publishing=3").expect("limits");
    Options {
        worker: worker::Settings {
            limits,
            ..Default::default()
        },
        simulator,
        ..Options::default()
    }
}

/// Posts that may not be late at all.
async fn strict(app: &TestApp, account: &AccountId, name: &str, count: usize) -> Vec<Value> {
    let mut posts = Vec::new();
    for number in 0..count {
        let written = format!("{name} {number}");
        let policy = json!({ "if_late": "skip", "max_lateness_s": 0 });
        posts.push(submit(app, &written, &[account.to_string()], &policy).await);
    }
    posts
}

async fn assert_all_published(app: &TestApp, posts: &[Value], name: &str) {
    for (number, post) in posts.iter().enumerate() {
        assert_published(app, post, &format!("{name} {number}")).await;
    }
}

both_modes! {
    async fn a_wait_for_our_own_count_of_a_limit_is_not_late(app: &TestApp with limited()) {
        let on_x = strict(app, &app.x, "x", 14).await;
        let on_threads = strict(app, &app.threads, "threads", 8).await;
        let start = app.clock.now();
        app.drain().await;
        assert_eq!(app.simulator.live_posts().len(), 6);
        app.settle(5 * DAY).await;
        assert_all_published(app, &on_x, "x").await;
        assert_all_published(app, &on_threads, "threads").await;
        assert!(app.clock.now() >= start + 2 * DAY, "Threads' rolling day was waited for twice");
    }
}

both_modes! {
    async fn a_wait_that_the_platform_tells_us_of_is_not_late(app: &TestApp) {
        let window = LimitWindow::FifteenMinutes;
        let x = |error| Fault::XError { when: When::Before, error };
        let threads = |error| Fault::ThreadsError { when: When::Before, error };
        for (platform, operation, fault) in [
            (Platform::X, Operation::XCreate, x(XError::TooManyRequests { window, reset_in_s: 900 })),
            (Platform::X, Operation::XCreate, x(XError::AccountLocked)),
            (Platform::X, Operation::XCreate, x(XError::SpendCapReached)),
            (Platform::Threads, Operation::CreateContainer, threads(ThreadsError::AccountRestricted)),
            (Platform::Threads, Operation::Publish, threads(ThreadsError::SpamBlocked)),
        ] {
            app.simulator.clear_faults();
            let name = format!("{platform} {fault:?}");
            app.simulator.add_faults(vec![FaultRule::new(fault).operation(operation).times(3)]);
            let account = if platform == Platform::X { &app.x } else { &app.threads };
            let start = app.clock.now();
            // The first hears of it, and the others wait in its lane.
            let posts = strict(app, account, &name, 3).await;
            app.settle(DAY).await;
            assert_all_published(app, &posts, &name).await;
            assert!(app.clock.now() >= start + 30 * MINUTE, "{name}: they waited long");
        }
    }
}

both_modes! {
    async fn what_is_not_taken_up_when_an_announced_wait_ends_is_late_from_then_on(app: &TestApp with limited()) {
        let posts = strict(app, &app.x, "waits", 4).await;
        app.drain().await;
        app.clock.advance(15 * MINUTE + 5 * SECOND + MOMENT);
        app.drain().await;
        assert_eq!(app.live_on(Platform::X).len(), 3);
        assert_set_aside(app, &posts[3], "canceled", "5 seconds").await;
    }
}

both_modes! {
    async fn a_pause_forgives_no_lateness_that_was_there_before(app: &TestApp) {
        let start = app.clock.now();
        let accounts = [app.x.to_string()];
        let late = app.client.schedule("Seven hours late", &accounts, start + MINUTE).await;
        let a_little = app.client.schedule("An hour late", &accounts, start + 6 * HOUR + MINUTE).await;
        app.clock.advance(7 * HOUR + MINUTE + MOMENT);
        let window = LimitWindow::FifteenMinutes;
        let full = XError::TooManyRequests { window, reset_in_s: 900 };
        app.simulator.add_faults(vec![FaultRule::new(Fault::XError { when: When::Before, error: full }).once()]);
        let first = app.client.submit("On time", &accounts).await;
        // This one is taken up first, and shuts the lane for all.
        publish(&app.worker, &id(&first["deliveries"][0]).parse().expect("an id")).await.expect("no error");
        for post in [&late, &a_little, &first] {
            assert_eq!(app.client.delivery(post, "x").await["waiting_for"], "account_rate_limit");
        }
        app.settle(HOUR).await;
        assert_published(app, &first, "On time").await;
        assert_published(app, &a_little, "An hour late").await;
        assert_set_aside(app, &late, "missed", "7 hours").await;
        assert_eq!(app.live_on(Platform::X).len(), 2);
    }
}

both_modes! {
    async fn tries_that_fail_until_it_is_too_late_end_with_a_question(app: &TestApp) {
        let down = |operation| FaultRule::new(Fault::Status { when: When::Before, status: 503, body: simulator::FaultBody::Empty, headers: Default::default() }).operation(operation);
        // All that can be asked without effect fails: nothing may be live.
        app.simulator.add_faults(vec![down(Operation::CreateContainer)]);
        let post = app.client.submit("Down for long", &[app.threads.to_string()]).await;
        app.settle(6 * HOUR).await;
        let waiting = app.client.delivery(&post, "threads").await;
        assert_eq!(waiting["waiting_for"], "retry", "{waiting:#}");
        app.settle(HOUR).await;
        assert_set_aside(app, &post, "missed", "6 hours ").await;
        app.simulator.clear_faults();
        app.settle(2 * DAY).await;
        assert!(app.simulator.live_posts().is_empty(), "nothing goes out unasked");
        retry(app, &app.client.delivery(&post, "threads").await).await.expect(StatusCode::ACCEPTED);
        app.drain().await;
        assert_published(app, &post, "Down for long").await;
    }
}

both_modes! {
    async fn an_account_that_is_connected_again_after_two_days_floods_nothing_out(app: &TestApp) {
        for platform in [Platform::Threads, Platform::X] {
            let account = if platform == Platform::X { &app.x } else { &app.threads };
            assert!(app.simulator.revoke(simulated(platform), "ann"));
            let mut posts = Vec::new();
            for number in 0..5 {
                let written = format!("{platform} {number}");
                let at = app.clock.now() + (1 + number) * HOUR;
                posts.push((app.client.schedule(&written, &[account.to_string()], at).await, written));
            }
            let first = app.client.submit(&format!("{platform} at once"), &[account.to_string()]).await;
            for _ in 0..48 {
                app.advance(HOUR).await;
            }
            for (post, _) in &posts {
                assert_eq!(app.client.delivery(post, platform.as_str()).await["status"], "needs_reconnect");
            }
            connect_again(app, platform).await;
            let young = app.client.submit(&format!("{platform} young"), &[account.to_string()]).await;
            app.settle(DAY).await;
            assert_set_aside(app, &first, "missed", "2 days").await;
            for (post, _) in &posts {
                assert_set_aside(app, post, "missed", "").await;
            }
            assert_published(app, &young, &format!("{platform} young")).await;
            assert_eq!(app.live_on(platform).len(), 1);
            for (post, written) in &posts {
                retry(app, &app.client.delivery(post, platform.as_str()).await).await.expect(StatusCode::ACCEPTED);
                app.drain().await;
                assert_published(app, post, written).await;
            }
        }
    }
}

both_modes! {
    async fn an_account_that_is_connected_again_soon_sends_what_waited(app: &TestApp) {
        app.simulator.revoke(simulator::Platform::X, "ann");
        let welcome = app.client.submit("Still welcome", &[app.x.to_string()]).await;
        let skip = submit(app, "Not after an hour", &[app.x.to_string()], &json!({ "if_late": "skip" })).await;
        app.drain().await;
        app.advance(HOUR).await;
        assert_eq!(app.client.delivery(&skip, "x").await["status"], "needs_reconnect", "late only when it could go out");
        connect_again(app, Platform::X).await;
        app.drain().await;
        assert_published(app, &welcome, "Still welcome").await;
        assert_set_aside(app, &skip, "canceled", "1 hour").await;
        assert_eq!(app.live_on(Platform::X).len(), 1);
    }
}
