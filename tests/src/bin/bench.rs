//! Measures the product on this machine and prints tables with ratios.
//!
//! `make bench`, or `bench --only growth,idle` inside `FSYNC=on scripts/with-services.sh`.

use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, ValueEnum};
use tests::bench::{Plan, accept, against, cost, growth, idle, machine, publish, schedule};

/// How fast the product is, beside the bare databases and beside a peer.
#[derive(Parser)]
struct Args {
    /// Only these sections, with commas between.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Section>,
    /// About three minutes instead of under 15: one round, smaller tables.
    #[arg(long)]
    brief: bool,
    /// Posts a second where the load is steady.
    #[arg(long)]
    rate: Option<usize>,
    /// How many seconds a steady load lasts.
    #[arg(long)]
    seconds: Option<usize>,
    /// How often each is measured, in turns.
    #[arg(long)]
    rounds: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Section {
    /// Posts accepted, against bare INSERTs.
    Accept,
    /// From submit to live, with 1, 2 and 4 workers.
    Publish,
    /// How late scheduled posts are.
    Schedule,
    /// What one post costs.
    Cost,
    /// With a million posts scheduled.
    Growth,
    /// Start, memory and CPU without load.
    Idle,
    /// The same job on BullMQ, Fastify and PostgreSQL.
    Peer,
}

#[tokio::main]
async fn main() -> ExitCode {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let args = Args::parse();
    let mut plan = if args.brief {
        Plan::brief()
    } else {
        Plan::whole()
    };
    plan.rate = args.rate.unwrap_or(plan.rate).max(1);
    plan.seconds = args.seconds.unwrap_or(plan.seconds).max(1);
    plan.rounds = args.rounds.unwrap_or(plan.rounds).max(1);
    let started = Instant::now();
    machine::print().await;
    let mut is_well = true;
    for section in Section::value_variants() {
        if !args.only.is_empty() && !args.only.contains(section) {
            continue;
        }
        match section {
            Section::Accept => accept::measure(&plan).await,
            Section::Publish => publish::measure(&plan).await,
            Section::Schedule => schedule::measure(&plan).await,
            Section::Cost => cost::measure(&plan).await,
            Section::Growth => is_well &= growth::measure(&plan).await,
            Section::Idle => is_well &= idle::measure(&plan).await,
            Section::Peer => against::measure(&plan).await,
        }
    }
    println!(
        "\nMedians of {} rounds, measured in turns; {:.0} s in all.",
        plan.rounds,
        started.elapsed().as_secs_f64()
    );
    if is_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
