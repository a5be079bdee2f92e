//! What an answer of the token endpoints means: by HTTP status first, then by words, because X says
//! `invalid_request` of a dead token and of a malformed request alike (x.md 1.2, 11 point 3).

use serde_json::Value;

use super::Tokens;
use crate::failure::Evidence;
use crate::http::{Reply, text};
use crate::oauth::{Failure, Refusal, expires_at_ms, secret};
use crate::x::problem::Problem;
use crate::x::windows::{until_ms, windows};

/// What a request brought to be exchanged or revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Brought {
    Code,
    Token,
}

/// A 2xx with a token is a success whatever stands beside it: to throw away what a spent token
/// bought is to lose the grant.
pub(super) fn tokens(brought: Brought, reply: &Reply, now_ms: i64) -> Result<Tokens, Failure> {
    reply
        .json()
        .filter(|_| reply.is_2xx())
        .and_then(|body| read(&body, now_ms))
        .ok_or_else(|| {
            let empty = "the answer holds no access token";
            failure(brought, reply, empty, now_ms)
        })
}

/// The status says it all (RFC 7009 2.2), unless the body is not the API's or denies it. The body
/// of a success is not on record (x.md 1.2).
pub(super) fn revoked(reply: &Reply, now_ms: i64) -> Result<(), Failure> {
    let is_yes = match reply.json() {
        Some(body) => {
            let said = Said::read(&body);
            body.get("revoked") != Some(&Value::Bool(false))
                && said.error.is_none()
                && said.problem.code().is_none()
                && said.message().is_none()
        }
        None => reply.is_empty(),
    };
    if reply.is_2xx() && is_yes {
        return Ok(());
    }
    let denied = "the answer does not say that the token is revoked";
    Err(failure(Brought::Token, reply, denied, now_ms))
}

fn read(body: &Value, now_ms: i64) -> Option<Tokens> {
    let scopes = body.get("scope").and_then(Value::as_str);
    Some(Tokens {
        access: secret(body, "access_token")?,
        refresh: secret(body, "refresh_token"),
        expires_at_ms: expires_at_ms(body, now_ms),
        scopes: scopes
            .unwrap_or_default()
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
    })
}

/// `otherwise` for a body of which nothing else can be said. The body itself is not repeated: it
/// may hold a token.
fn failure(brought: Brought, reply: &Reply, otherwise: &str, now_ms: i64) -> Failure {
    let body = reply.json();
    let said = body.as_ref().map(Said::read).unwrap_or_default();
    let refusal = match reply.status {
        425 | 429 => limited(reply, now_ms),
        200..=299 => by_words(brought, &said).unwrap_or(Refusal::Unknown),
        408 | 409 => Refusal::Unknown,
        400..=499 if said.problem.has_code(&[88]) => limited(reply, now_ms),
        400..=499 => {
            by_words(brought, &said).unwrap_or_else(|| by_status(reply.status, body.is_some()))
        }
        _ => Refusal::Unknown,
    };
    let explained = match &body {
        Some(_) if reply.is_2xx() => otherwise.to_owned(),
        Some(_) => "the answer names no error".to_owned(),
        None => reply.describe_body(),
    };
    Failure {
        refusal,
        evidence: Evidence {
            http_status: Some(reply.status),
            code: said.error.clone().or_else(|| said.problem.code()),
            message: Some(said.message().unwrap_or(explained)),
            trace_id: text(&reply.headers, "x-transaction-id"),
        },
    }
}

fn limited(reply: &Reply, now_ms: i64) -> Refusal {
    let windows = windows(&reply.headers);
    Refusal::Limited {
        until_ms: until_ms(&reply.headers, &windows, now_ms),
    }
}

fn by_words(brought: Brought, said: &Said) -> Option<Refusal> {
    let is = |names: &[&str]| said.error.as_deref().is_some_and(|e| names.contains(&e));
    Some(
        if said.says("value passed for the authorization code was invalid")
            || said.says("code verifier did not match")
        {
            Refusal::CodeDead
        } else if said.says("value passed for the token was invalid") || is(&["invalid_grant"]) {
            match brought {
                Brought::Code => Refusal::CodeDead,
                Brought::Token => Refusal::GrantDead,
            }
        } else if is(&["unauthorized_client", "invalid_client"])
            || said.says("missing valid authorization header")
            || said.says("value passed for the redirect uri")
            || said.problem.is(&["client-forbidden"])
            || said.says("client-not-enrolled")
        {
            Refusal::AppRefused
        } else {
            return None;
        },
    )
}

/// For refusals whose words are new.
fn by_status(status: u16, is_json: bool) -> Refusal {
    match status {
        // Who calls is refused here, and what is brought there: with 400 (RFC 6749 5.2). 402 is a
        // spent balance.
        401 | 402 => Refusal::AppRefused,
        // Something on the way there, or the words that would decide were lost.
        400 | 403 if !is_json => Refusal::NotDone,
        _ => Refusal::Rejected,
    }
}

/// An error body: the standard's two fields, or one of the shapes of [`Problem`].
#[derive(Default)]
struct Said {
    error: Option<String>,
    description: Option<String>,
    problem: Problem,
}

impl Said {
    fn read(body: &Value) -> Self {
        let string = |key| body.get(key).and_then(Value::as_str).map(str::to_owned);
        Self {
            error: string("error"),
            description: string("error_description"),
            problem: Problem::read(body),
        }
    }

    /// `words` in lower case.
    fn says(&self, words: &str) -> bool {
        let described = self.description.as_deref().map(str::to_lowercase);
        described.is_some_and(|described| described.contains(words)) || self.problem.says(words)
    }

    fn message(&self) -> Option<String> {
        self.description.clone().or_else(|| self.problem.message())
    }
}

#[cfg(test)]
mod tests;
