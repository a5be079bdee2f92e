use reqwest::header::HeaderName;

use super::*;

const NOW_MS: i64 = 1_790_000_000_000;
const SOON: &str = "1790000600"; // 10 minutes on
const TOMORROW: &str = "1790080000";
const PAST: &str = "1789999999";

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()))
        .collect()
}

fn check(pairs: &[(&str, &str)], scope: LimitScope, until: Option<&str>) {
    let headers = headers(pairs);
    let until_ms = until.map(|seconds| seconds.parse::<i64>().unwrap() * 1000);
    assert_eq!(
        limited(&headers, &windows(&headers), NOW_MS),
        Meaning::Limited { scope, until_ms },
        "{pairs:?}"
    );
}

#[test]
fn the_spent_window_names_the_time() {
    check(
        &[
            ("x-rate-limit-remaining", "0"),
            ("x-rate-limit-reset", SOON),
            ("x-app-limit-24hour-remaining", "900"),
            ("x-app-limit-24hour-reset", TOMORROW),
        ],
        LimitScope::Account,
        Some(SOON),
    );
}

#[test]
fn a_healthy_quarter_of_an_hour_does_not_hide_a_spent_day() {
    check(
        &[
            ("x-rate-limit-limit", "40000"),
            ("x-rate-limit-remaining", "39997"),
            ("x-rate-limit-reset", SOON),
            ("x-user-limit-24hour-remaining", "0"),
            ("x-user-limit-24hour-reset", TOMORROW),
        ],
        LimitScope::Account,
        Some(TOMORROW),
    );
}

#[test]
fn the_latest_reset_of_all_spent_windows_counts() {
    check(
        &[
            ("x-rate-limit-remaining", "0"),
            ("x-rate-limit-reset", SOON),
            ("x-app-limit-24hour-remaining", "0"),
            ("x-app-limit-24hour-reset", TOMORROW),
        ],
        LimitScope::Account,
        Some(TOMORROW),
    );
}

#[test]
fn the_scope_is_the_app_when_nothing_else_is_spent() {
    check(
        &[
            ("x-rate-limit-remaining", "5"),
            ("x-rate-limit-reset", SOON),
            ("x-app-limit-24hour-remaining", "0"),
            ("x-app-limit-24hour-reset", TOMORROW),
        ],
        LimitScope::App,
        Some(TOMORROW),
    );
}

#[test]
fn a_reset_in_the_past_is_ignored() {
    check(
        &[
            ("x-rate-limit-remaining", "0"),
            ("x-rate-limit-reset", PAST),
        ],
        LimitScope::Account,
        None,
    );
    check(
        &[
            ("x-rate-limit-remaining", "0"),
            ("x-rate-limit-reset", PAST),
            ("x-app-limit-24hour-remaining", "0"),
            ("x-app-limit-24hour-reset", TOMORROW),
        ],
        LimitScope::App,
        Some(TOMORROW),
    );
}

#[test]
fn without_a_spent_window_no_time_is_named() {
    check(&[], LimitScope::Account, None);
    check(
        &[
            ("x-rate-limit-remaining", "7"),
            ("x-rate-limit-reset", SOON),
        ],
        LimitScope::Account,
        None,
    );
    check(
        &[("x-rate-limit-remaining", "none")],
        LimitScope::Account,
        None,
    );
}

#[test]
fn retry_after_counts_when_it_is_later_or_alone() {
    check(
        &[("retry-after", "600")],
        LimitScope::Account,
        Some("1790000600"),
    );
    check(
        &[
            ("retry-after", "30"),
            ("x-rate-limit-remaining", "0"),
            ("x-rate-limit-reset", SOON),
        ],
        LimitScope::Account,
        Some(SOON),
    );
}

#[test]
fn windows_are_read_in_full_or_in_part() {
    let found = windows(&headers(&[
        ("x-rate-limit-limit", "100"),
        ("x-rate-limit-remaining", "99"),
        ("x-rate-limit-reset", SOON),
        ("x-app-limit-24hour-remaining", "12"),
        ("x-user-limit-24hour-reset", "9223372036854775807"),
    ]));
    assert_eq!(
        found,
        vec![
            RateWindow {
                scope: LimitScope::Account,
                name: "15min",
                limit: Some(100),
                remaining: Some(99),
                resets_at_ms: Some(1_790_000_600_000),
            },
            RateWindow {
                scope: LimitScope::App,
                name: "24h_app",
                limit: None,
                remaining: Some(12),
                resets_at_ms: None,
            },
        ]
    );
}
