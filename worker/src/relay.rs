//! What hands out due work: at start, every second at most, and when the bell is rung. Everything
//! that could be lost elsewhere (a push, a job, a worker) is made good here.

use std::time::Duration;

use entities::DbErr;
use entities::accounts::requeue_reconnected;
use entities::boundary::{Action, Side};
use entities::due::{hand_out, next_wake};
use entities::rows::attempt::Verdict;
use entities::sweep::sweep;
use queue::Job;
use telemetry::counting;
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
    let boundaries = &worker.boundaries;
    boundaries.at(Side::Before, Action::TakeBack).await;
    let swept = match sweep(&worker.database, now).await {
        Ok(swept) => swept,
        Err(error) => {
            warn!(%error, "expired claims could not be taken back");
            0
        }
    };
    if swept > 0 {
        counting::attempts(Verdict::Lost, swept);
        boundaries.at(Side::After, Action::TakeBack).await;
    }
    boundaries.at(Side::Before, Action::Requeue).await;
    if requeue_reconnected(&worker.database, now).await? > 0 {
        boundaries.at(Side::After, Action::Requeue).await;
    }
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
        boundaries.at(Side::Before, Action::HandOut).await;
        let due = hand_out(
            &worker.database,
            now,
            now + worker.settings.handed,
            room.min(BATCH),
        )
        .await?;
        let count = due.len();
        if count == 0 {
            break;
        }
        boundaries.at(Side::After, Action::HandOut).await;
        let jobs = due
            .into_iter()
            .map(|due| (due.next_at, Job::Publish(due.id)))
            .collect();
        boundaries.at(Side::Before, Action::PushHandedOut).await;
        if let Err(error) = worker.queue.push(jobs).await {
            warn!(%error, count, "could not push; handed out again after a while");
            blocked = true;
            break;
        }
        boundaries.at(Side::After, Action::PushHandedOut).await;
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
        Ok(Some(at)) => nap(worker.clock.wait_until(at)),
        Ok(None) | Err(_) => LONGEST,
    }
}

fn nap(until_due: Duration) -> Duration {
    until_due.clamp(SHORTEST, LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_relay_sleeps_to_the_next_due_time_but_never_longer_than_a_second() {
        assert_eq!(nap(Duration::from_millis(300)), Duration::from_millis(300));
        assert_eq!(nap(Duration::from_secs(89)), LONGEST);
        assert_eq!(nap(Duration::ZERO), SHORTEST);
    }
}
