//! What the product calls when something happens: an addition to what this process counts. Labels
//! are words that are there already, so that nothing is formatted or looked up by a query.

use std::borrow::Cow;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use entities::Platform;
use entities::rows::attempt::{StepName, Verdict};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::declared::{self, Declared};

/// A label and its value.
pub(crate) type Label = (&'static str, Cow<'static, str>);

/// How many values a label may take that is not of a closed set; what comes later is `other`.
const MOST_SERIES: usize = 500;

/// From 10 ms to an hour: between due and live.
const LATENESS_BUCKETS: [f64; 15] = [
    0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 900.0, 1800.0, 3600.0,
];
/// From 1 ms to half a minute: requests and calls.
const DURATION_BUCKETS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 15.0, 30.0,
];

type Counters<const N: usize> = Family<[Label; N], Counter>;
type Histograms<const N: usize> = Family<[Label; N], Histogram, fn() -> Histogram>;

/// All that this process has counted.
struct Counted {
    posts: Counter,
    deliveries: Counters<1>,
    published: Counters<1>,
    failed: Bounded<Counters<2>>,
    set_aside: Counters<2>,
    lateness: Histograms<1>,
    attempts: Counters<1>,
    calls: Histograms<3>,
    requests: Bounded<Histograms<3>>,
}

/// Series with a label that is not of a closed set: as many as [`MOST_SERIES`].
struct Bounded<F> {
    family: F,
    known: AtomicUsize,
}

impl<const N: usize, M, C: MetricConstructor<M>> Bounded<Family<[Label; N], M, C>> {
    fn new(family: Family<[Label; N], M, C>) -> Self {
        let known = AtomicUsize::new(0);
        Bounded { family, known }
    }

    /// These labels, or the others once there are too many.
    fn label(&self, asked: [Label; N], other: impl FnOnce() -> [Label; N]) -> [Label; N] {
        let is_known = self.family.get(&asked).is_some();
        if is_known || self.known.fetch_add(1, Ordering::Relaxed) < MOST_SERIES {
            asked
        } else {
            other()
        }
    }
}

static COUNTED: LazyLock<Counted> = LazyLock::new(|| {
    let counted = Counted {
        posts: Counter::default(),
        deliveries: Family::default(),
        published: Family::default(),
        failed: Bounded::new(Family::default()),
        set_aside: Family::default(),
        lateness: Family::new_with_constructor(|| Histogram::new(LATENESS_BUCKETS)),
        attempts: Family::default(),
        calls: Family::new_with_constructor(|| Histogram::new(DURATION_BUCKETS)),
        requests: Bounded::new(Family::new_with_constructor(|| {
            Histogram::new(DURATION_BUCKETS)
        })),
    };
    // What has not happened yet is 0: a rate over a series that only now appears misses its first.
    for platform in Platform::ALL {
        let label = [on(*platform)];
        counted.deliveries.get_or_create_owned(&label);
        counted.published.get_or_create_owned(&label);
        counted.lateness.get_or_create_owned(&label);
    }
    for verdict in Verdict::ALL {
        let label = [("verdict", verdict.as_str().into())];
        counted.attempts.get_or_create_owned(&label);
    }
    counted
});

fn on(platform: Platform) -> Label {
    ("platform", platform.as_str().into())
}

/// A post was accepted, with one delivery for each of these.
pub fn accepted(platforms: impl IntoIterator<Item = Platform>) {
    COUNTED.posts.inc();
    for platform in platforms {
        COUNTED.deliveries.get_or_create(&[on(platform)]).inc();
    }
}

/// A delivery is live, all parts of it.
pub fn published(platform: Platform) {
    COUNTED.published.get_or_create(&[on(platform)]).inc();
}

/// A delivery was given up.
pub fn failed(platform: Platform, code: &str) {
    let labels = |code: Cow<'static, str>| [on(platform), ("code", code)];
    let asked = labels(code.to_owned().into());
    let Bounded { family, .. } = &COUNTED.failed;
    let label = COUNTED.failed.label(asked, || labels("other".into()));
    family.get_or_create(&label).inc();
}

/// A delivery was too late by its post's policy, and became this.
pub fn set_aside(platform: Platform, status: entities::delivery::Status) {
    let labels = [on(platform), ("status", status.as_str().into())];
    COUNTED.set_aside.get_or_create(&labels).inc();
}

/// The first part of a delivery was live so long after it was due.
pub fn late_by(platform: Platform, lateness: Duration) {
    let seconds = lateness.as_secs_f64();
    COUNTED
        .lateness
        .get_or_create(&[on(platform)])
        .observe(seconds);
}

/// Attempts were written down.
pub fn attempts(verdict: Verdict, count: usize) {
    let labels = [("verdict", verdict.as_str().into())];
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    COUNTED.attempts.get_or_create(&labels).inc_by(count);
}

/// A platform was called.
pub fn called(platform: Platform, step: StepName, verdict: Verdict, took: Duration) {
    let labels = [
        on(platform),
        ("step", step.as_str().into()),
        ("verdict", verdict.as_str().into()),
    ];
    COUNTED
        .calls
        .get_or_create(&labels)
        .observe(took.as_secs_f64());
}

/// A request was answered. `route` is the pattern of the route, `None` where there is none.
pub fn requested(method: &str, route: Option<String>, status: u16, took: Duration) {
    let labels = |route: Cow<'static, str>| {
        [
            ("method", method_word(method).into()),
            ("route", route),
            ("status", status_class(status).into()),
        ]
    };
    let asked = labels(route.map_or("none".into(), Cow::Owned));
    let Bounded { family, .. } = &COUNTED.requests;
    let label = COUNTED.requests.label(asked, || labels("other".into()));
    family.get_or_create(&label).observe(took.as_secs_f64());
}

/// Methods are the caller's words; those that nobody knows are one.
fn method_word(method: &str) -> &'static str {
    match method {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

fn status_class(status: u16) -> &'static str {
    match status {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    }
}

/// Puts all that was counted into a registry.
pub(crate) fn register(registry: &mut Registry) {
    let Counted {
        posts,
        deliveries,
        published,
        failed,
        set_aside,
        lateness,
        attempts,
        calls,
        requests,
    } = &*COUNTED;
    add(registry, &declared::POSTS_ACCEPTED, posts.clone());
    add(registry, &declared::DELIVERIES_ACCEPTED, deliveries.clone());
    add(registry, &declared::PUBLISHED, published.clone());
    add(registry, &declared::FAILED, failed.family.clone());
    add(registry, &declared::SET_ASIDE, set_aside.clone());
    add(registry, &declared::LATENESS, lateness.clone());
    add(registry, &declared::ATTEMPTS, attempts.clone());
    add(registry, &declared::CALLS, calls.clone());
    add(registry, &declared::REQUESTS, requests.family.clone());
}

/// Registers a metric as it was declared. Counters get their `_total` when they are shown.
pub(crate) fn add(
    registry: &mut Registry,
    declared: &Declared,
    metric: impl prometheus_client::registry::Metric,
) {
    let name = declared.name.strip_suffix("_total");
    registry.register(name.unwrap_or(declared.name), declared.meaning, metric);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_callers_make_up_does_not_become_a_series() {
        assert_eq!(method_word("GET"), "GET");
        assert_eq!(method_word("BREW"), "other");
        assert_eq!(status_class(204), "2xx");
        assert_eq!(status_class(799), "5xx");
        for number in 0..2 * MOST_SERIES {
            failed(Platform::X, &format!("made-up-{number}"));
        }
        let page = crate::page::page(Vec::new());
        let series = page.lines().filter(|line| line.contains("made-up-"));
        assert_eq!(series.count(), MOST_SERIES);
        let rest = format!(
            "dualposts_deliveries_failed_total{{platform=\"x\",code=\"other\"}} {MOST_SERIES}\n"
        );
        assert!(page.contains(&rest), "{page}");
    }
}
