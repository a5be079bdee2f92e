//! How late posts are that are due at a set time: thousands in one second, and now and then one.

use std::time::Duration;

use entities::Timestamp;

use super::Plan;
use super::customer::unix_us;
use super::fill::Fill;
use super::numbers::Notes;
use super::product::{self, Shape};
use super::rig::Rig;
use super::servers;
use super::table::{self, Column, Unit};

/// Time for the rows to be put in before the first is due.
const LEAD: Duration = Duration::from_secs(4);

const SPARSE: [&str; 3] = [
    "one each 50 ms: late by, p50",
    "one each 50 ms: late by, p99",
    "one each 50 ms: late by, worst",
];
const MANY: [&str; 3] = [
    "all in one second: late by, p50",
    "all in one second: late by, p99",
    "all in one second: late by, worst",
];

/// Measures and prints.
pub async fn measure(plan: &Plan) {
    let most = plan.workers.iter().copied().max().unwrap_or(1);
    let shapes = [
        Shape::Embedded,
        Shape::Distributed {
            workers: most.min(2),
        },
    ];
    let mut columns = shapes.map(|shape| Column::new(shape.head()));
    for (shape, column) in shapes.iter().zip(&mut columns) {
        let rig = product::start(*shape, false).await;
        super::run::warm_up(&rig).await;
        let late = lateness(&rig, "sparse", 100, 5_000).await;
        note(&mut column.notes, SPARSE, late);
        let late = lateness(&rig, "many", plan.due, 1_000).await;
        note(&mut column.notes, MANY, late);
    }
    let title = format!(
        "Scheduled posts: {} due in one second, each to one account; and one now and then",
        plan.due
    );
    let rows: Vec<_> = SPARSE
        .into_iter()
        .chain(MANY)
        .map(|row| (row, Unit::Time))
        .collect();
    table::print(&title, &columns, &rows);
}

fn note(notes: &mut Notes, names: [&'static str; 3], mut late_us: Vec<f64>) {
    notes.spread(names, &mut late_us);
}

/// For each post, microseconds from the time that it was set for until it was live.
async fn lateness(rig: &Rig, name: &str, count: u64, spread_ms: u64) -> Vec<f64> {
    let database = &rig.database;
    let owner = servers::text(database, "SELECT id FROM users LIMIT 1").await;
    let accounts = servers::texts(database, "SELECT id, platform FROM accounts ORDER BY id").await;
    let now = Timestamp::from_ms(unix_us() / 1000);
    let first_due = now + LEAD;
    let fill = Fill {
        name,
        owner: &owner,
        accounts: &accounts,
        count,
        first_due,
        spread_ms,
        now,
    };
    let live = rig.platforms.live().await;
    fill.put_into(database).await;
    assert!(
        unix_us() / 1000 < first_due.as_ms() - 1_100,
        "the rows took so long to put in that some were due at once"
    );
    let count = usize::try_from(count).expect("a small number");
    rig.platforms.until_live(live + count).await;
    let since = rig.platforms.live_since(name).await;
    assert_eq!(since.len(), count, "all must be live");
    rig.until_recorded().await;
    let due_us = |number: usize| {
        (first_due.as_ms() + (number as u64 * spread_ms / count as u64) as i64) * 1000
    };
    let late = since
        .into_iter()
        .map(|((_, number), at)| (at - due_us(number)) as f64);
    late.collect()
}
