//! What only Threads does wrong (threads.md 5, 7, 10c, 11).

use std::collections::BTreeMap;

use serde_json::json;

use super::{Behaviour, Effect, SIDES, always, lost, once};
use crate::account::Platform;
use crate::call::Operation::{
    self, ContainerStatus, CreateCarousel, CreateChild, CreateContainer, ListPosts, ListReplies,
    Publish,
};
use crate::fault::{ContainerFate, Fault, FaultBody, FaultRule, LagOf, When};
use crate::threads::ThreadsError;

pub(super) fn behaviours() -> Vec<Behaviour> {
    [
        errors(),
        refusals(),
        limits(),
        lags(),
        lost_containers(),
        second_publishes(),
    ]
    .concat()
}

fn new(name: impl Into<String>, effect: Effect) -> Behaviour {
    Behaviour::new(Platform::Threads, name, effect)
}

fn everywhere(name: impl Into<String>, effect: Effect, fault: Fault) -> Behaviour {
    Behaviour::everywhere(Platform::Threads, name, effect, |_| fault.clone())
}

/// Errors that were seen although the call went through, and may come at any call.
fn errors() -> Vec<Behaviour> {
    let mut all = Vec::new();
    for (when, effect, side) in SIDES {
        for (name, error) in [
            ("code_10", ThreadsError::MissingPermission),
            ("code_2", ThreadsError::Transient),
            ("empty_500", ThreadsError::EmptyServerError),
            ("not_found_once", ThreadsError::MediaNotFound { id: None }),
        ] {
            let fault = Fault::ThreadsError { when, error };
            all.push(everywhere(format!("{name}_{side}"), effect, fault));
        }
    }
    let fault = Fault::ThreadsError {
        when: When::Before,
        error: ThreadsError::MediaNotFound { id: None },
    };
    let own = Operation::ALL.into_iter();
    let own = own.filter(|operation| operation.platform() == Some(Platform::Threads));
    let for_ever = own.fold(new("not_found_for_ever", Effect::NotDone), |all, at| {
        all.at(at, vec![always(at, fault.clone())])
    });
    all.push(for_ever);
    all
}

/// Errors that are the truth: nothing was done.
fn refusals() -> Vec<Behaviour> {
    let text = |text: &str| text.to_owned();
    let named = [
        ThreadsError::InvalidLinkAttachment,
        ThreadsError::AccountRestricted,
        ThreadsError::SpamBlocked,
        ThreadsError::InvalidToken,
        ThreadsError::SessionExpired,
        ThreadsError::NoSuchObject { id: text("1") },
        ThreadsError::NonexistingField {
            field: text("status"),
        },
        ThreadsError::InvalidParameter {
            message: text("Param x is invalid."),
        },
        ThreadsError::TooManyLinks,
        ThreadsError::UnknownPath { path: text("/x") },
    ];
    let refusal = |error: ThreadsError| {
        let name = error.name().trim_start_matches("threads_").to_owned();
        let when = When::Before;
        everywhere(name, Effect::NotDone, Fault::ThreadsError { when, error })
    };
    named.into_iter().map(refusal).collect()
}

fn limits() -> Vec<Behaviour> {
    let too_many = |retry_after: Option<&str>| {
        let header = |value: &str| ("retry-after".to_owned(), value.to_owned());
        Fault::Status {
            when: When::Before,
            status: 429,
            body: FaultBody::Empty,
            headers: retry_after
                .map(header)
                .into_iter()
                .collect::<BTreeMap<_, _>>(),
        }
    };
    let rate_limited = Fault::ThreadsError {
        when: When::Before,
        error: ThreadsError::RateLimited,
    };
    [
        ("rate_limited", rate_limited),
        ("burst_of_613", Fault::ThreadsBurst { seconds: 40 }),
        ("limited_without_a_time", too_many(None)),
        ("limited_with_retry_after", too_many(Some("120"))),
        ("limited_with_a_time_in_the_past", too_many(Some(LONG_AGO))),
    ]
    .map(|(name, fault)| everywhere(name, Effect::NotDone, fault))
    .into()
}

pub(super) const LONG_AGO: &str = "Wed, 21 Oct 2015 07:28:00 GMT";

/// The calls that make a container.
const CREATES: [Operation; 3] = [CreateContainer, CreateChild, CreateCarousel];

fn lag(what: LagOf, seconds: i64) -> FaultRule {
    once(CreateContainer, Fault::Lag { what, seconds })
}

/// What was done is noticed late.
fn lags() -> Vec<Behaviour> {
    let mut all = Vec::new();
    let mut slow = |name: &str, what: LagOf, seconds: i64| {
        let slow = new(format!("{name}_{seconds}_s"), Effect::Done);
        all.push(CREATES.into_iter().fold(slow, |all, at| {
            all.at(at, vec![once(at, Fault::Lag { what, seconds })])
        }));
    };
    for seconds in [1, 7, 30, 100] {
        slow("replicated_after", LagOf::Replication, seconds);
    }
    for seconds in [5, 40, 1_200] {
        slow("processed_after", LagOf::Processing, seconds);
    }
    for seconds in [10, 45] {
        let rules = vec![lag(LagOf::Reply, seconds)];
        let name = format!("answerable_after_{seconds}_s");
        all.push(new(name, Effect::Done).at(ListReplies, rules));
    }
    // These matter only to who has to look.
    for (name, what, at, lags) in [
        (
            "status_lags",
            LagOf::Status,
            ContainerStatus,
            [3, 60, 3_600],
        ),
        ("feed_lags", LagOf::Feed, ListPosts, [5, 60, 600]),
    ] {
        for seconds in lags {
            let rules = vec![lag(what, seconds), lost(Publish, When::After)];
            let name = format!("{name}_{seconds}_s");
            all.push(new(name, Effect::Done).at(at, rules));
        }
    }
    // The second part of a chain.
    let rules = vec![
        lag(LagOf::Feed, 60).skip(1),
        lost(Publish, When::After).skip(1),
    ];
    all.push(new("feed_of_replies_lags_60_s", Effect::Done).at(ListReplies, rules));
    all
}

/// Containers that come to nothing, before the publish or while somebody looks for the post.
fn lost_containers() -> Vec<Behaviour> {
    let fates = [
        ("container_vanishes", ContainerFate::Vanishes),
        ("container_expires", ContainerFate::Expired),
        (
            "container_fails",
            ContainerFate::Error("UNKNOWN".to_owned()),
        ),
        (
            "container_is_refused",
            ContainerFate::Error("INVALID_ASPECT_RATIO".to_owned()),
        ),
    ];
    let mut all = Vec::new();
    for (name, becomes) in fates {
        let fate = Fault::Container { becomes };
        all.push(
            CREATES
                .into_iter()
                .fold(new(name, Effect::Done), |all, at| {
                    all.at(at, vec![once(at, fate.clone())])
                }),
        );
        for (when, effect, side) in SIDES {
            // At the first look after the publish; the one before it passes.
            let late = once(ContainerStatus, fate.clone()).skip(1);
            let rules = vec![late, lost(Publish, when)];
            let name = format!("{name}_after_a_publish_lost_{side}");
            all.push(new(name, effect).at(ContainerStatus, rules));
        }
        let for_ever = new(format!("{name}_for_ever"), Effect::Done);
        all.push(CREATES.into_iter().fold(for_ever, |all, at| {
            all.at(at, vec![always(at, fate.clone())])
        }));
    }
    all
}

/// A container that is published a second time, because its status and the lists do not show the
/// first. Where the platform doubles it, they must show it within a minute: beyond that nobody
/// could tell.
fn second_publishes() -> Vec<Behaviour> {
    [("same_id", 600), ("error", 600), ("duplicate", 60)]
        .map(|(mode, seconds)| {
            let what = LagOf::Feed;
            let rules = vec![
                lag(LagOf::Status, seconds),
                once(ContainerStatus, Fault::Lag { what, seconds }),
                lost(Publish, When::After),
            ];
            new(format!("second_publish_{mode}"), Effect::Done)
                .at(Publish, rules)
                .with_settings(json!({"threads": {"second_publish": mode}}))
        })
        .into()
}
