//! Reads of what is to be published. What is asked for while as many reads are under way as there may be
//! is read together: the busier the worker, the fewer its queries. The deliveries of one post mostly come
//! together, and a read that comes alone is not delayed.

use std::collections::HashMap;
use std::mem::take;
use std::sync::Arc;
use std::time::Duration;

use entities::claims::{Work, load};
use entities::{Database, DbErr, DeliveryId, Timestamp};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::yield_now;
use tokio::time::timeout;

/// How many deliveries one query reads at most.
const TOGETHER: usize = 16;
/// How many queries are under way at once.
const AT_ONCE: usize = 2;
/// How often it is tried to read before all who asked are told that it failed: a single connection that
/// was cut must not keep them all waiting for the relay.
const TRIES: u32 = 2;
/// How long a try may take: a server that is gone without a word must not stop everything that is due.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where deliveries are asked for. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Loads(mpsc::UnboundedSender<Asked>);

#[derive(Debug)]
struct Asked {
    id: DeliveryId,
    counted: i64,
    now: Timestamp,
    answer: oneshot::Sender<Result<Option<Work>, DbErr>>,
}

impl Loads {
    /// Starts the task that reads. It ends when the last handle is dropped.
    pub fn start(database: &Database) -> Self {
        let (sender, mut queue) = mpsc::unbounded_channel();
        let (database, places) = (database.clone(), Arc::new(Semaphore::new(AT_ONCE)));
        tokio::spawn(async move {
            let mut asked = Vec::new();
            while let Ok(place) = places.clone().acquire_owned().await
                && queue.recv_many(&mut asked, TOGETHER).await > 0
            {
                // The jobs that came out of the queue with the first are about to ask.
                yield_now().await;
                while asked.len() < TOGETHER
                    && let Ok(another) = queue.try_recv()
                {
                    asked.push(another);
                }
                let (asked, database) = (take(&mut asked), database.clone());
                tokio::spawn(async move {
                    read(&database, asked).await;
                    drop(place);
                });
            }
        });
        Loads(sender)
    }

    /// A delivery that is due, as [`load`] reads it.
    pub async fn load(
        &self,
        id: &DeliveryId,
        counted: i64,
        now: Timestamp,
    ) -> Result<Option<Work>, DbErr> {
        let (answer, answered) = oneshot::channel();
        let closed = || DbErr::Custom("nobody reads any more".to_owned());
        let asked = Asked {
            id: id.clone(),
            counted,
            now,
            answer,
        };
        self.0.send(asked).map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }
}

/// Reads what was asked for, and answers everyone.
async fn read(database: &Database, asked: Vec<Asked>) {
    let ids: Vec<DeliveryId> = asked.iter().map(|asked| asked.id.clone()).collect();
    // They were asked for within moments.
    let Some(now) = asked.iter().map(|asked| asked.now).max() else {
        return;
    };
    let counted = asked.iter().map(|asked| asked.counted).max();
    let mut read = Ok(HashMap::new());
    for _ in 0..TRIES {
        let loading = load(database, &ids, counted.unwrap_or(0), now);
        let unanswered = || DbErr::Custom("the database does not answer".to_owned());
        read = timeout(PATIENCE, loading)
            .await
            .unwrap_or_else(|_| Err(unanswered()));
        if read.is_ok() {
            break;
        }
    }
    for Asked { id, answer, .. } in asked {
        let found = match &read {
            Ok(works) => works.get(&id).cloned().transpose(),
            Err(error) => Err(error.clone()),
        };
        // Whoever asked may have given up waiting.
        let _ = answer.send(found);
    }
}
