//! What holds for every text, judged by the platforms' own counting and by a look at the text that
//! does not use the splitter's pieces.

use std::collections::HashSet;
use std::ops::Range;

use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use super::{Counting, Numbering, Obstacle, Rule, split};
use crate::{threads, x};

/// What texts are put together from: everything that must not be cut, and every kind of place
/// where they may be cut.
#[rustfmt::skip]
const SNIPPETS: &[&str] = &[
    " ", " ", " ", "  ", "\n", "\n\n", "\r\n\r\n", "\n \n", "\t", "\u{A0}", "\u{3000}", "\u{200B}",
    "a", "word", "Straße", "naïve", "e\u{301}tude", "x\u{301}\u{302}\u{303}", " \u{301}", "\u{301}",
    ".", "!", "?", "…", "...", "。", "！？", "」", ")", "(", "\"", "”", "„", "'", ",", "-", "/", "_",
    "This is a sentence. ", "So ist es z. B. auch. ", "これは文です。", "東京タワー", "「はい」", "สวัสดีครับ",
    "مرحبا بالعالم؟ ", "नमस्ते।", "क्ष", "\u{1112}\u{1161}\u{11AB}", "한국어 ",
    "https://example.com/path?query=1#x", "http://example.com", "HTTP://A.CO", "example.com",
    "www.example.com/a_(b)", "a.co", "https://ja.wikipedia.org/wiki/", "http://localhost:8/x",
    "://", "/a.com", "com", ".com", "me@example.com", "@name", "@a_b.c", "@", "@name/list", "rt",
    "#tag", "#a-b", "#東京", "#", "#1", "$TSLA", "$A.B", "$", "\u{212A}", "\u{37E}", "\u{FEFF}", "😀",
    "👍🏽", "👨\u{200D}👩\u{200D}👧\u{200D}👦", "👨\u{200D}👩\u{200D}👧\u{200D}👦\u{200D}👦", "❤\u{FE0F}",
    "🇩🇪", "🇦", "🇦🇦🇨", "1\u{FE0F}\u{20E3}",
    "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}", "\u{200D}", "©",
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

/// Where a text must not be cut.
struct Whole<'a> {
    text: &'a str,
    graphemes: HashSet<usize>,
    /// Links, mentions, tags and emoji, in the text as it is counted.
    ranges: Vec<Range<usize>>,
    is_normalized: bool,
}

impl<'a> Whole<'a> {
    fn of(text: &'a str, counting: Counting) -> Self {
        let is_normalized = matches!(counting, Counting::X { .. });
        let counted: String = if is_normalized {
            text.nfc().collect()
        } else {
            text.to_owned()
        };
        let entities = x::text::entities(&counted).into_iter();
        let mut ranges: Vec<_> = entities.map(|entity| entity.range).collect();
        if is_normalized {
            ranges.extend(x::text::units(&counted).into_iter().map(|unit| unit.range));
        }
        Self {
            text,
            graphemes: text.grapheme_indices(true).map(|(at, _)| at).collect(),
            ranges,
            is_normalized,
        }
    }

    fn check_cut(&self, at: usize) {
        let (before, after) = self.text.split_at(at);
        if before.is_empty() || after.is_empty() {
            return;
        }
        assert!(self.graphemes.contains(&at), "cut within a cluster at {at}");
        let place = if self.is_normalized {
            before.nfc().map(char::len_utf8).sum()
        } else {
            at
        };
        let cut = self
            .ranges
            .iter()
            .find(|range| range.start < place && place < range.end);
        assert!(cut.is_none(), "cut within {cut:?} at {at}");
        // Also within an address that X does not see: `http://`, then the plainest of characters.
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "/.?=-:".contains(c);
        let run = before.trim_end_matches(is_plain).len();
        let next = if self.is_normalized {
            after.nfc().next()
        } else {
            after.chars().next()
        };
        let goes_on = next.is_some_and(is_plain);
        let address = before[run..]
            .find("://")
            .map(|colon| &before[..run + colon]);
        let is_web = address.is_some_and(|scheme| {
            let scheme = scheme.to_ascii_lowercase();
            scheme.ends_with("http") || scheme.ends_with("https")
        });
        let is_next_link = self
            .ranges
            .iter()
            .any(|range| range.start == place && range.len() > 1);
        assert!(
            !(is_web && goes_on) || is_next_link,
            "cut within an address at {at}"
        );
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
    let whole = Whole::of(text, rule.counting);
    for (part, (start, end)) in parts.iter().zip(places(text, &parts)) {
        assert!(!part.trim().is_empty(), "an empty part");
        whole.check_cut(start);
        whole.check_cut(end);
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
        text in "([a-zäöü]{1,40}[,.]?[ \n]){1,100}",
        mut rule in rule(),
    ) {
        rule.most_parts = 1000;
        check(&text, &rule);
        prop_assert!(split(&text, &rule).is_ok());
    }
}
