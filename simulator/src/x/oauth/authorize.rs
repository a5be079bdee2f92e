//! `GET /i/oauth2/authorize` (x.md 1.1).

use super::scopes;
use super::text::{Kind, text};
use crate::account::Platform;
use crate::answer::Answer;
use crate::consent::{self, Asked, Decision};
use crate::grants::{Challenge, Code, Method, Scopes};
use crate::pages::{escaped, html};
use crate::redirect;
use crate::request::Request;
use crate::scene::Scene;
use crate::settings::XApp;

/// X answers longer ones with an error page.
const LONGEST_STATE: usize = 500;

/// A well-formed wish of a registered app.
struct Wish<'a> {
    app: &'a XApp,
    redirect_uri: &'a str,
    permissions: Vec<String>,
    state: Option<&'a str>,
    challenge: Challenge,
}

/// What cannot be asked for is answered with a page, and never with a redirect.
pub(super) fn authorize(scene: &mut Scene<'_>, request: &Request) -> Answer {
    let settings = scene.settings;
    let wish = match wish(&settings.x.oauth.apps, request) {
        Ok(wish) => wish,
        Err(reason) => return refusal(reason),
    };
    let state = wish.state;
    match consent::decision(scene, Platform::X, request) {
        Decision::Allow(account) => {
            let client_id = Some(wish.app.client_id.as_str());
            let scopes = Scopes::only(wish.permissions);
            let grant = scene.grants.grant(account, client_id, scopes);
            let text = text(Kind::Code, scene.now_ms, scene.random);
            let code = Code {
                grant,
                redirect_uri: wish.redirect_uri.to_owned(),
                issued_ms: scene.now_ms,
                challenge: Some(wish.challenge),
            };
            let params = [("state", state), ("code", Some(text.as_str()))];
            let answer = redirect::back(wish.redirect_uri, &params, "");
            scene.grants.codes.add(Platform::X, text, code);
            answer
        }
        Decision::Deny => {
            let params = [("error", Some("access_denied")), ("state", state)];
            redirect::back(wish.redirect_uri, &params, "")
        }
        Decision::Open => {
            let asked = Asked {
                platform: Platform::X,
                app: &wish.app.name,
                permissions: &wish.permissions,
            };
            consent::page(scene, &asked)
        }
    }
}

fn wish<'a>(apps: &'a [XApp], request: &'a Request) -> Result<Wish<'a>, &'static str> {
    let client_id = request.param("client_id").unwrap_or_default();
    let app = apps.iter().find(|app| app.client_id == client_id);
    let app = app.ok_or("No app has this client_id.")?;
    let redirect_uri = request.param("redirect_uri").unwrap_or_default();
    if !redirect::is_allowed(&app.redirect_uris, redirect_uri) {
        return Err("The redirect_uri is not one of the app's callback addresses.");
    }
    if request.param("response_type") != Some("code") {
        return Err("The response_type must be code.");
    }
    let permissions = scopes::asked(request.param("scope").unwrap_or_default());
    let permissions = permissions.ok_or("A scope is unknown, or there is none.")?;
    let state = request.param("state");
    if state.is_some_and(|state| state.chars().count() > LONGEST_STATE) {
        return Err("The state is longer than 500 characters.");
    }
    let method = request.param("code_challenge_method").unwrap_or("plain");
    let method = Method::named(method);
    let method = method.ok_or("The code_challenge_method must be S256 or plain.")?;
    let value = request.param("code_challenge").unwrap_or_default();
    if value.is_empty() {
        return Err("The code_challenge is missing.");
    }
    let value = value.to_owned();
    Ok(Wish {
        app,
        redirect_uri,
        permissions,
        state,
        challenge: Challenge { method, value },
    })
}

fn refusal(reason: &str) -> Answer {
    let body = format!(
        "<h1>Something went wrong</h1><p>You weren’t able to give access to the App. Go back and \
         try logging in again.</p><footer>The simulator’s reason: {}</footer>",
        escaped(reason)
    );
    html(400, "X: something went wrong", &body)
}
