//! Tortures the product on both backends, and prints what is live beside what is on record.
//! Fails on any duplicate, loss or wrong record.
//!
//! `make torture`, or `torture --posts 300 --seed 7` inside `scripts/with-services.sh`.

use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use tests::backend::Mode;
use tests::torture::{Plan, plan, report, run};

/// A seeded run in which everything goes wrong that can.
#[derive(Parser)]
struct Args {
    /// How many posts, each to one account on each platform that takes it.
    #[arg(long, default_value_t = 2_000)]
    posts: usize,
    /// Fixes the posts and what befalls them; drawn from the time if not given.
    #[arg(long)]
    seed: Option<u64>,
    #[arg(long, value_enum, default_value = "both")]
    on: On,
    /// Posts a second of real time.
    #[arg(long, default_value_t = 10.0)]
    rate: f64,
    /// The chance that a platform misbehaves on a delivery.
    #[arg(long, default_value_t = 0.4)]
    misbehaviour: f64,
    /// Leaves out what makes accounts wait for hours of the product's time.
    #[arg(long)]
    brief: bool,
    /// Worker processes, where there are several.
    #[arg(long, default_value_t = 3)]
    workers: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum On {
    /// SQLite and a queue in memory, in one process.
    Embedded,
    /// PostgreSQL and Redis, with several processes.
    Distributed,
    Both,
}

#[tokio::main]
async fn main() -> ExitCode {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let args = Args::parse();
    let plan = Plan {
        posts: args.posts,
        rate: args.rate,
        misbehaviour: args.misbehaviour,
        is_brief: args.brief,
        seed: args
            .seed
            .unwrap_or_else(|| plan::real_now().as_ms().unsigned_abs() % 1_000_000),
        workers: args.workers,
    };
    let mut runs = Vec::new();
    for (on, mode, head) in [
        (On::Embedded, Mode::Embedded, "embedded"),
        (On::Distributed, Mode::Distributed, "distributed"),
    ] {
        if args.on == on || args.on == On::Both {
            runs.push((head, run(mode, &plan).await));
        }
    }
    report::print(&runs);
    if runs.iter().all(|(_, report)| report.is_clean()) {
        return ExitCode::SUCCESS;
    }
    println!(
        "\nThe same again: --seed {} --posts {}{}",
        plan.seed,
        plan.posts,
        if plan.is_brief { " --brief" } else { "" }
    );
    ExitCode::FAILURE
}
