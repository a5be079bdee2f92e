//! The two databases behind one handle.
//!
//! PostgreSQL: one pool. SQLite: a pool for reading and a single connection for writing, so that
//! writers queue up in order inside the process instead of meeting `database is locked`.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx::Connection;
use sea_orm::sqlx::sqlite::{SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    ExecResult, FromQueryResult, Statement, TransactionTrait, Value, sqlx,
};

use tokio::sync::Notify;

use crate::Timestamp;
use crate::group_commit::GroupCommit;
use crate::write::Write;

/// Where the truth is kept. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Database {
    reader: DatabaseConnection,
    writer: DatabaseConnection,
    /// SQLite commits what is written at the same moment together. PostgreSQL does so by itself.
    group: Option<GroupCommit>,
    /// Rung when events were written.
    news: Arc<Notify>,
}

/// The connections of one pool of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// PostgreSQL: `postgres`. SQLite: `reader` and `writer`.
    pub name: &'static str,
    pub open: u32,
    /// Of those, in nobody's hands.
    pub idle: u32,
    /// How many there may be.
    pub most: u32,
}

/// How to reach the database.
#[derive(Clone, Debug)]
pub struct DatabaseSettings {
    /// `sqlite:///absolute/path.db`, `sqlite://relative.db` or `postgres://...`.
    pub url: String,
    /// PostgreSQL: how many connections at most.
    pub max_connections: u32,
    /// How long to wait for a connection before giving up.
    pub acquire_timeout: Duration,
}

impl Database {
    /// Connects, without touching the schema.
    pub async fn connect(settings: &DatabaseSettings) -> Result<Self, DbErr> {
        if settings.url.starts_with("sqlite:") {
            let writer = sea_orm::Database::connect(sqlite_options(settings, 1)).await?;
            let reader = sea_orm::Database::connect(sqlite_options(settings, 4)).await?;
            let group = Some(GroupCommit::start(&writer));
            Ok(Self {
                reader,
                writer,
                group,
                news: Arc::default(),
            })
        } else {
            let pool = sea_orm::Database::connect(postgres_options(settings)).await?;
            Ok(Self {
                reader: pool.clone(),
                writer: pool.clone(),
                group: None,
                news: Arc::default(),
            })
        }
    }

    /// For queries that change nothing.
    pub fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// For single statements that change something.
    pub fn writer(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// For several statements that stand or fall together.
    pub async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        self.writer.begin().await
    }

    /// What lets a query pass over the rows that somebody else is about to take. SQLite has one writer
    /// at a time, and no word for it.
    pub(crate) fn skip_locked(&self) -> &'static str {
        match self.backend() {
            DbBackend::Postgres => "FOR UPDATE SKIP LOCKED",
            _ => "",
        }
    }

    /// Writes something that hangs on a guard; returns whether the guard hit.
    pub(crate) async fn write(&self, write: Write) -> Result<bool, DbErr> {
        let is_news = write.tells();
        let hit = match &self.group {
            Some(group) => group.write(write).await?,
            None => write.run_as(&self.writer, write.may_be_lost).await?,
        };
        if hit && is_news {
            self.news.notify_one();
        }
        Ok(hit)
    }

    /// Rung when this process wrote events; a bell that is not heard costs a moment and no more.
    pub fn news(&self) -> &Notify {
        &self.news
    }

    /// Its pools, as they are now.
    pub fn pools(&self) -> Vec<Pool> {
        fn pool<D: sqlx::Database>(name: &'static str, of: &sqlx::Pool<D>) -> Pool {
            Pool {
                name,
                open: of.size(),
                idle: u32::try_from(of.num_idle()).unwrap_or(u32::MAX),
                most: of.options().get_max_connections(),
            }
        }
        match self.backend() {
            DbBackend::Postgres => {
                vec![pool("postgres", self.writer.get_postgres_connection_pool())]
            }
            _ => vec![
                pool("reader", self.reader.get_sqlite_connection_pool()),
                pool("writer", self.writer.get_sqlite_connection_pool()),
            ],
        }
    }

    /// Which of the two it is.
    pub fn backend(&self) -> DbBackend {
        self.writer.get_database_backend()
    }

    /// The database's own time; `None` with SQLite, which has no other than this host's.
    pub async fn now(&self) -> Result<Option<Timestamp>, DbErr> {
        if self.backend() != DbBackend::Postgres {
            return Ok(None);
        }
        let sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms";
        let row = query_one(&self.reader, sql, []).await?;
        row.map(|row| row.try_get("", "now_ms").map(Timestamp::from_ms))
            .transpose()
    }

    /// Whether it answers and holds our tables.
    pub async fn ping(&self) -> Result<(), DbErr> {
        query_one(&self.reader, "SELECT 1 AS one FROM deliveries LIMIT 1", [])
            .await
            .map(|_| ())
    }

    /// Closes all connections, after what is under way.
    pub async fn close(self) -> Result<(), DbErr> {
        self.reader.close().await?;
        self.writer.close().await
    }
}

fn sqlite_options(settings: &DatabaseSettings, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(with_create_mode(&settings.url));
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(settings.acquire_timeout)
        .idle_timeout(None::<Duration>)
        .max_lifetime(None::<Duration>)
        .test_before_acquire(false)
        .sqlx_logging(false)
        .map_sqlx_sqlite_pool_opts(|pool| {
            pool.after_release(|connection, _| Box::pin(is_outside_transaction(connection)))
        })
        .map_sqlx_sqlite_opts(|sqlite| {
            sqlite
                .journal_mode(SqliteJournalMode::Wal)
                // "About to publish" must survive a power cut, or a post may be repeated.
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(Duration::from_secs(10))
                .statement_cache_capacity(256)
                .pragma("journal_size_limit", "67108864")
        });
    options
}

/// Whether a connection that was given back may be used again. On a full disk SQLite ends a
/// transaction by itself, and the rollback that follows fails, so that the driver takes what comes
/// next for part of a transaction and never commits it.
async fn is_outside_transaction(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    if connection.is_in_transaction() {
        // What was dropped is rolled back first.
        connection.ping().await?;
    }
    Ok(!connection.is_in_transaction())
}

fn with_create_mode(url: &str) -> String {
    if url.contains("mode=") {
        url.to_owned()
    } else {
        format!("{url}{}mode=rwc", if url.contains('?') { '&' } else { '?' })
    }
}

/// How PostgreSQL plans. Behind each query of the API and of workers is an index; compiling one takes longer
/// than running it; and a plan that reads a whole table, made while that was small, is kept when it has
/// grown, until the server looks at the table.
const PLANS: [(&str, &str); 2] = [("jit", "off"), ("enable_seqscan", "off")];

fn postgres_options(settings: &DatabaseSettings) -> ConnectOptions {
    let mut options = ConnectOptions::new(&settings.url);
    options
        .max_connections(settings.max_connections)
        .min_connections(1)
        .acquire_timeout(settings.acquire_timeout)
        .connect_timeout(settings.acquire_timeout)
        // The process starts without its database and says so, instead of dying in a loop.
        .connect_lazy(true)
        // A connection that has just been used is alive; only an idle one is asked first, so that
        // a restart of the server costs one refused connection and not one failed request.
        .test_before_acquire(false)
        .test_before_acquire_if_idle_for(Duration::from_secs(1))
        .set_application_name("dualposts")
        .statement_timeout(Duration::from_secs(30))
        .map_sqlx_postgres_opts(|postgres| postgres.options(PLANS))
        .sqlx_logging(false);
    options
}

/// Runs a statement that changes rows. Placeholders are `$1`, `$2`, ... on both databases.
pub(crate) async fn execute<C: ConnectionTrait>(
    connection: &C,
    sql: impl Into<String>,
    values: impl IntoIterator<Item = Value>,
) -> Result<ExecResult, DbErr> {
    let backend = connection.get_database_backend();
    connection
        .execute_raw(Statement::from_sql_and_values(backend, sql, values))
        .await
}

/// The first row of a query.
pub(crate) async fn query_one<C: ConnectionTrait>(
    connection: &C,
    sql: impl Into<String>,
    values: impl IntoIterator<Item = Value>,
) -> Result<Option<sea_orm::QueryResult>, DbErr> {
    let backend = connection.get_database_backend();
    connection
        .query_one_raw(Statement::from_sql_and_values(backend, sql, values))
        .await
}

/// All rows of a query.
pub(crate) async fn query_all<C: ConnectionTrait, T: FromQueryResult>(
    connection: &C,
    sql: impl Into<String>,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<T>, DbErr> {
    let backend = connection.get_database_backend();
    let statement = Statement::from_sql_and_values(backend, sql, values);
    let rows = connection.query_all_raw(statement).await?;
    rows.iter()
        .map(|row| T::from_query_result(row, ""))
        .collect()
}
