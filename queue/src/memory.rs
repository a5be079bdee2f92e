//! The queue of a single process: a sorted set behind a lock that is never held across an await.

use std::collections::{BTreeSet, HashSet};
use std::sync::Mutex;
use std::time::Duration;

use entities::Timestamp;
use tokio::sync::{Notify, watch};

use crate::Job;

/// Jobs by the time they were due, each at most once.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    waiting: Mutex<Waiting>,
    pushed: Notify,
    bell: Notify,
    announced: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Waiting {
    by_due: BTreeSet<(Timestamp, Job)>,
    known: HashSet<Job>,
}

impl Memory {
    pub fn push(&self, jobs: impl IntoIterator<Item = (Timestamp, Job)>) {
        let mut waiting = self.lock();
        for (due, job) in jobs {
            if waiting.known.insert(job.clone()) {
                waiting.by_due.insert((due, job));
            }
        }
        drop(waiting);
        self.pushed.notify_one();
    }

    pub fn try_pop(&self, max: usize) -> Vec<Job> {
        let mut waiting = self.lock();
        let mut jobs = Vec::new();
        while jobs.len() < max
            && let Some((_, job)) = waiting.by_due.pop_first()
        {
            waiting.known.remove(&job);
            jobs.push(job);
        }
        if !waiting.by_due.is_empty() {
            // A permit wakes one; the rest is for the next.
            self.pushed.notify_one();
        }
        jobs
    }

    /// The oldest due jobs, as soon as there are any.
    pub async fn pop(&self, max: usize) -> Vec<Job> {
        loop {
            let jobs = self.try_pop(max);
            if !jobs.is_empty() {
                return jobs;
            }
            self.pushed.notified().await;
        }
    }

    pub fn len(&self) -> usize {
        self.lock().by_due.len()
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

#[cfg(test)]
mod tests {
    use entities::DeliveryId;

    use super::*;

    fn jobs(count: usize) -> Vec<Job> {
        (0..count)
            .map(|_| Job::Publish(DeliveryId::generate()))
            .collect()
    }

    #[test]
    fn the_oldest_due_comes_first_and_nothing_twice() {
        let (memory, jobs) = (Memory::default(), jobs(3));
        let at = Timestamp::from_ms;
        memory.push([
            (at(30), jobs[0].clone()),
            (at(10), jobs[1].clone()),
            (at(20), jobs[2].clone()),
        ]);
        memory.push([(at(5), jobs[0].clone())]);
        assert_eq!(memory.len(), 3);
        assert_eq!(memory.try_pop(2), [jobs[1].clone(), jobs[2].clone()]);
        assert_eq!(memory.try_pop(2), [jobs[0].clone()]);
        memory.push([(at(5), jobs[0].clone())]);
        assert_eq!(memory.len(), 1, "a popped job may come again");
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
        memory.push(jobs(4).into_iter().map(|job| (Timestamp::from_ms(1), job)));
        for consumer in consumers {
            assert_eq!(consumer.await.unwrap(), 1);
        }
    }
}
