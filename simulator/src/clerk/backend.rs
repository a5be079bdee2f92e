//! The Backend API (clerk.md 2, 7.2).

use hyper::Method;
use serde_json::{Value, json};

use super::errors::ClerkError;
use super::log::ClerkOperation;
use super::mint::ClerkToken;
use super::tokens;
use super::user::User;
use super::visit::{Visit, ok};
use crate::answer::Answer;

/// The window of the rate limit.
const WINDOW_MS: i64 = 10_000;

pub(crate) fn operation(path: &[&str]) -> ClerkOperation {
    match path {
        ["jwks"] => ClerkOperation::Keys,
        ["users", _] => ClerkOperation::User,
        ["users", _, "oauth_access_tokens", _] => ClerkOperation::OauthTokens,
        _ => ClerkOperation::Backend,
    }
}

pub(crate) async fn answer(visit: &Visit<'_>, path: &[&str]) -> Answer {
    if let Err(refused) = admit(visit, path) {
        return refused.answer();
    }
    let result = match (&visit.request.method, path) {
        (&Method::GET, ["jwks"]) => Ok(visit.key_set()),
        (&Method::GET, ["users"]) => Ok(users(visit)),
        (&Method::GET, ["users", id]) => user(visit, id),
        (&Method::DELETE, ["users", id]) => delete_user(visit, id),
        (&Method::GET, ["users", id, "oauth_access_tokens", provider]) => {
            tokens::list(visit, id, provider).await
        }
        (&Method::DELETE, ["users", id, "external_accounts", account]) => {
            disconnect(visit, id, account)
        }
        (&Method::GET, ["sessions", id]) => session(visit, id),
        (&Method::POST, ["sessions", id, "tokens"]) => session_token(visit, id),
        _ => Err(ClerkError::NotFound("No such path".to_owned())),
    };
    result.unwrap_or_else(|error| error.answer())
}

/// Who asks, and how often. The key set has no limit (clerk.md 1.3).
fn admit(visit: &Visit<'_>, path: &[&str]) -> Result<(), ClerkError> {
    let Some(given) = &visit.request.bearer else {
        return Err(ClerkError::AuthorizationHeaderInvalid);
    };
    if *given != visit.settings.clerk.secret_key {
        return Err(ClerkError::KeyInvalid);
    }
    let Some(limit) = visit.settings.clerk.requests_per_10s else {
        return Ok(());
    };
    if path == ["jwks"] {
        return Ok(());
    }
    let mut state = visit.state();
    let since_ms = visit.now_ms - WINDOW_MS;
    state.requests.retain(|at_ms| *at_ms > since_ms);
    if state.requests.len() >= limit {
        let oldest = state.requests.front().copied().unwrap_or(visit.now_ms);
        let wait_ms = (oldest - since_ms).max(1);
        let seconds = u32::try_from((wait_ms + 999) / 1000).unwrap_or(10);
        return Err(ClerkError::TooManyRequests(seconds));
    }
    state.requests.push_back(visit.now_ms);
    Ok(())
}

pub(crate) fn no_user(id: &str) -> ClerkError {
    ClerkError::NotFound(format!("No user was found with id {id}"))
}

fn users(visit: &Visit<'_>) -> Answer {
    let all: Vec<Value> = visit.state().users.iter().map(User::json).collect();
    ok(Value::from(all))
}

fn user(visit: &Visit<'_>, id: &str) -> Result<Answer, ClerkError> {
    let state = visit.state();
    let user = state.user(id).ok_or_else(|| no_user(id))?;
    Ok(ok(user.json()))
}

fn delete_user(visit: &Visit<'_>, id: &str) -> Result<Answer, ClerkError> {
    if !visit.state().delete_user(id) {
        return Err(no_user(id));
    }
    Ok(ok(json!({"object": "user", "id": id, "deleted": true})))
}

fn disconnect(visit: &Visit<'_>, user_id: &str, account: &str) -> Result<Answer, ClerkError> {
    if !visit.state().disconnect(user_id, account, visit.now_ms) {
        let words = format!("No external account was found with id {account}");
        return Err(ClerkError::NotFound(words));
    }
    Ok(ok(
        json!({"object": "external_account", "id": account, "deleted": true}),
    ))
}

fn session(visit: &Visit<'_>, id: &str) -> Result<Answer, ClerkError> {
    let state = visit.state();
    let session = state.session(id).ok_or_else(|| no_session(id))?;
    Ok(ok(state.session_json(session, None)))
}

/// Without `azp`, as all tokens that a server asks for (clerk.md 1.5).
fn session_token(visit: &Visit<'_>, id: &str) -> Result<Answer, ClerkError> {
    let session = visit.state().session(id).cloned();
    let session = session.ok_or_else(|| no_session(id))?;
    let asked = visit.request.param("expires_in_seconds");
    let life_s = asked.and_then(|seconds| seconds.parse().ok());
    let life_s = life_s.unwrap_or(visit.settings.clerk.token_life_s);
    let inner = visit.inner;
    let jwt = inner.mint_for(life_s, ClerkToken::Ok, &session.user_id, &session.id, None);
    Ok(ok(json!({"object": "token", "jwt": jwt})))
}

pub(crate) fn no_session(id: &str) -> ClerkError {
    ClerkError::NotFound(format!("No session was found with id {id}"))
}
