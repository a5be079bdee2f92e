//! Telling what happened: whenever this process wrote events, and once a second for what others
//! wrote and did not tell.

use std::time::Duration;

use entities::{DbErr, events};
use tracing::{debug, warn};

use crate::Worker;
use crate::left::Left;

/// The longest between two looks: what a bell that is not heard costs.
const LONGEST: Duration = Duration::from_secs(1);
/// The shortest between two transactions that tell: what happens meanwhile is told together.
const SHORTEST: Duration = Duration::from_millis(50);
/// How long events are kept.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long between two looks for what is to be forgotten.
const FORGETTING: Duration = Duration::from_secs(3600);
/// How many are forgotten at once.
const FORGOTTEN: i64 = 5_000;

/// Rounds until `stop`.
pub async fn run(worker: &Worker) {
    let mut forget_at = worker.clock.now();
    while !worker.stop.is_cancelled() {
        match round(worker).await {
            // What was left over, and what somebody else is about to tell, is looked at again soon.
            Ok(Round::More | Round::Busy) => {}
            Ok(Round::Done) => {
                tokio::select! {
                    () = worker.database.news().notified() => {}
                    () = tokio::time::sleep(LONGEST) => {}
                    () = worker.stop.cancelled() => {}
                }
            }
            Err(error) => {
                warn!(%error, "the database can not be asked for events; trying on");
                pause(worker, LONGEST).await;
            }
        }
        if worker.clock.now() >= forget_at {
            let left = forget(worker).await.unwrap_or_else(|error| {
                warn!(%error, "old events could not be forgotten");
                Left::Nothing
            });
            forget_at = match left {
                Left::Nothing => worker.clock.now() + FORGETTING,
                Left::More => worker.clock.now(),
            };
        }
        pause(worker, SHORTEST).await;
    }
}

async fn pause(worker: &Worker, span: Duration) {
    tokio::select! {
        () = tokio::time::sleep(span) => {}
        () = worker.stop.cancelled() => {}
    }
}

/// What one round found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Round {
    /// All is told.
    Done,
    /// Some was told, and there may be more.
    More,
    /// Somebody else is telling.
    Busy,
}

/// Tells what there is, up to [`events::BATCH`].
pub async fn round(worker: &Worker) -> Result<Round, DbErr> {
    match events::tell(&worker.database, worker.clock.now()).await? {
        None => Ok(Round::Busy),
        Some(0) => Ok(Round::Done),
        Some(count) => {
            debug!(count, "events told");
            worker.notifier.ring();
            if let Err(error) = worker.queue.announce().await {
                debug!(%error, "could not announce them; listeners look by themselves");
            }
            Ok(Round::More)
        }
    }
}

/// Forgets some of what is old.
pub async fn forget(worker: &Worker) -> Result<Left, DbErr> {
    let before = worker.clock.now() - KEPT;
    let count = events::forget(&worker.database, before, FORGOTTEN).await?;
    Ok(Left::after(count, FORGOTTEN))
}
