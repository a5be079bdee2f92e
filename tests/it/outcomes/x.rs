//! X: each call, and each way in which its answer tells nothing.

use entities::Platform::X;
use simulator::{Fault, FaultBody, Operation, When, XError};
use tests::both_modes;

use super::{BOTH_SIDES, Case, Expected, NOTHING, each_broken, few, on, run, short_of_patience};

both_modes! {
    async fn a_create_that_is_not_answered_makes_one_post(app: &TestApp) {
        let mut cases = each_broken(X, Operation::XCreate, 1, None);
        cases.extend(few(each_broken(X, Operation::XCreate, 3, None)));
        run(app, cases).await;
    }
}

both_modes! {
    async fn a_timeline_that_is_not_answered_is_asked_again_until_the_post_is_found(app: &TestApp) {
        for when in BOTH_SIDES {
            let lost = on(Operation::XCreate, Fault::Lost { when }).once();
            let cases = each_broken(X, Operation::XTimeline, 4, Some(lost));
            run(app, if when == When::After { cases } else { few(cases) }).await;
        }
    }
}

both_modes! {
    async fn an_overloaded_platform_that_answers_before_or_after_the_effect_makes_one_post(app: &TestApp) {
        let mut cases = Vec::new();
        for when in BOTH_SIDES {
            for times in [1, 2, 5] {
                let fault = Fault::XError { when, error: XError::ServiceUnavailable };
                let rule = on(Operation::XCreate, fault).times(times);
                cases.push(Case::new(format!("XCreate 503 problem {when:?} x{times}"), X, vec![rule], Expected::Published));
            }
            for status in [408, 409] {
                let fault = Fault::Status { when, status, body: FaultBody::Empty, headers: Default::default() };
                let rule = on(Operation::XCreate, fault).once();
                cases.push(Case::new(format!("XCreate {status} {when:?}"), X, vec![rule], Expected::Published));
            }
        }
        // The edge, not the API: nothing was looked at.
        let body = FaultBody::Html("<html>Access denied</html>".to_owned());
        let fault = Fault::Status { when: When::Before, status: 403, body, headers: Default::default() };
        let rule = on(Operation::XCreate, fault).times(3);
        cases.push(Case::new("XCreate 403 HTML Before x3", X, vec![rule], Expected::Published));
        run(app, cases).await;
    }
}

both_modes! {
    async fn a_duplicate_after_an_unknown_outcome_is_the_post_itself(app: &TestApp) {
        // The timeline is silent for so long that the post counts as absent and is sent again.
        app.simulator.set_settings(|settings| {
            settings.lags = Some(simulator::LagRanges { x_timeline_ms: (600_000, 600_000), ..Default::default() });
        });
        let lost = on(Operation::XCreate, Fault::Lost { when: When::After }).once();
        run(app, vec![Case::new("XCreate lost After, timeline 10 min late", X, vec![lost], Expected::Published)]).await;
        let creates = app.simulator.calls().iter().filter(|call| call.operation == Operation::XCreate).count();
        assert_eq!(creates, 2, "the second was refused as a duplicate");
    }
}

both_modes! {
    async fn a_timeline_within_two_minutes_is_waited_for_and_nothing_is_sent_twice(app: &TestApp) {
        app.simulator.set_settings(|settings| settings.x.duplicate_check = false);
        for lag_ms in [1_000, 10_000, 60_000, 119_000] {
            app.simulator.set_settings(|settings| {
                settings.lags = Some(simulator::LagRanges { x_timeline_ms: (lag_ms, lag_ms), ..Default::default() });
            });
            let lost = on(Operation::XCreate, Fault::Lost { when: When::After }).once();
            let name = format!("XCreate lost After, timeline {lag_ms} ms late");
            run(app, vec![Case::new(name, X, vec![lost], Expected::Published)]).await;
        }
    }
}

both_modes! {
    async fn a_platform_that_never_answers_is_given_up_when_patience_ends(app: &TestApp with short_of_patience()) {
        let gateway = |when| Fault::Status { when, status: 502, body: FaultBody::Empty, headers: Default::default() };
        let before = on(Operation::XCreate, gateway(When::Before));
        let after = on(Operation::XCreate, gateway(When::After));
        run(app, vec![
            Case::new("XCreate 502 Before always", X, vec![before], Expected::Failed("platform_unavailable", NOTHING)),
            Case::new("XCreate 502 After always", X, vec![after], Expected::Published),
        ])
        .await;
    }
}

both_modes! {
    async fn what_cannot_be_found_out_is_left_to_a_person(app: &TestApp with short_of_patience()) {
        let row = |when, live| {
            let lost = on(Operation::XCreate, Fault::Lost { when });
            let silent = on(Operation::XTimeline, Fault::Lost { when: When::Before });
            let name = format!("XCreate lost {when:?}, timeline lost for ever");
            Case::new(name, X, vec![lost, silent], Expected::Unconfirmed(live))
        };
        run(app, vec![row(When::Before, 0), row(When::After, 1)]).await;
    }
}
