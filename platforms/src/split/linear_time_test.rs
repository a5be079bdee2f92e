//! Time must grow with the length of a text, not with its square: texts come from customers.

use std::time::{Duration, Instant};

use super::{Counting, Numbering, Rule, split};

/// Repeated to make a text that is bad for a splitter which tries every place anew.
const HOSTILE: [&str; 44] = [
    " ",
    "\n",
    " \n",
    "\u{A0}",
    "a",
    "a ",
    "@",
    "@a",
    "@a ",
    "@a.",
    ".",
    ". ",
    "a.",
    "A. ",
    "!)",
    ")",
    "\"",
    "1. ",
    "#",
    "#a",
    "#a ",
    "#-",
    "$A ",
    "$A",
    "://",
    "http://",
    "https://a.com,",
    "https://a.com ",
    "www.a.com,",
    "a.co/(",
    "a.com_.",
    "/a.com",
    "。",
    "東",
    "東。」",
    "กา",
    "\u{200B}",
    "e\u{301}",
    "\u{301}",
    "\u{1112}\u{1161}\u{11AB}",
    "😀",
    "🇩🇪",
    "👨\u{200D}👩\u{200D}👧\u{200D}👦",
    "👨\u{200D}",
];

const SMALL: usize = 2_000;
const GROWTH: usize = 8;

/// For the small text and for the large one: limits that stay, and one that grows with the text.
const COUNTINGS: [[Counting; 2]; 3] = [
    [Counting::X { limit: 140 }; 2],
    [Counting::X { limit: 500 }, Counting::X { limit: 4_000 }],
    [Counting::Threads { limit: 250 }; 2],
];

fn once(text: &str, counting: Counting) -> Duration {
    let rule = Rule {
        counting,
        numbering: Some(Numbering::IndexOfTotal),
        most_parts: 25,
    };
    let start = Instant::now();
    let _ = std::hint::black_box(split(text, &rule));
    start.elapsed()
}

/// The least time of several tries, as everything that disturbs a measurement makes it longer.
fn time(text: &str, counting: Counting) -> Duration {
    (0..3)
        .map(|_| once(text, counting))
        .min()
        .expect("it was tried")
}

#[test]
fn hostile_texts_take_time_in_proportion_to_their_length() {
    for [small, large] in COUNTINGS {
        time("warm up the tables: 👨\u{200D}👩\u{200D}👧 a.com", small);
        for unit in HOSTILE {
            let text = |len: usize| unit.repeat(len / unit.len());
            let short = time(&text(SMALL), small).max(Duration::from_micros(300));
            let long = time(&text(SMALL * GROWTH), large);
            // Linear growth is 8-fold, quadratic 64-fold; the second look forgives a busy machine.
            let bound = short * 3 * GROWTH as u32;
            assert!(
                long < bound || time(&text(SMALL * GROWTH), large) < bound,
                "{unit:?}, {large:?}: {short:?} for {SMALL} bytes, {long:?} for {GROWTH} times as many"
            );
        }
    }
}

#[test]
fn mixtures_of_hostile_texts_take_no_longer_than_their_parts() {
    // A small generator with a fixed seed: the same mixtures on every run.
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    for round in 0..60 {
        let pattern: String = (0..1 + next(5))
            .map(|_| HOSTILE[next(HOSTILE.len())])
            .collect();
        let text = pattern.repeat(SMALL * GROWTH / pattern.len());
        let taken = once(&text, COUNTINGS[round % COUNTINGS.len()][1]);
        assert!(
            taken < Duration::from_secs(2),
            "{pattern:?}: {taken:?} for {} bytes",
            text.len()
        );
    }
}
