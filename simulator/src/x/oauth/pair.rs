//! The answer that carries tokens (x.md 1.1).

use super::text::{Kind, text};
use crate::account::Platform;
use crate::answer::Answer;
use crate::grants::{Grant, Token, TokenKind};
use crate::json::Json;
use crate::scene::Scene;

const ACCESS_S: i64 = 7_200;
/// 6 months, says the community; the documentation says nothing.
const REFRESH_MS: i64 = 183 * 86_400_000;

/// A new access token, and a refresh token when the consent has `offline.access`.
pub(super) fn answer(scene: &mut Scene<'_>, grant: &Grant) -> Answer {
    let access = issue(scene, grant, Kind::Access, ACCESS_S * 1_000);
    let refresh = grant
        .scopes
        .allow("offline.access")
        .then(|| issue(scene, grant, Kind::Refresh, REFRESH_MS));
    let body = Json::object([
        ("token_type", "bearer".into()),
        ("expires_in", ACCESS_S.into()),
        ("access_token", access.into()),
        ("scope", grant.scopes.names().join(" ").into()),
    ])
    .with_some("refresh_token", refresh);
    Answer::json(200, &body)
}

fn issue(scene: &mut Scene<'_>, grant: &Grant, kind: Kind, life_ms: i64) -> String {
    let text = text(kind, scene.now_ms, scene.random);
    let kind = match kind {
        Kind::Refresh => TokenKind::Refresh,
        Kind::Access | Kind::Code => TokenKind::Access,
    };
    let expires_ms = Some(scene.now_ms + life_ms);
    let grant = grant.clone();
    let token = Token::new(text.as_str().into(), kind, grant, scene.now_ms, expires_ms);
    scene.grants.add(Platform::X, token);
    text
}
