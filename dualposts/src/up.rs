//! `dualposts up`: everything in one process, no server needed.

use std::net::TcpListener;

use entities::{AccountId, Clock, Platform};
use secrecy::{ExposeSecret, SecretString};
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::assemble::{self, Parts};
use crate::settings::Settings;
use crate::{Fatal, apps, backup, demo, owner, schema, simulation, stop};

/// Runs until a signal, then finishes what is under way.
pub async fn up(mut settings: Settings) -> Result<(), Fatal> {
    let stop = stop::on_signal()?;
    let listener = TcpListener::bind(settings.listen).map_err(|error| {
        format!(
            "{} can not be listened on: {error}; set DUALPOSTS_LISTEN to another address",
            settings.listen
        )
    })?;
    let page = format!("http://{}", listener.local_addr()?);
    let database = assemble::database(&settings).await?;
    let _alone = assemble::alone_on(&settings)?;
    backup::refuse_a_copy(&database).await?;
    assemble::migrate(&database).await?;
    schema::check(&database).await?;

    // The simulator outlives the worker: a step under way needs its answer.
    let simulator_stop = CancellationToken::new();
    let simulating = settings.simulator.unwrap_or(!settings.apps.any_is_real());
    let simulator = if simulating {
        Some(start_simulator(&mut settings, simulator_stop.clone()).await?)
    } else {
        None
    };

    let queue = assemble::queue(&settings)?;
    let clock = Clock::at_pace(settings.pace);
    let parts = Parts {
        sampler: assemble::sampler(&database, &queue, &clock),
        database,
        queue,
        clock,
        vault: owner::vault(&settings, true)?,
        platforms: assemble::platforms(&settings)?,
        store: assemble::store(&settings)?,
    };
    entities::clock::set_by(&parts.database, &parts.clock).await?;
    if settings.database_url.is_none() {
        take_over(&parts).await?;
    }
    let owner_id = owner::prepare(&parts.database, &parts.clock, &settings).await?;
    let key = owner::own_key(&parts.database, &parts.clock, &settings, &owner_id).await?;
    if simulating {
        demo::connect_accounts(&parts, &owner_id, settings.demo_accounts, parts.clock.now())
            .await?;
    }
    let accounts = entities::accounts::list(&parts.database, &owner_id).await?;
    let first = |platform| {
        accounts
            .iter()
            .find(|row| row.platform == platform)
            .map(|row| row.id.clone())
    };
    let shown: Vec<AccountId> = Platform::ALL.iter().copied().filter_map(first).collect();
    let public_url = settings.public_url.clone().unwrap_or(page);
    let link = match settings.apps.clerk {
        Some(_) => None,
        None => {
            let now = parts.clock.now();
            let link = entities::sessions::make_link(&parts.database, &owner_id, now).await?;
            Some(owner::link_in(&public_url, &link))
        }
    };
    greet(
        &public_url,
        link.as_deref(),
        &key,
        &shown,
        simulator.as_ref().map(|simulator| simulator.url.as_str()),
    );

    let metrics = parts.serve_metrics(&settings, stop.clone())?;
    let worker = parts.worker(&settings, &public_url, stop.clone())?;
    let simulator_url = simulator.as_ref().map(|simulator| simulator.url.clone());
    let state = parts.state(&settings, &public_url, simulator_url)?;
    let shutdown = stop.clone().cancelled_owned();
    let serving = api::server::serve_and_drain(listener, state, shutdown, settings.drain);
    let serving = stop::together(&stop, serving);
    let working = stop::together(&stop, worker::run::run(worker));
    parts.keep_time(stop).await;
    let (served, worked) = tokio::join!(serving, working);
    stop::ended(metrics).await?;
    simulator_stop.cancel();
    if let Some(simulator) = simulator {
        simulator.serving.await??;
    }
    parts.database.close().await?;
    served??;
    worked??;
    info!("stopped");
    Ok(())
}

/// With a database file there is no other process: what holds claims is dead, and the queue that
/// held jobs died with it.
async fn take_over(parts: &Parts) -> Result<(), Fatal> {
    let ended = entities::sweep::end_all_leases(&parts.database, parts.clock.now()).await?;
    let waiting = entities::due::take_back(&parts.database).await?;
    if ended + waiting > 0 {
        info!(
            claims = ended,
            waiting, "taken over from the process before"
        );
    }
    Ok(())
}

struct RunningSimulator {
    url: String,
    serving: tokio::task::JoinHandle<std::io::Result<()>>,
}

/// Starts the simulator and puts it in the place of every platform that is not set otherwise.
async fn start_simulator(
    settings: &mut Settings,
    stop: CancellationToken,
) -> Result<RunningSimulator, Fatal> {
    let listener = simulation::bind(settings.simulator_listen).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let limits = settings.worker.limits != worker::limits::Limits::off();
    let time = Clock::at_pace(settings.pace);
    let simulator = simulation::simulator(
        &url,
        settings.simulator_profile,
        settings.demo_accounts,
        limits,
        1,
        simulator::Clock::from_fn(move || time.now().as_ms()),
    );
    if settings.x_api_url.is_none() {
        settings.x_web_url.get_or_insert_with(|| url.clone());
    }
    apps::simulated(settings, &url);
    settings.threads_api_url.get_or_insert_with(|| url.clone());
    settings.x_api_url.get_or_insert_with(|| url.clone());
    let serving = tokio::spawn(simulation::serve(
        simulator,
        listener,
        stop.cancelled_owned(),
    ));
    Ok(RunningSimulator { url, serving })
}

/// What a newcomer needs to go on, on standard output.
fn greet(
    page: &str,
    link: Option<&str>,
    key: &SecretString,
    accounts: &[AccountId],
    simulator: Option<&str>,
) {
    let key = key.expose_secret();
    let accounts = accounts
        .iter()
        .map(|id| format!("\"{id}\""))
        .collect::<Vec<_>>()
        .join(", ");
    println!();
    println!("  DualPosts is running.");
    println!();
    match link {
        Some(link) => println!("  Page        {link}   (signs you in, once)"),
        None => println!("  Page        {page}   (sign in with Clerk)"),
    }
    println!("  API         {page}/v1   (reference: {page}/docs)");
    println!("  API key     {key}");
    if let Some(url) = simulator {
        println!(
            "  Simulator   {url}   (stands in for Threads and X: nothing leaves this machine)"
        );
    }
    println!();
    if accounts.is_empty() {
        println!("  No account is connected yet: open the page and press Connect.");
        println!();
        return;
    }
    println!("  Post something:");
    println!();
    println!(
        "curl -s {page}/v1/posts -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' -d '{{\"text\": \"Hello from DualPosts\", \"accounts\": [{accounts}]}}'"
    );
    println!();
}
