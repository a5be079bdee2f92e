//! Time must grow with the length of a text, not with its square: texts come from customers.

use std::time::{Duration, Instant};

use super::{measure, units};

/// Repeated to make a text that is bad for scanners which try every position anew.
const HOSTILE: [&str; 40] = [
    "a",
    "a.",
    "a.b.",
    "a.b.c.d-.",
    ".com",
    ".com.com.com",
    "a.com.",
    "a.com_.",
    "a.comあ",
    "あ.",
    "あ。",
    "あいうえお.com",
    "(",
    "((((a",
    "a.co/(",
    "a.co/(a(b)",
    "a.co/(a",
    "a.co/!",
    "a.co/....",
    "a.co?!",
    "a.co?x!",
    "@",
    "@a",
    "@@@@a/b",
    "rt@a",
    "http://",
    "https://a.",
    "http://a.com/",
    "http://xn--a.",
    "t.co/a",
    "#",
    "#a#a",
    "#1",
    "＃あ",
    "$",
    "$A ",
    "-.",
    "e\u{301}",
    "\u{301}",
    "_a.",
];

const HOSTILE_EMOJI: [&str; 8] = [
    "👨\u{200D}",
    "👨\u{200D}👩\u{200D}👧\u{200D}👦",
    "👨\u{200D}❤\u{FE0F}\u{200D}",
    "🇩",
    "🇩🇪",
    "\u{1F3FD}",
    "\u{1F3F4}\u{E0067}\u{E0062}",
    "1\u{FE0F}\u{20E3}",
];

const SMALL: usize = 2_500;
const GROWTH: usize = 8;
/// How often a text that took too long is looked at again.
const LOOKS: usize = 20;

/// The least time of several tries, as everything that disturbs a measurement makes it longer.
fn time(text: &str) -> Duration {
    let once = || {
        let start = Instant::now();
        std::hint::black_box((measure(text), units(text)));
        start.elapsed()
    };
    (0..4).map(|_| once()).min().expect("it was tried")
}

#[test]
fn hostile_texts_take_time_in_proportion_to_their_length() {
    time("warm up the tables: 👨\u{200D}👩\u{200D}👧 a.com");
    for unit in HOSTILE.iter().chain(&HOSTILE_EMOJI) {
        let text = |len: usize| unit.repeat(len / unit.len());
        let small = time(&text(SMALL)).max(Duration::from_micros(200));
        let large = time(&text(SMALL * GROWTH));
        // Linear growth is 8-fold, quadratic 64-fold; further looks forgive a busy machine.
        let bound = small * 3 * GROWTH as u32;
        assert!(
            large < bound || (0..LOOKS).any(|_| time(&text(SMALL * GROWTH)) < bound),
            "{unit:?}: {small:?} for {SMALL} bytes, {large:?} for {GROWTH} times as many"
        );
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
    let parts: Vec<&str> = HOSTILE.iter().chain(&HOSTILE_EMOJI).copied().collect();
    for _ in 0..40 {
        let pattern: String = (0..1 + next(4)).map(|_| parts[next(parts.len())]).collect();
        let text = pattern.repeat(SMALL * GROWTH / pattern.len());
        let taken = time_once(&text);
        assert!(
            taken < Duration::from_secs(2),
            "{pattern:?}: {taken:?} for {} bytes",
            text.len()
        );
    }
}

fn time_once(text: &str) -> Duration {
    let start = Instant::now();
    std::hint::black_box((measure(text), units(text)));
    start.elapsed()
}
