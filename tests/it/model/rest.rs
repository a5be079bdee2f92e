//! The end of every case: the faults are over, time moves on, and the delivery comes to rest. Then
//! the workers that stalled come back, and it must still be true.

use std::time::Duration;

use entities::delivery::Status;

use super::Broken;
use super::platform::{Call, Fate, Preparing};
use super::task::{Circumstances, Phase};
use super::world::{TASKS, World};

/// More phases than any delivery needs without faults.
const MOST: usize = 2_000;
/// Whatever was under way has landed after this.
const DAY: Duration = Duration::from_secs(24 * 3600);

impl World {
    /// Lets everything come to its end, and watches for what `counts`.
    pub fn come_to_rest(mut self, counts: &impl Fn(&Broken) -> bool) -> Result<World, Broken> {
        let stalled = std::mem::replace(&mut self.tasks, [const { Phase::Idle }; TASKS]);
        self.settle(counts)?;
        self.tasks = stalled;
        for task in 0..TASKS {
            while !matches!(self.tasks[task], Phase::Idle) {
                self.work(task, &calm());
                self.judge(counts)?;
            }
        }
        self.settle(counts)?;
        self.now = self.now + DAY;
        self.judge(counts)?;
        Ok(self)
    }

    fn settle(&mut self, counts: &impl Fn(&Broken) -> bool) -> Result<(), Broken> {
        for _ in 0..MOST {
            if matches!(self.tasks[0], Phase::Idle) {
                let Some(at) = self.due_at() else { break };
                self.now = self.now.max(at);
                if self.database.row.lease_until.is_some() {
                    self.sweep(0);
                }
            }
            self.work(0, &calm());
            self.judge(counts)?;
        }
        if !self.is_at_rest() {
            self.broken = Some(Broken::Restless(self.database.row.status));
        }
        self.judge(counts)
    }

    /// Whether it has ended, or waits for a person.
    fn is_at_rest(&self) -> bool {
        use Status::*;
        match self.database.row.status {
            Published | Failed | Canceled | Missed | NeedsReconnect => true,
            Queued | Publishing | Processing | Unconfirmed => false,
        }
    }
}

/// Everything works.
fn calm() -> Circumstances {
    Circumstances {
        call: Call {
            fate: Fate::Answered,
            took: Duration::from_millis(100),
            lands_permille: 500,
            shows_permille: 0,
            preparing: Preparing {
                known_after: Duration::ZERO,
                ready_after: Duration::from_secs(1),
                fails: None,
                vanishes_after: None,
            },
            reaches_back: true,
        },
        unheard: false,
        stopping: false,
        too_late: None,
    }
}
