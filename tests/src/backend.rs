//! A database and a queue of its own for each test, in both modes.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use entities::Database;
use entities::database::DatabaseSettings;
use migrations::{Migrator, MigratorTrait};
use queue::{Queue, RedisSettings};
use sea_orm::ConnectionTrait;
use tokio::sync::OnceCell;

/// The two ways to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// SQLite, queue in memory.
    Embedded,
    /// PostgreSQL, queue in Redis.
    Distributed,
}

/// Where a test keeps what it does; gone when dropped.
pub struct Backend {
    pub database: Database,
    pub queue: Queue,
    pub database_url: String,
    pub redis: Option<RedisSettings>,
    folder: PathBuf,
}

impl Backend {
    /// A fresh, migrated database and an empty queue.
    pub async fn fresh(mode: Mode) -> Self {
        let name = format!("t_{}", uuid::Uuid::now_v7().simple());
        match mode {
            Mode::Embedded => embedded(&name).await,
            Mode::Distributed => distributed(&name).await,
        }
    }

    /// A folder of the test's own.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Another connection to the same database, as another process would have.
    pub async fn another_database(&self) -> Database {
        connect(&self.database_url).await
    }

    /// The same database, reached through a proxy before [`postgres_server`].
    pub fn url_through(&self, proxy: SocketAddr) -> String {
        let server = postgres_server().to_string();
        self.database_url
            .replacen(&format!("@{server}/"), &format!("@{proxy}/"), 1)
    }

    /// Another handle on the same queue, as another process would have.
    pub fn another_queue(&self) -> Queue {
        match &self.redis {
            Some(settings) => Queue::redis(settings).expect("Redis settings"),
            None => self.queue.clone(),
        }
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn make_folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("dualposts-{name}"));
    std::fs::create_dir_all(&folder).expect("a temporary folder");
    folder
}

async fn embedded(name: &str) -> Backend {
    let folder = make_folder(name);
    let database_url = format!("sqlite://{}", folder.join("test.db").display());
    let database = connect(&database_url).await;
    Migrator::up(database.writer(), None)
        .await
        .expect("migrations on SQLite");
    Backend {
        database,
        queue: Queue::memory(),
        database_url,
        redis: None,
        folder,
    }
}

async fn distributed(name: &str) -> Backend {
    let server = required("TEST_POSTGRES_URL");
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    let template = TEMPLATE.get_or_init(|| make_template(&server)).await;
    execute(
        &server,
        &format!("CREATE DATABASE {name} TEMPLATE {template}"),
    )
    .await;
    let database_url = url_of(&server, name);
    let redis = RedisSettings {
        url: required("TEST_REDIS_URL"),
        prefix: name.to_owned(),
    };
    Backend {
        database: connect(&database_url).await,
        queue: Queue::redis(&redis).expect("Redis settings"),
        database_url,
        redis: Some(redis),
        folder: make_folder(name),
    }
}

/// The URL of a database of its own on the PostgreSQL of the tests, without any table.
pub async fn empty_database() -> String {
    let server = required("TEST_POSTGRES_URL");
    let name = format!("e_{}", uuid::Uuid::now_v7().simple());
    execute(&server, &format!("CREATE DATABASE {name}")).await;
    url_of(&server, &name)
}

/// A migrated database to copy from: a copy takes a fraction of the time of the migrations.
async fn make_template(server: &str) -> String {
    let name = format!("template_{}", uuid::Uuid::now_v7().simple());
    execute(server, &format!("CREATE DATABASE {name}")).await;
    let database = connect(&url_of(server, &name)).await;
    Migrator::up(database.writer(), None)
        .await
        .expect("migrations on PostgreSQL");
    database
        .close()
        .await
        .expect("a template must have no connections");
    name
}

/// Runs a statement on the server itself. Copies of one template cannot be made at the same time.
async fn execute(server: &str, sql: &str) {
    static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _guard = ONE_AT_A_TIME.lock().await;
    let database = connect(server).await;
    database.writer().execute_unprepared(sql).await.expect(sql);
    database.close().await.expect("closing");
}

/// Connects as the product does.
pub async fn connect(url: &str) -> Database {
    let settings = DatabaseSettings {
        url: url.to_owned(),
        max_connections: 8,
        acquire_timeout: Duration::from_secs(30),
    };
    Database::connect(&settings)
        .await
        .expect("a database connection")
}

/// Where the PostgreSQL of the tests listens.
pub fn postgres_server() -> SocketAddr {
    address_in(&required("TEST_POSTGRES_URL"))
}

/// Where the Redis of the tests listens.
pub fn redis_server() -> SocketAddr {
    address_in(&required("TEST_REDIS_URL"))
}

fn address_in(url: &str) -> SocketAddr {
    let mut pieces = url.split(['/', '@']);
    pieces
        .find_map(|piece| piece.parse().ok())
        .expect("a URL with an address and a port")
}

fn url_of(server: &str, name: &str) -> String {
    let (base, _) = server
        .rsplit_once('/')
        .expect("a database URL ends with a name");
    format!("{base}/{name}")
}

#[expect(
    clippy::disallowed_methods,
    reason = "the test servers are named in the environment"
)]
fn required(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: run the tests with `make test`"))
}
