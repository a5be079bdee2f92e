//! Searches for a way to break exactly-once: many cases, drawn from a fixed seed, each shrunk to
//! what matters when it breaks something.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::Ordering;

use entities::delivery::Status;
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestCaseError, TestError, TestRunner};
use proptest_state_machine::strategy::Sequential;

use super::Broken;
use super::chance::{starts, transitions};
use super::rules::Rules;
use super::world::{Sight, Transition, World};

/// The most that happens in a case before it comes to rest.
const TRANSITIONS: usize = 70;

/// In how many cases something was seen.
pub type Tally = BTreeMap<Sight, u32>;

/// What a search found.
#[derive(Debug)]
pub struct Found {
    pub broken: Broken,
    /// The shortest case known, line by line.
    pub story: String,
}

/// Runs up to `cases` cases under `rules`, until one breaks what `counts`. The cases are the same
/// each time, unless `PROPTEST_RNG_SEED` says otherwise.
pub fn search(rules: Rules, cases: u32, counts: impl Fn(&Broken) -> bool) -> Result<Tally, Found> {
    let given = Config::default();
    let config = Config {
        cases,
        rng_seed: match given.rng_seed {
            RngSeed::Random => RngSeed::Fixed(1),
            RngSeed::Fixed(seed) => RngSeed::Fixed(seed),
        },
        rng_algorithm: RngAlgorithm::XorShift,
        failure_persistence: None,
        max_shrink_iters: 2_000,
        ..given
    };
    let strategy = Sequential::new(
        (1..=TRANSITIONS).into(),
        move || starts().prop_map(move |start| World::new(start, rules)),
        |_, _| true,
        transitions,
        World::after,
    );
    let tally = Cell::new(Tally::default());
    let ran = TestRunner::new(config).run(&strategy, |(world, happens, applied)| {
        let ended = run(world, &happens, &counts, || {
            if let Some(applied) = &applied {
                applied.fetch_add(1, Ordering::SeqCst);
            }
        });
        match ended {
            Ok(world) => tally.set(count(tally.take(), &world)),
            Err(broken) => return Err(TestCaseError::fail(broken.to_string())),
        }
        Ok(())
    });
    match ran {
        Ok(()) => Ok(tally.into_inner()),
        Err(TestError::Fail(_, (world, happens, _))) => Err(tell(world, &happens, &counts)),
        Err(TestError::Abort(reason)) => panic!("the search could not go on: {reason}"),
    }
}

fn run(
    mut world: World,
    happens: &[Transition],
    counts: &impl Fn(&Broken) -> bool,
    mut applied: impl FnMut(),
) -> Result<World, Broken> {
    for transition in happens {
        applied();
        world = world.after(transition);
        world.judge(counts)?;
    }
    world.come_to_rest(counts)
}

/// The case again, with what stands after each transition.
fn tell(mut world: World, happens: &[Transition], counts: &impl Fn(&Broken) -> bool) -> Found {
    let mut story = format!("{:?}", world.start);
    let begun = world.now;
    for transition in happens {
        world = world.after(transition);
        let row = &world.database.row;
        let live = world
            .platform
            .posts
            .iter()
            .filter(|post| post.lands_at <= world.now);
        let _ = write!(
            story,
            "\n{:>9.1?} {transition:?}\n          {} #{} {:?}, {} live",
            world.now.since(begun),
            row.status,
            row.epoch,
            row.progress,
            live.count(),
        );
        if let Err(broken) = world.judge(counts) {
            return Found { broken, story };
        }
    }
    match world.come_to_rest(counts) {
        Err(broken) => Found { broken, story },
        Ok(_) => panic!("a case ended otherwise than before:\n{story}"),
    }
}

fn count(mut tally: Tally, world: &World) -> Tally {
    let ended = match world.database.row.status {
        Status::Published => Some(Sight::Published),
        Status::Missed => Some(Sight::Missed),
        Status::Canceled => Some(Sight::Canceled),
        _ => None,
    };
    for sight in world.seen.iter().copied().chain(ended) {
        *tally.entry(sight).or_default() += 1;
    }
    tally
}
