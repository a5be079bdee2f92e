//! One delivery, the workers that move it, the people who meddle, and time.

use std::collections::BTreeSet;
use std::time::Duration;

use entities::Timestamp;
use entities::delivery::{Change, Checkpoint, Status, WaitReason, when_claim_expires};

use super::Broken;
use super::database::{Claim, Database, Name, Row};
use super::platform::AbstractPlatform;
use super::rules::Rules;
use super::task::{Circumstances, Phase};

/// How a case begins.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    pub dialect: entities::Platform,
    pub parts: i32,
    /// One process with SQLite, which ends all leases when it begins; otherwise two with
    /// PostgreSQL.
    pub embedded: bool,
    /// How many of a hundred calls go wrong.
    pub trouble: u8,
    /// How likely it is that an expired claim is taken back next.
    pub sweeping: u32,
}

/// One thing that happens.
#[derive(Clone, Debug)]
pub enum Transition {
    /// A task moves on by so many phases; the others stall meanwhile.
    Work {
        task: usize,
        phases: u8,
        around: Circumstances,
    },
    Wait(Duration),
    /// Until a lease runs out or the delivery is due.
    WaitUntilDue,
    /// A process reads an expired claim, or takes back the one that it read.
    Sweep {
        process: usize,
    },
    /// A process dies, with all its tasks, and is started again.
    Die {
        process: usize,
    },
    CrashDatabase,
    /// A person looks at the delivery.
    Look,
    /// A person wants it tried again, as it is or as somebody saw it when they looked.
    Retry {
        even_if_it_may_duplicate: bool,
        as_looked_at: bool,
    },
    Cancel,
    Reconnect,
}

pub const TASKS: usize = 3;
pub const PROCESSES: usize = 2;

#[derive(Clone, Debug)]
pub struct World {
    pub rules: Rules,
    pub start: Start,
    pub now: Timestamp,
    pub platform: AbstractPlatform,
    pub database: Database,
    pub tasks: [Phase; TASKS],
    /// How often each process has been started.
    runs: [u32; PROCESSES],
    /// An expired claim that a process has read.
    pub expired: [Option<Claim>; PROCESSES],
    /// What a person has seen.
    pub looked_at: Option<Row>,
    /// How often a person has had a part sent again that may be live.
    pub forced: [usize; 3],
    /// What was broken in passing.
    pub broken: Option<Broken>,
    pub seen: BTreeSet<Sight>,
}

/// What has happened in a case, to know that a search goes everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sight {
    Published,
    /// An outcome was unknown, by an answer or by a claim that expired.
    UnknownOutcome,
    ExpiredSend,
    /// What was unknown was found, or believed not to be there.
    Found,
    BelievedAbsent,
    LateSuccess,
    Unconfirmed,
    Missed,
    Canceled,
    /// A person had it tried again, or sent again although it may be live.
    Retried,
    Forced,
}

impl Sight {
    pub const ALL: [Sight; 11] = [
        Sight::Published,
        Sight::UnknownOutcome,
        Sight::ExpiredSend,
        Sight::Found,
        Sight::BelievedAbsent,
        Sight::LateSuccess,
        Sight::Unconfirmed,
        Sight::Missed,
        Sight::Canceled,
        Sight::Retried,
        Sight::Forced,
    ];
}

impl World {
    pub fn new(start: Start, rules: Rules) -> Self {
        let now = Timestamp::from_ms(1_800_000_000_000);
        World {
            rules,
            start,
            now,
            platform: AbstractPlatform::new(start.dialect),
            database: Database::new(now, rules.epoch_is_compared),
            tasks: [const { Phase::Idle }; TASKS],
            runs: [0; PROCESSES],
            expired: [const { None }; PROCESSES],
            looked_at: None,
            forced: [0; 3],
            broken: None,
            seen: BTreeSet::new(),
        }
    }

    /// Which process a task belongs to. The first has two, which share its name in claims.
    pub fn process_of(&self, task: usize) -> usize {
        usize::from(task == 2 && !self.start.embedded)
    }

    /// When time alone brings something about.
    pub fn due_at(&self) -> Option<Timestamp> {
        let row = &self.database.row;
        row.lease_until.or(row.next_at)
    }

    pub fn after(mut self, transition: &Transition) -> Self {
        match transition {
            Transition::Work {
                task,
                phases,
                around,
            } => {
                for _ in 0..*phases {
                    self.work(*task, around);
                }
            }
            Transition::Wait(time) => self.now = self.now + *time,
            Transition::WaitUntilDue => self.now = self.now.max(self.due_at().unwrap_or(self.now)),
            Transition::Sweep { process } => self.sweep(*process),
            Transition::Die { process } => self.die(*process),
            Transition::CrashDatabase if self.start.embedded => {}
            Transition::CrashDatabase => self.database.crash(),
            Transition::Look => self.looked_at = Some(self.database.row.clone()),
            Transition::Retry {
                even_if_it_may_duplicate,
                as_looked_at,
            } => {
                let looked_at = as_looked_at.then(|| self.looked_at.take()).flatten();
                let read = looked_at.unwrap_or_else(|| self.database.row.clone());
                self.retry(&read, *even_if_it_may_duplicate);
            }
            Transition::Cancel => self.database.cancel(self.now),
            Transition::Reconnect => self.database.reconnect(self.now),
        }
        self
    }

    /// Notes what a decision was about.
    pub fn note(&mut self, status: Status, change: &Change) {
        let code = change.error().map(|error| error.code.as_str());
        self.seen.extend(match (status, change.to()) {
            (Status::Publishing, Status::Unconfirmed) => Some(Sight::UnknownOutcome),
            (Status::Unconfirmed, Status::Published) => Some(Sight::Found),
            (Status::Unconfirmed, Status::Queued) => Some(Sight::BelievedAbsent),
            (_, Status::Failed) if code == Some("unconfirmed") => Some(Sight::Unconfirmed),
            _ => None,
        });
    }

    /// Moves a task on by one phase.
    pub fn work(&mut self, task: usize, around: &Circumstances) {
        let process = self.process_of(task);
        let by: Name = (process, self.runs[process]);
        let phase = std::mem::replace(&mut self.tasks[task], Phase::Idle);
        self.tasks[task] = phase.next(self, by, around);
    }

    /// `entities::sweep`, in two halves between which the process may stall.
    pub fn sweep(&mut self, process: usize) {
        let Some(claim) = self.expired[process].take() else {
            let expired = self.database.row.claim();
            self.expired[process] = expired.filter(|claim| claim.lease_until <= self.now);
            return;
        };
        let change = match (
            self.rules.expired_send_is_unconfirmed,
            &claim.progress.checkpoint,
        ) {
            (false, Checkpoint::Sent { container, .. }) if claim.status == Status::Publishing => {
                let checkpoint =
                    container
                        .clone()
                        .map_or(Checkpoint::Start, |container| Checkpoint::Ready {
                            container,
                        });
                let progress = claim.progress.reached(checkpoint);
                Change::queued(progress, self.now, WaitReason::Turn)
            }
            _ => when_claim_expires(claim.status, &claim.progress, self.now),
        };
        if !change.is_legal_after(claim.status, &claim.progress) {
            self.broken = Some(Broken::Illegal(format!("{change:?}")));
            return;
        }
        let written = self.database.record(&claim, &change, Vec::new(), self.now);
        let first = claim.status == Status::Publishing && change.to() == Status::Unconfirmed;
        if written.is_some() && first {
            self.seen.insert(Sight::ExpiredSend);
        }
    }

    fn die(&mut self, process: usize) {
        for task in 0..TASKS {
            if self.process_of(task) == process {
                self.tasks[task] = Phase::Idle;
            }
        }
        self.expired[process] = None;
        self.runs[process] += 1;
        if self.start.embedded {
            self.database.end_all_leases(self.now);
        }
    }

    /// `POST /v1/deliveries/{id}/retry`.
    fn retry(&mut self, read: &Row, even_if_it_may_duplicate: bool) {
        let may_duplicate = read.is_unconfirmed_for_good();
        if may_duplicate && !even_if_it_may_duplicate {
            return;
        }
        let part = read.progress.part_index;
        let from = if self.rules.retry_goes_on { part } else { 0 };
        if self.database.retry(read, from, self.now) {
            self.forced[part as usize] += usize::from(may_duplicate);
            self.seen.insert(if may_duplicate {
                Sight::Forced
            } else {
                Sight::Retried
            });
        }
    }
}
