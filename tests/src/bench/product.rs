//! The product, started as its operator would.

use std::time::Duration;

use sea_orm::ConnectionTrait;

use super::customer::Customer;
use super::rig::{ACCOUNTS, Folder, Kept, Platforms, Rig, address_of};
use super::servers::{Postgres, Redis};
use crate::backend::{Backend, Mode, connect};
use crate::client::{Client, text};
use crate::process::Process;
use crate::stack::text_after;

/// The customer's key.
pub const KEY: &str = "dp_benchkey_the-key-of-the-benchmark";
const SECRET_KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// What is to be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One process on SQLite.
    Embedded,
    /// An API and so many workers on PostgreSQL and Redis.
    Distributed { workers: usize },
}

impl Shape {
    /// Its name in tables.
    pub fn head(self) -> String {
        match self {
            Shape::Embedded => "one process, SQLite".to_owned(),
            Shape::Distributed { workers: 0 } => "API alone, PostgreSQL + Redis".to_owned(),
            Shape::Distributed { workers: 1 } => "API + 1 worker".to_owned(),
            Shape::Distributed { workers } => format!("API + {workers} workers"),
        }
    }
}

/// Starts it on fresh servers; `counted`: what it does is counted in more detail, at some cost.
pub async fn start(shape: Shape, counted: bool) -> Rig {
    let platforms = Platforms::start(counted).await;
    match shape {
        Shape::Embedded => embedded(platforms).await,
        Shape::Distributed { workers } => distributed(platforms, workers, counted).await,
    }
}

/// The settings of every process.
pub fn env(platforms_url: &str) -> Vec<(&'static str, String)> {
    let mut env = vec![
        ("DUALPOSTS_BOOTSTRAP_API_KEY", KEY.to_owned()),
        ("DUALPOSTS_SECRET_KEY", SECRET_KEY.to_owned()),
        ("DUALPOSTS_LISTEN", "127.0.0.1:0".to_owned()),
        ("DUALPOSTS_SIMULATOR", "on".to_owned()),
        ("DUALPOSTS_SIMULATOR_LISTEN", "127.0.0.1:0".to_owned()),
        ("DUALPOSTS_DEMO_ACCOUNTS", ACCOUNTS.to_string()),
        ("DUALPOSTS_LIMITS", "off".to_owned()),
        ("DUALPOSTS_API_RATE", "off".to_owned()),
        ("DUALPOSTS_API_RATE_IP", "off".to_owned()),
        ("DUALPOSTS_LOG", "json,warn".to_owned()),
        ("DUALPOSTS_THREADS_API_URL", platforms_url.to_owned()),
        ("DUALPOSTS_X_API_URL", platforms_url.to_owned()),
        ("DUALPOSTS_X_WEB_URL", platforms_url.to_owned()),
    ];
    env.extend(of_this_run());
    env
}

/// Settings to compare, run after run.
#[expect(
    clippy::disallowed_methods,
    reason = "settings to compare are named in the environment"
)]
fn of_this_run() -> impl Iterator<Item = (&'static str, String)> {
    ["DUALPOSTS_DATABASE_CONNECTIONS", "DUALPOSTS_CONCURRENCY"]
        .into_iter()
        .filter_map(|name| Some((name, std::env::var(name).ok()?)))
}

async fn embedded(platforms: Platforms) -> Rig {
    let folder = Folder::fresh();
    let mut env = env(&platforms.url());
    env.push(("DUALPOSTS_DATA_DIR", folder.0.display().to_string()));
    let up = start_up(&env).await;
    let file = folder.0.join("dualposts.db");
    let database = connect(&format!("sqlite://{}", file.display())).await;
    Rig {
        customer: customer(&page_of(&up)).await,
        database,
        platforms,
        processes: vec![up],
        postgres: None,
        redis: None,
        kept: Kept {
            folder: Some(folder),
            ..Kept::default()
        },
    }
}

/// `dualposts up`, until it has told where its page is.
pub async fn start_up(env: &[(&str, String)]) -> Process {
    Process::start(&["up"], env, Some("curl ")).await
}

/// Where `dualposts up` serves.
pub fn page_of(up: &Process) -> String {
    let url = text_after(&up.printed, "http://");
    url.split("/#").next().expect("an address").to_owned()
}

async fn distributed(platforms: Platforms, workers: usize, counted: bool) -> Rig {
    let backend = Backend::fresh(Mode::Distributed).await;
    if counted {
        count_statements(&backend).await;
    }
    let redis = backend.redis.clone().expect("Redis");
    let folder = Folder::fresh();
    let mut env = env(&platforms.url());
    env.extend([
        ("DATABASE_URL", backend.database_url.clone()),
        ("REDIS_URL", redis.url.clone()),
        ("DUALPOSTS_QUEUE_PREFIX", redis.prefix),
        ("DUALPOSTS_DATA_DIR", folder.0.display().to_string()),
    ]);
    let api = Process::start(&["api"], &env, Some("API http://")).await;
    let url = text_after(&api.printed, "http://");
    let mut processes = vec![api];
    for _ in 0..workers {
        processes.push(Process::start(&["worker"], &env, Some("Worker ")).await);
    }
    let database = connect(&backend.database_url).await;
    Rig {
        customer: customer(&url).await,
        postgres: Some(Postgres::of(&database).await),
        database,
        platforms,
        processes,
        redis: Some(Redis::at(&redis.url).await),
        kept: Kept {
            backend: Some(backend),
            folder: Some(folder),
            ..Kept::default()
        },
    }
}

/// From the next connection on, where the server has the extension that counts.
async fn count_statements(backend: &Backend) {
    let name = backend.database_url.rsplit('/').next().expect("a name");
    let sql = format!("ALTER DATABASE {name} SET pg_stat_statements.track = 'top'");
    let _ = backend.database.writer().execute_unprepared(&sql).await;
}

/// A customer whose posts go to a pair of accounts, one on each platform, by turns.
pub async fn customer(url: &str) -> Customer {
    let client = Client::new(url, KEY);
    loop {
        let body = client.get("/v1/accounts").await.body;
        let all = body["data"].as_array().cloned().unwrap_or_default();
        let on = |platform: &str| -> Vec<String> {
            let rows = all.iter().filter(|row| row["platform"] == platform);
            rows.map(|row| text(&row["id"]).to_owned()).collect()
        };
        let pairs = on("threads").into_iter().zip(on("x"));
        let pairs: Vec<Vec<String>> = pairs.map(|(threads, x)| vec![threads, x]).collect();
        if pairs.len() >= ACCOUNTS {
            return Customer::new(address_of(url), KEY, &pairs);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
