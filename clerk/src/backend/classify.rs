//! What an answer of the Backend API means (clerk.md 2.2): the code decides, not the status.

use std::time::Duration;

use serde_json::Value;

use super::failure::{Failure, Meaning};
use crate::http::{Evidence, Reply};

/// The window of the API's rate limits (clerk.md 2.3), for an answer that names no time.
const LIMIT_WINDOW: Duration = Duration::from_secs(10);

/// The JSON of a success, or what the refusal means.
pub(super) fn judge(reply: &Reply) -> Result<Value, Failure> {
    let body = reply.json();
    let error = body.as_ref().and_then(ClerkError::read);
    if let Some(error) = error {
        return Err(Failure {
            meaning: by_code(reply, &error).unwrap_or_else(|| by_status(reply)),
            evidence: evidence(reply, body.as_ref(), Some(error)),
        });
    }
    match body {
        Some(body) if reply.is_2xx() => Ok(body),
        _ if reply.is_2xx() => Err(unreadable(reply)),
        body => Err(Failure {
            meaning: by_status(reply),
            evidence: evidence(reply, body.as_ref(), None),
        }),
    }
}

/// The failure of an answer that said yes but not what was asked for.
pub(super) fn unreadable(reply: &Reply) -> Failure {
    Failure {
        meaning: Meaning::Transient {
            reason: "unreadable",
        },
        evidence: evidence(reply, None, None),
    }
}

/// `None` for a code that the table does not have.
fn by_code(reply: &Reply, error: &ClerkError) -> Option<Meaning> {
    let reconnect = |reason| Meaning::Reconnect { reason };
    let config = |reason| Meaning::Config { reason };
    let transient = |reason| Meaning::Transient { reason };
    Some(match error.code.as_deref()? {
        "oauth_token_retrieval_error" => match &error.provider_error {
            Some(said) if refuses_grant(said) => reconnect("grant_refused"),
            Some(said) if is_spent_at_x(said) => Meaning::Race,
            Some(_) => transient("provider_error"),
            None => Meaning::Race,
        },
        "oauth_missing_refresh_token" => reconnect("no_refresh_token"),
        "oauth_missing_access_token" => reconnect("no_access_token"),
        "oauth_token_provider_not_enabled" => config("provider_not_enabled"),
        "oauth_unsupported_provider" => config("unsupported_provider"),
        "resource_not_found" => Meaning::UserGone,
        "clerk_key_invalid" | "authentication_invalid" | "authorization_header_format_invalid" => {
            Meaning::BadSecret
        }
        "authorization_invalid" => config("not_authorized"),
        "quota_exceeded" => config("quota_exceeded"),
        "user_banned" => Meaning::UserBanned,
        "too_many_requests" => limited(reply),
        "internal_clerk_error" => transient("clerk_error"),
        "maintenance_mode" => transient("maintenance"),
        _ => return None,
    })
}

/// The provider's own words: the grant is dead, not the connection to the provider.
fn refuses_grant(said: &str) -> bool {
    let said = said.to_lowercase();
    ["invalid_grant", "expired", "revoked"]
        .iter()
        .any(|word| said.contains(word))
}

/// X's words for a refresh token that is dead, or that another call has just used (x.md 1.2): only
/// one more try can tell.
fn is_spent_at_x(said: &str) -> bool {
    said.to_lowercase()
        .contains("value passed for the token was invalid")
}

/// For answers without a code that is known.
fn by_status(reply: &Reply) -> Meaning {
    match reply.status {
        429 => limited(reply),
        400..=499 => Meaning::Race,
        200..=299 => Meaning::Transient {
            reason: "unreadable",
        },
        _ => Meaning::Transient {
            reason: "server_error",
        },
    }
}

fn limited(reply: &Reply) -> Meaning {
    let seconds = reply
        .header("retry-after")
        .and_then(|text| text.parse().ok());
    Meaning::LimitedFor(seconds.map_or(LIMIT_WINDOW, Duration::from_secs))
}

fn evidence(reply: &Reply, body: Option<&Value>, error: Option<ClerkError>) -> Evidence {
    let trace = body.and_then(|body| string(body, "clerk_trace_id"));
    let (code, message) = match error {
        Some(error) => (error.code, error.message),
        None => (None, Some(reply.describe_body())),
    };
    Evidence {
        http_status: Some(reply.status),
        code,
        message,
        trace_id: trace.or_else(|| reply.header("cf-ray").map(str::to_owned)),
    }
}

/// The first of the envelope's errors; Clerk sends one.
struct ClerkError {
    code: Option<String>,
    message: Option<String>,
    /// What the provider told Clerk.
    provider_error: Option<String>,
}

impl ClerkError {
    fn read(body: &Value) -> Option<Self> {
        let error = body.get("errors")?.as_array()?.first()?;
        let provider_error = error
            .get("meta")
            .and_then(|meta| string(meta, "provider_error"))
            .filter(|said| !said.trim().is_empty());
        let said = string(error, "long_message").or_else(|| string(error, "message"));
        let message = match (said, &provider_error) {
            (Some(said), Some(provider)) => Some(format!("{said} ({provider})")),
            (said, provider) => said.or_else(|| provider.clone()),
        };
        Some(Self {
            code: string(error, "code"),
            message,
            provider_error,
        })
    }
}

fn string(part: &Value, key: &str) -> Option<String> {
    part.get(key).and_then(Value::as_str).map(str::to_owned)
}

#[cfg(test)]
mod tests;
