//! What hands out due work: at start, every second at most, and when the bell is rung. Everything
//! that could be lost elsewhere (a push, a job, a worker) is made good here.

use std::collections::HashMap;
use std::time::Duration;

use entities::accounts::requeue_reconnected;
use entities::boundary::{Action, Side};
use entities::due::{Due, FREELY, Share, hand_out, hand_out_shares, next_wake};
use entities::rows::attempt::Verdict;
use entities::sweep::sweep;
use entities::{AccountId, DbErr, Timestamp};
use queue::line::CROWD;
use queue::{Job, Line};
use telemetry::counting;
use tokio::time::Instant;
use tracing::{debug, warn};

use crate::Worker;

/// The longest a relay sleeps: what a lost bell costs at most.
const LONGEST: Duration = Duration::from_secs(1);
/// The shortest, so that a row which cannot be moved does not keep the relay spinning.
const SHORTEST: Duration = Duration::from_millis(5);
/// How long to leave a queue alone that takes no more.
const BLOCKED: Duration = Duration::from_millis(250);
/// How long to leave accounts alone that have as much in the queue as they may: a moment, in which
/// no worker runs dry, and some times what it took to look at all that is due.
const CROWDED: Duration = Duration::from_millis(50);
const CROWDED_TIMES: u32 = 4;
/// How many deliveries are handed out in one statement.
const BATCH: u64 = 500;
/// How many batches one round hands out at most: time goes on meanwhile.
const BATCHES: usize = 8;
/// How many an account may have in a queue that is full: no other's backlog keeps it out.
const SHARE: i64 = 32;

/// What one round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Claims taken back from workers that are gone.
    pub swept: usize,
    /// Deliveries put into the queue.
    pub handed_out: usize,
    /// More is due than the queue takes, or it is away: looking again at once would be of no use.
    pub blocked: bool,
    /// More is due of some accounts than they may have in the queue.
    pub crowded: bool,
}

/// Takes back expired claims, and hands out what is due as long as the queue has room.
pub async fn round(worker: &Worker) -> Result<Round, DbErr> {
    round_after(worker, false).await
}

/// The same, after a round that left some accounts `crowded` or not.
async fn round_after(worker: &Worker, crowded: bool) -> Result<Round, DbErr> {
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
    let mut round = Round {
        swept,
        crowded,
        ..Round::default()
    };
    for _ in 0..BATCHES {
        let waiting = match worker.queue.waiting().await {
            Ok(waiting) => waiting,
            Err(error) => {
                // Nothing is marked as handed out that could not be pushed.
                debug!(%error, "the queue is away; due deliveries wait in the database");
                round.blocked = true;
                break;
            }
        };
        let room = worker.settings.outstanding.saturating_sub(waiting) as u64;
        if !batch(worker, room, now, &mut round).await? {
            break;
        }
    }
    Ok(round)
}

/// Hands out a batch, every account's first before any account's second; `false` when there is
/// nothing more to be done in this round. While accounts are crowded, none is given anything without
/// a look at what it has.
async fn batch(
    worker: &Worker,
    room: u64,
    now: Timestamp,
    round: &mut Round,
) -> Result<bool, DbErr> {
    let boundaries = &worker.boundaries;
    let handed_until = now + worker.settings.handed;
    let limit = room.min(BATCH);
    if room > 0 && !round.crowded {
        boundaries.at(Side::Before, Action::HandOut).await;
        let due = hand_out(&worker.database, now, handed_until, limit).await?;
        let (count, turns) = (due.len(), most_turns(&due));
        if !push(worker, due, round).await {
            return Ok(false);
        }
        let is_all = (count as u64) < limit;
        if is_all && turns < FREELY {
            return Ok(false);
        }
        if turns <= 1 {
            return Ok(true);
        }
    }
    // There are backlogs. How long they are decides what each account may have.
    let windows = worker.settings.limits.of_accounts();
    let share = Share {
        most: if room == 0 { SHARE } else { i64::from(CROWD) },
        windows: &windows,
    };
    boundaries.at(Side::Before, Action::HandOut).await;
    let shares = hand_out_shares(&worker.database, now, handed_until, share, BATCH).await?;
    let count = shares.due.len();
    if !push(worker, shares.due, round).await {
        return Ok(false);
    }
    round.blocked = room == 0;
    round.crowded = shares.is_more_due;
    Ok(room > 0 && shares.is_more_due && count > 0)
}

/// How many turns the account has that has most.
fn most_turns(due: &[Due]) -> usize {
    let mut turns: HashMap<&AccountId, usize> = HashMap::new();
    for one in due {
        *turns.entry(&one.account_id).or_default() += 1;
    }
    turns.into_values().max().unwrap_or(0)
}

/// Puts what was handed out into the queue; `false` when the queue does not take it.
async fn push(worker: &Worker, due: Vec<Due>, round: &mut Round) -> bool {
    let count = due.len();
    if count == 0 {
        return true;
    }
    let boundaries = &worker.boundaries;
    boundaries.at(Side::After, Action::HandOut).await;
    let jobs = due
        .into_iter()
        .map(|due| (Line::of(&due.account_id), Job::Publish(due.id)))
        .collect();
    boundaries.at(Side::Before, Action::PushHandedOut).await;
    if let Err(error) = worker.queue.push(jobs).await {
        warn!(%error, count, "could not push; handed out again after a while");
        round.blocked = true;
        return false;
    }
    boundaries.at(Side::After, Action::PushHandedOut).await;
    round.handed_out += count;
    true
}

/// Rounds until `stop`.
pub async fn run(worker: &Worker) {
    let mut bell = worker.queue.bell();
    let mut failing = false;
    let mut crowded = false;
    while !worker.stop.is_cancelled() {
        let began = Instant::now();
        let pause = match round_after(worker, crowded).await {
            Ok(round) => {
                failing = false;
                crowded = round.crowded;
                let least = match (round.blocked, round.crowded) {
                    (true, false) => BLOCKED,
                    (blocked, true) => {
                        let least = if blocked { BLOCKED } else { CROWDED };
                        least.max(began.elapsed() * CROWDED_TIMES).min(LONGEST)
                    }
                    (false, false) => SHORTEST,
                };
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
