//! `POST /2/oauth2/token` with a refresh token, which is spent by it (x.md 1.1, 1.3).

use super::errors::Refused;
use super::{client, pair};
use crate::account::Platform;
use crate::answer::Answer;
use crate::grants::{State, TokenKind};
use crate::request::Request;
use crate::scene::Scene;

pub(super) fn refresh(scene: &mut Scene<'_>, request: &Request) -> Result<Answer, Refused> {
    let settings = &scene.settings.x.oauth;
    if request.field("grant_type").is_none() {
        return Err(Refused::missing("grant_type"));
    }
    let app = client::client(settings, request)?;
    let text = request.field("refresh_token");
    let text = text.ok_or_else(|| Refused::missing("refresh_token"))?;
    let now_ms = scene.now_ms;
    let token = scene.grants.find_mut(Platform::X, text);
    let token = token
        .filter(|token| token.kind == TokenKind::Refresh && token.grant.is_to(&app.client_id))
        .ok_or_else(Refused::invalid_token)?;
    let grant = token.grant.clone();
    if token.is_alive(now_ms) {
        token.end(State::Spent);
    } else {
        if token.state == State::Spent && settings.replay_ends_consent {
            scene.grants.revoke_family(&grant);
        }
        return Err(Refused::invalid_token());
    }
    if settings.refresh_ends_access_token {
        scene.grants.spend_access(&grant);
    }
    scene.grants.count_refresh(grant.account);
    Ok(pair::answer(scene, &grant))
}
