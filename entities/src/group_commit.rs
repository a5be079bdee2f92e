//! SQLite has one writer, and a commit that survives a power cut costs it a write to the disk. So
//! writes that come at the same moment are committed together: one task owns the queue of
//! writes, runs all that wait in one transaction, and answers each when the commit is done.

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

    /// Returns, when it is safe on disk, whether the guard hit. A caller that gives up waiting
    /// does not take its write back.
    pub async fn write(&self, write: Write) -> Result<bool, DbErr> {
        let (answer, answered) = oneshot::channel();
        let closed = || DbErr::Custom("the database is closed".to_owned());
        self.0
            .send(Waiting { write, answer })
            .map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }
}

/// Commits a batch. When one of its writes fails, the rest must not suffer: all is rolled back,
/// and each is committed by itself.
async fn commit(connection: &DatabaseConnection, batch: &mut Vec<Waiting>) {
    match together(connection, batch).await {
        Ok(hits) => {
            for (waiting, hit) in batch.drain(..).zip(hits) {
                let _ = waiting.answer.send(Ok(hit));
            }
        }
        Err(_) if batch.len() > 1 => {
            for waiting in batch.drain(..) {
                let written = alone(connection, &waiting.write).await;
                let _ = waiting.answer.send(written);
            }
        }
        Err(error) => {
            for waiting in batch.drain(..) {
                let _ = waiting.answer.send(Err(error.clone()));
            }
        }
    }
}

async fn together(connection: &DatabaseConnection, batch: &[Waiting]) -> Result<Vec<bool>, DbErr> {
    let transaction = connection.begin().await?;
    let mut hits = Vec::with_capacity(batch.len());
    for waiting in batch {
        match waiting.write.run(&transaction).await {
            Ok(hit) => hits.push(hit),
            Err(error) => return Err(rolled_back(transaction, error).await),
        }
    }
    transaction.commit().await?;
    Ok(hits)
}

async fn alone(connection: &DatabaseConnection, write: &Write) -> Result<bool, DbErr> {
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
