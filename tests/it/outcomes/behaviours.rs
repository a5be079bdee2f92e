//! Everything that the platforms are known to do wrong (`simulator::behaviours`), at every call
//! that the product makes of them. Nothing is listed here: a behaviour, a fault or an operation
//! that is new either has its place in `cases` and `ends`, or does not compile.

mod cases;
mod connecting;
mod drive;
mod ends;
mod judge;
mod resolving;

use std::collections::BTreeMap;
use std::time::Duration;

use entities::Platform;
use serde_json::json;
use simulator::Operation;
use tests::app::Options;
use tests::{TestApp, both_modes};

use cases::{Case, Scene, cases, lasting};
use drive::run;
use resolving::Waits;

use super::{HOUR, short_of_patience};

/// A product that waits for an answer no longer than a test can.
fn impatient() -> Options {
    let worker = worker::Settings {
        call_timeout: Duration::from_millis(700),
        ..worker::Settings::default()
    };
    Options {
        worker,
        ..Options::default()
    }
}

/// No call that the product has no use for, and none to a path that the platform does not have.
fn check_what_was_called(app: &TestApp) {
    let calls = app.simulator.calls();
    for operation in Operation::ALL {
        let is_used = operation.platform().is_some() && !cases::scenes(operation).is_empty();
        let is_called = calls.iter().any(|call| call.operation == operation);
        // Connecting has a test of its own.
        let is_elsewhere = cases::scenes(operation) == [Scene::Connecting];
        assert_eq!(is_called, is_used && !is_elsewhere, "{operation:?}");
    }
}

both_modes! {
    async fn whatever_a_platform_does_once_ends_in_one_post_or_a_true_refusal(app: &TestApp) {
        let all = [cases(Platform::Threads), cases(Platform::X)].concat();
        let quick: Vec<Case> = all.into_iter().filter(|case| !case.is_slow() && !case.lasts()).collect();
        let count = quick.len();
        // What the settings say, and what shuts the lanes of others, is not mixed with the rest.
        let mut groups = BTreeMap::<String, Vec<Case>>::new();
        for case in quick {
            let apart = case.shuts_the_app().then(|| case.name.clone());
            let settings = case.settings.as_ref().map(ToString::to_string);
            groups.entry(format!("{settings:?} {apart:?}")).or_default().push(case);
        }
        let mut waits = Waits::default();
        for group in groups.into_values() {
            let usual = app.simulator.settings();
            if let Some(patch) = &group[0].settings {
                app.simulator.set_settings(|settings| *settings = settings.patched(patch).expect("a patch"));
            }
            waits.extend(run(app, group, 6 * HOUR).await);
            app.simulator.set_settings(|settings| *settings = usual);
        }
        check_what_was_called(app);
        waits.print(&format!("{count} cases"));
        waits.check();
    }
}

both_modes! {
    async fn answers_that_take_longer_than_anybody_waits_end_in_one_post(app: &TestApp with impatient()) {
        let all = [cases(Platform::Threads), cases(Platform::X)].concat();
        let slow: Vec<Case> = all.into_iter().filter(Case::is_slow).collect();
        run(app, slow, 6 * HOUR).await.check_all_known();
    }
}

both_modes! {
    async fn what_a_platform_does_for_ever_ends_when_patience_does(app: &TestApp with short_of_patience()) {
        let all = [lasting(Platform::Threads), lasting(Platform::X)].concat();
        run(app, all, 30 * HOUR).await;
        // The simulator knows an id where the record could have none.
        app.execute("UPDATE parts SET remote_id = 'not told' WHERE remote_id IS NULL").await;
    }
}

both_modes! {
    async fn a_profile_that_cannot_be_read_is_not_connected_and_can_be_later(app: &TestApp with impatient()) {
        connecting::run(app).await;
        let accounts = app.client.get("/v1/accounts").await.body;
        let usable = accounts["data"].as_array().expect("accounts").iter().all(|account| account["state"] == json!("ok"));
        assert!(usable, "{accounts:#}");
    }
}
