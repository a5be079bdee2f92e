//! The rate limits that the platforms publish for the calls of this crate.
//!
//! The headers of an answer say more about the moment; this table is what can be kept without
//! having asked.

use crate::answer::LimitScope;

const MINUTE_MS: i64 = 60_000;
const QUARTER_MS: i64 = 15 * MINUTE_MS;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

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
pub const X_CREATE: &[PublishedLimit] = &[x_user(100), x_app_daily(10_000)];

/// `DELETE /2/tweets/:id` (x.md 4.1).
pub const X_DELETE: &[PublishedLimit] = &[x_user(50)];

/// `GET /2/users/:id/tweets` (x.md 4.1).
pub const X_TIMELINE: &[PublishedLimit] = &[x_user(900), x_app_quarterly(10_000)];

/// `GET /2/tweets/:id` (x.md 4.1).
pub const X_READ_POST: &[PublishedLimit] = &[x_user(900), x_app_quarterly(450)];

/// `POST /2/media/upload`, a whole image (x.md 4.1).
pub const X_UPLOAD: &[PublishedLimit] = &[x_user(500), x_app_daily(50_000)];

/// `POST /2/media/upload/initialize` (x.md 4.1).
pub const X_UPLOAD_INITIALIZE: &[PublishedLimit] = X_UPLOAD_STEP;

/// `POST /2/media/upload/:id/append`, each part (x.md 4.1).
pub const X_UPLOAD_APPEND: &[PublishedLimit] = X_UPLOAD_STEP;

/// `POST /2/media/upload/:id/finalize` (x.md 4.1).
pub const X_UPLOAD_FINALIZE: &[PublishedLimit] = X_UPLOAD_STEP;

/// `GET /2/media/upload`, the status (x.md 4.1).
pub const X_UPLOAD_STATUS: &[PublishedLimit] = &[x_user(1_000), x_app_daily(100_000)];

/// `POST /2/media/metadata` (x.md 4.1).
pub const X_DESCRIBE: &[PublishedLimit] = &[x_user(500), x_app_daily(50_000)];

/// `POST /{user}/threads_publish` of a top-level post; a rolling day, a carousel counts once, and
/// creating a container counts nothing (threads.md 4.5, 6).
pub const THREADS_PUBLISH: &[PublishedLimit] = &[threads_daily("publishing", 250)];

/// `POST /{user}/threads_publish` of a reply: a quota of its own (threads.md 0 point 10, 6).
pub const THREADS_REPLY: &[PublishedLimit] = &[threads_daily("replying", 1_000)];

/// `DELETE /{media}` (threads.md 4.7, 6).
pub const THREADS_DELETE: &[PublishedLimit] = &[threads_daily("deleting", 100)];

/// The same numbers for each of the three steps, each counted by itself (x.md 4.1).
const X_UPLOAD_STEP: &[PublishedLimit] = &[x_user(1_875), x_app_daily(180_000)];

const fn x_user(calls: u32) -> PublishedLimit {
    PublishedLimit {
        scope: LimitScope::Account,
        name: "15min",
        calls,
        window_ms: QUARTER_MS,
        counts: Counts::EveryCall,
    }
}

const fn x_app_daily(calls: u32) -> PublishedLimit {
    PublishedLimit {
        scope: LimitScope::App,
        name: "24h_app",
        calls,
        window_ms: DAY_MS,
        counts: Counts::EveryCall,
    }
}

const fn x_app_quarterly(calls: u32) -> PublishedLimit {
    PublishedLimit {
        scope: LimitScope::App,
        name: "15min_app",
        calls,
        window_ms: QUARTER_MS,
        counts: Counts::EveryCall,
    }
}

const fn threads_daily(name: &'static str, calls: u32) -> PublishedLimit {
    PublishedLimit {
        scope: LimitScope::Account,
        name,
        calls,
        window_ms: DAY_MS,
        counts: Counts::Effects,
    }
}
