//! What an answer of Threads means (threads.md 5).
//!
//! The JSON `error.code` decides before the HTTP status, which lies: permanent refusals come as
//! 500 and temporary ones as 400 (threads.md 0 point 1). Texts for users are localised and never
//! looked at; `message` is not, and is looked at only to name a refusal that the code has decided.

use serde_json::Value;

use super::graph_error::GraphError;
use crate::answer::{Answer, LimitScope, RateWindow};
use crate::call::Call;
use crate::failure::{Evidence, Failure, Meaning};
use crate::http::{Reply, retry_after_ms, text};
use crate::judge::{lost, unreadable};

/// Reads an answer; a 2xx may carry an error too (threads.md 1).
pub(super) fn judge(call: Call, reply: &Reply, now_ms: i64) -> Result<Answer<Value>, Failure> {
    let windows = windows(reply);
    let trace_id = trace_id(reply);
    let body = reply.json();
    let error = body.as_ref().and_then(|body| body.get("error"));

    if let Some(error) = error.filter(|error| !error.is_null()) {
        let error = GraphError::read(error);
        let until_ms = retry_after_ms(&reply.headers, now_ms);
        return Err(Failure {
            meaning: by_code(call, &error, until_ms)
                .unwrap_or_else(|| by_status(call, reply, until_ms)),
            evidence: Evidence {
                http_status: Some(reply.status),
                code: error.label(),
                message: error.message,
                trace_id: error.trace_id.or(trace_id),
            },
            windows,
        });
    }
    match body {
        Some(value) if reply.is_2xx() => Ok(Answer {
            value,
            windows,
            http_status: reply.status,
            trace_id,
            more: false,
        }),
        _ if reply.is_2xx() => {
            let why = reply.describe_body();
            Err(unreadable(call, reply.status, windows, trace_id, why))
        }
        body => Err(Failure {
            meaning: by_status(call, reply, retry_after_ms(&reply.headers, now_ms)),
            evidence: Evidence {
                http_status: Some(reply.status),
                code: None,
                message: Some(explain(reply, body)),
                trace_id,
            },
            windows,
        }),
    }
}

/// The order of threads.md 5.4. `None` for a code that it does not name.
fn by_code(call: Call, error: &GraphError, until_ms: Option<i64>) -> Option<Meaning> {
    let limited = |scope| Meaning::Limited { scope, until_ms };
    let rejected = |code| Meaning::Rejected { code };
    let blocked = |code| Meaning::Blocked { code };

    Some(
        match (error.code.unwrap_or(0), error.subcode.unwrap_or(0)) {
            (190 | 102, _) => Meaning::Unauthorized,
            // Spam protection hides behind the code of a rate limit, and lasts for hours.
            (_, 2207051) => blocked("activity_restricted"),
            (_, 4279013) | (368, _) => blocked("account_restricted"),
            // 2207042 is Instagram's spent publishing quota, a candidate for Threads' (threads.md 6).
            (17 | 32 | 613, _) | (_, 4279002 | 2207042) => limited(LimitScope::Account),
            (4 | 341, _) => limited(LimitScope::App),
            (24, _) | (_, 4279009) | (100, 33) => Meaning::NotFound,
            (-1, 4279047) | (1609005, _) => Meaning::BadLinkPreview,
            _ if error.says("THREADS_API__LINK_LIMIT_EXCEEDED") => rejected("link_limit"),
            _ if error.says("THREADS_API__FEATURE_NOT_AVAILABLE") => {
                rejected("feature_not_available")
            }
            _ if error.says("THREADS_API__GEO_GATING") => rejected("invalid_request"),
            // Found at create; seen to pass when the same file was asked for again.
            (_, 2207052) if !call.publishes() => Meaning::MediaUnreachable,
            // The post may be live: seen with code 10 too (threads.md 7.2).
            (1 | 2, _) => lost(call),
            _ if error.is_transient => lost(call),
            (10, _) if call.publishes() => Meaning::Unknown,
            (3 | 10 | 200..=299, _) => rejected("permission_missing"),
            // Carousel children that another server does not know yet.
            (100, 4279004) if !call.publishes() => Meaning::ChildrenNotReady,
            (100, _) if error.says("characters long") => rejected("text_too_long"),
            (100, _) if error.says("reply_to_id") => rejected("reply_target_gone"),
            (100, _) => rejected("invalid_request"),
            (506, _) => Meaning::Duplicate,
            _ => return None,
        },
    )
}

/// For answers without a code that is known.
fn by_status(call: Call, reply: &Reply, until_ms: Option<i64>) -> Meaning {
    match reply.status {
        401 => Meaning::Unauthorized,
        425 | 429 => Meaning::Limited {
            scope: LimitScope::Account,
            until_ms,
        },
        // A status alone proves nothing here, and the container's own status can be read.
        _ if call.publishes() => Meaning::Unknown,
        404 => Meaning::NotFound,
        403 if reply.json().is_none() => Meaning::Transient, // something on the way there
        403 => Meaning::Rejected {
            code: "permission_missing",
        },
        408 | 409 => Meaning::Transient,
        400..=499 => Meaning::Rejected {
            code: "invalid_request",
        },
        _ => Meaning::Transient,
    }
}

/// The id of the exchange in the headers; a body that names one knows better.
pub(super) fn trace_id(reply: &Reply) -> Option<String> {
    ["x-fb-trace-id", "x-fb-request-id"]
        .into_iter()
        .find_map(|name| text(&reply.headers, name))
}

fn explain(reply: &Reply, body: Option<Value>) -> String {
    if let Some(body) = body {
        // The shape of the token endpoint and the authorize page (threads.md 5.1).
        let said = body.get("error_message").and_then(Value::as_str);
        return said.unwrap_or("the answer names no error").to_owned();
    }
    let body = reply.describe_body();
    if reply.status == 500 {
        // threads.md 5.2, last row.
        format!("{body}; when this repeats, the token probably lacks a permission")
    } else {
        body
    }
}

/// `x-app-usage` holds percentages of the app's budget (threads.md 6).
fn windows(reply: &Reply) -> Vec<RateWindow> {
    let usage = text(&reply.headers, "x-app-usage")
        .and_then(|header| serde_json::from_str::<Value>(&header).ok());
    let used = usage.as_ref().and_then(Value::as_object).and_then(|usage| {
        let percentages = usage.values().filter_map(Value::as_f64);
        percentages.map(|percent| percent.ceil() as i64).max()
    });
    let by_usage = used.map(|used| RateWindow {
        scope: LimitScope::App,
        name: "app_usage",
        limit: Some(100),
        remaining: Some((100 - used).max(0)),
        resets_at_ms: None,
    });
    by_usage.into_iter().collect()
}

#[cfg(test)]
mod posting_tests;
#[cfg(test)]
mod tests;
