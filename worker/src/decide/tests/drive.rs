//! Drives one delivery to its end through `plan`, `decide` and `when_claim_expires` alone, the way
//! a worker does, with time moved by hand.

use entities::delivery::{WaitReason, when_claim_expires};

use super::*;
use crate::step::plan;

/// What becomes of a worker that takes a step.
pub enum Turn {
    Answered {
        took: Duration,
        outcome: Result<Success, Failure>,
    },
    /// It is never heard of again; its claim is taken back this long after the lease ran out.
    Died { down: Duration },
}

/// Everything outside of the decisions.
pub trait World {
    fn take(&mut self, delivery: &Delivery, step: &Step, now: Timestamp) -> Turn;

    /// How late workers are.
    fn late(&mut self) -> Duration {
        Duration::ZERO
    }

    /// How long until somebody connects the account again; `None` if nobody ever does.
    fn reconnected_after(&mut self) -> Option<Duration> {
        None
    }
}

/// A platform that answers every question as `F` says, in a tenth of a second.
impl<F: FnMut(&Delivery, &Step, Timestamp) -> Result<Success, Failure>> World for F {
    fn take(&mut self, delivery: &Delivery, step: &Step, now: Timestamp) -> Turn {
        Turn::Answered {
            took: Duration::from_millis(100),
            outcome: self(delivery, step, now),
        }
    }
}

pub struct Delivery {
    pub platform: Platform,
    pub parts: i32,
    pub status: Status,
    pub progress: Progress,
    pub now: Timestamp,
    due: Timestamp,
    /// The code of the last error.
    pub code: Option<String>,
    /// The steps taken so far, with their times.
    pub steps: Vec<(Timestamp, Step)>,
    /// Looks since a decision found the outcome unknown; `None` where a dead worker left it so.
    looks: Option<i32>,
    /// What happened, if somebody wants to read it.
    pub story: Option<Vec<String>>,
}

impl Delivery {
    pub fn new(platform: Platform, parts: i32) -> Self {
        Delivery {
            platform,
            parts,
            status: Status::Queued,
            progress: Progress::start(0),
            now: START,
            due: START,
            code: None,
            steps: Vec::new(),
            looks: None,
            story: None,
        }
    }

    /// When the part under way was sent.
    pub fn sent_at(&self) -> Option<Timestamp> {
        match self.progress.checkpoint {
            Checkpoint::Sent { at, .. } => Some(at),
            _ => None,
        }
    }

    /// The times of the visible calls.
    pub fn sends(&self) -> Vec<Timestamp> {
        self.steps
            .iter()
            .filter(|(_, step)| step.publishes())
            .map(|(at, _)| *at)
            .collect()
    }

    /// Runs until nothing will happen any more by itself. An error tells which rule was broken.
    pub fn run(
        &mut self,
        world: &mut impl World,
        settings: &Settings,
        most_steps: usize,
    ) -> Result<(), String> {
        while !self.status.is_settled() {
            if self.steps.len() > most_steps {
                return Err(format!("still {} after {most_steps} steps", self.status));
            }
            if self.status == Status::NeedsReconnect {
                let Some(wait) = world.reconnected_after() else {
                    return Ok(());
                };
                self.due = self.now + wait;
                self.status = Status::Queued;
            }
            self.now = self.now.max(self.due) + world.late();
            self.stretch(world, settings)?;
        }
        Ok(())
    }

    /// A person asks for another try after it failed, as `entities::edit::retry` writes it down.
    pub fn retry(&mut self) {
        let unresolved_since = self.progress.unresolved_since;
        self.progress = Progress {
            unresolved_since,
            ..Progress::start(self.progress.part_index)
        };
        self.status = Status::Queued;
        self.due = self.now;
    }

    /// What one worker does under one claim.
    fn stretch(&mut self, world: &mut impl World, settings: &Settings) -> Result<(), String> {
        let planned = plan(
            self.platform,
            self.status,
            &self.progress,
            Files::default(),
            self.now,
        );
        let mut step = planned.step;
        self.progress = planned.armed;
        if self.status != Status::Unconfirmed {
            self.status = Status::Publishing;
        }
        loop {
            if step.publishes() && self.status != Status::Publishing {
                return Err(format!("{step:?} while {}", self.status));
            }
            let asked_at = self.now;
            self.steps.push((asked_at, step.clone()));
            let (took, outcome) = match world.take(self, &step, self.now) {
                Turn::Answered { took, outcome } => (took, outcome),
                Turn::Died { down } => {
                    self.now = self.now + settings.lease + down;
                    self.tell(|| format!("died at {step:?}"));
                    let change = when_claim_expires(self.status, &self.progress, self.now);
                    if self.status != Status::Unconfirmed {
                        self.looks = None;
                    }
                    return self.write(change);
                }
            };
            self.now = self.now + took;
            let case = Case {
                platform: self.platform,
                status: self.status,
                progress: &self.progress,
                parts: self.parts,
                files: Files::default(),
                seed: "dlv_1",
                settings,
                asked_at,
                strikes: Default::default(),
                can_renew: false,
                steady_since: Timestamp::from_ms(0),
                now: self.now,
            };
            let change = decide(&case, &step, &outcome).change;
            self.tell(|| format!("{step:?} -> {outcome:?} => {change:?}"));
            self.check(&change, &outcome, settings)?;
            let same_part = change.progress().part_index == self.progress.part_index;
            if !(change.keeps_claim() && same_part) {
                return self.write(change.release(self.now, WaitReason::Turn));
            }
            let next = plan(
                self.platform,
                Status::Publishing,
                change.progress(),
                Files::default(),
                self.now,
            );
            self.write(change.armed(next.armed))?;
            step = next.step;
        }
    }

    fn check(
        &mut self,
        change: &Change,
        outcome: &Result<Success, Failure>,
        settings: &Settings,
    ) -> Result<(), String> {
        let looks = match self.status {
            Status::Unconfirmed => self.looks.map(|looks| looks + 1),
            _ => Some(0),
        };
        self.looks = looks;
        let same_part = change.progress().part_index == self.progress.part_index;
        if self.status == Status::Unconfirmed && change.to() == Status::Queued && same_part {
            let settled = self.sent_at().map(|at| at + settings.settle(self.platform));
            if settled.is_none_or(|settled| self.now < settled) {
                return Err("absence was believed before everything under way had landed".into());
            }
            if looks.is_some_and(|looks| looks < 3) {
                return Err("absence was believed after fewer than three looks".into());
            }
        }
        let named = match outcome {
            Ok(Success::Live { remote_id, url }) => Some((remote_id, url, self.now, false)),
            Ok(Success::Searched(Search {
                found: Some(post), ..
            })) => {
                let at = post
                    .created_at_ms
                    .map(Timestamp::from_ms)
                    .or(self.sent_at());
                Some((&post.id, &post.url, at.unwrap_or(self.now), true))
            }
            _ => None,
        };
        if let Some((id, url, published_at, found)) = named {
            let part_index = self.progress.part_index;
            let (remote_id, url) = (Some(id.clone()), url.clone());
            let live = LivePart {
                part_index,
                remote_id,
                url,
                published_at,
                found,
            };
            if !saves(change, live) {
                return Err(format!("{id} is live and not saved"));
            }
        }
        Ok(())
    }

    fn write(&mut self, change: Change) -> Result<(), String> {
        if !change.is_legal_after(self.status, &self.progress) {
            return Err(format!(
                "illegal after {} {:?}: {change:?}",
                self.status, self.progress
            ));
        }
        self.status = change.to();
        self.due = change.next_at().unwrap_or(self.now);
        self.code = change.error().map(|error| error.code.clone());
        self.progress = change.progress().clone();
        Ok(())
    }

    fn tell(&mut self, line: impl FnOnce() -> String) {
        if let Some(story) = &mut self.story {
            story.push(format!("{} {}", self.now, line()));
        }
    }
}
