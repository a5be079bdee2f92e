//! A commit that survives a power cut costs a write to the disk, and SQLite has one writer. So
//! writes that come at the same moment are committed together: one task owns the queue of
//! writes, runs all that wait in one transaction, and answers each when the commit is done. A
//! write that comes alone is not delayed.
//!
//! A batch in which every write may be lost does not wait for the disk. The next that does puts
//! it there as well: the log is written in order.

use sea_orm::sqlx::pool::PoolConnection;
use sea_orm::sqlx::{self, Connection, Row, Sqlite, SqliteConnection, SqlitePool};
use sea_orm::{DatabaseConnection, DbBackend, DbErr, RuntimeErr, Statement};
use sea_query_sqlx::SqlxValues;
use tokio::sync::{mpsc, oneshot};

use crate::write::Write;

/// How many writes share a commit at most; more would make the first wait for the last.
const BATCH: usize = 64;

/// The queue of writes. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct GroupCommit(mpsc::UnboundedSender<Waiting>);

#[derive(Debug)]
struct Waiting {
    write: Write,
    answer: oneshot::Sender<Result<bool, DbErr>>,
}

impl GroupCommit {
    /// Starts the task that writes. It ends when the last handle is dropped.
    pub fn start(connection: &DatabaseConnection) -> Self {
        let (sender, mut queue) = mpsc::unbounded_channel();
        let pool = connection.get_sqlite_connection_pool().clone();
        tokio::spawn(async move {
            let mut batch = Vec::with_capacity(BATCH);
            while queue.recv_many(&mut batch, BATCH).await > 0 {
                commit(&pool, &mut batch).await;
            }
        });
        GroupCommit(sender)
    }

    /// Returns, when it is committed, whether the guard hit. A caller that gives up waiting does
    /// not take its write back.
    pub async fn write(&self, write: Write) -> Result<bool, DbErr> {
        let (answer, answered) = oneshot::channel();
        let closed = || DbErr::Custom("the database is closed".to_owned());
        self.0
            .send(Waiting { write, answer })
            .map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }
}

/// Why a batch was not committed.
enum Failed {
    /// A write failed, and nothing was committed.
    Write,
    /// The transaction could not begin, or nobody knows whether it was committed.
    Transaction(DbErr),
}

/// Commits a batch and answers everyone in it.
async fn commit(pool: &SqlitePool, batch: &mut Vec<Waiting>) {
    let may_be_lost = batch.iter().all(|waiting| waiting.write.may_be_lost);
    let mut connection = match Lent::of(pool, may_be_lost).await {
        Ok(connection) => connection,
        Err(error) => return answer(batch, |_| Err(error.clone())),
    };
    if batch.len() == 1 {
        let written = connection.alone(&batch[0].write).await;
        let is_sound = is_sound(&batch[0].write, &written);
        answer(batch, |_| written.clone());
        return connection.give_back(is_sound).await;
    }
    let written = together(&mut connection.0, batch).await;
    if let Ok(hits) = &written {
        answer(batch, |number| Ok(hits[number]));
    }
    connection.give_back(true).await;
    match written {
        Ok(_) => {}
        // The others must not suffer from one: each is committed by itself.
        Err(Failed::Write) => {
            for waiting in batch.drain(..) {
                let written = by_itself(pool, &waiting.write).await;
                let _ = waiting.answer.send(written);
            }
        }
        // A write that may have been committed is not made again.
        Err(Failed::Transaction(error)) => answer(batch, |_| Err(error.clone())),
    }
}

/// Given back after each write: a connection on which one failed may have to be replaced.
async fn by_itself(pool: &SqlitePool, write: &Write) -> Result<bool, DbErr> {
    let mut connection = Lent::of(pool, false).await?;
    let written = connection.alone(write).await;
    connection.give_back(is_sound(write, &written)).await;
    written
}

/// Whether the connection is in no transaction after a write that was alone.
fn is_sound(write: &Write, written: &Result<bool, DbErr>) -> bool {
    written.is_ok() || write.is_one_statement()
}

fn answer(batch: &mut Vec<Waiting>, written: impl Fn(usize) -> Result<bool, DbErr>) {
    for (number, waiting) in batch.drain(..).enumerate() {
        // Whoever asked may have given up waiting.
        let _ = waiting.answer.send(written(number));
    }
}

/// The one writing connection, which everybody else finds as careful as it was opened.
struct Lent(PoolConnection<Sqlite>, bool);

impl Lent {
    async fn of(pool: &SqlitePool, may_be_lost: bool) -> Result<Self, DbErr> {
        let mut lent = Lent(pool.acquire().await.map_err(refused)?, may_be_lost);
        if may_be_lost {
            // If it can not be set, the commits only take longer.
            let _ = sqlx::raw_sql("PRAGMA synchronous = NORMAL")
                .execute(&mut *lent.0)
                .await;
        }
        Ok(lent)
    }

    /// Commits a write by itself, in one go. If that fails, its transaction may be left open.
    async fn alone(&mut self, write: &Write) -> Result<bool, DbErr> {
        let statement = match write.is_one_statement() {
            true => write.statement(DbBackend::Sqlite, false),
            false => write.transaction(),
        };
        run(&mut self.0, statement).await.map_err(refused)
    }

    /// `is_sound`: it is in no transaction. Otherwise another takes its place.
    async fn give_back(mut self, is_sound: bool) {
        if !is_sound {
            return self.0.close_on_drop();
        }
        let careful = sqlx::raw_sql("PRAGMA synchronous = FULL");
        if self.1 && careful.execute(&mut *self.0).await.is_err() {
            self.0.close_on_drop();
        }
    }
}

async fn together(
    connection: &mut SqliteConnection,
    batch: &[Waiting],
) -> Result<Vec<bool>, Failed> {
    let unknown = |error| Failed::Transaction(refused(error));
    let mut transaction = connection.begin().await.map_err(unknown)?;
    let mut hits = Vec::with_capacity(batch.len());
    for waiting in batch {
        let statement = waiting.write.statement(DbBackend::Sqlite, false);
        match run(&mut transaction, statement).await {
            Ok(hit) => hits.push(hit),
            Err(_) => {
                // Should this fail, the next transaction on the connection does it.
                let _ = transaction.rollback().await;
                return Err(Failed::Write);
            }
        }
    }
    transaction.commit().await.map_err(unknown)?;
    Ok(hits)
}

/// Whether the guard hit.
async fn run(connection: &mut SqliteConnection, statement: Statement) -> Result<bool, sqlx::Error> {
    let values = SqlxValues(
        statement
            .values
            .unwrap_or_else(|| sea_orm::Values(Vec::new())),
    );
    let query = sqlx::query_with(sqlx::AssertSqlSafe(statement.sql), values);
    let row = query.fetch_optional(connection).await?;
    let hits: i64 = row.map_or(Ok(0), |row| row.try_get("hits"))?;
    Ok(hits > 0)
}

fn refused(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(error.into()))
}
