//! The queue of a single process: a sorted set behind a lock that is never held across an await.

use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::{Notify, watch};

use crate::line::{CROWD, Line};
use crate::{Job, Pushed};

/// How many lines are remembered before those that are empty are forgotten.
const MOST_LINES: usize = 10_000;

/// The first turn; what is given back comes before it.
const FIRST: u64 = 1;

/// Jobs by their turns, each at most once.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    waiting: Mutex<Waiting>,
    pushed: Notify,
    bell: Notify,
    announced: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Waiting {
    by_turn: BTreeSet<(u64, Job)>,
    /// Whose each job is; nobody's if it was given back.
    known: HashMap<Job, Option<Line>>,
    lines: HashMap<Line, State>,
}

#[derive(Debug, Default)]
struct State {
    /// The turn of the next one in this line.
    next: u64,
    waiting: u32,
}

impl Memory {
    pub fn push(&self, jobs: impl IntoIterator<Item = (Line, Job)>) -> Pushed {
        let mut waiting = self.lock();
        let mut pushed = Pushed::default();
        for (line, job) in jobs {
            if waiting.push(line, job) == CROWD {
                pushed.crowds = true;
            }
        }
        drop(waiting);
        self.pushed.notify_one();
        pushed
    }

    /// Puts jobs before all others.
    pub fn give_back(&self, jobs: impl IntoIterator<Item = Job>) {
        let mut waiting = self.lock();
        for job in jobs {
            if waiting.known.insert(job.clone(), None).is_none() {
                waiting.by_turn.insert((0, job));
            }
        }
        drop(waiting);
        self.pushed.notify_one();
    }

    pub fn try_pop(&self, max: usize) -> Vec<Job> {
        let mut waiting = self.lock();
        let mut jobs = Vec::new();
        while jobs.len() < max
            && let Some(job) = waiting.pop()
        {
            jobs.push(job);
        }
        if !waiting.by_turn.is_empty() {
            // A permit wakes one; the rest is for the next.
            self.pushed.notify_one();
        }
        jobs
    }

    /// Those whose turn it is, as soon as there are any.
    pub async fn pop(&self, max: usize) -> Vec<Job> {
        loop {
            let jobs = self.try_pop(max);
            if !jobs.is_empty() {
                return jobs;
            }
            self.pushed.notified().await;
        }
    }

    pub fn is_crowded(&self, line: &Line) -> bool {
        let waiting = self.lock();
        let state = waiting.lines.get(line);
        state.is_some_and(|state| state.waiting >= CROWD)
    }

    pub fn len(&self) -> usize {
        self.lock().by_turn.len()
    }

    pub fn clear(&self) {
        *self.lock() = Waiting::default();
    }

    pub fn ring(&self) {
        self.bell.notify_one();
    }

    pub fn announce(&self) {
        self.announced.send_modify(|count| *count += 1);
    }

    pub fn announcements(&self) -> watch::Receiver<u64> {
        self.announced.subscribe()
    }

    pub async fn wait_for_bell(&self, longest: Duration) {
        let _ = tokio::time::timeout(longest, self.bell.notified()).await;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        // A panic inside the lock leaves at worst a job more or less; the relay makes up for it.
        self.waiting
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Waiting {
    /// Puts a job into its line; returns how many wait there now.
    fn push(&mut self, line: Line, job: Job) -> u32 {
        let front = self.by_turn.first().map(|(turn, _)| *turn);
        if front.is_none() {
            // Nobody waits: all begin anew.
            self.lines.clear();
        }
        let front = front.unwrap_or_default().max(FIRST);
        if self.lines.len() >= MOST_LINES {
            self.lines
                .retain(|_, state| state.waiting > 0 || state.next > front);
        }
        let state = self.lines.entry(line.clone()).or_default();
        if self.known.contains_key(&job) {
            return 0;
        }
        let turn = state.next.max(front);
        state.next = turn + 1;
        state.waiting += 1;
        let waiting = state.waiting;
        self.known.insert(job.clone(), Some(line));
        self.by_turn.insert((turn, job));
        waiting
    }

    fn pop(&mut self) -> Option<Job> {
        let (_, job) = self.by_turn.pop_first()?;
        if let Some(line) = self.known.remove(&job).flatten()
            && let Some(state) = self.lines.get_mut(&line)
        {
            state.waiting = state.waiting.saturating_sub(1);
        }
        Some(job)
    }
}

#[cfg(test)]
mod tests {
    use entities::DeliveryId;

    use super::*;

    fn jobs(count: usize) -> Vec<Job> {
        (0..count)
            .map(|_| Job::Publish(DeliveryId::generate()))
            .collect()
    }

    fn push(memory: &Memory, line: &'static str, jobs: &[Job]) -> Pushed {
        memory.push(jobs.iter().map(|job| (Line::named(line), job.clone())))
    }

    #[test]
    fn lines_are_served_by_turns_and_each_in_its_order() {
        let (memory, long, short) = (Memory::default(), jobs(4), jobs(2));
        push(&memory, "long", &long);
        push(&memory, "short", &short);
        let expected = [&long[0], &short[0], &long[1], &short[1], &long[2], &long[3]];
        assert_eq!(memory.try_pop(6).iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn who_comes_late_is_served_next_and_who_was_just_served_is_not() {
        let (memory, long, late, again) = (Memory::default(), jobs(100), jobs(1), jobs(1));
        push(&memory, "long", &long);
        memory.try_pop(50);
        push(&memory, "late", &late);
        assert!(memory.try_pop(2).contains(&late[0]));
        push(&memory, "late", &again);
        let next = memory.try_pop(3);
        assert_eq!(next.iter().position(|job| *job == again[0]), Some(1));
    }

    #[test]
    fn nothing_waits_twice_and_what_is_given_back_comes_first() {
        let (memory, jobs) = (Memory::default(), jobs(3));
        push(&memory, "one", &jobs[..2]);
        push(&memory, "two", &jobs[..2]);
        assert_eq!(memory.len(), 2);
        memory.give_back([jobs[2].clone()]);
        assert_eq!(memory.try_pop(1), [jobs[2].clone()]);
        assert_eq!(memory.try_pop(9), jobs[..2]);
        push(&memory, "one", &jobs[..1]);
        assert_eq!(memory.len(), 1, "a popped job may come again");
    }

    #[test]
    fn a_line_is_crowded_while_many_wait_in_it() {
        let memory = Memory::default();
        let crowd = jobs(CROWD as usize + 1);
        let (last, most) = crowd[1..].split_last().expect("jobs");
        let is_crowded = || memory.is_crowded(&Line::named("one"));
        assert!(!push(&memory, "one", most).crowds && !is_crowded());
        assert!(push(&memory, "one", std::slice::from_ref(last)).crowds && is_crowded());
        assert!(!push(&memory, "one", &crowd[..1]).crowds, "it was before");
        assert!(!memory.is_crowded(&Line::named("two")));
        memory.try_pop(2);
        assert!(!is_crowded());
    }

    #[tokio::test]
    async fn consumers_that_wait_share_one_large_push() {
        let memory = std::sync::Arc::new(Memory::default());
        let consumers: Vec<_> = (0..4)
            .map(|_| {
                let memory = memory.clone();
                tokio::spawn(async move { memory.pop(1).await.len() })
            })
            .collect();
        tokio::task::yield_now().await;
        push(&memory, "one", &jobs(4));
        for consumer in consumers {
            assert_eq!(consumer.await.unwrap(), 1);
        }
    }
}
