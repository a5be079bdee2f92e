//! A commit that survives a power cut costs a write to the disk, and SQLite has one writer. So
//! writes that come at the same moment are committed together: one task owns the queue of
//! writes, runs all that wait in one transaction, and answers each when the commit is done. A
//! write that comes alone is not delayed.

use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr, TransactionTrait};
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
    pub fn start(connection: DatabaseConnection) -> Self {
        let (sender, mut queue) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut batch = Vec::with_capacity(BATCH);
            while queue.recv_many(&mut batch, BATCH).await > 0 {
                commit(&connection, &mut batch).await;
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
async fn commit(connection: &DatabaseConnection, batch: &mut Vec<Waiting>) {
    if let [only] = batch.as_slice() {
        let written = alone(connection, &only.write).await;
        answer(batch, |_| written.clone());
        return;
    }
    match together(connection, batch).await {
        Ok(hits) => answer(batch, |number| Ok(hits[number])),
        // The others must not suffer from one: each is committed by itself.
        Err(Failed::Write) => {
            for waiting in batch.drain(..) {
                let written = alone(connection, &waiting.write).await;
                let _ = waiting.answer.send(written);
            }
        }
        // A write that may have been committed is not made again.
        Err(Failed::Transaction(error)) => answer(batch, |_| Err(error.clone())),
    }
}

fn answer(batch: &mut Vec<Waiting>, written: impl Fn(usize) -> Result<bool, DbErr>) {
    for (number, waiting) in batch.drain(..).enumerate() {
        // Whoever asked may have given up waiting.
        let _ = waiting.answer.send(written(number));
    }
}

async fn together(connection: &DatabaseConnection, batch: &[Waiting]) -> Result<Vec<bool>, Failed> {
    let transaction = connection.begin().await.map_err(Failed::Transaction)?;
    let mut hits = Vec::with_capacity(batch.len());
    for waiting in batch {
        match waiting.write.run(&transaction).await {
            Ok(hit) => hits.push(hit),
            Err(error) => {
                rolled_back(transaction, error).await;
                return Err(Failed::Write);
            }
        }
    }
    transaction.commit().await.map_err(Failed::Transaction)?;
    Ok(hits)
}

async fn alone(connection: &DatabaseConnection, write: &Write) -> Result<bool, DbErr> {
    if write.is_one_statement() {
        return write.run(connection).await;
    }
    let transaction = connection.begin().await?;
    match write.run(&transaction).await {
        Ok(hit) => transaction.commit().await.map(|()| hit),
        Err(error) => Err(rolled_back(transaction, error).await),
    }
}

/// The error that made the rollback needed, whatever the rollback itself says.
async fn rolled_back(transaction: DatabaseTransaction, error: DbErr) -> DbErr {
    if let Err(also) = transaction.rollback().await {
        tracing::warn!(error = %also, "a transaction could not be rolled back; its connection ends it");
    }
    error
}
