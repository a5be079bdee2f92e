//! What is shown of a token: everything but its text.

use serde::Serialize;

use crate::grants::{State, Token, TokenKind};

/// A token as `GET /_sim/tokens` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TokenInfo {
    pub kind: TokenKind,
    /// Unix milliseconds by the simulator's clock.
    pub issued_at_ms: i64,
    /// It is dead from this moment on; `None`: it never expires.
    pub expires_at_ms: Option<i64>,
    /// By its user or its app.
    pub revoked: bool,
    /// Another took its place at a refresh.
    pub spent: bool,
    /// The id of the app that it was issued to; `None`: it came with the account.
    pub app: Option<String>,
    /// Empty: everything.
    pub scopes: Vec<String>,
}

impl From<&Token> for TokenInfo {
    fn from(token: &Token) -> Self {
        Self {
            kind: token.kind,
            issued_at_ms: token.issued_ms,
            expires_at_ms: token.expires_ms,
            revoked: token.state == State::Revoked,
            spent: token.state == State::Spent,
            app: token.grant.client_id.as_deref().map(str::to_owned),
            scopes: token.grant.scopes.names().to_vec(),
        }
    }
}
