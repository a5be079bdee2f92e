//! The three sets of rate limit headers of X (x.md 2.3). The 15-minute set alone lies: it can read
//! healthy while a day's is spent.

use reqwest::header::HeaderMap;

use crate::answer::{LimitScope, RateWindow};
use crate::failure::Meaning;
use crate::http::{number, retry_after_ms};

const SETS: [(&str, LimitScope, &str); 3] = [
    ("x-rate-limit", LimitScope::Account, "15min"),
    ("x-user-limit-24hour", LimitScope::Account, "24h_user"),
    ("x-app-limit-24hour", LimitScope::App, "24h_app"),
];

/// The windows that the answer names, at least in part.
pub(super) fn windows(headers: &HeaderMap) -> Vec<RateWindow> {
    let read = |prefix: &str, part: &str| number(headers, &format!("{prefix}-{part}"));
    SETS.iter()
        .map(|&(prefix, scope, name)| RateWindow {
            scope,
            name,
            limit: read(prefix, "limit"),
            remaining: read(prefix, "remaining"),
            resets_at_ms: read(prefix, "reset").and_then(|seconds| seconds.checked_mul(1000)),
        })
        .filter(|w| w.limit.is_some() || w.remaining.is_some() || w.resets_at_ms.is_some())
        .collect()
}

/// Until when calls are refused: the latest reset of the spent windows, or `Retry-After` if that
/// is later still. A reset in the past belongs to a window that is over.
pub(super) fn limited(headers: &HeaderMap, windows: &[RateWindow], now_ms: i64) -> Meaning {
    let mut spent = spent(windows, now_ms).peekable();
    let only_the_app = spent.peek().is_some() && spent.all(|w| w.scope == LimitScope::App);
    Meaning::Limited {
        scope: if only_the_app {
            LimitScope::App
        } else {
            LimitScope::Account
        },
        until_ms: until_ms(headers, windows, now_ms),
    }
}

/// The time of [`limited`] alone.
pub(super) fn until_ms(headers: &HeaderMap, windows: &[RateWindow], now_ms: i64) -> Option<i64> {
    let resets = spent(windows, now_ms).filter_map(|window| window.resets_at_ms);
    resets.chain(retry_after_ms(headers, now_ms)).max()
}

fn spent(windows: &[RateWindow], now_ms: i64) -> impl Iterator<Item = &RateWindow> {
    let over = move |window: &RateWindow| window.resets_at_ms.is_some_and(|at| at <= now_ms);
    windows
        .iter()
        .filter(move |window| window.remaining.is_some_and(|left| left <= 0) && !over(window))
}

#[cfg(test)]
mod tests;
