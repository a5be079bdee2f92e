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
    /// Lets everything come to its end.
    pub fn come_to_rest(mut self) -> Result<World, Broken> {
        let stalled = std::mem::replace(&mut self.tasks, [const { Phase::Idle }; TASKS]);
        self.settle()?;
        self.tasks = stalled;
        for task in 0..TASKS {
            while !matches!(self.tasks[task], Phase::Idle) {
                self.work(task, &calm());
                self.judge()?;
            }
        }
        self.settle()?;
        self.now = self.now + DAY;
        self.judge()?;
        Ok(self)
    }

    fn settle(&mut self) -> Result<(), Broken> {
        for _ in 0..MOST {
            if matches!(self.tasks[0], Phase::Idle) {
                let Some(at) = self.due_at() else {
                    return self.is_at_rest();
                };
                self.now = self.now.max(at);
                if self.database.row.lease_until.is_some() {
                    self.sweep(0);
                }
            }
            self.work(0, &calm());
            self.judge()?;
        }
        Err(Broken::Restless(self.database.row.status))
    }

    fn is_at_rest(&self) -> Result<(), Broken> {
        use Status::*;
        let status = self.database.row.status;
        match status {
            Published | Failed | Canceled | Missed | NeedsReconnect => Ok(()),
            Queued | Publishing | Processing | Unconfirmed => Err(Broken::Restless(status)),
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
