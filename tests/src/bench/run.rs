//! A steady rate, and a burst: what is measured of each.

use std::time::Duration;

use super::customer::Submitted;
use super::numbers::Notes;
use super::rig::Rig;
use super::servers::{PostgresCounters, RedisCounters};
use super::table::Unit;
use super::usage;

/// Connections of the customer in a burst.
pub const CONNECTIONS: usize = 64;

/// What is noted of a steady rate.
pub const LATENCY: [(&str, Unit); 10] = [
    ("submit answered, p50", Unit::Time),
    ("submit answered, p99", Unit::Time),
    ("submit to live on both, p50", Unit::Time),
    ("submit to live on both, p90", Unit::Time),
    ("submit to live on both, p99", Unit::Time),
    ("submit to live on both, worst", Unit::Time),
    ("  on X alone (1 call), p50", Unit::Time),
    ("  on X alone (1 call), p99", Unit::Time),
    (
        "  on Threads alone (3 calls before it is live), p50",
        Unit::Time,
    ),
    (
        "  on Threads alone (3 calls before it is live), p99",
        Unit::Time,
    ),
];

/// What is noted of a burst.
pub const BURST: [(&str, Unit); 2] = [
    ("burst: posts accepted", Unit::PerSecond),
    ("burst: deliveries published", Unit::PerSecond),
];

/// What is noted of the cost of one post, from submit until it is recorded as published on both.
pub const COST: [(&str, Unit); 10] = [
    ("CPU of the processes, ms", Unit::Count),
    ("CPU of PostgreSQL, ms", Unit::Count),
    ("CPU of Redis, ms", Unit::Count),
    ("CPU of all, ms", Unit::Count),
    ("SQL statements of clients", Unit::Count),
    ("Redis commands, with those of scripts", Unit::Count),
    ("WAL, or written to the SQLite files", Unit::Bytes),
    ("bytes from and to Redis", Unit::Bytes),
    ("HTTP with the customer", Unit::Bytes),
    ("HTTP with the platforms", Unit::Bytes),
];

/// What is noted of memory after the load.
pub const MEMORY: [(&str, Unit); 1] = [("most memory under load, all processes", Unit::Megabytes)];

/// Lets connections, caches and pools come up.
pub async fn warm_up(rig: &Rig) {
    let before = rig.platforms.live().await;
    let submitted = rig.customer.steadily("warm", 60, 2).await;
    let deliveries = submitted.len() * rig.customer.accounts_each();
    rig.platforms.until_live(before + deliveries).await;
    rig.until_recorded().await;
}

/// Submits at a steady rate until all is recorded, and notes [`LATENCY`], [`COST`] and [`MEMORY`].
pub async fn steadily(rig: &Rig, name: &str, rate: usize, seconds: usize, notes: &mut Notes) {
    let live = rig.platforms.live().await;
    let before = Counters::of(rig).await;
    let submitted = rig.customer.steadily(name, rate, seconds).await;
    let deliveries = submitted.len() * rig.customer.accounts_each();
    rig.platforms.until_live(live + deliveries).await;
    rig.until_recorded().await;
    let after = Counters::of(rig).await;
    note_latency(rig, name, &submitted, notes).await;
    note_cost(&before, &after, submitted.len() as f64, notes);
    let peak = rig.pids().into_iter().map(usage::peak_mb).sum();
    notes.note(MEMORY[0].0, peak);
}

/// Submits all at once, and notes [`BURST`].
pub async fn at_once(rig: &Rig, name: &str, count: usize, notes: &mut Notes) {
    let live = rig.platforms.live().await;
    let submitted = rig.customer.at_once(name, count, CONNECTIONS).await;
    let deliveries = count * rig.customer.accounts_each();
    rig.platforms.until_live(live + deliveries).await;
    let since = rig.platforms.live_since(name).await;
    assert_eq!(since.len(), deliveries, "all must be live");
    let began = submitted.iter().map(|one| one.began_us).min();
    let began = began.expect("posts");
    let answered = submitted.iter().map(|one| one.began_us + us(one.took));
    let answered = answered.max().expect("posts");
    let last = since.values().max().expect("posts");
    let rate = |count: usize, until: i64| count as f64 * 1e6 / (until - began) as f64;
    notes.note(BURST[0].0, rate(count, answered));
    notes.note(BURST[1].0, rate(deliveries, *last));
    rig.until_recorded().await;
}

async fn note_latency(rig: &Rig, name: &str, submitted: &[Submitted], notes: &mut Notes) {
    let since = rig.platforms.live_since(name).await;
    let took = |platform: &str| -> Vec<f64> {
        submitted
            .iter()
            .map(|one| {
                let at = since.get(&(platform.to_owned(), one.number));
                (at.expect("a live post") - one.began_us) as f64
            })
            .collect()
    };
    let (mut threads, mut x) = (took("threads"), took("x"));
    let mut both: Vec<f64> = threads.iter().zip(&x).map(|(a, b)| a.max(*b)).collect();
    let mut answered: Vec<f64> = submitted.iter().map(|one| us(one.took) as f64).collect();
    let all = [
        (&mut answered, [(0, 500), (1, 990)].as_slice()),
        (&mut both, &[(2, 500), (3, 900), (4, 990), (5, 1000)]),
        (&mut x, &[(6, 500), (7, 990)]),
        (&mut threads, &[(8, 500), (9, 990)]),
    ];
    for (values, quantiles) in all {
        for (row, per_mille) in quantiles {
            let value = super::numbers::quantile(values, *per_mille);
            notes.note(LATENCY[*row].0, value);
        }
    }
}

/// Where all counters stand.
struct Counters {
    processes_ms: f64,
    written: f64,
    postgres: Option<PostgresCounters>,
    redis: Option<RedisCounters>,
    customer: f64,
    platforms: f64,
}

impl Counters {
    async fn of(rig: &Rig) -> Self {
        let postgres = match &rig.postgres {
            Some(postgres) => Some(postgres.counters().await),
            None => None,
        };
        let redis = match &rig.redis {
            Some(redis) => Some(redis.counters().await),
            None => None,
        };
        let pids = rig.pids();
        Counters {
            processes_ms: pids
                .iter()
                .map(|pid| usage::cpu_ms_with_children(*pid))
                .sum(),
            written: pids.iter().map(|pid| usage::written_bytes(*pid)).sum(),
            postgres,
            redis,
            customer: rig.customer.bytes(),
            platforms: rig.platforms.bytes(),
        }
    }
}

fn note_cost(before: &Counters, after: &Counters, posts: f64, notes: &mut Notes) {
    let mut note = |row: usize, before: f64, after: f64| {
        let each = (after - before) / posts;
        // What was not counted is not there.
        if after > 0.0 {
            notes.note(COST[row].0, each);
        }
    };
    note(0, before.processes_ms, after.processes_ms);
    let (mut all_before, mut all_after) = (before.processes_ms, after.processes_ms);
    match before.postgres.zip(after.postgres) {
        Some((before, after)) => {
            note(1, before.cpu_ms, after.cpu_ms);
            note(4, before.statements, after.statements);
            note(6, before.wal_bytes, after.wal_bytes);
            all_before += before.cpu_ms;
            all_after += after.cpu_ms;
        }
        None => note(6, before.written, after.written),
    }
    if let Some((before, after)) = before.redis.zip(after.redis) {
        note(2, before.cpu_ms, after.cpu_ms);
        note(5, before.commands, after.commands);
        note(7, before.net_bytes, after.net_bytes);
        all_before += before.cpu_ms;
        all_after += after.cpu_ms;
    }
    note(3, all_before, all_after);
    note(8, before.customer, after.customer);
    note(9, before.platforms, after.platforms);
}

/// Whole microseconds.
pub fn us(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}
