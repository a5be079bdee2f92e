//! What happens to processes and servers while posts are on their way.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::{ConnectionTrait, DbBackend};
use tokio_util::sync::CancellationToken;

use super::plan::Tally;
use super::product::{Product, Servers};
use crate::backend::Mode;
use crate::proxy::Side;

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Blow {
    /// `kill -9`, and down for a while.
    Kill,
    /// `kill -9`, and up again at once.
    KillBriefly,
    Terminate,
    Freeze,
    RedisFlushed,
    RedisRestartedEmpty,
    RedisCut,
    RedisStalled,
    RedisAway,
    PostgresCut,
    PostgresCutAtStatement,
    PostgresStalled,
    PostgresAway,
    PostgresBackendsEnded,
    PostgresReadOnly,
    PostgresSerialization,
    PostgresDeadlock,
    PostgresDiskFull,
    PostgresFailsAtCommit,
    SqliteLocked,
    SqliteRefuses,
}

use Blow::*;

const TO_PROCESSES: [Blow; 4] = [Kill, KillBriefly, Terminate, Freeze];
const TO_SERVERS: [Blow; 15] = [
    RedisFlushed,
    RedisRestartedEmpty,
    RedisCut,
    RedisStalled,
    RedisAway,
    PostgresCut,
    PostgresCutAtStatement,
    PostgresStalled,
    PostgresAway,
    PostgresBackendsEnded,
    PostgresReadOnly,
    PostgresSerialization,
    PostgresDeadlock,
    PostgresDiskFull,
    PostgresFailsAtCommit,
];
const TO_SQLITE: [Blow; 2] = [SqliteLocked, SqliteRefuses];

impl Blow {
    fn name(self) -> &'static str {
        match self {
            Kill => "process: kill -9, and down for a while",
            KillBriefly => "process: kill -9",
            Terminate => "process: kill -TERM",
            Freeze => "process: stopped, and continued",
            RedisFlushed => "Redis: FLUSHALL",
            RedisRestartedEmpty => "Redis: restarted without data",
            RedisCut => "Redis: connections cut",
            RedisStalled => "Redis: stalled",
            RedisAway => "Redis: away",
            PostgresCut => "PostgreSQL: connections cut",
            PostgresCutAtStatement => "PostgreSQL: cut before or after a statement",
            PostgresStalled => "PostgreSQL: stalled",
            PostgresAway => "PostgreSQL: away",
            PostgresBackendsEnded => "PostgreSQL: backends terminated",
            PostgresReadOnly => "PostgreSQL: read-only",
            PostgresSerialization => "PostgreSQL: serialization failures (40001)",
            PostgresDeadlock => "PostgreSQL: deadlocks (40P01)",
            PostgresDiskFull => "PostgreSQL: disk full (53100)",
            PostgresFailsAtCommit => "PostgreSQL: fails at commit",
            SqliteLocked => "SQLite: locked by another process",
            SqliteRefuses => "SQLite: statements fail",
        }
    }
}

/// Strikes processes, one after the other, until `stop`.
pub async fn strike_processes(
    product: Arc<Product>,
    mut dice: fastrand::Rng,
    tally: Tally,
    stop: CancellationToken,
) {
    while pause(&mut dice, 400..2_500, &stop).await {
        let Some(blow) = dice.choice(TO_PROCESSES) else {
            return;
        };
        let Some(process) = dice.choice(&product.processes) else {
            return;
        };
        tally.add(blow.name(), 1);
        match blow {
            Kill => process.kill_for(ms(dice.u64(500..4_000))).await,
            Terminate => process.terminate().await,
            // Beyond the lease of one real second; not beyond what is settled by then, or a
            // platform that does not notice doubles has a double: nobody can call back a process
            // that was stopped between its last look at the clock and its send.
            Freeze => process.freeze(ms(dice.u64(1_100..1_600))).await,
            _ => process.kill_for(Duration::ZERO).await,
        }
    }
}

/// Strikes what the product stands on, until `stop`.
pub async fn strike_servers(
    product: Arc<Product>,
    mut dice: fastrand::Rng,
    tally: Tally,
    stop: CancellationToken,
) {
    let blows: &[Blow] = match product.mode {
        Mode::Embedded => &TO_SQLITE,
        Mode::Distributed => &TO_SERVERS,
    };
    while pause(&mut dice, 300..2_000, &stop).await {
        let Some(blow) = dice.choice(blows) else {
            return;
        };
        tally.add(blow.name(), 1);
        // Mostly short; now and then long enough for everything to time out.
        let longest = if dice.u8(0..8) == 0 { 12_000 } else { 1_500 };
        let span = ms(dice.u64(100..longest));
        match &product.servers {
            None => strike_sqlite(&product, *blow, span).await,
            Some(servers) => strike(&product, servers, *blow, span, &mut dice).await,
        }
    }
}

async fn strike(
    product: &Product,
    servers: &Servers,
    blow: Blow,
    span: Duration,
    dice: &mut fastrand::Rng,
) {
    let Servers {
        redis,
        redis_proxy,
        postgres_proxy,
    } = servers;
    match blow {
        RedisFlushed => redis.lock().await.flush_all().await,
        RedisRestartedEmpty => {
            let mut redis = redis.lock().await;
            redis.stop().await;
            tokio::time::sleep(span).await;
            redis.start_again().await;
        }
        RedisCut => redis_proxy.cut(),
        RedisStalled => {
            redis_proxy.stall(true);
            tokio::time::sleep(span).await;
            redis_proxy.stall(false);
        }
        RedisAway => {
            redis_proxy.refuse(true);
            tokio::time::sleep(span).await;
            redis_proxy.refuse(false);
        }
        PostgresCut => postgres_proxy.cut(),
        PostgresCutAtStatement => {
            let side = if dice.bool() {
                Side::Before
            } else {
                Side::After
            };
            postgres_proxy.cut_after(dice.u64(1..40), side);
        }
        PostgresStalled => {
            postgres_proxy.stall(true);
            tokio::time::sleep(span).await;
            postgres_proxy.stall(false);
        }
        PostgresAway => {
            postgres_proxy.refuse(true);
            tokio::time::sleep(span).await;
            postgres_proxy.refuse(false);
        }
        PostgresBackendsEnded => end_backends(product).await,
        PostgresReadOnly => {
            let name = "SELECT quote_ident(current_database()) AS name";
            let set = |value: &str| {
                format!(
                    "DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || ({name}) || ' SET default_transaction_read_only = {value}'; END $$"
                )
            };
            run(product, &set("on")).await;
            end_backends(product).await;
            tokio::time::sleep(span).await;
            run(product, &set("off")).await;
            end_backends(product).await;
        }
        PostgresSerialization => fail_statements(product, "40001", false, span).await,
        PostgresDeadlock => fail_statements(product, "40P01", false, span).await,
        PostgresDiskFull => fail_statements(product, "53100", false, span).await,
        PostgresFailsAtCommit => fail_statements(product, "40001", true, span).await,
        Kill | KillBriefly | Terminate | Freeze | SqliteLocked | SqliteRefuses => {}
    }
}

/// Ends every connection to the database but this one, as a restart of the server does.
async fn end_backends(product: &Product) {
    run(
        product,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'dualposts'
           AND client_port IS NOT NULL",
    )
    .await;
}

/// Every third statement that changes a delivery or notes an attempt fails in the server itself.
async fn fail_statements(product: &Product, code: &str, at_commit: bool, span: Duration) {
    let trigger = |table: &str| {
        let (kind, when) = match at_commit {
            true => (
                "CONSTRAINT TRIGGER",
                "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW",
            ),
            false => ("TRIGGER", "FOR EACH ROW"),
        };
        format!(
            "CREATE {kind} torture AFTER INSERT OR UPDATE ON {table} {when} EXECUTE FUNCTION torture('{code}')"
        )
    };
    let begin = format!(
        "CREATE OR REPLACE FUNCTION torture() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN
             IF random() < 0.33 THEN
                 RAISE EXCEPTION 'a fault of the torture run' USING ERRCODE = TG_ARGV[0];
             END IF;
             RETURN NULL;
         END $$;
         {}; {};",
        trigger("deliveries"),
        trigger("attempts")
    );
    run(product, &begin).await;
    tokio::time::sleep(span).await;
    let end =
        "DROP TRIGGER IF EXISTS torture ON deliveries; DROP TRIGGER IF EXISTS torture ON attempts";
    run(product, end).await;
}

async fn strike_sqlite(product: &Product, blow: Blow, span: Duration) {
    if blow == SqliteLocked {
        let Ok(transaction) = product.database.begin().await else {
            return;
        };
        // The lock is taken by the first write.
        let taken = transaction
            .execute_unprepared("UPDATE users SET created_at = created_at")
            .await;
        if taken.is_ok() {
            tokio::time::sleep(span).await;
        }
        let _ = transaction.rollback().await;
        return;
    }
    let triggers = ["deliveries", "attempts"].map(|table| {
        let change = if table == "deliveries" { "UPDATE" } else { "INSERT" };
        format!(
            "CREATE TRIGGER IF NOT EXISTS torture_{table} BEFORE {change} ON {table} WHEN abs(random()) % 3 = 0
             BEGIN SELECT RAISE(ABORT, 'a fault of the torture run'); END;"
        )
    });
    run(product, &triggers.concat()).await;
    tokio::time::sleep(span).await;
    run(
        product,
        "DROP TRIGGER IF EXISTS torture_deliveries; DROP TRIGGER IF EXISTS torture_attempts",
    )
    .await;
}

/// Tries until it is done: what is injected must also be taken out.
async fn run(product: &Product, sql: &str) {
    // A connection that was opened while the database was read-only stays so.
    let sql = &match product.database.backend() {
        DbBackend::Postgres => format!("SET TRANSACTION READ WRITE; {sql}"),
        _ => sql.to_owned(),
    };
    let mut refusal = None;
    // Longer than any other strike lasts: a stopped worker may hold a lock that this waits for.
    for _ in 0..600 {
        match product.database.writer().execute_unprepared(sql).await {
            Ok(_) => return,
            Err(error) if error.to_string().contains("already exists") => return,
            Err(error) => refusal = Some(error),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the database does not take {sql}: {refusal:?}");
}

async fn pause(
    dice: &mut fastrand::Rng,
    range: std::ops::Range<u64>,
    stop: &CancellationToken,
) -> bool {
    tokio::select! {
        () = tokio::time::sleep(ms(dice.u64(range))) => true,
        () = stop.cancelled() => false,
    }
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
