//! What was asked of Clerk: a bounded log without tokens.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClerkOperation {
    /// Either key set.
    Keys,
    /// Backend: one user.
    User,
    /// Backend: a provider's tokens of one user.
    OauthTokens,
    /// Backend: anything else.
    Backend,
    /// Frontend: a session token.
    SessionToken,
    /// Frontend: connecting an account.
    Connect,
    /// Frontend: anything else.
    Frontend,
}

/// One request, and what became of it.
#[derive(Debug, Clone, Serialize)]
pub struct ClerkCall {
    /// Counts from 1 and is never used twice.
    pub seq: u64,
    /// When it arrived, by the simulator's clock.
    pub at_ms: i64,
    pub operation: ClerkOperation,
    pub method: String,
    /// Without the query, where a code or a cookie may be.
    pub path: String,
    /// `Clerk-API-Version`, or the parameter in its place.
    pub api_version: Option<String>,
    /// `None` while it runs.
    pub http_status: Option<u16>,
}

#[derive(Debug, Default)]
pub(crate) struct Log {
    calls: VecDeque<ClerkCall>,
    next_seq: u64,
}

impl Log {
    const KEPT: usize = 10_000;

    pub(crate) fn begin(&mut self, call: ClerkCall) -> u64 {
        if self.calls.len() == Self::KEPT {
            self.calls.pop_front();
        }
        self.next_seq += 1;
        self.calls.push_back(ClerkCall {
            seq: self.next_seq,
            ..call
        });
        self.next_seq
    }

    pub(crate) fn finish(&mut self, seq: u64, http_status: u16) {
        if let Some(call) = self.calls.iter_mut().rfind(|call| call.seq == seq) {
            call.http_status = Some(http_status);
        }
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &ClerkCall> {
        self.calls.iter()
    }

    pub(crate) fn clear(&mut self) {
        self.calls.clear();
    }
}
