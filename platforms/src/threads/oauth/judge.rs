//! What an answer of the token endpoints means (threads.md 2.3, 2.4, 5).
//!
//! As everywhere at Threads the code decides before the status, which lies. The flat errors of
//! these endpoints have no code of their own, so their words decide; they are not localised.

use serde::Deserialize;
use serde_json::Value;

use super::{LongLived, ShortLived};
use crate::failure::Evidence;
use crate::http::{Reply, retry_after_ms};
use crate::oauth::{Failure, Refusal, expires_at_ms, secret};
use crate::threads::classify::trace_id;
use crate::threads::graph_error::GraphError;
use crate::wire::WireId;

/// The words by which an app is refused, in lower case. Threads is on record with the redirect
/// alone (threads.md 2.3); the others are said by Meta's other token endpoints, under codes that
/// mean something else elsewhere (1 and 100).
const APP_WORDS: &[&str] = &[
    "invalid redirect",
    "redirect_uri",
    "client secret",
    "client_secret",
    "client_id",
    "client id",
    "platform app",
];

/// The words by which a code is refused, in lower case: Threads' own first, then those of Meta's
/// other token endpoints.
const CODE_WORDS: &[&str] = &[
    "matching code was not found",
    "authorization code",
    "verification code",
    "invalid code",
];

/// What a request brought to be exchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Brought {
    /// With the app's secret.
    Code,
    /// With the app's secret.
    ShortToken,
    /// And nothing else.
    LongToken,
}

pub(super) fn short_lived(reply: &Reply, now_ms: i64) -> Result<ShortLived, Failure> {
    yes(reply)
        .and_then(|body| {
            Some(ShortLived {
                token: secret(&body, "access_token")?,
                user_id: WireId::deserialize(body.get("user_id")?).ok()?.0,
            })
        })
        .ok_or_else(|| failure(Brought::Code, reply, now_ms))
}

pub(super) fn long_lived(
    brought: Brought,
    reply: &Reply,
    now_ms: i64,
) -> Result<LongLived, Failure> {
    yes(reply)
        .and_then(|body| {
            Some(LongLived {
                token: secret(&body, "access_token")?,
                expires_at_ms: expires_at_ms(&body, now_ms),
            })
        })
        .ok_or_else(|| failure(brought, reply, now_ms))
}

fn yes(reply: &Reply) -> Option<Value> {
    reply.json().filter(|_| reply.is_2xx())
}

fn failure(brought: Brought, reply: &Reply, now_ms: i64) -> Failure {
    let body = reply.json();
    let error = body.as_ref().map(read_error).unwrap_or_default();
    let until_ms = retry_after_ms(&reply.headers, now_ms);
    let kind = || {
        body.as_ref()?
            .get("error_type")?
            .as_str()
            .map(str::to_owned)
    };
    let code = error.label().or_else(kind);
    let refusal = by_code(brought, &error, until_ms)
        .unwrap_or_else(|| by_status(brought, reply, body.is_some(), until_ms));
    Failure {
        refusal,
        evidence: Evidence {
            http_status: Some(reply.status),
            code,
            message: Some(error.message.unwrap_or_else(|| explain(reply, &body))),
            trace_id: error.trace_id.or_else(|| trace_id(reply)),
        },
    }
}

/// Either shape of an error (threads.md 5.1). The `code` of the flat one repeats the status.
fn read_error(body: &Value) -> GraphError {
    match body.get("error").filter(|error| !error.is_null()) {
        Some(error) => GraphError::read(error),
        None => GraphError {
            message: body
                .get("error_message")
                .and_then(Value::as_str)
                .map(str::to_owned),
            ..GraphError::default()
        },
    }
}

/// `None` for an error that neither its code nor its words tell.
fn by_code(brought: Brought, error: &GraphError, until_ms: Option<i64>) -> Option<Refusal> {
    let message = error.message.as_deref().unwrap_or_default().to_lowercase();
    let says = |words: &[&str]| words.iter().any(|words| message.contains(words));

    Some(
        match (error.code.unwrap_or(0), error.subcode.unwrap_or(0)) {
            (190 | 102, _) if brought == Brought::Code => Refusal::CodeDead,
            (190 | 102, _) => Refusal::GrantDead,
            (4 | 17 | 32 | 341 | 613, _) | (_, 4279002) => Refusal::Limited { until_ms },
            // "Does not exist": a refresh names nothing but the token, and dead ones were seen
            // under this code (threads.md 5.2).
            (24, _) | (_, 4279009) | (100, 33) if brought == Brought::LongToken => {
                Refusal::GrantDead
            }
            _ if says(APP_WORDS) => Refusal::AppRefused,
            _ if brought == Brought::Code && says(CODE_WORDS) => Refusal::CodeDead,
            (1 | 2, _) => Refusal::Unknown,
            _ if error.is_transient => Refusal::Unknown,
            (3 | 10 | 24 | 100 | 200..=299 | 368, _) => Refusal::Rejected,
            _ => return None,
        },
    )
}

/// For answers without a code or words that are known.
fn by_status(brought: Brought, reply: &Reply, is_json: bool, until_ms: Option<i64>) -> Refusal {
    match reply.status {
        425 | 429 => Refusal::Limited { until_ms },
        401 if brought == Brought::Code => Refusal::AppRefused,
        401 if brought == Brought::LongToken && is_json => Refusal::GrantDead,
        // Something on the way there, or the words that would decide were lost.
        400 | 403 if !is_json => Refusal::NotDone,
        408 | 409 => Refusal::Unknown,
        400..=499 => Refusal::Rejected,
        _ => Refusal::Unknown,
    }
}

/// Our own words. The body's are not repeated: it may hold a token.
fn explain(reply: &Reply, body: &Option<Value>) -> String {
    match body {
        None => reply.describe_body(),
        Some(_) if reply.is_2xx() => "the answer holds no token in the documented form".to_owned(),
        Some(_) => "the answer names no error".to_owned(),
    }
}

#[cfg(test)]
mod tests;
