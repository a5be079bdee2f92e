//! The one process without servers as a newcomer starts it: how long until it is ready, what it
//! takes while nothing happens, and how much memory under load. Idle it must stay small: beyond
//! the bounds the run fails.

use std::time::{Duration, Instant};

use super::Plan;
use super::connection::Connection;
use super::numbers::Notes;
use super::product::{self, Shape, page_of, start_up};
use super::rig::{Folder, address_of};
use super::run;
use super::table::{self, Column, Unit};
use super::usage;
use crate::process::Process;

/// The most resident memory, in megabytes.
const MOST_MB: f64 = 40.0;
/// The most CPU, in percent of one core.
const MOST_CPU: f64 = 1.0;
/// How often it is started.
const STARTS: usize = 5;

const ROWS: [(&str, Unit); 6] = [
    ("first start, until /readyz", Unit::Time),
    ("later start, until /readyz", Unit::Time),
    ("idle: resident memory", Unit::Megabytes),
    ("idle: CPU of one core", Unit::Percent),
    ("under load: most resident memory", Unit::Megabytes),
    ("after the load: resident memory", Unit::Megabytes),
];

/// Measures and prints; tells whether it is small enough when idle.
pub async fn measure(plan: &Plan) -> bool {
    let mut up = Column::new("`dualposts up`");
    let mut distributed = [
        Column::new("`dualposts api`"),
        Column::new("`dualposts worker`"),
    ];
    for _ in 0..STARTS {
        let folder = Folder::fresh();
        for row in [0, 1] {
            let (_process, took) = start(&folder).await;
            up.notes.note(ROWS[row].0, took.as_secs_f64() * 1e6);
        }
    }
    let folder = Folder::fresh();
    let (process, _) = start(&folder).await;
    let servers = product::start(Shape::Distributed { workers: 1 }, false).await;
    let watched = [&process, &servers.processes[0], &servers.processes[1]];
    // What belongs to the start is over.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let before = watched.map(|process| usage::cpu_ms(process.id()));
    let span = Duration::from_secs(plan.idle_seconds);
    tokio::time::sleep(span).await;
    let [api, worker] = &mut distributed;
    let columns = [&mut up, api, worker];
    for ((process, before), column) in watched.into_iter().zip(before).zip(columns) {
        let used = usage::cpu_ms(process.id()) - before;
        let percent = used / span.as_secs_f64() / 10.0;
        column
            .notes
            .note(ROWS[2].0, usage::resident_mb(process.id()));
        column.notes.note(ROWS[3].0, percent);
    }
    drop(process);
    let embedded = product::start(Shape::Embedded, false).await;
    for rig in [&embedded, &servers] {
        let mut unused = Notes::default();
        run::steadily(rig, "memory", plan.rate, plan.seconds, &mut unused).await;
    }
    note_memory(&embedded.processes[0], &mut up);
    for (process, column) in servers.processes.iter().zip(&mut distributed) {
        note_memory(process, column);
    }
    let [api, worker] = distributed;
    let columns = [up, api, worker];
    let title = format!(
        "Start, and what it takes idle (over {} s) and at {} posts/s",
        plan.idle_seconds, plan.rate
    );
    table::print(&title, &columns, &ROWS);
    is_small(&columns[0])
}

fn note_memory(process: &Process, column: &mut Column) {
    column.notes.note(ROWS[4].0, usage::peak_mb(process.id()));
    column
        .notes
        .note(ROWS[5].0, usage::resident_mb(process.id()));
}

fn is_small(up: &Column) -> bool {
    let of = |row: usize| up.notes.median(ROWS[row].0).unwrap_or(0.0);
    let (memory, cpu) = (of(2), of(3));
    let small = memory < MOST_MB && cpu < MOST_CPU;
    if !small {
        println!("\nTOO MUCH when idle: {memory:.1} MB of {MOST_MB}, {cpu:.2} % of {MOST_CPU}");
    }
    small
}

/// Starts it as it is by default, until it says that it is ready.
async fn start(folder: &Folder) -> (Process, Duration) {
    let env = [
        ("DUALPOSTS_DATA_DIR", folder.0.display().to_string()),
        ("DUALPOSTS_LISTEN", "127.0.0.1:0".to_owned()),
        ("DUALPOSTS_SIMULATOR_LISTEN", "127.0.0.1:0".to_owned()),
    ];
    let started = Instant::now();
    let process = start_up(&env).await;
    let address = address_of(&page_of(&process));
    let request = format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\n\r\n").into_bytes();
    loop {
        if let Ok(mut connection) = Connection::open(address).await
            && let Ok(answer) = connection.exchange(&request).await
            && answer.status == 200
        {
            return (process, started.elapsed());
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
