//! The same INSERTs as for an accepted post, straight through the driver from one process: the most
//! that accepting could reach on this database. Same tables and indexes, same rows, same shape of
//! transaction: on PostgreSQL one statement, on SQLite a transaction for all that wait.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use entities::{AccountId, DeliveryId, PostId, UserId};
use sea_orm::sqlx::{self, Connection, Executor};

use super::accept;
use super::customer::{Submitted, unix_us};
use super::numbers::Notes;
use super::run::CONNECTIONS;
use crate::backend::{Backend, Mode};

/// Connections as the product has by default: `DUALPOSTS_DATABASE_CONNECTIONS`.
pub fn few() -> u32 {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    u32::try_from(2 * cores).unwrap_or(16).clamp(4, 16)
}

const POST: &str =
    "INSERT INTO posts (id, owner_id, idempotency_key, request_hash, content, publish_at,
        time_zone, if_late, max_lateness_s, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, NULL, NULL, 'publish', NULL, $6, $6)
    ON CONFLICT (owner_id, idempotency_key) DO NOTHING";
const COLUMNS: &str =
    "INSERT INTO deliveries (id, post_id, owner_id, account_id, platform, status, next_at, due_at,
        waiting_for, handed_until, created_at, updated_at)";

/// One post with a delivery on each platform.
struct Rows {
    post: String,
    key: String,
    hash: Vec<u8>,
    content: serde_json::Value,
    deliveries: [String; 2],
    now_ms: i64,
}

impl Rows {
    fn new(name: &str, number: usize) -> Self {
        Rows {
            post: PostId::generate().to_string(),
            key: format!("{name}-{number}"),
            hash: vec![7; 32],
            content: serde_json::json!({ "parts": [{ "text": format!("{name} {number}") }] }),
            deliveries: [(); 2].map(|()| DeliveryId::generate().to_string()),
            now_ms: unix_us() / 1000,
        }
    }
}

/// Whose they are, and where they go.
struct Names {
    owner: String,
    accounts: [String; 2],
}

impl Names {
    fn fresh() -> Self {
        Names {
            owner: UserId::generate().to_string(),
            accounts: [(); 2].map(|()| AccountId::generate().to_string()),
        }
    }
}

/// A database of its own on PostgreSQL.
pub struct Postgres {
    pool: sqlx::PgPool,
    names: Names,
    sql: String,
    _backend: Backend,
}

impl Postgres {
    /// Opens so many connections.
    pub async fn open(connections: u32) -> Self {
        let backend = Backend::fresh(Mode::Distributed).await;
        let pool = sqlx::postgres::PgPoolOptions::new()
            .min_connections(connections)
            .max_connections(connections)
            .test_before_acquire(false)
            .acquire_timeout(Duration::from_secs(60))
            .connect(&backend.database_url)
            .await
            .expect("PostgreSQL");
        let delivery = |id: u8, account: u8, platform: &str| {
            format!(
                "{COLUMNS} SELECT ${id}, $1, $2, ${account}, '{platform}', 'queued', $6, $6, 'turn', $6, $6, $6 FROM guard"
            )
        };
        let sql = format!(
            "WITH guard AS ({POST} RETURNING 1), a AS ({}), b AS ({}) SELECT count(*) FROM guard",
            delivery(7, 9, "threads"),
            delivery(8, 10, "x")
        );
        Postgres {
            pool,
            names: Names::fresh(),
            sql,
            _backend: backend,
        }
    }

    /// Inserts for so long, and notes how many each second and how long each took.
    pub async fn insert(&self, name: &str, span: Duration, notes: &mut Notes) {
        let (next, started) = (AtomicUsize::new(0), Instant::now());
        let one = || async {
            let mut all = Vec::new();
            while started.elapsed() < span {
                let number = next.fetch_add(1, Ordering::Relaxed);
                all.push(self.insert_one(name, number).await);
            }
            all
        };
        let all = futures::future::join_all((0..CONNECTIONS).map(|_| one())).await;
        let all: Vec<Submitted> = all.into_iter().flatten().collect();
        accept::note(&all, notes);
    }

    async fn insert_one(&self, name: &str, number: usize) -> Submitted {
        let (began_us, started) = (unix_us(), Instant::now());
        let rows = Rows::new(name, number);
        let query = sqlx::query(sqlx::AssertSqlSafe(self.sql.as_str()))
            .bind(&rows.post)
            .bind(&self.names.owner)
            .bind(&rows.key)
            .bind(&rows.hash)
            .bind(&rows.content)
            .bind(rows.now_ms)
            .bind(&rows.deliveries[0])
            .bind(&rows.deliveries[1])
            .bind(&self.names.accounts[0])
            .bind(&self.names.accounts[1]);
        query.fetch_one(&self.pool).await.expect("an INSERT");
        Submitted {
            number,
            began_us,
            took: started.elapsed(),
        }
    }
}

/// A database file of its own.
pub struct Sqlite {
    connection: tokio::sync::Mutex<sqlx::SqliteConnection>,
    names: Names,
    _backend: Backend,
}

impl Sqlite {
    /// Opens it as the product does: WAL, and every commit waits for the disk.
    pub async fn open() -> Self {
        let backend = Backend::fresh(Mode::Embedded).await;
        let mut connection = sqlx::SqliteConnection::connect(&backend.database_url)
            .await
            .expect("SQLite");
        let settings =
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
            PRAGMA journal_size_limit = 67108864";
        connection.execute(settings).await.expect("settings");
        Sqlite {
            connection: tokio::sync::Mutex::new(connection),
            names: Names::fresh(),
            _backend: backend,
        }
    }

    /// Inserts for so long, so many posts in each transaction, and notes how many each second and
    /// how long each waited for its commit.
    pub async fn insert(&self, name: &str, group: usize, span: Duration, notes: &mut Notes) {
        let mut connection = self.connection.lock().await;
        let started = Instant::now();
        let mut all = Vec::new();
        while started.elapsed() < span {
            let (began_us, began) = (unix_us(), Instant::now());
            connection.execute("BEGIN IMMEDIATE").await.expect("BEGIN");
            for _ in 0..group {
                let rows = Rows::new(name, all.len());
                self.insert_one(&mut connection, &rows).await;
                all.push(Submitted {
                    number: all.len(),
                    began_us,
                    took: Duration::ZERO,
                });
            }
            connection.execute("COMMIT").await.expect("COMMIT");
            let took = began.elapsed();
            let of_this_group = all.iter_mut().rev().take(group);
            of_this_group.for_each(|one| one.took = took);
        }
        accept::note(&all, notes);
    }

    /// One script, as the product sends it: the driver takes each statement to another thread.
    async fn insert_one(&self, connection: &mut sqlx::SqliteConnection, rows: &Rows) {
        let delivery = |id: u8, account: u8, platform: &str| {
            format!(
                "{COLUMNS} VALUES (${id}, $1, $2, ${account}, '{platform}', 'queued', $6, $6, 'turn', $6, $6, $6)"
            )
        };
        let sql = format!(
            "{POST}; {}; {}",
            delivery(7, 9, "threads"),
            delivery(8, 10, "x")
        );
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(&rows.post)
            .bind(&self.names.owner)
            .bind(&rows.key)
            .bind(&rows.hash)
            .bind(&rows.content)
            .bind(rows.now_ms)
            .bind(&rows.deliveries[0])
            .bind(&rows.deliveries[1])
            .bind(&self.names.accounts[0])
            .bind(&self.names.accounts[1])
            .execute(&mut *connection)
            .await
            .expect("a post and its deliveries");
    }
}
