//! What the platforms refuse by name: permanent refusals fail at once and with their words.

use entities::Platform::{self, Threads, X};
use simulator::{Fault, Operation, ThreadsError, When, XError};
use tests::both_modes;

use super::{Case, Expected, Said, on, run, short_of_patience};

const PREVIEW: Said = (Some(400), Some("-1/4279047"), Some("Fatal"));
const PERMISSION: Said = (Some(500), Some("10"), Some("does not have permission"));

fn threads(operation: Operation, error: ThreadsError, code: &'static str, said: Said) -> Case {
    let name = format!("{operation:?} {error:?} always");
    let fault = Fault::ThreadsError {
        when: When::Before,
        error,
    };
    Case::new(
        name,
        Threads,
        vec![on(operation, fault)],
        Expected::Failed(code, said),
    )
}

fn parameter(message: &str) -> ThreadsError {
    ThreadsError::InvalidParameter {
        message: message.to_owned(),
    }
}

both_modes! {
    async fn what_threads_refuses_for_good_fails_with_its_words(app: &TestApp with short_of_patience()) {
        use Operation::{ContainerStatus, CreateContainer, Publish};
        let too_long = "Param text must be at most 500 characters long.";
        run(app, vec![
            threads(CreateContainer, ThreadsError::MissingPermission, "permission_missing", PERMISSION),
            threads(CreateContainer, parameter(too_long), "text_too_long", (Some(500), Some("100"), Some(too_long))),
            threads(CreateContainer, parameter("Param x is bad"), "invalid_request", (Some(500), Some("100"), Some("Param x"))),
            threads(CreateContainer, ThreadsError::TooManyLinks, "link_limit", (Some(400), Some("100"), Some("LINK_LIMIT"))),
            threads(CreateContainer, ThreadsError::InvalidLinkAttachment, "link_preview_refused", PREVIEW),
            threads(CreateContainer, ThreadsError::UnknownPath { path: "x".into() }, "invalid_request", (Some(400), Some("2500"), Some("Unknown path"))),
            threads(CreateContainer, ThreadsError::MediaNotFound { id: None }, "not_found", (Some(400), Some("24/4279009"), None)),
            threads(CreateContainer, ThreadsError::NoSuchObject { id: "1".into() }, "not_found", (Some(400), Some("100/33"), None)),
            threads(CreateContainer, ThreadsError::EmptyServerError, "platform_unavailable", (Some(500), None, Some("permission"))),
            threads(CreateContainer, ThreadsError::Transient, "platform_unavailable", (Some(500), Some("2"), Some("Please retry"))),
            threads(ContainerStatus, ThreadsError::MissingPermission, "permission_missing", PERMISSION),
            threads(ContainerStatus, ThreadsError::NonexistingField { field: "status".into() }, "invalid_request", (Some(500), Some("100"), Some("(status)"))),
            threads(Publish, parameter("Param y is bad"), "invalid_request", (Some(500), Some("100"), Some("Param y"))),
            threads(Publish, ThreadsError::InvalidLinkAttachment, "link_preview_refused", PREVIEW),
        ])
        .await;
    }
}

both_modes! {
    async fn a_link_preview_that_is_refused_a_few_times_is_waited_for(app: &TestApp) {
        let preview = || Fault::ThreadsError { when: When::Before, error: ThreadsError::InvalidLinkAttachment };
        let row = |operation| {
            let rule = on(operation, preview()).times(3);
            Case::new(format!("{operation:?} preview refused x3"), Threads, vec![rule], Expected::Published)
        };
        run(app, vec![row(Operation::CreateContainer), row(Operation::Publish)]).await;
    }
}

both_modes! {
    async fn what_x_refuses_for_good_fails_with_its_words(app: &TestApp) {
        let row = |error: XError, code: &'static str, said: Said| {
            let name = format!("XCreate {error:?}");
            let fault = Fault::XError { when: When::Before, error };
            Case::new(name, X, vec![on(Operation::XCreate, fault).once()], Expected::Failed(code, said))
        };
        let invalid = || XError::InvalidRequest { message: "$.text: is missing".into(), parameter: None };
        for dialect in [simulator::XDialect::V2026, simulator::XDialect::Legacy] {
            app.simulator.set_settings(|settings| settings.x.dialect = dialect);
            run(app, vec![
                row(XError::DuplicateContent, "duplicate_content", (Some(403), Some("duplicate"), Some("duplicate content"))),
                row(XError::NotPermitted, "not_permitted", (Some(403), Some("Forbidden"), Some("not permitted to perform"))),
                row(XError::MissingScope, "permission_missing", (Some(403), Some("Forbidden"), None)),
                row(XError::TooLong { status: 403 }, "text_too_long", (Some(403), Some("Forbidden"), Some("too long"))),
                row(XError::TooLong { status: 400 }, "text_too_long", (Some(400), Some("invalid-request"), Some("too long"))),
                row(XError::TooManyCashtags, "too_many_cashtags", (Some(403), Some("Forbidden"), Some("one cashtag"))),
                row(XError::QuoteNotAllowed, "quote_not_allowed", (Some(403), Some("Forbidden"), Some("Quoting"))),
                row(XError::InvalidMedia { ids: vec!["1".into()] }, "media_invalid", (Some(400), Some("invalid-request"), Some("media IDs"))),
                row(invalid(), "invalid_request", (Some(400), Some("invalid-request"), Some("$.text"))),
                row(XError::NotFound, "invalid_request", (Some(404), Some("Not Found"), None)),
            ])
            .await;
        }
    }
}

both_modes! {
    async fn a_text_that_was_posted_by_hand_before_is_refused_as_a_duplicate(app: &TestApp) {
        let first = app.client.submit("said twice", &[app.x.to_string()]).await;
        app.drain().await;
        let second = app.client.submit("said twice", &[app.x.to_string()]).await;
        app.drain().await;
        assert_eq!(app.client.delivery(&first, "x").await["status"], "published");
        let second = app.client.delivery(&second, "x").await;
        assert_eq!((&second["status"], &second["error"]["code"]), (&"failed".into(), &"duplicate_content".into()));
        assert_eq!(app.live_count(Platform::X, "said twice"), 1);
    }
}
