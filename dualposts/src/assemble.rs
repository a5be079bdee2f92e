//! Putting the parts together that every role needs.

use std::fs::File;
use std::net::TcpListener;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use api::exposure::{Exposure, Readers};
use entities::boundary::Boundaries;
use entities::clock::Pace;
use entities::database::DatabaseSettings;
use entities::vault::Vault;
use entities::{Clock, Database, clock};
use media::{Store, StoreSettings};
use migrations::{Migrator, MigratorTrait};
use platforms::{HttpSettings, http_client};
use queue::{Queue, RedisSettings};
use telemetry::backlog::ReadBacklog;
use telemetry::sampling::{FRESH_FOR, Sampler};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::warn;
use webhooks::{Sender, SenderSettings};
use worker::{Flights, Loads, Notifier, Platforms, Source, Worker};

use crate::settings::Settings;
use crate::{Fatal, apps, stop};

const THREADS_API_URL: &str = "https://graph.threads.net";
const X_API_URL: &str = "https://api.x.com";
const X_WEB_URL: &str = "https://x.com";
/// How often the clock is put right.
const CLOCK_CHECK: Duration = Duration::from_secs(10);

/// A file that has been coming in for so long never will: its process died.
const LEFT_OVER: Duration = Duration::from_secs(24 * 3600);

/// What every role works with.
#[derive(Clone)]
pub struct Parts {
    pub database: Database,
    pub queue: Queue,
    pub clock: Clock,
    pub vault: Vault,
    pub platforms: Platforms,
    /// Where files are kept.
    pub store: Store,
    /// What operators may read.
    pub sampler: Sampler,
}

/// What operators may read of these.
pub fn sampler(database: &Database, queue: &Queue, clock: &Clock) -> Sampler {
    let (database, queue, clock) = (database.clone(), queue.clone(), clock.clone());
    let backlog = ReadBacklog::from_the_database();
    Sampler::new(database, queue, clock, FRESH_FOR, Some(backlog))
}

/// Connects to the database that is set, or to the file in the data folder.
pub async fn database(settings: &Settings) -> Result<Database, Fatal> {
    let url = match &settings.database_url {
        Some(url) => url.clone(),
        None => {
            data_dir(settings)?;
            format!(
                "sqlite://{}",
                settings.data_dir.join("dualposts.db").display()
            )
        }
    };
    let settings = DatabaseSettings {
        url,
        max_connections: settings.database_connections,
        acquire_timeout: Duration::from_secs(5),
    };
    Database::connect(&settings)
        .await
        .map_err(|error| format!("the database can not be opened: {error}").into())
}

/// Makes the data folder, for its owner's eyes alone: it holds unpublished posts and keys.
pub fn data_dir(settings: &Settings) -> Result<(), Fatal> {
    let mut folder = std::fs::DirBuilder::new();
    folder.recursive(true).mode(0o700);
    folder.create(&settings.data_dir).map_err(|error| {
        let path = settings.data_dir.display();
        format!("the data folder {path} can not be made: {error}").into()
    })
}

/// Keeps a second process off the same database file.
pub fn alone_on(settings: &Settings) -> Result<Option<File>, Fatal> {
    if settings.database_url.is_some() {
        return Ok(None);
    }
    let path = settings.data_dir.join("lock");
    let file = File::create(&path)?;
    file.try_lock().map_err(|error| {
        format!(
            "another dualposts uses {} ({error}); stop it, or set DUALPOSTS_DATA_DIR",
            settings.data_dir.display()
        )
    })?;
    Ok(Some(file))
}

/// Brings the schema up to date.
pub async fn migrate(database: &Database) -> Result<(), Fatal> {
    Migrator::up(database.writer(), None)
        .await
        .map_err(|error| format!("the schema can not be brought up to date: {error}").into())
}

/// Where files are kept: what is set, or a folder in the data folder.
pub fn store(settings: &Settings) -> Result<Store, Fatal> {
    let store = match &settings.media_store {
        Some(store) => Store::open(store),
        None => {
            data_dir(settings)?;
            Store::open(&StoreSettings::folder(&settings.data_dir.join("media")))
        }
    };
    Ok(store?)
}

/// Where files are put while they come in. What a process that died left there is taken away.
fn media_folder(settings: &Settings) -> Result<PathBuf, Fatal> {
    data_dir(settings)?;
    let folder = settings.data_dir.join("incoming");
    std::fs::create_dir_all(&folder)?;
    for entry in std::fs::read_dir(&folder)? {
        let entry = entry?;
        let age = entry.metadata()?.modified()?.elapsed().unwrap_or_default();
        if age > LEFT_OVER {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(folder)
}

/// Redis, if it is set, or a queue inside this process.
pub fn queue(settings: &Settings) -> Result<Queue, Fatal> {
    match &settings.redis_url {
        None => Ok(Queue::memory()),
        Some(url) => Ok(Queue::redis(&RedisSettings {
            url: url.clone(),
            prefix: settings.queue_prefix.clone(),
        })?),
    }
}

/// Clients of the platforms, or of what is set in their place.
pub fn platforms(settings: &Settings) -> Result<Platforms, Fatal> {
    let stands_in = settings.threads_api_url.is_some() && settings.x_api_url.is_some();
    if settings.pace != Pace::REAL && !stands_in {
        return Err("DUALPOSTS_TIME_LAPSE is for rehearsals: set DUALPOSTS_THREADS_API_URL and DUALPOSTS_X_API_URL to a simulator as well".into());
    }
    let http = http(settings)?;
    let or =
        |set: &Option<String>, otherwise: &str| set.clone().unwrap_or_else(|| otherwise.to_owned());
    Ok(Platforms {
        threads: platforms::threads::Client::new(
            http.clone(),
            &or(&settings.threads_api_url, THREADS_API_URL),
        ),
        x: platforms::x::Client::new(http, &or(&settings.x_api_url, X_API_URL)),
        x_app: settings.apps.x.as_ref().map(apps::x_app),
        x_web_url: or(&settings.x_web_url, X_WEB_URL),
    })
}

/// What platforms and Clerk are called with.
pub fn http(settings: &Settings) -> Result<reqwest::Client, Fatal> {
    let call_timeout = settings.pace.really(settings.worker.call_timeout);
    let settings = HttpSettings {
        connect_timeout: (call_timeout / 2).min(Duration::from_secs(5)),
        call_timeout,
        user_agent: concat!("dualposts/", env!("CARGO_PKG_VERSION")).to_owned(),
    };
    Ok(http_client(&settings)?)
}

/// What customers' webhooks are sent with.
fn webhook_sender(settings: &Settings) -> Result<Sender, Fatal> {
    let standard = SenderSettings::default();
    Ok(Sender::new(&SenderSettings {
        reach: settings.webhooks_reach(),
        timeout: settings.pace.really(standard.timeout),
        user_agent: concat!("dualposts/", env!("CARGO_PKG_VERSION")).to_owned(),
    })?)
}

impl Parts {
    /// A worker over these parts.
    pub fn worker(
        &self,
        settings: &Settings,
        public_url: &str,
        stop: CancellationToken,
    ) -> Result<Worker, Fatal> {
        let random = uuid::Uuid::new_v4().simple().to_string();
        let clerk = settings.apps.clerk.as_ref();
        let clerk = clerk.map(|clerk| Ok::<_, Fatal>(apps::clerk_backend(clerk, &http(settings)?)));
        Ok(Worker {
            database: self.database.clone(),
            queue: self.queue.clone(),
            clock: self.clock.clone(),
            vault: self.vault.clone(),
            platforms: self.platforms.clone(),
            source: Source {
                store: self.store.clone(),
                public_url: public_url.to_owned(),
                vault: self.vault.clone(),
            },
            clerk: clerk.transpose()?,
            flights: Flights::default(),
            loads: Loads::start(&self.database),
            notifier: Notifier::new(webhook_sender(settings)?),
            settings: settings.worker.clone(),
            name: format!("worker-{}-{}", std::process::id(), &random[..8]),
            stop,
            boundaries: Boundaries::default(),
        })
    }

    /// What API handlers work with.
    pub fn state(
        &self,
        settings: &Settings,
        public_url: &str,
        simulator_url: Option<String>,
    ) -> Result<api::State, Fatal> {
        let clerk = settings.apps.clerk.as_ref();
        let clerk = clerk.map(|clerk| apps::clerk(clerk, &http(settings)?, public_url));
        Ok(api::State {
            database: self.database.clone(),
            queue: self.queue.clone(),
            clock: self.clock.clone(),
            vault: self.vault.clone(),
            clerk: clerk.transpose()?,
            connectors: apps::connectors(settings),
            threads: self.platforms.threads.clone(),
            x: self.platforms.x.clone(),
            store: self.store.clone(),
            exposure: Exposure {
                readers: Readers::beside_the_api(
                    settings.metrics_token.clone(),
                    settings.metrics_listen.is_some(),
                    settings.public_url.as_deref(),
                ),
                sampler: self.sampler.clone(),
            },
            looking: Arc::new(Semaphore::new(api::state::LOOKING)),
            foretelling: Arc::new(Semaphore::new(api::state::FORETELLING)),
            news: api::Hub::new(self.database.clone(), self.queue.clone()),
            settings: api::Settings {
                media_folder: media_folder(settings)?,
                fetched_from_afar: settings.threads_api_url.is_none(),
                handed: settings.worker.handed,
                public_url: public_url.to_owned(),
                webhooks_reach: settings.webhooks_reach(),
                connect_by_own_apps: settings.apps.connect_by_own_apps,
                limits: settings.worker.limits.table().to_vec(),
                budget: settings.worker.budget,
                simulator_url,
                guard: settings.guard.clone(),
            },
            boundaries: Boundaries::default(),
        })
    }

    /// Serves the metrics apart from the API until `stop`, if that was asked for.
    pub fn serve_metrics(
        &self,
        settings: &Settings,
        stop: CancellationToken,
    ) -> Result<Option<JoinHandle<std::io::Result<()>>>, Fatal> {
        let Some(address) = settings.metrics_listen else {
            return Ok(None);
        };
        let listener = TcpListener::bind(address)
            .map_err(|error| format!("{address} can not be listened on: {error}; set DUALPOSTS_METRICS_LISTEN to another address"))?;
        println!("Metrics http://{}/metrics", listener.local_addr()?);
        let exposure = Exposure {
            readers: Readers::on_their_own(settings.metrics_token.clone()),
            sampler: self.sampler.clone(),
        };
        let (database, queue) = (self.database.clone(), self.queue.clone());
        let until = stop.clone().cancelled_owned();
        let serving = api::exposure::serve(listener, exposure, database, queue, until);
        Ok(Some(stop::together(&stop, serving)))
    }

    /// Keeps the clock right until `stop`.
    pub async fn keep_time(&self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = clock::set_by(&self.database, &self.clock).await {
                warn!(%error, "the database's time can not be read; the clock runs on");
            }
            tokio::select! {
                () = tokio::time::sleep(CLOCK_CHECK) => {}
                () = stop.cancelled() => {}
            }
        }
    }
}
