//! What hands out due work: at start, every second at most, and when the bell is rung. Everything
//! that could be lost elsewhere (a push, a job, a worker) is made good here.

use std::time::Duration;

use entities::accounts::requeue_reconnected;
use entities::due::{hand_out, next_wake};
use entities::sweep::sweep;
use entities::{DbErr, Timestamp};
use queue::Job;
use tracing::{debug, warn};

use crate::Worker;

/// The longest a relay sleeps: what a lost bell costs at most.
const LONGEST: Duration = Duration::from_secs(1);
/// The shortest, so that a row which cannot be moved does not keep the relay spinning.
const SHORTEST: Duration = Duration::from_millis(5);
/// How long to leave a queue alone that takes no more.
const BLOCKED: Duration = Duration::from_millis(250);
/// How many deliveries are handed out in one statement.
const BATCH: u64 = 500;

/// What one round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Claims taken back from workers that are gone.
    pub swept: usize,
    /// Deliveries put into the queue.
    pub handed_out: usize,
    /// More is due than the queue takes, or it is away: looking again at once would be of no use.
    pub blocked: bool,
}

/// Takes back expired claims, and hands out what is due as long as the queue has room.
pub async fn round(worker: &Worker) -> Result<Round, DbErr> {
    let now = worker.clock.now();
    let swept = match sweep(&worker.database, now).await {
        Ok(swept) => swept,
        Err(error) => {
            warn!(%error, "expired claims could not be taken back");
            0
        }
    };
    requeue_reconnected(&worker.database, now).await?;
    let mut blocked = false;
    let mut handed_out = 0;
    loop {
        let waiting = match worker.queue.waiting().await {
            Ok(waiting) => waiting,
            Err(error) => {
                // Nothing is marked as handed out that could not be pushed.
                debug!(%error, "the queue is away; due deliveries wait in the database");
                blocked = true;
                break;
            }
        };
        let room = worker.settings.outstanding.saturating_sub(waiting) as u64;
        if room == 0 {
            blocked = true;
            break;
        }
        let due = hand_out(
            &worker.database,
            now,
            now + worker.settings.handed,
            room.min(BATCH),
        )
        .await?;
        let count = due.len();
        let jobs = due
            .into_iter()
            .map(|due| (due.next_at, Job::Publish(due.id)))
            .collect();
        if let Err(error) = worker.queue.push(jobs).await {
            warn!(%error, count, "could not push; handed out again after a while");
            blocked = true;
            break;
        }
        handed_out += count;
        if (count as u64) < BATCH {
            break;
        }
    }
    Ok(Round {
        swept,
        handed_out,
        blocked,
    })
}

/// Rounds until `stop`.
pub async fn run(worker: &Worker) {
    let mut bell = worker.queue.bell();
    let mut failing = false;
    while !worker.stop.is_cancelled() {
        let pause = match round(worker).await {
            Ok(round) => {
                failing = false;
                let least = if round.blocked { BLOCKED } else { SHORTEST };
                sleep_for(worker).await.max(least)
            }
            Err(error) => {
                if !std::mem::replace(&mut failing, true) {
                    warn!(%error, "the database can not be asked for due work; trying on");
                }
                LONGEST
            }
        };
        tokio::select! {
            () = bell.wait(pause) => {}
            () = worker.stop.cancelled() => {}
        }
    }
}

async fn sleep_for(worker: &Worker) -> Duration {
    let now = worker.clock.now();
    match next_wake(&worker.database, now).await {
        Ok(Some(at)) => until(at, now),
        Ok(None) | Err(_) => LONGEST,
    }
}

fn until(at: Timestamp, now: Timestamp) -> Duration {
    at.since(now).clamp(SHORTEST, LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_relay_sleeps_to_the_next_due_time_but_never_longer_than_a_second() {
        let at = Timestamp::from_ms;
        assert_eq!(until(at(1_300), at(1_000)), Duration::from_millis(300));
        assert_eq!(until(at(90_000), at(1_000)), LONGEST);
        assert_eq!(until(at(1), at(1_000)), SHORTEST);
    }
}
