//! Threads: each call, and each way in which its answer tells nothing.

use entities::Platform::Threads;
use simulator::{Fault, FaultBody, Operation, ThreadsError, When};
use tests::both_modes;

use super::{
    BOTH_SIDES, Case, Expected, NOTHING, broken, each_broken, few, on, run, short_of_patience,
};

both_modes! {
    async fn a_container_whose_creation_is_not_answered_is_made_again(app: &TestApp) {
        let mut cases = each_broken(Threads, Operation::CreateContainer, 1, None);
        cases.extend(few(each_broken(Threads, Operation::CreateContainer, 4, None)));
        run(app, cases).await;
    }
}

both_modes! {
    async fn a_status_that_is_not_answered_is_asked_again(app: &TestApp) {
        let mut cases = each_broken(Threads, Operation::ContainerStatus, 1, None);
        cases.extend(few(each_broken(Threads, Operation::ContainerStatus, 4, None)));
        run(app, cases).await;
    }
}

both_modes! {
    async fn a_publish_that_is_not_answered_makes_one_post(app: &TestApp) {
        let mut cases = each_broken(Threads, Operation::Publish, 1, None);
        cases.extend(few(each_broken(Threads, Operation::Publish, 3, None)));
        run(app, cases).await;
    }
}

both_modes! {
    async fn a_publish_that_is_refused_without_a_known_reason_makes_one_post(app: &TestApp) {
        let mut cases = Vec::new();
        for when in BOTH_SIDES {
            // Not 401, which is a dead token whatever the body.
            for status in [400, 403, 404, 408, 409, 413] {
                let body = FaultBody::Html("<html>no</html>".to_owned());
                let fault = Fault::Status { when, status, body, headers: Default::default() };
                let rule = on(Operation::Publish, fault).once();
                cases.push(Case::new(format!("Publish {status} {when:?}"), Threads, vec![rule], Expected::Published));
            }
            let errors = [
                ThreadsError::MissingPermission,
                ThreadsError::EmptyServerError,
                ThreadsError::Transient,
                ThreadsError::MediaNotFound { id: None },
                ThreadsError::UnknownPath { path: "x".to_owned() },
            ];
            for error in errors {
                let name = format!("Publish {error:?} {when:?}");
                let rule = on(Operation::Publish, Fault::ThreadsError { when, error }).once();
                cases.push(Case::new(name, Threads, vec![rule], Expected::Published));
            }
        }
        run(app, cases).await;
    }
}

both_modes! {
    async fn an_address_that_is_not_told_is_left_out_after_a_while(app: &TestApp) {
        let mut cases = each_broken(Threads, Operation::ReadMedia, 1, None);
        for (name, fault) in broken(Threads, When::Before) {
            let rule = on(Operation::ReadMedia, fault);
            cases.push(Case::new(format!("ReadMedia {name} always"), Threads, vec![rule], Expected::WithoutAddress));
        }
        run(app, cases).await;
    }
}

both_modes! {
    async fn a_list_that_is_not_answered_is_asked_again_until_the_post_is_found(app: &TestApp) {
        let lost = on(Operation::Publish, Fault::Lost { when: When::After }).once();
        run(app, each_broken(Threads, Operation::ListPosts, 3, Some(lost))).await;
    }
}

both_modes! {
    async fn a_status_that_is_not_answered_while_looking_is_asked_again(app: &TestApp) {
        for when in BOTH_SIDES {
            let lost = on(Operation::Publish, Fault::Lost { when }).once();
            let mut cases = each_broken(Threads, Operation::ContainerStatus, 3, Some(lost));
            for case in &mut cases {
                case.rules[1].skip = 1; // The look before the publish.
            }
            run(app, if when == When::After { cases } else { few(cases) }).await;
        }
    }
}

both_modes! {
    async fn a_platform_that_never_answers_is_given_up_when_patience_ends(app: &TestApp with short_of_patience()) {
        let rows = [
            (Operation::CreateContainer, When::Before, Expected::Failed("platform_unavailable", (Some(503), None, Some("body is empty")))),
            (Operation::CreateContainer, When::After, Expected::Failed("platform_unavailable", (Some(503), None, Some("body is empty")))),
            (Operation::ContainerStatus, When::Before, Expected::Failed("platform_unavailable", (Some(503), None, Some("body is empty")))),
            (Operation::Publish, When::Before, Expected::Failed("platform_unavailable", NOTHING)),
            (Operation::Publish, When::After, Expected::Published),
        ];
        let case = |(operation, when, expected)| {
            let fault = Fault::Status { when, status: 503, body: FaultBody::Empty, headers: Default::default() };
            Case::new(format!("{operation:?} 503 {when:?} always"), Threads, vec![on(operation, fault)], expected)
        };
        run(app, rows.into_iter().map(case).collect()).await;
    }
}

both_modes! {
    async fn what_cannot_be_found_out_is_left_to_a_person(app: &TestApp with short_of_patience()) {
        let down = |operation| on(operation, Fault::Lost { when: When::Before });
        let looks = || [down(Operation::ListPosts), down(Operation::ContainerStatus).skip(1)];
        let row = |when, live| {
            let lost = on(Operation::Publish, Fault::Lost { when });
            let rules = [lost].into_iter().chain(looks()).collect();
            Case::new(format!("Publish lost {when:?}, looks lost for ever"), Threads, rules, Expected::Unconfirmed(live))
        };
        run(app, vec![row(When::Before, 0), row(When::After, 1)]).await;
    }
}
