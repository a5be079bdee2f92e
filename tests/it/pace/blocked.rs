//! Lanes that a platform shut: no credit, locked, suspended, restricted. Nothing is tried in a
//! loop.

use entities::Platform;
use serde_json::json;
use simulator::{Fault, FaultRule, Operation, ThreadsError, When, XDialect, XError};
use tests::both_modes;

use super::{DAY, HOUR, MINUTE, assert_published, assert_waiting, calls, deliveries, submit};

both_modes! {
    async fn without_credit_the_whole_app_rests_and_goes_out_when_there_is_some(app: &TestApp) {
        let bob = app.add_account(Platform::X, "bob").await.id;
        for dialect in [XDialect::Legacy, XDialect::V2026] {
            app.simulator.set_settings(|settings| {
                settings.x.dialect = dialect;
                settings.x.credit_microdollars = Some(0);
            });
            let start = app.clock.now();
            let mut posts = submit(app, &app.x, &format!("ann {dialect:?}"), 3).await;
            posts.extend(submit(app, &bob, &format!("bob {dialect:?}"), 3).await);
            app.drain().await;
            let tried = || calls(app, |call| call.http_status == Some(402)).len();
            let before = tried();
            assert_waiting(&deliveries(app, &posts).await, "lane_paused", start + 15 * MINUTE);
            let told = deliveries(app, &posts[..1]).await;
            assert_eq!(told[0]["error"]["code"], "credits_depleted", "{:#}", told[0]);
            assert_eq!(told[0]["error"]["platform"]["http_status"], 402);

            app.settle(5 * HOUR).await;
            assert_eq!(tried() - before, 2, "after 15 minutes, and after another hour");
            let others = submit(app, &app.threads, &format!("on Threads {dialect:?}"), 1).await;
            app.drain().await;
            assert_published(&deliveries(app, &others).await);

            app.simulator.set_settings(|settings| settings.x.credit_microdollars = None);
            app.settle(6 * HOUR).await;
            assert_published(&deliveries(app, &posts).await);
        }
        assert!(app.simulator.duplicates().is_empty());
    }
}

both_modes! {
    async fn a_lane_that_stays_shut_for_a_day_is_told_to_a_person(app: &TestApp) {
        app.simulator.set_settings(|settings| settings.x.credit_microdollars = Some(0));
        let posts = submit(app, &app.x, "never paid", 1).await;
        app.settle(2 * DAY).await;
        let delivery = &deliveries(app, &posts).await[0];
        assert_eq!((&delivery["status"], &delivery["error"]["code"]), (&json!("failed"), &json!("credits_depleted")));
        assert_eq!(delivery["error"]["retryable"], true);
        assert!(calls(app, |call| call.http_status == Some(402)).len() < 10);
    }
}

both_modes! {
    async fn a_shut_account_rests_alone(app: &TestApp) {
        let x = |error| Fault::XError { when: When::Before, error };
        let threads = |error| Fault::ThreadsError { when: When::Before, error };
        let rows = [
            (Platform::X, Operation::XCreate, x(XError::AccountLocked), "account_locked"),
            (Platform::X, Operation::XCreate, x(XError::AccountSuspended), "account_suspended"),
            (Platform::Threads, Operation::Publish, threads(ThreadsError::AccountRestricted), "account_restricted"),
            (Platform::Threads, Operation::CreateContainer, threads(ThreadsError::AccountRestricted), "account_restricted"),
            (Platform::Threads, Operation::Publish, threads(ThreadsError::SpamBlocked), "activity_restricted"),
        ];
        for (platform, operation, fault, code) in rows {
            let bob = app.add_account(platform, "bob").await.id;
            let ann = if platform == Platform::Threads { &app.threads } else { &app.x };
            app.simulator.clear_faults();
            app.simulator.add_faults(vec![FaultRule::new(fault).operation(operation).account("ann").once()]);
            let name = format!("{platform} {operation:?} {code}");
            let until = app.clock.now() + HOUR;
            let posts = submit(app, ann, &format!("{name} ann"), 3).await;
            let others = submit(app, &bob, &format!("{name} bob"), 2).await;
            app.drain().await;
            assert_waiting(&deliveries(app, &posts).await, "lane_paused", until);
            assert_eq!(deliveries(app, &posts[..1]).await[0]["error"]["code"], code, "{name}");
            assert_published(&deliveries(app, &others).await);
            let before = app.simulator.calls().len();
            app.advance(HOUR - MINUTE).await;
            assert_eq!(app.simulator.calls().len(), before, "{name}");
            app.advance(MINUTE).await;
            assert_published(&deliveries(app, &posts).await);
        }
    }
}

both_modes! {
    async fn what_is_scheduled_keeps_its_own_time_in_a_lane_that_rests(app: &TestApp) {
        let locked = Fault::XError { when: When::Before, error: XError::AccountLocked };
        app.simulator.add_faults(vec![FaultRule::new(locked).operation(Operation::XCreate).once()]);
        let start = app.clock.now();
        let within = [app.client.schedule("within the rest", &[app.x.to_string()], start + 20 * MINUTE).await];
        let after = [app.client.schedule("after the rest", &[app.x.to_string()], start + 2 * HOUR).await];
        let refused = submit(app, &app.x, "refused", 1).await;
        app.drain().await;
        assert_waiting(&deliveries(app, &refused).await, "lane_paused", start + HOUR);
        assert_waiting(&deliveries(app, &within).await, "schedule", start + 20 * MINUTE);
        assert_waiting(&deliveries(app, &after).await, "schedule", start + 2 * HOUR);

        app.advance(20 * MINUTE).await;
        assert_waiting(&deliveries(app, &within).await, "lane_paused", start + HOUR);
        app.advance(40 * MINUTE).await;
        assert_published(&deliveries(app, &refused).await);
        assert_published(&deliveries(app, &within).await);
        assert_waiting(&deliveries(app, &after).await, "schedule", start + 2 * HOUR);
        app.advance(HOUR).await;
        assert_published(&deliveries(app, &after).await);
        let live = app.live_on(Platform::X);
        assert_eq!(live.iter().find(|post| post.text == "after the rest").expect("live").created_at_ms, (start + 2 * HOUR).as_ms());
    }
}

both_modes! {
    async fn a_spent_cap_rests_the_app(app: &TestApp) {
        let bob = app.add_account(Platform::X, "bob").await.id;
        let capped = Fault::XError { when: When::Before, error: XError::SpendCapReached };
        app.simulator.add_faults(vec![FaultRule::new(capped).operation(Operation::XCreate).once()]);
        let posts = [submit(app, &app.x, "ann", 1).await, submit(app, &bob, "bob", 2).await].concat();
        let until = app.clock.now() + 15 * MINUTE;
        app.drain().await;
        assert_waiting(&deliveries(app, &posts).await, "lane_paused", until);
        assert_eq!(deliveries(app, &posts[..1]).await[0]["error"]["code"], "spend_cap_reached");
        app.advance(15 * MINUTE).await;
        assert_published(&deliveries(app, &posts).await);
    }
}
