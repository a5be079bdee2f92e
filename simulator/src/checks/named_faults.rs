//! The faults that bear a platform's own name.

use serde_json::json;

use super::faults::tweet_under;
use super::{Running, answered};
use crate::{
    ContainerFate, Fault, FaultRule, LagOf, LimitWindow, Operation, Platform, ThreadsError, When,
    XDialect, XError,
};

#[tokio::test]
async fn every_named_refusal_of_threads_strikes_before_or_after_the_effect() {
    for (error, status, part) in [
        (
            ThreadsError::MediaNotFound { id: None },
            400,
            "\"error_subcode\":4279009",
        ),
        (
            ThreadsError::InvalidLinkAttachment,
            400,
            "\"code\":-1,\"error_subcode\":4279047",
        ),
        (
            ThreadsError::RateLimited,
            400,
            "\"code\":613,\"error_subcode\":4279002",
        ),
        (
            ThreadsError::MissingPermission,
            500,
            "\"type\":\"THApiException\",\"code\":10",
        ),
        (ThreadsError::EmptyServerError, 500, ""),
        (
            ThreadsError::Transient,
            500,
            "\"code\":2,\"is_transient\":true",
        ),
        (ThreadsError::AccountRestricted, 400, "4279013"),
        (ThreadsError::SpamBlocked, 400, "2207051"),
        (ThreadsError::InvalidToken, 500, "\"code\":190"),
        (ThreadsError::SessionExpired, 400, "\"error_subcode\":463"),
    ] {
        for (when, live) in [(When::Before, 0), (When::After, 1)] {
            let running = Running::start().await;
            let container = running.container("hello").await;
            running.fault(
                Operation::Publish,
                Fault::ThreadsError {
                    when,
                    error: error.clone(),
                },
            );
            let published = running.publish(&container).await;
            assert_eq!(published.status, status, "{error:?}");
            assert!(published.body.contains(part), "{published:?}");
            assert_eq!(running.live(), live, "{error:?}");
            if matches!(error, ThreadsError::MediaNotFound { .. }) {
                assert!(published.body.contains(&container), "{published:?}");
            }
            let status = running
                .read(&format!("/{container}?fields=status"))
                .await
                .body;
            assert!(
                status.contains(if live == 1 { "PUBLISHED" } else { "FINISHED" }),
                "{status}"
            );
        }
    }
}

#[tokio::test]
async fn a_burst_cools_the_whole_account_down() {
    let running = Running::start().await;
    running.fault(Operation::Publish, Fault::ThreadsBurst { seconds: 40 });
    let container = running.container("hello").await;
    assert!(running.publish(&container).await.body.contains("4279002"));
    running.advance(39_999);
    assert!(running.read("/me").await.body.contains("4279002"));
    running.advance(1);
    assert_eq!(running.publish(&container).await.status, 200);
}

#[tokio::test]
async fn containers_vanish_fail_and_expire_on_command() {
    let running = Running::start().await;
    for (becomes, status) in [
        (ContainerFate::Vanishes, "\"status\":\"FINISHED\""),
        (
            ContainerFate::Error("UNKNOWN".to_owned()),
            "\"status\":\"ERROR\"",
        ),
        (ContainerFate::Expired, "\"status\":\"EXPIRED\""),
    ] {
        running.fault(
            Operation::CreateContainer,
            Fault::Container {
                becomes: becomes.clone(),
            },
        );
        let container = running.container("hello").await;
        let path = format!("/{container}?fields=status,error_message");
        let read = running.read(&path).await;
        assert!(read.body.contains(status), "{read:?}");
        assert!(running.publish(&container).await.body.contains("4279009"));
        match becomes {
            ContainerFate::Vanishes => assert!(running.read(&path).await.body.contains("4279009")),
            ContainerFate::Error(_) => assert_eq!(
                read,
                answered(
                    200,
                    &format!(
                        "{{\"status\":\"ERROR\",\"id\":\"{container}\",\"error_message\":\"UNKNOWN\"}}"
                    )
                )
            ),
            ContainerFate::Expired => {}
        }
    }
    assert_eq!(running.live(), 0);
}

#[tokio::test]
async fn lags_can_be_ordered_for_one_call() {
    let running = Running::start().await;
    let lag = |what| FaultRule::new(Fault::Lag { what, seconds: 5 }).once();
    running
        .simulator
        .add_faults(vec![lag(LagOf::Status).operation(Operation::Publish)]);
    let container = running.container("one").await;
    running.publish(&container).await;
    assert!(
        running
            .read(&format!("/{container}"))
            .await
            .body
            .contains("FINISHED")
    );
    running.advance(5_000);
    assert!(
        running
            .read(&format!("/{container}"))
            .await
            .body
            .contains("PUBLISHED")
    );

    running
        .simulator
        .add_faults(vec![lag(LagOf::Feed).text_contains("two")]);
    running.publish(&running.container("two").await).await;
    assert_eq!(
        running.json("/me/threads").await["data"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );

    running
        .simulator
        .add_faults(vec![lag(LagOf::Timeline).platform(Platform::X)]);
    running.tweet(json!({"text": "three"})).await;
    let timeline = format!("/2/users/{}/tweets", running.x.remote_user_id);
    assert_eq!(running.json(&timeline).await["meta"]["result_count"], 0);
    running.advance(5_000);
    assert_eq!(running.json(&timeline).await["meta"]["result_count"], 1);
}

#[tokio::test]
async fn every_named_refusal_of_x_strikes_with_its_own_body() {
    for (error, status, part) in [
        (
            XError::CreditsDepleted {
                dialect: Some(XDialect::Legacy),
            },
            402,
            "\"account_id\":1243608864848629761",
        ),
        (
            XError::CreditsDepleted {
                dialect: Some(XDialect::V2026),
            },
            402,
            "credits-depleted",
        ),
        (XError::SpendCapReached, 403, "SpendCapReached"),
        (XError::ServiceUnavailable, 503, "Service Unavailable"),
        (XError::DuplicateContent, 403, "duplicate content"),
        (XError::NotPermitted, 403, "You are not permitted"),
        (XError::TooLong { status: 403 }, 403, "too long"),
        (XError::TooLong { status: 400 }, 400, "too long"),
        (XError::AccountLocked, 403, "\"code\":326"),
        (XError::Unauthorized, 401, "Unauthorized"),
        (XError::AccountSuspended, 403, "user-suspended"),
        (XError::MissingScope, 403, "\"detail\":\"Forbidden\""),
    ] {
        for (when, live) in [(When::Before, 0), (When::After, 1)] {
            let running = Running::start().await;
            let fault = Fault::XError {
                when,
                error: error.clone(),
            };
            let refused = tweet_under(&running, fault).await.expect("an answer");
            assert_eq!(refused.status, status, "{error:?}");
            assert!(refused.body.contains(part), "{refused:?}");
            assert_eq!(running.live(), live, "{error:?}");
        }
    }
}

#[tokio::test]
async fn a_429_names_the_window_that_is_spent() {
    for (window, header) in [
        (LimitWindow::FifteenMinutes, Some("x-rate-limit")),
        (LimitWindow::AppDay, Some("x-app-limit-24hour")),
        (LimitWindow::UserDay, Some("x-user-limit-24hour")),
        (LimitWindow::None, None),
    ] {
        let running = Running::start().await;
        let error = XError::TooManyRequests {
            window,
            reset_in_s: -30,
        };
        running.fault(
            Operation::XCreate,
            Fault::XError {
                when: When::Before,
                error,
            },
        );
        let sent = running
            .post("/2/tweets")
            .json(&json!({"text": "hi"}))
            .send()
            .await
            .expect("an answer");
        assert_eq!(sent.status(), 429);
        let value = |name: String| {
            sent.headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        match header {
            Some(header) => {
                let past = (super::START_MS / 1_000 - 30).to_string();
                assert_eq!(value(format!("{header}-remaining")), Some("0"));
                assert_eq!(value(format!("{header}-reset")), Some(&*past));
                let plenty = value("x-rate-limit-remaining".to_owned());
                assert_eq!(plenty == Some("0"), window == LimitWindow::FifteenMinutes);
            }
            None => assert!(
                !sent
                    .headers()
                    .keys()
                    .any(|name| name.as_str().contains("limit"))
            ),
        }
    }
}
