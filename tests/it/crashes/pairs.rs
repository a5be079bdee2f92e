//! One dies at a boundary, and whoever goes on dies at another.

use entities::boundary::{Action, Boundary, StepAction};
use tests::{TestApp, both_modes};

use super::begin::add_rules;
use super::case::{Case, left_behind};
use super::files::Carried;
use super::mortal::Mortal;
use super::way::Begins;
use super::{cases, forgive_nothing};

/// What the pairs are drawn with; a failure names the pair.
const SEED: u64 = 20_260_731;
const PAIRS: usize = 60;

both_modes! {
    async fn whoever_goes_on_may_die_at_another_boundary(app: &TestApp) {
        forgive_nothing(app);
        let mortal = Mortal::new(app).await;
        let (mut dice, mut both, mut wrong) = (Dice(SEED), 0, Vec::new());
        let cases = cases();
        for _ in 0..PAIRS {
            let first = draw(&cases, &mut dice, is_first);
            let second = draw(&cases, &mut dice, |case| {
                let carried = case.way.carried;
                let fits = carried == Carried::Nothing || carried == first.way.carried;
                case.platform == first.platform && fits && is_second(case)
            });
            let skip = if is_of_the_relay(&second) { dice.below(4) } else { 0 };
            let skip = u32::try_from(skip).expect("it is below 4");
            match outcome(app, &mortal, &first, (&second, skip)).await {
                Ok(died_twice) => both += usize::from(died_twice),
                Err(why) => wrong.push(format!("{first}, then {second}: {why}")),
            }
        }
        println!("in {both} of {PAIRS} pairs both died");
        assert!(wrong.is_empty(), "{} of {PAIRS} pairs ended wrong:\n{}", wrong.len(), wrong.join("\n"));
        assert!(both >= PAIRS / 3, "only in {both} of {PAIRS} pairs both died");
    }
}

/// Returns whether the second died as well: not every boundary comes after every other.
async fn outcome(
    app: &TestApp,
    mortal: &Mortal<'_>,
    first: &Case,
    (second, skip): (&Case, u32),
) -> Result<bool, String> {
    let subject = first.begin(app, mortal).await;
    if !mortal
        .dies_at(first.boundary, first.way.skip, &subject)
        .await
    {
        return Err("the first was never reached".to_owned());
    }
    left_behind(app, first.boundary, &subject).await?;
    add_rules(app, &subject, &second.way.rules);
    let died = mortal.dies_at(second.boundary, skip, &subject).await;
    if died && !is_of_the_relay(second) {
        left_behind(app, second.boundary, &subject).await?;
    }
    first.end(app, &subject).await?;
    Ok(died)
}

fn is_of_a_worker(case: &Case) -> bool {
    match case.boundary {
        Boundary::Action(_, action) => !matches!(action, Action::Accept | Action::Push),
        Boundary::Step(..) => true,
    }
}

/// A relay passes in every round, whatever there is to do.
fn is_of_the_relay(case: &Case) -> bool {
    use Action::{HandOut, PushHandedOut, Requeue, TakeBack};
    let actions = [TakeBack, Requeue, HandOut, PushHandedOut];
    matches!(case.boundary, Boundary::Action(_, action) if actions.contains(&action))
}

/// A stalled worker is a case of its own.
fn is_first(case: &Case) -> bool {
    is_of_a_worker(case) && case.way.begins != Begins::Stalled
}

/// What needs nothing to have been so from the beginning.
fn is_second(case: &Case) -> bool {
    let is_late = matches!(case.boundary, Boundary::Step(_, StepAction::RecordLate, ..));
    let begins = [Begins::Submitted, Begins::Scheduled, Begins::Abandoned];
    is_of_a_worker(case) && !is_late && begins.contains(&case.way.begins)
}

fn draw(cases: &[Case], dice: &mut Dice, fits: impl Fn(&Case) -> bool) -> Case {
    loop {
        let case = &cases[dice.below(cases.len())];
        if fits(case) {
            return case.clone();
        }
    }
}

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % end as u64).expect("it is below a usize")
    }
}
