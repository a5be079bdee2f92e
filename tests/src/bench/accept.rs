//! Posts accepted, against the same INSERTs straight through the driver on the same database.

use std::time::Duration;

use super::Plan;
use super::customer::{Customer, Submitted};
use super::numbers::Notes;
use super::product::{self, Shape};
use super::raw;
use super::run::{CONNECTIONS, us};
use super::table::{self, Column, Unit};

/// What is noted: of the product, and of the bare database.
pub const ROWS: [(&str, Unit); 3] = [
    ("posts accepted", Unit::PerSecond),
    ("answered, p50", Unit::Time),
    ("answered, p99", Unit::Time),
];

/// Measures and prints.
pub async fn measure(plan: &Plan) {
    let span = Duration::from_secs(plan.seconds.div_ceil(2) as u64);
    // In one process nothing may go out meanwhile; the API alone has nobody who would publish.
    let embedded = product::start(Shape::Embedded, false).await;
    let later = embedded.customer.for_later();
    let api = product::start(Shape::Distributed { workers: 0 }, false).await;
    let sqlite = raw::Sqlite::open().await;
    let few = raw::Postgres::open(raw::few()).await;
    let many = raw::Postgres::open(CONNECTIONS as u32).await;

    let mut on_sqlite = [
        Column::new("INSERTs in groups of 64"),
        Column::new("INSERTs one by one"),
        Column::against("DualPosts, one process", 0),
    ];
    let mut on_postgres = [
        Column::new(format!("INSERTs on {} connections", raw::few())),
        Column::against(format!("INSERTs on {CONNECTIONS} connections"), 0),
        Column::against("DualPosts, one API process", 0),
    ];
    // What is measured first on a cold file or pool is not held against the rest.
    let mut cold = Notes::default();
    let short = Duration::from_millis(500);
    for customer in [&later, &api.customer] {
        accept(customer, "cold", short, &mut cold).await;
    }
    sqlite.insert("cold", CONNECTIONS, short, &mut cold).await;
    few.insert("cold", short, &mut cold).await;
    many.insert("cold", short, &mut cold).await;
    for round in 0..plan.rounds {
        let name = format!("round-{round}");
        let [grouped, single, ours] = &mut on_sqlite;
        sqlite
            .insert(&name, CONNECTIONS, span, &mut grouped.notes)
            .await;
        accept(&later, &name, span, &mut ours.notes).await;
        sqlite
            .insert(&format!("{name}-single"), 1, span, &mut single.notes)
            .await;
        let [on_few, on_many, ours] = &mut on_postgres;
        few.insert(&name, span, &mut on_few.notes).await;
        accept(&api.customer, &name, span, &mut ours.notes).await;
        many.insert(&name, span, &mut on_many.notes).await;
    }
    let title = format!("Accepting posts on SQLite, {CONNECTIONS} at a time, each durable");
    table::print(&title, &on_sqlite, &ROWS);
    let title = format!("Accepting posts on PostgreSQL, {CONNECTIONS} at a time, each durable");
    table::print(&title, &on_postgres, &ROWS);
}

/// Submits for a while and notes [`ROWS`].
pub async fn accept(customer: &Customer, name: &str, span: Duration, notes: &mut Notes) {
    let submitted = customer.for_a_while(name, span, CONNECTIONS).await;
    note(&submitted, notes);
}

/// Notes [`ROWS`].
pub fn note(submitted: &[Submitted], notes: &mut Notes) {
    let began = submitted.iter().map(|one| one.began_us).min().unwrap_or(0);
    let ended = submitted
        .iter()
        .map(|one| one.began_us + us(one.took))
        .max();
    let span_us = (ended.unwrap_or(0) - began).max(1);
    notes.note(ROWS[0].0, submitted.len() as f64 * 1e6 / span_us as f64);
    let mut took: Vec<f64> = submitted.iter().map(|one| us(one.took) as f64).collect();
    notes.note(ROWS[1].0, super::numbers::quantile(&mut took, 500));
    notes.note(ROWS[2].0, super::numbers::quantile(&mut took, 990));
}
