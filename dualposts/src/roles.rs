//! `dualposts api` and `dualposts worker`: separate processes on PostgreSQL and Redis.

use std::net::TcpListener;
use std::time::Duration;

use entities::Clock;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::assemble::{self, Parts};
use crate::settings::Settings;
use crate::{Fatal, demo, owner, schema, stop};

/// How long to wait before trying again to reach what is away.
const PAUSE: Duration = Duration::from_secs(2);

/// Serves the API until a signal.
pub async fn api(settings: Settings) -> Result<(), Fatal> {
    let stop = stop::on_signal()?;
    let parts = parts(&settings).await?;
    let listener = TcpListener::bind(settings.listen)
        .map_err(|error| format!("{} can not be listened on: {error}", settings.listen))?;
    let address = format!("http://{}", listener.local_addr()?);
    println!("API {address}");
    let public_url = settings.public_url.clone().unwrap_or(address);
    let metrics = parts.serve_metrics(&settings, stop.clone())?;
    let state = parts.state(&settings, &public_url, None)?;
    let shutdown = stop.clone().cancelled_owned();
    let serving = api::server::serve_and_drain(listener, state, shutdown, settings.drain);
    let serving = stop::together(&stop, serving);
    prepare(&parts, &settings, &public_url, &stop).await;
    parts.keep_time(stop).await;
    serving.await??;
    stop::ended(metrics).await?;
    parts.database.close().await?;
    Ok(())
}

/// Works until a signal, then finishes the steps under way.
pub async fn worker(settings: Settings) -> Result<(), Fatal> {
    let stop = stop::on_signal()?;
    let parts = parts(&settings).await?;
    let metrics = parts.serve_metrics(&settings, stop.clone())?;
    // Leases are judged by the database's clock, so there is no work before it is known.
    while let Err(error) = can_begin(&parts).await {
        warn!(%error, "not ready yet; trying on");
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            () = stop.cancelled() => return Ok(()),
        }
    }
    let here = format!("http://{}", settings.listen);
    let public_url = settings.public_url.clone().unwrap_or(here);
    let worker = parts.worker(&settings, &public_url, stop.clone())?;
    println!("Worker {}", worker.name);
    let working = stop::together(&stop, worker::run::run(worker));
    parts.keep_time(stop).await;
    working.await??;
    stop::ended(metrics).await?;
    parts.database.close().await?;
    Ok(())
}

async fn parts(settings: &Settings) -> Result<Parts, Fatal> {
    if settings.redis_url.is_none() {
        return Err("REDIS_URL must be set: it is how api and worker find each other. For one process without servers, run `dualposts up`".into());
    }
    if settings
        .database_url
        .as_ref()
        .is_none_or(|url| url.starts_with("sqlite"))
    {
        return Err("DATABASE_URL must name a PostgreSQL database: api and worker share it. For one process without servers, run `dualposts up`".into());
    }
    let database = assemble::database(settings).await?;
    let queue = assemble::queue(settings)?;
    let clock = Clock::at_pace(settings.pace);
    Ok(Parts {
        sampler: assemble::sampler(&database, &queue, &clock),
        database,
        queue,
        clock,
        vault: owner::vault(settings, false)?,
        platforms: assemble::platforms(settings)?,
        store: assemble::store(settings)?,
    })
}

/// Makes the owner, the bootstrap key and, if asked for, demo accounts; tries on while the
/// database is away.
async fn prepare(parts: &Parts, settings: &Settings, public_url: &str, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        match prepare_once(parts, settings).await {
            Ok(()) => {
                info!(
                    public_url,
                    "ready; `dualposts link` prints a link that signs a browser in"
                );
                return;
            }
            Err(error) => warn!(%error, "not ready yet; trying on"),
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Whether the database answers, with a schema that this version can work with.
async fn can_begin(parts: &Parts) -> Result<(), Fatal> {
    schema::check(&parts.database).await?;
    Ok(entities::clock::set_by(&parts.database, &parts.clock).await?)
}

async fn prepare_once(parts: &Parts, settings: &Settings) -> Result<(), Fatal> {
    can_begin(parts).await?;
    let owner = owner::prepare(&parts.database, &parts.clock, settings).await?;
    if settings.simulator == Some(true) {
        demo::connect_accounts(parts, &owner, settings.demo_accounts, parts.clock.now()).await?;
    }
    Ok(())
}
