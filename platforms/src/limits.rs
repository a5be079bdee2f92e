//! The rate limits that the platforms publish for the calls of this crate.
//!
//! The headers of an answer say more about the moment; this table is what can be kept without
//! having asked.

use crate::answer::LimitScope;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// One published limit: at most `calls` in any `window_ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublishedLimit {
    pub scope: LimitScope,
    /// The name that the same window has in [`crate::RateWindow`], where headers show it.
    pub name: &'static str,
    pub calls: u32,
    pub window_ms: i64,
    pub counts: Counts,
}

/// What uses a limit up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// Each request, also a refused one.
    EveryCall,
    /// Each visible effect.
    Effects,
}

/// `POST /2/tweets` (x.md 4.1; windows: x.md 4.4).
pub const X_CREATE: &[PublishedLimit] = &[
    PublishedLimit {
        scope: LimitScope::Account,
        name: "15min",
        calls: 100,
        window_ms: 15 * MINUTE_MS,
        counts: Counts::EveryCall,
    },
    PublishedLimit {
        scope: LimitScope::App,
        name: "24h_app",
        calls: 10_000,
        window_ms: 24 * HOUR_MS,
        counts: Counts::EveryCall,
    },
];

/// `GET /2/users/:id/tweets` (x.md 4.1).
pub const X_TIMELINE: &[PublishedLimit] = &[
    PublishedLimit {
        scope: LimitScope::Account,
        name: "15min",
        calls: 900,
        window_ms: 15 * MINUTE_MS,
        counts: Counts::EveryCall,
    },
    PublishedLimit {
        scope: LimitScope::App,
        name: "15min_app",
        calls: 10_000,
        window_ms: 15 * MINUTE_MS,
        counts: Counts::EveryCall,
    },
];

/// `POST /{user}/threads_publish` of a top-level post; a rolling day, a carousel counts once, and
/// creating a container counts nothing (threads.md 4.5, 6).
pub const THREADS_PUBLISH: &[PublishedLimit] = &[PublishedLimit {
    scope: LimitScope::Account,
    name: "publishing",
    calls: 250,
    window_ms: 24 * HOUR_MS,
    counts: Counts::Effects,
}];

/// `POST /{user}/threads_publish` of a reply: a quota of its own (threads.md 0 point 10, 6).
pub const THREADS_REPLY: &[PublishedLimit] = &[PublishedLimit {
    scope: LimitScope::Account,
    name: "replying",
    calls: 1_000,
    window_ms: 24 * HOUR_MS,
    counts: Counts::Effects,
}];
