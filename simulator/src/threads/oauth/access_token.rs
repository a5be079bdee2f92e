//! `/oauth/access_token`: a code for a short-lived token, and the app's own token
//! (threads.md 2.3, 2.4).

use super::errors::{NO_SUCH_CODE, Refused, WRONG_SECRET};
use super::{issue, secret_text};
use crate::account::Platform;
use crate::answer::Answer;
use crate::grants::TokenKind;
use crate::json::Json;
use crate::request::Request;
use crate::scene::Scene;
use crate::settings::{RedirectMismatch, ThreadsApp};
use crate::threads::ThreadsError;

const HOUR_MS: i64 = 3_600_000;

pub(super) fn exchange(scene: &mut Scene<'_>, request: &Request) -> Result<Answer, Refused> {
    if request.param("grant_type") != Some("authorization_code") {
        return Err(parameter("grant_type"));
    }
    let app = app(scene, request)?;
    let text = request.param("code").ok_or_else(|| parameter("code"))?;
    let now_ms = scene.now_ms;
    let codes = &scene.grants.codes;
    let code = codes.valid(Platform::Threads, text, &app.id, now_ms, HOUR_MS);
    let code = code.ok_or(NO_SUCH_CODE)?;
    if request.param("redirect_uri") != Some(code.redirect_uri.as_str()) {
        return Err(match scene.settings.threads.oauth.redirect_mismatch {
            RedirectMismatch::Flat => NO_SUCH_CODE,
            RedirectMismatch::Graph => Refused::Graph {
                code: 100,
                message: "Invalid redirect uri",
            },
        });
    }
    let grant = code.grant.clone();
    scene.grants.codes.spend(Platform::Threads, text);
    let user_id = scene.accounts.get(grant.account).user_id;
    let expires_ms = Some(now_ms + HOUR_MS);
    let text = issue(scene, grant, TokenKind::ShortLived, expires_ms);
    // The id is a number beyond 2^53, and there is no `token_type` and no `expires_in`.
    let body = Json::object([("access_token", text.into()), ("user_id", user_id.into())]);
    Ok(Answer::json(200, &body))
}

/// Opens nothing that is imitated here.
pub(super) fn of_app(scene: &mut Scene<'_>, request: &Request) -> Result<Answer, Refused> {
    let app = app(scene, request)?;
    let secret = secret_text("", scene.now_ms, scene.random);
    let text = format!("TH|{}|{secret}", app.id);
    let body = Json::object([
        ("access_token", text.into()),
        ("token_type", "bearer".into()),
    ]);
    Ok(Answer::json(200, &body))
}

/// The app that the call names, if it knows its secret.
fn app<'a>(scene: &Scene<'a>, request: &Request) -> Result<&'a ThreadsApp, Refused> {
    let settings = scene.settings;
    let id = request.param("client_id").unwrap_or_default();
    let app = settings.threads.oauth.app(id);
    let app = app.filter(|app| request.param("client_secret") == Some(app.secret.as_str()));
    app.ok_or(Refused::Flat(WRONG_SECRET))
}

fn parameter(name: &str) -> Refused {
    ThreadsError::parameter(format!("The parameter {name} is required.")).into()
}
