//! Posts each kind of content to both platforms and shows what is live beside what was asked, so
//! that a person can compare. Fails when anything differs.
//!
//! `make show` starts the product with its simulator. With `--url` and `--key`, a product that
//! runs already is used, and what is live has to be looked at by a person.

use std::process::ExitCode;

use clap::Parser;
use tests::show::product::{Given, Product};
use tests::show::run::run;

/// Each kind of content, posted and looked at.
#[derive(Parser)]
struct Args {
    /// A product that runs already, in place of one with a simulator of its own.
    #[arg(long, requires = "key")]
    url: Option<String>,
    /// An API key of it.
    #[arg(long)]
    key: Option<String>,
    /// Yes, post all this to the accounts that are connected there.
    #[arg(long)]
    yes: bool,
    /// Only kinds with this in their names.
    #[arg(long, default_value = "")]
    only: String,
    /// With `--url`: the id of an account on X that has Premium.
    #[arg(long)]
    premium: Option<String>,
    /// With `--url`: the id of an account on Threads that may choose countries.
    #[arg(long)]
    geo: Option<String>,
    /// With `--url`: the id of a GIF at GIPHY.
    #[arg(long)]
    giphy: Option<String>,
    /// With `--url`: the id of a place on Threads.
    #[arg(long)]
    location: Option<String>,
    /// With `--url`: the id of a community on X.
    #[arg(long)]
    community: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let args = Args::parse();
    let mut product = match (&args.url, &args.key) {
        (Some(url), Some(key)) => {
            if !args.yes {
                println!(
                    "This posts about a hundred messages, with images and videos, to the first accounts that are connected at {url}. \
                     On real platforms people see them, and X may charge for them. Say --yes if that is meant."
                );
                return ExitCode::FAILURE;
            }
            println!(
                "Posting to the accounts at {url}. Look at each address: what is live can not be asked here."
            );
            let given = Given {
                premium: args.premium,
                geo: args.geo,
                giphy: args.giphy,
                location: args.location,
                community: args.community,
            };
            Product::running(url, key, &given).await
        }
        _ => Product::start().await,
    };
    let count = run(&mut product, &args.only).await;
    println!(
        "\n{} kinds shown, {} differ, {} skipped",
        count.shown, count.differing, count.skipped
    );
    match count.differing {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
