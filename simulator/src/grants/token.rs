//! One token and its life.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::account::AccountId;
use crate::grants::Scopes;

/// What a token is for, and with that how long it lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// From [`crate::Simulator::add_account`]; it never expires. Threads takes it for a
    /// long-lived one, as people paste it from the dashboard.
    Static,
    /// Threads: 1 hour, to be exchanged (threads.md 2.3).
    ShortLived,
    /// Threads: 60 days, refreshes itself (threads.md 2.4).
    LongLived,
    /// X: 2 hours (x.md 1.1).
    Access,
    /// X: 6 months, single use; it opens no API (x.md 1.1).
    Refresh,
}

impl TokenKind {
    pub(crate) fn opens_the_api(self) -> bool {
        self != Self::Refresh
    }
}

/// What one consent gave to one app.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) account: AccountId,
    /// `None`: no app, but [`crate::Simulator::add_account`].
    pub(crate) client_id: Option<Arc<str>>,
    pub(crate) scopes: Scopes,
    /// The same in all tokens that came from this consent.
    pub(crate) family: u64,
}

impl Grant {
    pub(crate) fn is_to(&self, client_id: &str) -> bool {
        self.client_id.as_deref() == Some(client_id)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Live,
    /// Another took its place at a refresh.
    Spent,
    /// By its user or its app.
    Revoked,
}

pub(crate) struct Token {
    pub(crate) text: Arc<str>,
    pub(crate) kind: TokenKind,
    pub(crate) grant: Grant,
    pub(crate) issued_ms: i64,
    /// Dead from this moment on; `None`: never.
    pub(crate) expires_ms: Option<i64>,
    pub(crate) state: State,
}

impl Token {
    pub(crate) fn new(
        text: Arc<str>,
        kind: TokenKind,
        grant: Grant,
        issued_ms: i64,
        expires_ms: Option<i64>,
    ) -> Self {
        Self {
            text,
            kind,
            grant,
            issued_ms,
            expires_ms,
            state: State::Live,
        }
    }

    pub(crate) fn is_alive(&self, now_ms: i64) -> bool {
        self.state == State::Live && self.expires_ms.is_none_or(|at_ms| now_ms < at_ms)
    }

    /// What is spent stays spent, though it is revoked as well.
    pub(crate) fn end(&mut self, state: State) {
        if self.state == State::Live {
            self.state = state;
        }
    }

    /// From now on, unless it was over before.
    pub(crate) fn expire(&mut self, now_ms: i64) {
        self.expires_ms = Some(self.expires_ms.map_or(now_ms, |at_ms| at_ms.min(now_ms)));
    }

    /// A revoked token lives again, and one that never expires is not expired.
    pub(crate) fn restore(&mut self) {
        if self.state == State::Revoked {
            self.state = State::Live;
        }
        if self.kind == TokenKind::Static {
            self.expires_ms = None;
        }
    }
}

/// Without its text.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("kind", &self.kind)
            .field("grant", &self.grant)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(kind: TokenKind, expires_ms: Option<i64>) -> Token {
        let grant = Grant {
            account: 0,
            client_id: None,
            scopes: Scopes::All,
            family: 1,
        };
        Token::new(Arc::from("secret"), kind, grant, 0, expires_ms)
    }

    #[test]
    fn a_token_is_dead_from_its_last_millisecond_on() {
        let token = token(TokenKind::Access, Some(1_000));
        assert!(token.is_alive(999) && !token.is_alive(1_000));
    }

    #[test]
    fn what_was_spent_does_not_come_back() {
        let mut token = token(TokenKind::Refresh, None);
        token.end(State::Spent);
        token.end(State::Revoked);
        token.restore();
        assert!(!token.is_alive(0));
    }

    #[test]
    fn a_token_is_printed_without_its_text() {
        assert!(!format!("{:?}", token(TokenKind::Static, None)).contains("secret"));
    }
}
