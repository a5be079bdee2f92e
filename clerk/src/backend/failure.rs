//! What a failed call to the Backend API means.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use secrecy::SecretString;

use crate::http::Evidence;

/// A call that did not answer with what was asked for. Holds no secret, in any form of printing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub meaning: Meaning,
    pub evidence: Evidence,
}

/// What may be done next (clerk.md 2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// Clerk can give no token until the person connects the account anew. Reasons:
    /// `grant_refused`, `no_refresh_token`, `no_access_token`.
    Reconnect { reason: &'static str },
    /// The instance or our settings are wrong; no repetition helps. Reasons:
    /// `provider_not_enabled`, `unsupported_provider`, `not_authorized`, `quota_exceeded`,
    /// `address`.
    Config { reason: &'static str },
    /// There is no such user, or not any more.
    UserGone,
    /// The user may not sign in for now; nothing of theirs is lost.
    UserBanned,
    /// Clerk refuses the secret key: all work with Clerk stops until it is replaced.
    BadSecret,
    /// Too many calls. Clerk is not to be asked again for so long.
    LimitedFor(Duration),
    /// Refused without a reason that is known. Seen when two calls ask for the same tokens at
    /// once (clerk.md 2.1), so one more try is worth it; if that ends so too, the grant is
    /// probably dead.
    Race,
    /// Failed for the moment; to be repeated with growing pauses. Reasons: `not_connected`,
    /// `no_answer`, `unreadable`, `provider_error`, `clerk_error`, `maintenance`,
    /// `server_error`.
    Transient { reason: &'static str },
}

impl Failure {
    pub(super) fn without_answer(meaning: Meaning, why: String) -> Self {
        Self {
            meaning,
            evidence: Evidence {
                message: Some(why),
                ..Evidence::default()
            },
        }
    }

    pub(super) fn scrubbed(self, secret_key: &SecretString) -> Self {
        Self {
            evidence: self.evidence.scrubbed(secret_key),
            ..self
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.meaning)?;
        if let Some(status) = self.evidence.http_status {
            write!(f, ", HTTP {status}")?;
        }
        if let Some(code) = &self.evidence.code {
            write!(f, ", {code}")?;
        }
        if let Some(message) = &self.evidence.message {
            write!(f, ": {message}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Meaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Meaning::Reconnect { reason } => write!(f, "to be connected anew ({reason})"),
            Meaning::Config { reason } => write!(f, "wrongly set up ({reason})"),
            Meaning::UserGone => write!(f, "no such user"),
            Meaning::UserBanned => write!(f, "user banned"),
            Meaning::BadSecret => write!(f, "secret key refused"),
            Meaning::LimitedFor(pause) => write!(f, "rate limited for {} s", pause.as_secs()),
            Meaning::Race => write!(f, "refused without a known reason"),
            Meaning::Transient { reason } => write!(f, "failed for the moment ({reason})"),
        }
    }
}

impl Error for Failure {}
