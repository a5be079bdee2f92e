//! `POST /2/oauth2/token` with a code (x.md 1.1, 1.2).

use super::errors::Refused;
use super::{client, pair};
use crate::account::Platform;
use crate::answer::Answer;
use crate::request::Request;
use crate::scene::Scene;

/// How long a code lives.
const CODE_MS: i64 = 30_000;

pub(super) fn exchange(scene: &mut Scene<'_>, request: &Request) -> Result<Answer, Refused> {
    let settings = scene.settings;
    let field = |name| request.field(name).ok_or_else(|| Refused::missing(name));
    let grant_type = field("grant_type")?;
    if grant_type != "authorization_code" {
        return Err(Refused::unsupported_grant_type());
    }
    let app = client::client(&settings.x.oauth, request)?;
    let (text, redirect_uri) = (field("code")?, field("redirect_uri")?);
    let verifier = field("code_verifier")?;
    let (id, now_ms) = (&app.client_id, scene.now_ms);
    let codes = &scene.grants.codes;
    let code = codes.valid(Platform::X, text, id, now_ms, CODE_MS);
    let code = code.ok_or_else(Refused::invalid_code)?;
    if code.redirect_uri != redirect_uri {
        // Its words are not recorded.
        return Err(Refused::invalid_request(
            "Value passed for the redirect uri did not match the uri of the authorization code.",
        ));
    }
    let challenge = code.challenge.as_ref();
    if !challenge.is_some_and(|challenge| challenge.is_met_by(verifier)) {
        return Err(Refused::invalid_request(
            "Value passed for the code verifier did not match the code challenge.",
        ));
    }
    let grant = code.grant.clone();
    scene.grants.codes.spend(Platform::X, text);
    Ok(pair::answer(scene, &grant))
}
