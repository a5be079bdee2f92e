//! Long-lived tokens: made of a short-lived one, and of themselves (threads.md 2.4).

use super::errors::{Refused, WRONG_SECRET};
use super::issue;
use crate::account::Platform;
use crate::answer::Answer;
use crate::grants::{Grant, State, Token, TokenKind};
use crate::json::Json;
use crate::request::Request;
use crate::scene::Scene;
use crate::settings::YoungRefresh;
use crate::threads::ThreadsError;

/// 60 days, less the 16 seconds that the documented answer is short of them.
const LIFE_S: i64 = 5_183_944;
const DAY_MS: i64 = 86_400_000;

/// `GET /access_token`.
pub(super) fn exchange(scene: &mut Scene<'_>, request: &Request) -> Result<Answer, Refused> {
    check_grant_type(request, "th_exchange_token")?;
    let token = token(scene, request, |kind| kind == TokenKind::ShortLived)?;
    let grant = token.grant.clone();
    let knows = |id: &str| {
        let app = scene.settings.threads.oauth.app(id);
        app.is_some_and(|app| request.param("client_secret") == Some(app.secret.as_str()))
    };
    if !grant.client_id.as_deref().is_some_and(knows) {
        return Err(Refused::Graph {
            code: 190,
            message: WRONG_SECRET,
        });
    }
    Ok(long_lived(scene, grant, LIFE_S))
}

/// `GET /refresh_access_token`.
pub(super) fn refresh(scene: &mut Scene<'_>, request: &Request) -> Result<Answer, Refused> {
    check_grant_type(request, "th_refresh_token")?;
    // The token that an account was added with stands for one that was pasted.
    let fits = |kind| matches!(kind, TokenKind::LongLived | TokenKind::Static);
    let token = token(scene, request, fits)?;
    let (text, grant) = (token.text.clone(), token.grant.clone());
    if !grant.scopes.allow("threads_basic") {
        return Err(ThreadsError::MissingPermission.into());
    }
    let is_young = scene.now_ms < token.issued_ms + DAY_MS;
    let left_ms = token.expires_ms.map(|at_ms| at_ms - scene.now_ms);
    let life_s = match (is_young, scene.settings.threads.oauth.young_refresh) {
        (false, _) => LIFE_S,
        (true, YoungRefresh::RemainingLife) => left_ms.map_or(LIFE_S, |left_ms| left_ms / 1_000),
        (true, YoungRefresh::Refused) => {
            let message = "The access token must be at least 24 hours old to be refreshed.";
            return Err(ThreadsError::parameter(message).into());
        }
    };
    if scene.settings.threads.oauth.refresh_ends_old_token
        && let Some(old) = scene.grants.find_mut(Platform::Threads, &text)
    {
        old.end(State::Spent);
    }
    scene.grants.count_refresh(grant.account);
    Ok(long_lived(scene, grant, life_s))
}

fn check_grant_type(request: &Request, expected: &str) -> Result<(), Refused> {
    if request.param("grant_type") == Some(expected) {
        return Ok(());
    }
    let message = format!("Param grant_type must be one of {{{expected}}}");
    Err(ThreadsError::parameter(message).into())
}

/// The token of the call, if it lives and is of the right kind.
fn token<'a>(
    scene: &'a Scene<'_>,
    request: &Request,
    fits: impl Fn(TokenKind) -> bool,
) -> Result<&'a Token, Refused> {
    let text = request.token().unwrap_or_default();
    let token = scene.grants.opening(Platform::Threads, text, scene.now_ms);
    let token = token.filter(|token| fits(token.kind));
    token.ok_or_else(|| ThreadsError::dead_token(scene.settings).into())
}

fn long_lived(scene: &mut Scene<'_>, grant: Grant, life_s: i64) -> Answer {
    let expires_ms = Some(scene.now_ms + life_s * 1_000);
    let text = issue(scene, grant, TokenKind::LongLived, expires_ms);
    let body = Json::object([
        ("access_token", text.into()),
        ("token_type", "bearer".into()),
        ("expires_in", life_s.into()),
    ]);
    Answer::json(200, &body)
}
