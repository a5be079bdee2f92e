//! `GET /debug_token` (threads.md 2.4).

use super::errors::Refused;
use super::scopes;
use crate::account::Platform;
use crate::answer::Answer;
use crate::grants::{Scopes, Token};
use crate::json::Json;
use crate::request::Request;
use crate::scene::Scene;
use crate::threads::ThreadsError;

/// Permissions last 90 days.
const DATA_ACCESS_MS: i64 = 90 * 86_400_000;

pub(super) fn debug(scene: &mut Scene<'_>, request: &Request) -> Result<Answer, Refused> {
    let settings = scene.settings;
    let asker = request.token().unwrap_or_default();
    let asker = scene.grants.opening(Platform::Threads, asker, scene.now_ms);
    let asker = asker.ok_or_else(|| ThreadsError::dead_token(settings))?;
    let input = request.param("input_token").unwrap_or_default();
    let Some(token) = scene.grants.find(Platform::Threads, input) else {
        let data = Json::object([
            ("is_valid", false.into()),
            ("scopes", Vec::<Json>::new().into()),
        ]);
        return Ok(Answer::json(200, &Json::object([("data", data)])));
    };
    check_same_app(scene, asker, token)?;
    let app = token.grant.client_id.as_deref();
    let app = app.and_then(|id| settings.threads.oauth.app(id));
    let seconds = |at_ms: i64| Json::from(at_ms.div_euclid(1_000));
    let user = &scene.accounts.get(token.grant.account).public;
    let granted: Vec<Json> = match &token.grant.scopes {
        Scopes::All => scopes::KNOWN.map(Json::from).into(),
        Scopes::Only(names) => names.iter().map(|name| name.as_str().into()).collect(),
    };
    let data = Json::object([("type", "USER".into())])
        .with_some("application", app.map(|app| app.name.as_str()))
        .with(
            "data_access_expires_at",
            seconds(token.issued_ms + DATA_ACCESS_MS),
        )
        // 0 is never.
        .with("expires_at", seconds(token.expires_ms.unwrap_or_default()))
        .with("is_valid", token.is_alive(scene.now_ms))
        .with("issued_at", seconds(token.issued_ms))
        .with("scopes", granted)
        .with("user_id", user.remote_user_id.as_str());
    Ok(Answer::json(200, &Json::object([("data", data)])))
}

/// Who asks must be a tester of the app that the token was issued to. A token that came with its
/// account is everybody's.
fn check_same_app(scene: &Scene<'_>, asker: &Token, token: &Token) -> Result<(), Refused> {
    let (Some(asking), Some(issued_to)) = (&asker.grant.client_id, &token.grant.client_id) else {
        return Ok(());
    };
    let username = &scene.accounts.get(asker.grant.account).public.username;
    let app = scene.settings.threads.oauth.app(issued_to);
    if asking == issued_to && app.is_none_or(|app| app.admits(username)) {
        Ok(())
    } else {
        Err(ThreadsError::MissingPermission.into())
    }
}
