//! What may happen next, and how likely it is: mostly what moves the delivery, or meddles with a
//! move that is under way.

use std::ops::Range;
use std::sync::LazyLock;
use std::time::Duration;

use entities::Platform;
use entities::delivery::Status;
use proptest::prelude::*;
use proptest::strategy::SBoxedStrategy;

use super::platform::{Call, Fate, Preparing, Refusal};
use super::settings;
use super::task::{Circumstances, Phase};
use super::world::{PROCESSES, Start, TASKS, Transition, World};

/// The beginnings of cases.
pub fn starts() -> impl Strategy<Value = Start> {
    let dialect = prop_oneof![Just(Platform::X), Just(Platform::Threads)];
    let trouble = prop_oneof![Just(3), Just(15), Just(40), Just(70), Just(97)];
    let sweeping = prop_oneof![Just(12), Just(4), Just(1)];
    (dialect, 1..=3, any::<bool>(), trouble, sweeping).prop_map(
        |(dialect, parts, embedded, trouble, sweeping)| Start {
            dialect,
            parts,
            embedded,
            trouble,
            sweeping,
        },
    )
}

/// What may happen next in `world`.
pub fn transitions(world: &World) -> impl Strategy<Value = Transition> + use<> {
    let trouble = world.start.trouble;
    let likely = likely(world);
    let total: u32 = likely.iter().map(|(weight, _)| weight).sum();
    (0..total, NUMBERS.clone()).prop_map(move |(mut at, numbers)| {
        let mut which = likely.iter();
        let kind = loop {
            match which.next() {
                Some((weight, _)) if at >= *weight => at -= weight,
                Some((_, kind)) => break *kind,
                None => break Kind::WaitUntilDue,
            }
        };
        kind.with(&mut Numbers(numbers.iter()), trouble)
    })
}

#[derive(Clone, Copy)]
enum Kind {
    Work(usize),
    /// One of these spans.
    Wait(&'static [Duration]),
    WaitUntilDue,
    Sweep(usize),
    Die(usize),
    CrashDatabase,
    Look,
    Retry {
        as_looked_at: bool,
    },
    Cancel,
    Reconnect,
}

/// Each kind of what may happen, with its weight.
fn likely(world: &World) -> Vec<(u32, Kind)> {
    let row = &world.database.row;
    let unconfirmed = row.status == Status::Unconfirmed;
    let mut likely = vec![(3, Kind::Wait(&WAITS))];
    if world.due_at().is_some_and(|at| at > world.now) {
        likely.push((12, Kind::WaitUntilDue));
    }
    for task in 0..TASKS {
        match world.tasks[task] {
            Phase::Idle if !row.is_due(world.now) => {}
            Phase::Idle => likely.push((8, Kind::Work(task))),
            _ => {
                let stall: &[Duration] = if unconfirmed { &[SETTLED] } else { &STALLS };
                likely.push((12, Kind::Work(task)));
                likely.push((8, Kind::Wait(stall)));
                likely.push((1, Kind::Die(world.process_of(task))));
            }
        }
    }
    for process in 0..PROCESSES {
        if row.lease_until.is_some_and(|until| until <= world.now) {
            likely.push((world.start.sweeping, Kind::Sweep(process)));
        } else if world.expired[process].is_some() {
            likely.push((3, Kind::Sweep(process)));
        }
    }
    if unconfirmed {
        likely.push((1, Kind::Wait(&[OUT_OF_PATIENCE])));
    }
    if !row.status.is_settled() {
        likely.push((1, Kind::CrashDatabase));
    }
    likely.extend(people(world));
    likely
}

/// What people may do.
fn people(world: &World) -> Vec<(u32, Kind)> {
    let status = world.database.row.status;
    let mut likely = Vec::new();
    if matches!(status, Status::Failed | Status::Missed) {
        let as_looked_at = false;
        likely.extend([(2, Kind::Look), (12, Kind::Retry { as_looked_at })]);
    }
    if world.looked_at.is_some() {
        let as_looked_at = true;
        likely.push((4, Kind::Retry { as_looked_at }));
    }
    if status == Status::NeedsReconnect {
        likely.push((12, Kind::Reconnect));
    }
    // Few cases should end by it.
    if status.can_become(Status::Canceled) && world.start.trouble > 20 {
        likely.push((1, Kind::Cancel));
    }
    likely
}

impl Kind {
    fn with(self, numbers: &mut Numbers<'_>, trouble: u8) -> Transition {
        match self {
            Kind::Work(task) => Transition::Work {
                task,
                phases: numbers.pick(&[1, 1, 2, 3, 3, 4, 5, 5, 5, 10]),
                around: numbers.circumstances(trouble),
            },
            Kind::Wait(spans) => Transition::Wait(numbers.pick(spans)),
            Kind::WaitUntilDue => Transition::WaitUntilDue,
            Kind::Sweep(process) => Transition::Sweep { process },
            Kind::Die(process) => Transition::Die { process },
            Kind::CrashDatabase => Transition::CrashDatabase,
            Kind::Look => Transition::Look,
            Kind::Retry { as_looked_at } => Transition::Retry {
                even_if_it_may_duplicate: numbers.percent(30),
                as_looked_at,
            },
            Kind::Cancel => Transition::Cancel,
            Kind::Reconnect => Transition::Reconnect,
        }
    }
}

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// More than the longest settling time, with lease and time-out.
const SETTLED: Duration = secs(200);
/// More than after what a delivery is given up.
const OUT_OF_PATIENCE: Duration = secs(26 * 3600);

const WAITS: [Duration; 10] = [
    Duration::from_millis(20),
    secs(1),
    secs(5),
    secs(14),
    secs(16),
    secs(31),
    secs(91),
    SETTLED,
    secs(2 * 3600),
    OUT_OF_PATIENCE,
];

/// Beyond a call's time-out, a lease, and all that may be under way.
const STALLS: [Duration; 3] = [secs(16), secs(31), SETTLED];

/// As many as one transition needs at most.
type Drawn = [u16; 16];

static NUMBERS: LazyLock<SBoxedStrategy<Drawn>> =
    LazyLock::new(|| proptest::array::uniform16(any::<u16>()).sboxed());

/// Numbers that were drawn, used one by one. Zero is what is simplest.
struct Numbers<'a>(std::slice::Iter<'a, u16>);

impl Numbers<'_> {
    fn below(&mut self, end: u32) -> u32 {
        let drawn = self.0.next().copied().unwrap_or_default();
        (u32::from(drawn) * end) >> 16
    }

    fn percent(&mut self, chance: u8) -> bool {
        self.below(100) >= 100 - u32::from(chance)
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u32) as usize]
    }

    fn between(&mut self, range: Range<Duration>) -> Duration {
        range.start + (range.end - range.start) * self.below(1001) / 1000
    }

    /// Nothing, all of it, or anything between.
    fn permille(&mut self) -> u32 {
        let drawn = self.below(3000);
        match drawn / 1000 {
            0 => 0,
            1 => drawn - 1000,
            _ => 1000,
        }
    }

    fn circumstances(&mut self, trouble: u8) -> Circumstances {
        let fate = self.fate(trouble);
        let vanishes_after = self.between(Duration::ZERO..secs(300));
        let preparing = Preparing {
            known_after: self.between(Duration::ZERO..secs(7)),
            ready_after: self.between(Duration::ZERO..secs(20)),
            fails: self.percent(4).then_some("UNKNOWN"),
            vanishes_after: self.percent(10).then_some(vanishes_after),
        };
        Circumstances {
            call: Call {
                fate,
                took: settings().call_timeout * self.permille() / 1000,
                lands_permille: self.permille(),
                shows_permille: self.permille(),
                preparing,
                reaches_back: !self.percent(15),
            },
            unheard: self.percent(2),
            stopping: self.percent(3),
            too_late: match self.below(100) {
                98 => Some(Status::Missed),
                99 => Some(Status::Canceled),
                _ => None,
            },
        }
    }

    fn fate(&mut self, trouble: u8) -> Fate {
        let fails = self.percent(trouble);
        let how = self.pick(&[
            Fate::Unanswered { carried_out: true },
            Fate::Unanswered { carried_out: true },
            Fate::Unanswered { carried_out: true },
            Fate::Unanswered { carried_out: false },
            Fate::Unanswered { carried_out: false },
            Fate::Refused(Refusal::NotDone),
            Fate::Refused(Refusal::Limited),
            Fate::Refused(Refusal::LimitedUntil(secs(900))),
            Fate::Refused(Refusal::Unauthorized),
            Fate::Refused(Refusal::Blocked),
            Fate::Refused(Refusal::Rejected),
        ]);
        if fails { how } else { Fate::Answered }
    }
}
