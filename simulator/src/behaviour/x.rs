//! What only X does wrong (x.md 2.2-2.6, 4.4, 10).

use std::collections::BTreeMap;

use super::threads::LONG_AGO;
use super::{Behaviour, Effect, SIDES, always, lost};
use crate::account::Platform;
use crate::call::Operation::{XCreate, XTimeline};
use crate::fault::{Fault, FaultBody, LagOf, When};
use crate::settings::XDialect;
use crate::x::{LimitWindow, XError};

pub(super) fn behaviours() -> Vec<Behaviour> {
    [overload(), refusals(), limits(), timelines()].concat()
}

fn everywhere(name: impl Into<String>, effect: Effect, fault: Fault) -> Behaviour {
    Behaviour::everywhere(Platform::X, name, effect, |_| fault.clone())
}

/// Seen with and without a post behind it (x.md 2.5).
fn overload() -> Vec<Behaviour> {
    SIDES
        .map(|(when, effect, side)| {
            let error = XError::ServiceUnavailable;
            let name = format!("service_unavailable_{side}");
            everywhere(name, effect, Fault::XError { when, error })
        })
        .into()
}

/// Errors that are the truth: nothing was done.
fn refusals() -> Vec<Behaviour> {
    let credits = |dialect| XError::CreditsDepleted {
        dialect: Some(dialect),
    };
    let named = [
        ("unauthorized", XError::Unauthorized),
        ("missing_scope", XError::MissingScope),
        ("duplicate_content", XError::DuplicateContent),
        ("not_permitted", XError::NotPermitted),
        ("too_long_as_400", XError::TooLong { status: 400 }),
        ("too_long_as_403", XError::TooLong { status: 403 }),
        ("reply_not_allowed", XError::ReplyNotAllowed),
        ("reply_parent_gone", XError::ReplyParentGone),
        ("quote_not_allowed", XError::QuoteNotAllowed),
        ("too_many_cashtags", XError::TooManyCashtags),
        (
            "invalid_media",
            XError::InvalidMedia {
                ids: vec!["1".to_owned()],
            },
        ),
        (
            "invalid_request",
            XError::InvalidRequest {
                message: "Request body must be a JSON object.".to_owned(),
                parameter: None,
            },
        ),
        ("credits_depleted_legacy", credits(XDialect::Legacy)),
        ("credits_depleted_2026", credits(XDialect::V2026)),
        ("spend_cap_reached", XError::SpendCapReached),
        ("account_locked", XError::AccountLocked),
        ("account_suspended", XError::AccountSuspended),
        ("not_found", XError::NotFound),
    ];
    let refusal = |(name, error): (&str, XError)| {
        let when = When::Before;
        everywhere(name, Effect::NotDone, Fault::XError { when, error })
    };
    named.into_iter().map(refusal).collect()
}

/// 429 with each of its sets of headers, with none, and with times that are over (x.md 2.3, 4.4).
fn limits() -> Vec<Behaviour> {
    let windows = [
        ("of_15_minutes", LimitWindow::FifteenMinutes, 600),
        ("of_the_users_day", LimitWindow::UserDay, 7_200),
        ("of_the_apps_day", LimitWindow::AppDay, 7_200),
    ];
    let limited = |name: String, window: LimitWindow, reset_in_s: i64| {
        let when = When::Before;
        let error = XError::TooManyRequests { window, reset_in_s };
        everywhere(name, Effect::NotDone, Fault::XError { when, error })
    };
    let retry_after = |name: &str, value: &str| {
        let fault = Fault::Status {
            when: When::Before,
            status: 429,
            body: FaultBody::Empty,
            headers: BTreeMap::from([("retry-after".to_owned(), value.to_owned())]),
        };
        everywhere(name, Effect::NotDone, fault)
    };
    let mut all = vec![
        limited("limited_without_a_time".to_owned(), LimitWindow::None, 0),
        retry_after("limited_with_retry_after", "90"),
        retry_after("limited_with_retry_after_in_the_past", LONG_AGO),
    ];
    for (name, window, reset_in_s) in windows {
        all.push(limited(format!("limited_{name}"), window, reset_in_s));
        all.push(limited(format!("limited_{name}_in_the_past"), window, -5));
    }
    all
}

/// A timeline that shows a post late, to who has to look for it. Ten minutes are more than a
/// client can wait: it sends again, and is told of a duplicate.
fn timelines() -> Vec<Behaviour> {
    let mut all = Vec::new();
    for seconds in [3, 10, 60, 90, 119, 600] {
        for (when, effect, side) in SIDES {
            let what = LagOf::Timeline;
            let late = always(XTimeline, Fault::Lag { what, seconds });
            let name = format!("timeline_lags_{seconds}_s_lost_{side}");
            let rules = vec![lost(XCreate, when), late];
            all.push(Behaviour::new(Platform::X, name, effect).at(XTimeline, rules));
        }
    }
    all
}
