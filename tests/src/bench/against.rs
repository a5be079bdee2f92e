//! The product and the peer in turns, under the same load.

use std::time::Duration;

use super::Plan;
use super::accept::{self, ROWS as ACCEPTED};
use super::peer::Peer;
use super::product::{self, Shape};
use super::rig::Rig;
use super::run::{self, BURST, COST, LATENCY, MEMORY};
use super::table::{self, Column, Unit};

/// Posts a second that either can keep up with on a small machine.
const RATE: usize = 100;

/// Measures and prints, or says what is missing.
pub async fn measure(plan: &Plan) {
    let peer = match Peer::find() {
        Ok(peer) => peer,
        Err(missing) => {
            println!("\nThe peer is left out: {missing}.");
            return;
        }
    };
    accepting(plan, &peer).await;
    publishing(plan, &peer).await;
}

async fn accepting(plan: &Plan, peer: &Peer) {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let rigs = [
        product::start(Shape::Distributed { workers: 0 }, false).await,
        peer.start(1, 0).await,
        peer.start(cores, 0).await,
    ];
    let mut columns = [
        Column::new("DualPosts, one API process"),
        Column::against("peer, one API process", 0),
        Column::against(format!("peer, {cores} API processes"), 0),
    ];
    for rig in &rigs {
        let mut cold = Column::new("");
        accept::accept(
            &rig.customer,
            "cold",
            Duration::from_secs(1),
            &mut cold.notes,
        )
        .await;
    }
    let span = Duration::from_secs(plan.seconds.div_ceil(2) as u64);
    for round in 0..plan.rounds {
        for (rig, column) in rigs.iter().zip(&mut columns) {
            let name = format!("round-{round}");
            accept::accept(&rig.customer, &name, span, &mut column.notes).await;
        }
    }
    table::print(
        "Accepting posts, against the peer; 64 at a time",
        &columns,
        &ACCEPTED,
    );
}

async fn publishing(plan: &Plan, peer: &Peer) {
    let mut columns = Vec::new();
    for workers in plan.workers {
        let ours = columns.len();
        let plural = if *workers == 1 { "worker" } else { "workers" };
        columns.push(Column::new(format!("DualPosts, {workers} {plural}")));
        columns.push(Column::against(format!("peer, {workers} {plural}"), ours));
    }
    // Twice as many programs as elsewhere: fewer rounds.
    for _ in 0..plan.rounds.div_ceil(2) {
        for (pair, workers) in columns.chunks_mut(2).zip(plan.workers) {
            let shape = Shape::Distributed { workers: *workers };
            load(&product::start(shape, false).await, plan, &mut pair[0]).await;
            load(&peer.start(1, *workers).await, plan, &mut pair[1]).await;
        }
    }
    let title = format!(
        "Publishing, against the peer: {RATE} posts/s, each to Threads and X; a burst of {} posts",
        plan.burst
    );
    let of_one_post = |row: &(&'static str, Unit)| !row.0.starts_with("HTTP with the platforms");
    let rows: Vec<_> = LATENCY
        .into_iter()
        .chain(BURST)
        .chain(COST.into_iter().filter(of_one_post))
        .chain(MEMORY)
        .collect();
    table::print(&title, &columns, &rows);
}

async fn load(rig: &Rig, plan: &Plan, column: &mut Column) {
    run::warm_up(rig).await;
    run::steadily(rig, "steady", RATE, plan.seconds, &mut column.notes).await;
    run::at_once(rig, "burst", plan.burst, &mut column.notes).await;
}
