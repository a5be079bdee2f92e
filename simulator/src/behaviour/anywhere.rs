//! What any server, gateway or network does: the same on both platforms and at every call.

use serde_json::{Value, json};

use super::{Behaviour, Effect, SIDES};
use crate::account::Platform;
use crate::call::Operation;
use crate::fault::{Fault, FaultBody, When};

pub(super) fn behaviours(platform: Platform) -> Vec<Behaviour> {
    let mut all = Vec::new();
    for (when, effect, side) in SIDES {
        let new = |(name, fault): Named, effect| {
            Behaviour::everywhere(platform, format!("{name}_{side}"), effect, fault)
        };
        let faults = [broken(when), statuses(platform, when), redirects(when)];
        all.extend(faults.into_iter().flatten().map(|named| new(named, effect)));
        all.extend(slow(when).into_iter().map(|named| new(named, Effect::Done)));
    }
    all
}

/// The redirects know where to.
type Named = (String, Box<dyn Fn(Operation) -> Fault>);

fn named(name: impl Into<String>, fault: Fault) -> Named {
    (name.into(), Box::new(move |_| fault.clone()))
}

/// Longer than any client waits; on either side, what was asked is done in the end.
fn slow(when: When) -> [Named; 2] {
    [
        named("delayed", Fault::Delay { when, ms: 20_000 }),
        named("held", Fault::Hold { when }),
    ]
}

/// No answer, or none that can be read.
fn broken(when: When) -> Vec<Named> {
    vec![
        named("lost", Fault::Lost { when }),
        named("reset", Fault::Reset { when }),
        named("malformed", Fault::MalformedJson { when }),
        named("truncated", Fault::TruncatedBody { when }),
        named(
            "slow_drip",
            Fault::SlowDrip {
                when,
                bytes: 1,
                every_ms: 1_000,
            },
        ),
        named(
            "huge",
            Fault::HugeBody {
                when,
                bytes: 50_000_000,
            },
        ),
        named("errors_in_ok", Fault::ErrorInOk { when, body: None }),
        named(
            "nothing_in_ok",
            Fault::ErrorInOk {
                when,
                body: Some(json!({})),
            },
        ),
    ]
}

/// 500, 502 and 503 as the API, a gateway and a load balancer word them.
fn statuses(platform: Platform, when: When) -> Vec<Named> {
    let page = "<html><head><title>502 Bad Gateway</title></head><body></body></html>";
    let bodies = [
        ("json", FaultBody::Json(internal_error(platform))),
        ("html", FaultBody::Html(page.to_owned())),
        ("empty", FaultBody::Empty),
    ];
    let of_status = |status: u16| {
        bodies.clone().map(|(word, body)| {
            let fault = Fault::Status {
                when,
                status,
                body,
                headers: Default::default(),
            };
            named(format!("status_{status}_{word}"), fault)
        })
    };
    [500, 502, 503].into_iter().flat_map(of_status).collect()
}

fn internal_error(platform: Platform) -> Value {
    match platform {
        Platform::Threads => {
            json!({"error": {"message": "An unknown error occurred", "type": "OAuthException", "code": 1}})
        }
        Platform::X => {
            json!({"title": "Internal Error", "detail": "Internal Error", "status": 500,
                   "type": "https://api.x.com/2/problems/internal-error"})
        }
    }
}

/// To the same call again: who follows one after the effect posts twice.
fn redirects(when: When) -> Vec<Named> {
    let to = |status: u16| -> Named {
        let fault = move |operation: Operation| Fault::Redirect {
            when,
            status,
            location: address(operation).to_owned(),
        };
        (format!("redirect_{status}"), Box::new(fault))
    };
    [301, 302, 303, 307, 308].into_iter().map(to).collect()
}

fn address(operation: Operation) -> &'static str {
    match operation {
        Operation::CreateContainer
        | Operation::CreateChild
        | Operation::CreateCarousel
        | Operation::ListPosts => "/v1.0/me/threads",
        Operation::Publish => "/v1.0/me/threads_publish",
        Operation::ListReplies => "/v1.0/me/replies",
        Operation::PublishingLimit => "/v1.0/me/threads_publishing_limit",
        Operation::ContainerStatus
        | Operation::ReadMedia
        | Operation::Me
        | Operation::Delete
        | Operation::Unknown => "/v1.0/me",
        Operation::XCreate => "/2/tweets",
        Operation::XRead | Operation::XTimeline | Operation::XMe | Operation::XDelete => {
            "/2/users/me"
        }
        Operation::XMediaUpload | Operation::XMediaStatus => "/2/media/upload",
        Operation::XMediaInitialize | Operation::XMediaAppend | Operation::XMediaFinalize => {
            "/2/media/upload/initialize"
        }
        Operation::XMediaMetadata => "/2/media/metadata",
        Operation::ThreadsAuthorize => "/oauth/authorize",
        Operation::ThreadsCodeExchange | Operation::ThreadsAppToken => "/oauth/access_token",
        Operation::ThreadsLongLived => "/access_token",
        Operation::ThreadsRefresh => "/refresh_access_token",
        Operation::ThreadsDebugToken => "/v1.0/debug_token",
        Operation::XAuthorize => "/i/oauth2/authorize",
        Operation::XCodeExchange | Operation::XRefresh => "/2/oauth2/token",
        Operation::XRevoke => "/2/oauth2/revoke",
    }
}
