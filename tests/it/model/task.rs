//! What a worker does with one delivery, cut into the moments between which it may stall or die:
//! as in `worker::publish`, with the product's own `plan` and `decide`.

mod decision;

use entities::Timestamp;
use entities::delivery::{Change, Checkpoint, LivePart, Status, WaitReason};
use entities::misfire::can_be_late;
use worker::step::{Planned, Step, plan};

use super::database::{Claim, Name, Row};
use super::platform::{Answer, Call, Question};
use super::world::{Sight, World};
use super::{Broken, settings};

/// How far a task has got. Between any two of these anything else may happen.
#[derive(Clone, Debug)]
pub enum Phase {
    Idle,
    /// It has read the row and made up its mind.
    Read(Read),
    /// The claim is written; the call is not begun.
    Claimed(Hold),
    /// The call is under way, or its answer waits to be looked at.
    Called(Hold, Timestamp, Answer),
    /// It knows what to write down.
    Decided(Hold, Decided),
    /// Its claim is lost, and what it knows to be live is still to be written down.
    Late(Hold, Decided),
}

#[derive(Clone, Debug)]
pub struct Read {
    row: Row,
    at: Timestamp,
    plan: Plan,
}

#[derive(Clone, Debug)]
enum Plan {
    Step(Planned),
    SetAside(Status),
}

/// A claim and the step that it was taken for.
#[derive(Clone, Debug)]
pub struct Hold {
    claim: Claim,
    step: Step,
    reply_to: Option<String>,
    /// Live and not yet written down: only where rule 6 is taken out.
    unsaved: Vec<LivePart>,
}

#[derive(Clone, Debug)]
pub struct Decided {
    change: Change,
    next: Option<Planned>,
    live: Option<LivePart>,
    told_live: bool,
    at: Timestamp,
}

/// What happens around a task while it moves.
#[derive(Clone, Debug)]
pub struct Circumstances {
    pub call: Call,
    /// The database's answers are lost.
    pub unheard: bool,
    /// Its process has been told to stop.
    pub stopping: bool,
    /// What lateness makes of a delivery of which nothing may be visible.
    pub too_late: Option<Status>,
}

impl Phase {
    /// Moves on to the next phase. Waits for an answer that is under way.
    pub fn next(self, world: &mut World, by: Name, around: &Circumstances) -> Phase {
        match self {
            Phase::Idle => read(world, around),
            Phase::Read(read) => claim(world, read, by, around),
            Phase::Claimed(hold) => call(world, hold, around),
            Phase::Called(hold, asked_at, answer) => {
                world.now = world.now.max(answer.at);
                decision::decided(world, hold, asked_at, &answer, around)
            }
            Phase::Decided(hold, decided) => record(world, hold, decided, around),
            Phase::Late(hold, decided) => {
                let live = hold.unsaved.into_iter().chain(decided.live).collect();
                let change = &decided.change;
                let written = world
                    .database
                    .record_late(&hold.claim, change, live, decided.at);
                world.seen.extend(written.then_some(Sight::LateSuccess));
                Phase::Idle
            }
        }
    }
}

fn read(world: &World, around: &Circumstances) -> Phase {
    let row = &world.database.row;
    if !row.is_due(world.now) {
        return Phase::Idle;
    }
    let late = around
        .too_late
        .filter(|_| can_be_late(row.status, &row.progress));
    let plan = match late {
        Some(status) => Plan::SetAside(status),
        None => Plan::Step(plan(
            world.platform.dialect,
            row.status,
            &row.progress,
            Default::default(),
            world.now,
        )),
    };
    Phase::Read(Read {
        row: row.clone(),
        at: world.now,
        plan,
    })
}

fn claim(world: &mut World, read: Read, by: Name, around: &Circumstances) -> Phase {
    let planned = match read.plan {
        Plan::Step(planned) => planned,
        Plan::SetAside(status) => {
            world.database.set_aside(&read.row, status, read.at);
            return Phase::Idle;
        }
    };
    let saved = if world.rules.saved_before_the_call {
        &planned.armed
    } else {
        &read.row.progress
    };
    let claim = world.database.claim(&read.row, saved, by, read.at);
    let Some(claim) = claim.filter(|_| !around.unheard) else {
        return Phase::Idle;
    };
    let before = read.row.progress.part_index - 1;
    Phase::Claimed(Hold {
        claim: Claim {
            progress: planned.armed,
            ..claim
        },
        step: planned.step,
        reply_to: read.row.parts.get(&before).cloned().flatten(),
        unsaved: Vec::new(),
    })
}

/// To see that there is time enough and to begin are one moment: no platform could tell apart a
/// worker that stalls in between from one that is in time.
fn call(world: &mut World, hold: Hold, around: &Circumstances) -> Phase {
    let in_time = world.now + settings().call_timeout <= hold.claim.lease_until;
    if world.rules.lease_outlasts_the_call && !in_time {
        return Phase::Idle;
    }
    let progress = &hold.claim.progress;
    let sent_at = match progress.checkpoint {
        Checkpoint::Sent { at, .. } => at,
        _ => world.now,
    };
    let since = progress.unresolved_since.unwrap_or(sent_at);
    let saved = world.database.row.parts.values();
    let adopted: Vec<String> = saved.flatten().cloned().collect();
    let question = Question {
        step: &hold.step,
        part: progress.part_index,
        reply_to: hold.reply_to.as_deref(),
        since: since.min(sent_at),
        adopted: &adopted,
    };
    let answer = world.platform.ask(&question, &around.call, world.now);
    Phase::Called(hold, world.now, answer)
}

/// Writes down what was decided, and goes on if the claim is kept.
fn record(world: &mut World, hold: Hold, decided: Decided, around: &Circumstances) -> Phase {
    // That a container was made is written down with the look at it (`worker::publish`).
    let mut decided = decided;
    if hold.step == Step::CreateContainer && decided.change.keeps_claim() {
        let has_time = decided.at + settings().call_timeout <= hold.claim.lease_until;
        if let Some(next) = decided.next.take().filter(|_| has_time) {
            return Phase::Claimed(Hold {
                claim: Claim {
                    progress: next.armed,
                    ..hold.claim
                },
                step: next.step,
                ..hold
            });
        }
    }
    let change = decided.change.clone();
    let entry = match &decided.next {
        Some(next) if world.rules.saved_before_the_call => change.armed(next.armed.clone()),
        Some(_) => change,
        None => change.release(decided.at, WaitReason::Turn),
    };
    if !entry.is_legal_after(hold.claim.status, &hold.claim.progress) {
        world.broken = Some(Broken::Illegal(format!("{entry:?}")));
        return Phase::Idle;
    }
    let live = hold.unsaved.iter().cloned().chain(decided.live.clone());
    let written = world
        .database
        .record(&hold.claim, &entry, live.collect(), decided.at);
    match (written.filter(|_| !around.unheard), decided.next.clone()) {
        (Some(Some(claim)), Some(next)) => Phase::Claimed(Hold {
            claim: Claim {
                progress: next.armed,
                ..claim
            },
            step: next.step,
            unsaved: Vec::new(),
            ..hold
        }),
        (None, _) if decided.told_live => Phase::Late(hold, decided),
        _ => Phase::Idle,
    }
}
