//! What a failed OAuth call means, for both platforms.
//!
//! The calls themselves are methods of [`crate::threads::Client`] and [`crate::x::Client`], from
//! `threads/oauth.rs` and `x/oauth.rs`. Their failures are not in the words of [`crate::Meaning`]:
//! a publish asks what became of the post, these ask what became of the grant.

mod answer;
mod perform;
mod query;

use std::error::Error;
use std::fmt;

pub(crate) use answer::{expires_at_ms, secret};
pub(crate) use perform::perform;
pub(crate) use query::address_with;

use crate::failure::Evidence;

/// An OAuth call that did not answer with what was asked for. Holds no code, token or secret of
/// the request, in any form of printing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub refusal: Refusal,
    pub evidence: Evidence,
}

/// What became of the grant, as far as can be known; each variant says what may be done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Certain: nothing was done (never connected, or turned away before it was looked at). The
    /// code or the token is as good as before; the call may be made again.
    NotDone,
    /// Nobody can tell: the answer was lost or broken, or the platform failed. A code, or a
    /// refresh token of X, may be spent, and what came for it lost (x.md 1.3); look whether
    /// another process has stored newer tokens before anything else. The calls that spend nothing
    /// (Threads' long-lived token and its refresh, X's revocation) may be made again.
    Unknown,
    /// Nothing was done: too many calls. `until_ms` (Unix milliseconds) is the platform's own word.
    Limited { until_ms: Option<i64> },
    /// The authorization code is spent, expired, foreign, or not of this verifier. The person must
    /// begin the connection anew.
    CodeDead,
    /// The token is spent, expired or revoked, and no call of this crate revives it. At X it may
    /// be spent by another process: read the store again before saying so (x.md 1.3, 11 point 3).
    /// Otherwise the person must connect again. From a revocation: it was dead already.
    GrantDead,
    /// The platform refuses the app: its id or secret, how it identifies itself, its redirect
    /// address, its enrolment or its balance. The operator must put the configuration right; codes
    /// and tokens are as good as before.
    AppRefused,
    /// Nothing was done, for a reason that is none of the above, and the same call will be refused
    /// again. The grant is not proven dead. Show the evidence.
    Rejected,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.refusal)?;
        self.evidence.go_on(f)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refusal::NotDone => "not done",
            Refusal::Unknown => "outcome unknown",
            Refusal::Limited { .. } => "rate limited",
            Refusal::CodeDead => "authorization code refused",
            Refusal::GrantDead => "token dead",
            Refusal::AppRefused => "app refused",
            Refusal::Rejected => "rejected",
        })
    }
}

impl Error for Failure {}
