//! What a platform answered when it did what was asked.

use crate::failure::Failure;

/// A success: the value asked for, and what came with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<T> {
    pub value: T,
    /// Rate limit windows named by the answer's headers, exhausted or not.
    pub windows: Vec<RateWindow>,
    pub http_status: u16,
    /// The platform's own id of this exchange, for its support staff: `fbtrace_id`,
    /// `x-transaction-id`.
    pub trace_id: Option<String>,
    /// Only on lists: the platform holds more rows than it showed. A post that is missing from
    /// such a list is not thereby proven absent.
    pub more: bool,
}

impl<T> Answer<T> {
    pub(crate) fn map<U>(self, f: impl FnOnce(T) -> U) -> Answer<U> {
        Answer {
            value: f(self.value),
            windows: self.windows,
            http_status: self.http_status,
            trace_id: self.trace_id,
            more: self.more,
        }
    }
}

/// Takes a refusal that says what was asked for all the same (`absent` for a thing that is gone)
/// as an answer, where `says_so`.
pub(crate) fn or_absent<T>(
    result: Result<Answer<T>, Failure>,
    absent: T,
    says_so: impl FnOnce(&Failure) -> bool,
) -> Result<Answer<T>, Failure> {
    result.or_else(|failure| match failure.evidence.http_status {
        Some(http_status) if says_so(&failure) => Ok(Answer {
            value: absent,
            windows: failure.windows,
            http_status,
            trace_id: failure.evidence.trace_id,
            more: false,
        }),
        _ => Err(failure),
    })
}

/// Whom a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LimitScope {
    /// One connected profile.
    Account,
    /// Every profile connected through the same developer app.
    App,
}

/// One rate limit window as the platform's headers describe it.
///
/// X sends up to three (x.md 2.3): `15min`, `24h_user`, `24h_app`. Threads may send `app_usage`,
/// in percent (threads.md 6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateWindow {
    pub scope: LimitScope,
    pub name: &'static str,
    /// Calls in a whole window.
    pub limit: Option<i64>,
    pub remaining: Option<i64>,
    /// Unix milliseconds.
    pub resets_at_ms: Option<i64>,
}
