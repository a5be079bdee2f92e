//! What PostgreSQL and Redis have done so far, as they count it themselves.

use entities::Database;
use sea_orm::{ConnectionTrait, Statement};
use tokio::process::Command;

use super::usage;

/// One number out of a database.
pub async fn number(database: &Database, sql: &str) -> i64 {
    let reader = database.reader();
    let statement = Statement::from_string(reader.get_database_backend(), sql);
    let row = reader.query_one_raw(statement).await.expect(sql);
    row.expect("a row").try_get_by_index(0).expect("a number")
}

/// One text out of a database.
pub async fn text(database: &Database, sql: &str) -> String {
    let reader = database.reader();
    let statement = Statement::from_string(reader.get_database_backend(), sql);
    let row = reader.query_one_raw(statement).await.expect(sql);
    row.expect("a row").try_get_by_index(0).expect("a text")
}

/// The server behind a database.
#[derive(Clone)]
pub struct Postgres {
    database: Database,
    postmaster: u32,
    counts_statements: bool,
}

/// Where its counters stand.
#[derive(Clone, Copy, Default)]
pub struct PostgresCounters {
    pub cpu_ms: f64,
    /// Statements of clients; 0 where the extension that counts them is not loaded.
    pub statements: f64,
    pub wal_bytes: f64,
}

impl Postgres {
    /// The server of this database, which must run on this machine.
    pub async fn of(database: &Database) -> Self {
        let backend = number(database, "SELECT pg_backend_pid()::bigint").await;
        let backend = u32::try_from(backend).expect("a process");
        let writer = database.writer();
        let counts_statements = writer
            .execute_unprepared("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
            .await
            .is_ok()
            && writer
                .execute_unprepared("SELECT count(*) FROM pg_stat_statements")
                .await
                .is_ok();
        Postgres {
            database: database.clone(),
            postmaster: usage::parent(backend).expect("PostgreSQL on this machine"),
            counts_statements,
        }
    }

    /// Reads the counters.
    pub async fn counters(&self) -> PostgresCounters {
        let statements = match self.counts_statements {
            true => {
                "SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements s
                 JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = current_database()"
            }
            false => "SELECT 0::bigint",
        };
        let wal = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint";
        PostgresCounters {
            statements: number(&self.database, statements).await as f64,
            wal_bytes: number(&self.database, wal).await as f64,
            cpu_ms: usage::cpu_ms_with_children(self.postmaster),
        }
    }
}

/// A Redis on this machine.
#[derive(Clone)]
pub struct Redis {
    url: String,
    pid: u32,
}

/// Where its counters stand.
#[derive(Clone, Copy, Default)]
pub struct RedisCounters {
    pub cpu_ms: f64,
    /// Commands, those that scripts run included.
    pub commands: f64,
    /// Bytes in and out.
    pub net_bytes: f64,
}

impl Redis {
    /// The server at this address.
    pub async fn at(url: &str) -> Self {
        let told = info(url, "server").await;
        Redis {
            url: url.to_owned(),
            pid: field(&told, "process_id:").unwrap_or(0.0) as u32,
        }
    }

    /// Reads the counters.
    pub async fn counters(&self) -> RedisCounters {
        let calls = info(&self.url, "commandstats").await;
        let stats = info(&self.url, "stats").await;
        RedisCounters {
            cpu_ms: usage::cpu_ms_with_children(self.pid),
            commands: calls
                .lines()
                .filter(|line| !line.starts_with("cmdstat_info"))
                .filter_map(|line| {
                    line.split_once("calls=")?
                        .1
                        .split(',')
                        .next()?
                        .parse::<f64>()
                        .ok()
                })
                .sum(),
            net_bytes: field(&stats, "total_net_input_bytes:").unwrap_or(0.0)
                + field(&stats, "total_net_output_bytes:").unwrap_or(0.0),
        }
    }
}

/// What Redis tells of itself.
pub async fn info(url: &str, section: &str) -> String {
    let done = Command::new("redis-cli")
        .args(["-u", url, "INFO", section])
        .output()
        .await
        .expect("redis-cli");
    String::from_utf8_lossy(&done.stdout).into_owned()
}

fn field(told: &str, name: &str) -> Option<f64> {
    let line = told.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().parse().ok()
}

/// Pairs of texts out of a database.
pub async fn texts(database: &Database, sql: &str) -> Vec<(String, String)> {
    let reader = database.reader();
    let statement = Statement::from_string(reader.get_database_backend(), sql);
    let rows = reader.query_all_raw(statement).await.expect(sql);
    rows.iter()
        .map(|row| {
            let text = |index| row.try_get_by_index::<String>(index).expect("a text");
            (text(0), text(1))
        })
        .collect()
}
