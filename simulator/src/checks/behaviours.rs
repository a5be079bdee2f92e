//! The list of what the platforms do wrong: it is whole, and each does what it says.

use std::collections::BTreeSet;

use reqwest::RequestBuilder;
use serde_json::json;

use super::Running;
use crate::{
    Behaviour, ContainerFate, Effect, Fault, FaultRule, LagOf, LimitWindow, MediaFate, Operation,
    Platform, Settings, ThreadsError, XError, behaviours,
};

pub(super) fn all() -> Vec<Behaviour> {
    [Platform::Threads, Platform::X]
        .into_iter()
        .flat_map(behaviours)
        .collect()
}

fn all_faults() -> Vec<Fault> {
    let all = all();
    let rules = all
        .iter()
        .flat_map(|one| one.operations().flat_map(|at| one.rules(at)));
    rules.map(|rule| rule.fault).collect()
}

/// Each kind of thing has a number; together they must be `0..count`.
fn whole<T>(things: &[T], number: impl Fn(&T) -> usize, count: usize) {
    let found: BTreeSet<usize> = things.iter().map(number).collect();
    assert_eq!(found, (0..count).collect());
}

#[test]
fn every_kind_of_fault_belongs_to_a_behaviour() {
    let number = |fault: &Fault| match fault {
        Fault::Lost { .. } => 0,
        Fault::Reset { .. } => 1,
        Fault::Status { .. } => 2,
        Fault::Delay { .. } => 3,
        Fault::Hold { .. } => 4,
        Fault::MalformedJson { .. } => 5,
        Fault::TruncatedBody { .. } => 6,
        Fault::SlowDrip { .. } => 7,
        Fault::HugeBody { .. } => 8,
        Fault::ErrorInOk { .. } => 9,
        Fault::Redirect { .. } => 10,
        Fault::ThreadsError { .. } => 11,
        Fault::ThreadsBurst { .. } => 12,
        Fault::Container { .. } => 13,
        Fault::Lag { .. } => 14,
        Fault::XError { .. } => 15,
        Fault::Media { .. } => 16,
    };
    whole(&all_faults(), number, 17);
}

#[test]
fn every_lag_and_every_fate_belongs_to_a_behaviour() {
    let mut lags = Vec::new();
    let mut fates = Vec::new();
    let mut uploads = Vec::new();
    for fault in all_faults() {
        match fault {
            Fault::Lag { what, .. } => lags.push(what),
            Fault::Container { becomes } => fates.push(becomes),
            Fault::Media { becomes } => uploads.push(becomes),
            _ => {}
        }
    }
    let number = |lag: &LagOf| match lag {
        LagOf::Status => 0,
        LagOf::Feed => 1,
        LagOf::Reply => 2,
        LagOf::Replication => 3,
        LagOf::Processing => 4,
        LagOf::Timeline => 5,
        LagOf::Child => 6,
        LagOf::VideoReply => 7,
    };
    whole(&lags, number, 8);
    let number = |fate: &ContainerFate| match fate {
        ContainerFate::Vanishes => 0,
        ContainerFate::Error(_) => 1,
        ContainerFate::Expired => 2,
    };
    whole(&fates, number, 3);
    let number = |fate: &MediaFate| match fate {
        MediaFate::Fails(_) => 0,
        MediaFate::Expires => 1,
    };
    whole(&uploads, number, 2);
}

#[test]
fn every_named_error_of_threads_belongs_to_a_behaviour() {
    let errors = all_faults().into_iter().filter_map(|fault| match fault {
        Fault::ThreadsError { error, .. } => Some(error),
        _ => None,
    });
    let number = |error: &ThreadsError| match error {
        ThreadsError::MediaNotFound { .. } => 0,
        ThreadsError::InvalidLinkAttachment => 1,
        ThreadsError::RateLimited => 2,
        ThreadsError::MissingPermission => 3,
        ThreadsError::EmptyServerError => 4,
        ThreadsError::Transient => 5,
        ThreadsError::AccountRestricted => 6,
        ThreadsError::SpamBlocked => 7,
        ThreadsError::InvalidToken => 8,
        ThreadsError::SessionExpired => 9,
        ThreadsError::NoSuchObject { .. } => 10,
        ThreadsError::NonexistingField { .. } => 11,
        ThreadsError::InvalidParameter { .. } => 12,
        ThreadsError::TooManyLinks => 13,
        ThreadsError::UnknownPath { .. } => 14,
        ThreadsError::MediaDownloadFailed { .. } => 15,
        ThreadsError::InvalidChildren { .. } => 16,
        ThreadsError::FeatureNotAvailable => 17,
        ThreadsError::InvalidCountryCodes => 18,
    };
    whole(&errors.collect::<Vec<_>>(), number, 19);
}

#[test]
fn every_named_error_of_x_belongs_to_a_behaviour() {
    let errors = all_faults().into_iter().filter_map(|fault| match fault {
        Fault::XError { error, .. } => Some(error),
        _ => None,
    });
    let number = |error: &XError| match error {
        XError::Unauthorized => 0,
        XError::MissingScope => 1,
        XError::DuplicateContent => 2,
        XError::NotPermitted => 3,
        XError::TooLong { .. } => 4,
        XError::ReplyNotAllowed => 5,
        XError::ReplyParentGone => 6,
        XError::QuoteNotAllowed => 7,
        XError::TooManyCashtags => 8,
        XError::InvalidMedia { .. } => 9,
        XError::InvalidRequest { .. } => 10,
        XError::CreditsDepleted { .. } => 11,
        XError::SpendCapReached => 12,
        XError::TooManyRequests { window, .. } => match window {
            LimitWindow::FifteenMinutes => 13,
            LimitWindow::AppDay => 14,
            LimitWindow::UserDay => 15,
            LimitWindow::None => 16,
        },
        XError::ServiceUnavailable => 17,
        XError::AccountLocked => 18,
        XError::AccountSuspended => 19,
        XError::NotFound => 20,
        XError::UnknownMedia => 21,
        XError::SegmentsDoNotAddUp => 22,
        XError::MediaTooLarge => 23,
        XError::VideoTooLong => 24,
    };
    whole(&errors.collect::<Vec<_>>(), number, 25);
}

#[test]
fn every_operation_has_behaviours_and_every_behaviour_a_name_of_its_own() {
    for platform in [Platform::Threads, Platform::X] {
        let all = behaviours(platform);
        let names: BTreeSet<&str> = all.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names.len(), all.len());
        for operation in Operation::ALL {
            let count = all
                .iter()
                .filter(|one| !one.rules(operation).is_empty())
                .count();
            let is_own = operation.platform() == Some(platform);
            assert_eq!(count > 40, is_own, "{operation:?}: {count} on {platform:?}");
        }
    }
}

#[test]
fn what_a_behaviour_asks_of_the_settings_is_a_patch_for_them() {
    let patches: Vec<_> = all().into_iter().filter_map(|one| one.settings).collect();
    assert_eq!(patches.len(), 3);
    for patch in patches {
        Settings::default().patched(&patch).expect("a patch");
    }
}

/// The same without long waits.
pub(super) fn quick(mut rule: FaultRule) -> FaultRule {
    match &mut rule.fault {
        Fault::Delay { ms, .. } => *ms = 1,
        Fault::SlowDrip { every_ms, .. } => *every_ms = 1,
        Fault::HugeBody { bytes, .. } => *bytes = 100_000,
        _ => {}
    }
    rule
}

/// Sends a call whatever comes of it; a held one is let go.
pub(super) async fn sent(running: &Running, request: RequestBuilder) {
    let answered = async {
        if let Ok(answer) = request.send().await {
            let _ = answer.bytes().await;
        }
    };
    let let_go = async {
        running.simulator.until_held(1).await;
        running.simulator.release();
        std::future::pending().await
    };
    tokio::select! { () = answered => {}, () = let_go => {} }
    running.simulator.until_idle().await;
}

#[tokio::test]
async fn what_is_struck_at_the_visible_call_is_live_or_not_as_the_behaviour_says() {
    let running = Running::start().await;
    let mut struck = 0;
    for behaviour in all() {
        let visible = match behaviour.platform {
            Platform::Threads => Operation::Publish,
            Platform::X => Operation::XCreate,
        };
        let rules = behaviour.rules(visible);
        if rules.is_empty() {
            continue;
        }
        running.simulator.reset();
        let container = match behaviour.platform {
            Platform::Threads => Some(running.container("hello").await),
            Platform::X => None,
        };
        let own = rules
            .into_iter()
            .filter(|rule| rule.operation == Some(visible));
        running.simulator.add_faults(own.map(quick).collect());
        let request = match &container {
            Some(id) => running
                .post("/v1.0/me/threads_publish")
                .form(&[("creation_id", id)]),
            None => running.post("/2/tweets").json(&json!({"text": "hello"})),
        };
        sent(&running, request).await;
        let live = usize::from(behaviour.effect == Effect::Done);
        assert_eq!(running.live(), live, "{}", behaviour.name);
        let fired = running.simulator.faults()[0].fired;
        assert_eq!(fired, 1, "{}", behaviour.name);
        struck += 1;
    }
    assert!(struck > 120, "only {struck}");
}
