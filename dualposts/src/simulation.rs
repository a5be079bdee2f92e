//! The simulator: inside `up`, or alone.

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};

use clap::{Args, ValueEnum};
use simulator::{Clock, NewAccount, Platform, Profile, Simulator};
use tokio::net::TcpListener;

use crate::{Fatal, demo, exports, stop};

/// How the simulator behaves.
#[derive(Args)]
pub struct SimulatorArgs {
    /// Where it listens.
    #[arg(long, default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// How slow it is: at once, like the real platforms, or as bad as they ever were.
    #[arg(long, value_enum, default_value = "instant")]
    profile: Speed,
    /// How many demo accounts it knows on each platform.
    #[arg(long, default_value_t = 1)]
    accounts: u32,
    /// Lets any number of posts through.
    #[arg(long)]
    no_limits: bool,
    /// What its lags and faults are drawn from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Clone, Copy, ValueEnum)]
enum Speed {
    Instant,
    Typical,
    Hostile,
}

impl From<Speed> for Profile {
    fn from(speed: Speed) -> Profile {
        match speed {
            Speed::Instant => Profile::Instant,
            Speed::Typical => Profile::Typical,
            Speed::Hostile => Profile::Hostile,
        }
    }
}

/// A simulator that knows the demo accounts, and whose posts can be read at `base_url`.
pub fn simulator(
    base_url: &str,
    profile: Profile,
    accounts: u32,
    limits: bool,
    seed: u64,
    clock: Clock,
) -> Simulator {
    let mut settings = simulator::Settings {
        seed,
        profile,
        clock,
        threads_web_url: base_url.to_owned(),
        x_web_url: base_url.to_owned(),
        ..Default::default()
    };
    settings.threads.quotas = limits;
    settings.x.rate_limits = limits;
    let simulator = Simulator::new(settings);
    for number in 1..=accounts {
        for platform in [Platform::Threads, Platform::X] {
            let (username, token) = demo::credentials(platform.into_ours(), number);
            simulator.add_account(NewAccount::new(platform, username, token));
        }
    }
    simulator
}

trait IntoOurs {
    fn into_ours(self) -> entities::Platform;
}

impl IntoOurs for Platform {
    fn into_ours(self) -> entities::Platform {
        match self {
            Platform::Threads => entities::Platform::Threads,
            Platform::X => entities::Platform::X,
        }
    }
}

/// Binds the address that was asked for, or any free port beside it when it is taken.
pub async fn bind(listen: SocketAddr) -> std::io::Result<TcpListener> {
    match TcpListener::bind(listen).await {
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            TcpListener::bind(SocketAddr::new(listen.ip(), 0)).await
        }
        bound => bound,
    }
}

/// `dualposts simulator`: until a signal.
pub async fn alone(args: SimulatorArgs) -> Result<(), Fatal> {
    let stop = stop::on_signal()?;
    let listener = TcpListener::bind(args.listen).await?;
    let base_url = reached_at(listener.local_addr()?);
    let simulator = simulator(
        &base_url,
        args.profile.into(),
        args.accounts,
        !args.no_limits,
        args.seed,
        Clock::system(),
    );
    // Known before it is served, so that Clerk's keys can be printed.
    simulator.set_settings(|settings| settings.clerk.url = Some(base_url.clone()));
    println!("# Simulator of Threads and X  {base_url}");
    println!("# what a product needs to run against it, with the apps that it knows:");
    exports::print(&exports::platforms(&base_url));
    println!("# to sign people in with its Clerk, where DUALPOSTS_PUBLIC_URL must be set as well:");
    exports::print(&exports::clerk(&simulator));
    println!("# live posts  curl {base_url}/_sim/posts");
    serve(simulator, listener, stop.cancelled_owned()).await?;
    Ok(())
}

/// The address for clients on this machine.
fn reached_at(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    format!("http://{address}")
}

/// Serves a simulator until `shutdown`.
pub async fn serve(
    simulator: Simulator,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> std::io::Result<()> {
    simulator.serve(listener, shutdown).await
}
