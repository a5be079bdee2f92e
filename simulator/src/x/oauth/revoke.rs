//! `POST /2/oauth2/revoke` (x.md 1.1, 1.2).

use super::client;
use super::errors::Refused;
use crate::account::Platform;
use crate::answer::Answer;
use crate::json::Json;
use crate::request::Request;
use crate::scene::Scene;

/// Ends the consent that the token came from, whichever of its tokens it is. A token that X does
/// not know is revoked already (RFC 7009, 2.2).
pub(super) fn revoke(scene: &mut Scene<'_>, request: &Request) -> Result<Answer, Refused> {
    let app = client::client(&scene.settings.x.oauth, request)?;
    let text = request.field("token");
    let text = text.ok_or_else(|| Refused::missing("token"))?;
    if let Some(token) = scene.grants.find(Platform::X, text) {
        let grant = token.grant.clone();
        // What came with its account was issued to nobody in particular.
        if grant.client_id.is_some() && !grant.is_to(&app.client_id) {
            return Err(Refused::invalid_token());
        }
        scene.grants.revoke_family(&grant);
    }
    Ok(Answer::json(200, &Json::object([("revoked", true.into())])))
}
