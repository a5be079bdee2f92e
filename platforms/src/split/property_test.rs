//! What holds for every text, judged by the platforms' own counting and by a look at the text that
//! does not use the splitter's pieces.

use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use super::{Counting, Numbering, Obstacle, Rule, split};
use crate::{threads, x};

/// What texts are put together from: everything that must not be cut, and every kind of place
/// where they may be cut.
const SNIPPETS: &[&str] = &[
    " ",
    " ",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\r\n\r\n",
    "\n \n",
    "\t",
    "\u{A0}",
    "\u{3000}",
    "\u{200B}",
    "a",
    "word",
    "Straße",
    "naïve",
    "e\u{301}tude",
    "x\u{301}\u{302}\u{303}",
    " \u{301}",
    "\u{301}",
    ".",
    "!",
    "?",
    "…",
    "...",
    "。",
    "！？",
    "」",
    ")",
    "(",
    "\"",
    "”",
    "„",
    "'",
    ",",
    "-",
    "/",
    "_",
    "This is a sentence. ",
    "So ist es z. B. auch. ",
    "これは文です。",
    "東京タワー",
    "「はい」",
    "สวัสดีครับ",
    "مرحبا بالعالم؟ ",
    "नमस्ते।",
    "क्ष",
    "\u{1112}\u{1161}\u{11AB}",
    "한국어 ",
    "https://example.com/path?query=1#x",
    "http://example.com",
    "HTTP://A.CO",
    "example.com",
    "www.example.com/a_(b)",
    "a.co",
    "https://ja.wikipedia.org/wiki/",
    "http://localhost:8/x",
    "://",
    "/a.com",
    "com",
    ".com",
    "me@example.com",
    "@name",
    "@a_b.c",
    "@",
    "@name/list",
    "rt",
    "#tag",
    "#a-b",
    "#東京",
    "#",
    "#1",
    "$TSLA",
    "$A.B",
    "$",
    "\u{212A}",
    "\u{37E}",
    "\u{FEFF}",
    "😀",
    "👍🏽",
    "👨\u{200D}👩\u{200D}👧\u{200D}👦",
    "👨\u{200D}👩\u{200D}👧\u{200D}👦\u{200D}👦",
    "❤\u{FE0F}",
    "🇩🇪",
    "🇦",
    "🇦🇦🇨",
    "1\u{FE0F}\u{20E3}",
    "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}",
    "\u{200D}",
    "©",
];

fn text() -> impl Strategy<Value = String> {
    let snippet = prop_oneof![
        8 => prop::sample::select(SNIPPETS).prop_map(str::to_owned),
        2 => "[a-zA-Z]{1,12}",
        2 => "[a-z]{1,9}[.!?,]? ",
        1 => "\\PC{1,4}",
        1 => any::<char>().prop_map(String::from),
        1 => "[a-z]{30,90}",
    ];
    prop::collection::vec(snippet, 0..160).prop_map(|snippets| snippets.concat())
}

fn rule() -> impl Strategy<Value = Rule> {
    let counting = prop_oneof![
        Just(Counting::X { limit: 280 }),
        (30..120_u32).prop_map(|limit| Counting::X { limit }),
        Just(Counting::Threads { limit: 500 }),
        (30..120_u32).prop_map(|limit| Counting::Threads { limit }),
    ];
    let numbering = prop::option::of(Just(Numbering::IndexOfTotal));
    let most_parts = prop_oneof![Just(25_usize), Just(1000)];
    (counting, numbering, most_parts).prop_map(|(counting, numbering, most_parts)| Rule {
        counting,
        numbering,
        most_parts,
    })
}

fn is_accepted(part: &str, counting: Counting) -> bool {
    match counting {
        Counting::X { limit } => {
            x::text::measure_within(part, limit).weighted_length <= limit
                && x::text::cashtag_count(part) <= x::text::MAX_CASHTAGS
        }
        Counting::Threads { limit } => {
            threads::text::length(part) <= limit
                && threads::text::links(part) <= threads::text::MAX_LINKS
        }
    }
}

/// Takes the numbers off; fails if one is wrong.
fn without_numbers(parts: &[String], rule: &Rule) -> Vec<String> {
    if rule.numbering.is_none() {
        return parts.to_vec();
    }
    let total = parts.len();
    let unnumbered = parts.iter().enumerate().map(|(index, part)| {
        let number = format!(" ({}/{total})", index + 1);
        let text = part.strip_suffix(&number);
        text.unwrap_or_else(|| panic!("{part:?} lacks {number:?}"))
            .to_owned()
    });
    unnumbered.collect()
}

/// Where each part lies in the text; fails if anything but white space is between them.
fn places(text: &str, parts: &[String]) -> Vec<(usize, usize)> {
    let mut at = 0;
    let skip = |at: usize, part: &str| {
        // A part may begin with a mark that stands on a space, so the space is not skipped then.
        let rest = &text[at..];
        let spaces = rest.char_indices().take_while(|(_, c)| c.is_whitespace());
        let starts = spaces.map(|(len, c)| len + c.len_utf8());
        std::iter::once(0)
            .chain(starts)
            .find(|&len| rest[len..].starts_with(part))
            .map(|len| at + len)
    };
    let mut places = Vec::new();
    for part in parts {
        let start = skip(at, part).unwrap_or_else(|| panic!("{part:?} is not next at {at}"));
        at = start + part.len();
        places.push((start, at));
    }
    assert!(
        text[at..].chars().all(char::is_whitespace),
        "{:?} is lost",
        &text[at..]
    );
    places
}

/// Fails if the text must not be cut at this place.
fn check_cut(text: &str, counted: &str, at: usize, counting: Counting) {
    assert!(
        text.grapheme_indices(true).any(|(start, _)| start == at),
        "cut within a grapheme cluster at {at}"
    );
    let place = match counting {
        Counting::Threads { .. } => at,
        Counting::X { .. } => text[..at].nfc().map(char::len_utf8).sum(),
    };
    let within = |start: usize, end: usize| start < place && place < end;
    for entity in x::text::entities(counted) {
        assert!(
            !within(entity.range.start, entity.range.end),
            "cut within {:?} at {at}",
            &counted[entity.range]
        );
    }
    if let Counting::X { .. } = counting {
        for unit in x::text::units(counted) {
            assert!(
                !within(unit.range.start, unit.range.end),
                "cut within {:?} at {at}",
                &counted[unit.range]
            );
        }
    }
    let before = text[..at].rsplit(|c: char| !c.is_ascii_graphic()).next();
    let after = text[at..].chars().next();
    if let Some(run) = before
        && after.is_some_and(|c| c.is_ascii_alphanumeric() || c == '/')
        && let Some(scheme) = run.rfind("://")
        && run[scheme + 3..]
            .bytes()
            .all(|c| c.is_ascii_alphanumeric() || b"/.?=-:".contains(&c))
        && run[..scheme].to_ascii_lowercase().ends_with("http")
    {
        panic!("cut within the address {run:?} at {at}");
    }
}

fn check(text: &str, rule: &Rule) {
    let result = split(text, rule);
    assert_eq!(
        result,
        split(text, rule),
        "the same text gives the same parts"
    );
    let parts = match result {
        Ok(parts) => parts,
        Err(obstacle) => {
            assert!(text.is_char_boundary(obstacle.at));
            match obstacle.what {
                Obstacle::TooManyParts { parts } => assert!(parts > rule.most_parts),
                Obstacle::Blank => assert!(text.trim().is_empty()),
                _ => assert!(text[obstacle.at..].chars().next().is_some()),
            }
            return;
        }
    };
    assert!(parts.len() <= rule.most_parts);
    for part in &parts {
        assert!(is_accepted(part, rule.counting), "too long: {part:?}");
    }
    if is_accepted(text, rule.counting) && parts.len() == 1 {
        assert_eq!(parts, [text]);
        return;
    }
    let parts = match &parts[..] {
        [_] => parts,
        _ => without_numbers(&parts, rule),
    };
    let counted = match rule.counting {
        Counting::X { .. } => x::text::normalize(text).into_owned(),
        Counting::Threads { .. } => text.to_owned(),
    };
    let places = places(text, &parts);
    for (part, &(start, end)) in parts.iter().zip(&places) {
        assert!(!part.trim().is_empty(), "an empty part");
        check_cut_if_inside(text, &counted, start, rule.counting);
        check_cut_if_inside(text, &counted, end, rule.counting);
    }
}

fn check_cut_if_inside(text: &str, counted: &str, at: usize, counting: Counting) {
    if 0 < at && at < text.len() {
        check_cut(text, counted, at, counting);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parts_fit_and_hold_the_whole_text_uncut_where_it_must_not_be_cut(
        text in text(),
        rule in rule(),
    ) {
        check(&text, &rule);
    }

    #[test]
    fn plain_words_can_always_be_cut(
        text in "([a-zäöü]{1,40}[,.]?[ \n]){1,200}",
        mut rule in rule(),
    ) {
        rule.most_parts = 1000;
        check(&text, &rule);
        prop_assert!(split(&text, &rule).is_ok());
    }
}
