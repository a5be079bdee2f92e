//! The delivery state machine against a platform that never refuses a second post: a search for
//! any order of events that puts a post out twice, loses one, or writes down what is not so.
//!
//! The product's own decisions are searched: `worker::step::plan`, `worker::decide`,
//! `entities::delivery`. The database's compare-and-swaps and the platform are abstract. Each rule
//! that keeps a post from being out twice can be taken out; the same search must then find that
//! it was needed.

mod chance;
mod database;
mod platform;
mod rest;
mod rules;
mod search;
mod task;
mod truth;
mod world;

use std::sync::LazyLock;

use worker::Settings;

use rules::Rules;
use search::search;
use truth::Broken;
use world::Sight;

fn settings() -> &'static Settings {
    static SETTINGS: LazyLock<Settings> = LazyLock::new(Settings::default);
    &SETTINGS
}

/// Cases of the search that must find nothing.
const MANY: u32 = 60_000;
/// Cases of a search that must find something: some need a few thousand.
const ENOUGH: u32 = 60_000;

#[test]
fn whatever_happens_nothing_is_out_twice_nor_lost_nor_wrongly_on_record() {
    let seen = match search(Rules::ALL, MANY, |_| true) {
        Ok(seen) => seen,
        Err(found) => panic!("{}\n{}", found.broken, found.story),
    };
    println!("{seen:?}");
    for sight in Sight::ALL {
        assert!(seen.contains_key(&sight), "never came to {sight:?}");
    }
}

/// Searches where `take_out` has taken a rule out, until a part is live twice.
#[track_caller]
fn finds_a_duplicate(take_out: fn(&mut Rules)) {
    let mut rules = Rules::ALL;
    take_out(&mut rules);
    let is_twice = |broken: &Broken| matches!(broken, Broken::Twice { .. });
    match search(rules, ENOUGH, is_twice) {
        Ok(seen) => panic!("no duplicate in {ENOUGH} cases: {seen:?}"),
        Err(found) => println!("{}\n{}", found.broken, found.story),
    }
}

#[test]
fn without_looking_for_what_is_unknown_the_search_finds_a_duplicate() {
    finds_a_duplicate(|rules| rules.unknown_is_looked_for = false);
}

#[test]
fn without_judging_expired_claims_by_their_checkpoint_the_search_finds_a_duplicate() {
    finds_a_duplicate(|rules| rules.expired_send_is_unconfirmed = false);
}

#[test]
fn without_saving_the_checkpoint_before_the_call_the_search_finds_a_duplicate() {
    finds_a_duplicate(|rules| rules.saved_before_the_call = false);
}

#[test]
fn without_a_lease_that_outlasts_the_call_the_search_finds_a_duplicate() {
    finds_a_duplicate(|rules| rules.lease_outlasts_the_call = false);
}

#[test]
fn without_the_epoch_in_every_compare_and_swap_the_search_finds_a_duplicate() {
    finds_a_duplicate(|rules| rules.epoch_is_compared = false);
}

#[test]
fn without_time_for_what_is_under_way_the_search_finds_a_duplicate() {
    finds_a_duplicate(|rules| rules.absence_has_its_time = false);
}

#[test]
fn without_the_age_of_answers_the_search_finds_a_duplicate() {
    finds_a_duplicate(|rules| rules.answers_age = false);
}

#[test]
fn without_saving_each_part_before_the_next_the_search_finds_a_duplicate() {
    finds_a_duplicate(|rules| rules.parts_are_saved_in_turn = false);
}

#[test]
fn without_going_on_at_the_first_missing_part_the_search_finds_a_duplicate() {
    finds_a_duplicate(|rules| rules.retry_goes_on = false);
}
