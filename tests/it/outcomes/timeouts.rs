//! Calls that take longer than the worker waits.

use std::time::Duration;

use entities::Platform::{self, Threads, X};
use simulator::{Fault, FaultRule, Operation, SecondPublish, When};
use tests::app::Options;
use tests::both_modes;

use super::{BOTH_SIDES, Case, Expected, HOUR, on, published_once, run};

const CALL_TIMEOUT: Duration = Duration::from_millis(300);

fn impatient() -> Options {
    let worker = worker::Settings {
        call_timeout: CALL_TIMEOUT,
        ..worker::Settings::default()
    };
    Options {
        worker,
        ..Options::default()
    }
}

fn publishing(platform: Platform) -> Operation {
    match platform {
        Threads => Operation::Publish,
        X => Operation::XCreate,
    }
}

both_modes! {
    async fn a_call_that_takes_too_long_is_one_without_an_answer(app: &TestApp with impatient()) {
        let mut cases = Vec::new();
        let calls = [
            (Threads, Operation::CreateContainer),
            (Threads, Operation::ContainerStatus),
            (Threads, Operation::Publish),
            (Threads, Operation::ReadMedia),
            (X, Operation::XCreate),
        ];
        for (platform, operation) in calls {
            for when in BOTH_SIDES {
                let rule = on(operation, Fault::Delay { when, ms: 700 }).once();
                cases.push(Case::new(format!("{operation:?} delayed {when:?}"), platform, vec![rule], Expected::Published));
            }
            // The answer itself comes too slowly to be read to its end.
            let rule = on(operation, Fault::SlowDrip { when: When::After, bytes: 1, every_ms: 100 }).once();
            cases.push(Case::new(format!("{operation:?} dripping"), platform, vec![rule], Expected::Published));
        }
        for (platform, look) in [(Threads, Operation::ListPosts), (X, Operation::XTimeline)] {
            let lost = on(publishing(platform), Fault::Lost { when: When::After }).once();
            let slow = on(look, Fault::Delay { when: When::After, ms: 700 }).times(2);
            cases.push(Case::new(format!("{look:?} delayed"), platform, vec![lost, slow], Expected::Published));
        }
        run(app, cases).await;
    }
}

/// Sends a post whose publishing call stays on its way, lets `landing` pass, and then the call
/// lands.
async fn straggler(app: &tests::TestApp, platform: Platform, when: When, landing: Duration) {
    app.simulator.clear_faults();
    app.simulator.add_faults(vec![
        FaultRule::new(Fault::Hold { when })
            .operation(publishing(platform))
            .once(),
    ]);
    let written = format!("{platform} held {when:?}, lands after {landing:?}");
    let account = if platform == Threads {
        &app.threads
    } else {
        &app.x
    };
    let post = app.client.submit(&written, &[account.to_string()]).await;
    app.drain().await;
    assert_eq!(
        app.client.delivery(&post, platform.as_str()).await["status"],
        "unconfirmed",
        "{written}"
    );
    let second = Duration::from_secs(1);
    let steps = landing.as_secs();
    for _ in 0..steps {
        app.advance(second).await;
    }
    assert_eq!(
        app.simulator.release(),
        1,
        "{written}: it is still on its way"
    );
    app.simulator.until_idle().await;
    app.settle(30 * HOUR).await;
    published_once(app, &post, &written).await;
}

both_modes! {
    async fn a_call_that_lands_after_its_time_out_is_found_and_not_repeated(app: &TestApp with impatient()) {
        // The worst that the platforms may do with a repetition, so that each would show.
        app.simulator.set_settings(|settings| {
            settings.threads.second_publish = SecondPublish::Duplicate;
            settings.x.duplicate_check = false;
        });
        for when in BOTH_SIDES {
            for seconds in [0, 1, 20, 59] {
                straggler(app, Threads, when, Duration::from_secs(seconds)).await;
            }
            for seconds in [0, 1, 20, 119] {
                straggler(app, X, when, Duration::from_secs(seconds)).await;
            }
        }
    }
}

both_modes! {
    async fn a_call_that_lands_after_its_repetition_is_refused_by_the_platform(app: &TestApp with impatient()) {
        for mode in [SecondPublish::Error, SecondPublish::SameId] {
            app.simulator.set_settings(|settings| settings.threads.second_publish = mode);
            straggler(app, Threads, When::Before, Duration::from_secs(400 + mode as u64)).await;
        }
        straggler(app, X, When::Before, Duration::from_secs(400)).await;
        assert_eq!(app.simulator.live_posts().len(), 3);
    }
}
