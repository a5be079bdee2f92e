//! `GET /oauth/authorize` (threads.md 2.1).

use super::errors::Refused;
use super::{scopes, secret_text};
use crate::account::{AccountId, Platform};
use crate::answer::Answer;
use crate::consent::{self, Asked, Decision};
use crate::grants::{Code, Scopes};
use crate::redirect;
use crate::request::Request;
use crate::scene::Scene;
use crate::settings::ThreadsApp;

pub(super) fn authorize(scene: &mut Scene<'_>, request: &Request) -> Result<Answer, Refused> {
    let settings = &scene.settings.threads.oauth;
    let client_id = request.param("client_id").unwrap_or_default();
    let app = settings.app(client_id).ok_or_else(unknown_app)?;
    let uri = request.param("redirect_uri").unwrap_or_default();
    if !redirect::is_allowed(&app.redirect_uris, uri) {
        return Err(blocked_url());
    }
    // One client sends none, and works.
    if !matches!(request.param("response_type"), None | Some("code")) {
        return Err(Refused::window(1, "An unknown error has occurred."));
    }
    let permissions = request.param("scope").unwrap_or_default();
    let permissions = scopes::asked(permissions, settings.lenient_scopes)?;
    check_somebody_may(scene, app)?;
    let state = request.param("state");
    match consent::decision(scene, Platform::Threads, request) {
        Decision::Allow(account) => allow(scene, app, account, permissions, uri, state),
        Decision::Deny => {
            let description = "The user denied your request";
            let params = [
                ("error", Some("access_denied")),
                ("error_reason", Some("user_denied")),
                ("error_description", Some(description)),
                ("state", state),
            ];
            Ok(redirect::back(uri, &params, ""))
        }
        Decision::Open => {
            let asked = Asked {
                platform: Platform::Threads,
                app: &app.name,
                permissions: &permissions,
            };
            Ok(consent::page(scene, &asked))
        }
    }
}

fn allow(
    scene: &mut Scene<'_>,
    app: &ThreadsApp,
    account: AccountId,
    permissions: Vec<String>,
    uri: &str,
    state: Option<&str>,
) -> Result<Answer, Refused> {
    if !app.admits(&scene.accounts.get(account).public.username) {
        return Err(not_invited());
    }
    let scopes = Scopes::only(permissions);
    let grant = scene.grants.grant(account, Some(&app.id), scopes);
    let text = secret_text("AQ", scene.now_ms, scene.random);
    let code = Code {
        grant,
        redirect_uri: uri.to_owned(),
        issued_ms: scene.now_ms,
        challenge: None,
    };
    let params = [("code", Some(text.as_str())), ("state", state)];
    let answer = redirect::back(uri, &params, "#_");
    scene.grants.codes.add(Platform::Threads, text, code);
    Ok(answer)
}

/// Whoever is signed in, it is not a tester: the window says so before it asks.
fn check_somebody_may(scene: &Scene<'_>, app: &ThreadsApp) -> Result<(), Refused> {
    let mut accounts = scene.accounts.on(Platform::Threads).peekable();
    if accounts.peek().is_none() || accounts.any(|(_, one)| app.admits(&one.public.username)) {
        Ok(())
    } else {
        Err(not_invited())
    }
}

/// With the two spaces that it has (threads.md 2.1).
fn not_invited() -> Refused {
    Refused::window(
        1_349_245,
        "Invalid Request: The  user has not accepted the invite to test the app",
    )
}

fn blocked_url() -> Refused {
    Refused::window(
        1_349_168,
        "URL Blocked: This redirect failed because the redirect URI is not whitelisted in the \
         app's Client OAuth Settings. Make sure Client and Web OAuth Login are on and add all \
         your app domains as Valid OAuth Redirect URIs.",
    )
}

/// As when the Meta app id stands in the place of the Threads app id.
fn unknown_app() -> Refused {
    Refused::window(
        1_349_026,
        "No application data was given: The request is missing the application's data.",
    )
}
