//! Emoji sequences: which characters together are one emoji.
//!
//! The sequences are those of Unicode 17 which are recommended for interchange, fully or minimally
//! qualified; single characters follow the Unicode version of `unicode-properties`. The JavaScript
//! reference knows Unicode 11 only and counts a newer joined sequence by its parts; which one X's
//! server follows is unknown (x.md 5.3). Here a recommended sequence is one emoji, and whatever is
//! not recommended (unknown joins, unqualified joins, invalid flags) counts by its parts, which is
//! more.

use std::collections::HashSet;
use std::sync::LazyLock;

use unicode_properties::{EmojiStatus, UnicodeEmoji};

const JOINER: char = '\u{200D}';
const EMOJI_STYLE: char = '\u{FE0F}';
const TEXT_STYLE: char = '\u{FE0E}';
const KEYCAP: char = '\u{20E3}';

/// The flags of England, Scotland and Wales: the only tag sequences recommended for interchange.
const TAG_FLAGS: [&str; 3] = [
    "\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}",
    "\u{1F3F4}\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}",
    "\u{1F3F4}\u{E0067}\u{E0062}\u{E0077}\u{E006C}\u{E0073}\u{E007F}",
];

/// No recommended sequence joins more (kiss and family have four).
const MOST_JOINED: usize = 4;

/// Flags as two regional indicators.
static FLAGS: LazyLock<HashSet<[char; 2]>> = LazyLock::new(|| {
    let indicator = |letter: u8| char::from_u32(0x1F1E6 + u32::from(letter - b'A'));
    data(include_str!("emoji_flags.txt"))
        .filter_map(|region| match region.as_bytes() {
            &[first, second] => Some([indicator(first)?, indicator(second)?]),
            _ => None,
        })
        .collect()
});

/// Joined sequences, without U+FE0F.
static JOINED: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let tones: Vec<String> = ('\u{1F3FB}'..='\u{1F3FF}').map(String::from).collect();
    let mut all = HashSet::new();
    for line in data(include_str!("emoji_zwj.txt")) {
        let pattern = line.replace(' ', "\u{200D}");
        for first in &tones {
            for second in tones.iter().filter(|&second| second != first) {
                // Only the first `T` takes the first tone, so that `T…T` gives every pair.
                let toned = pattern.replacen('T', first, 1).replace('D', second);
                all.insert(toned.replace('T', first));
                all.insert(toned.replace('T', second));
            }
        }
    }
    all
});

fn data(file: &'static str) -> impl Iterator<Item = &'static str> {
    file.lines().filter(|line| !line.starts_with('#'))
}

/// The length in bytes of the emoji at the beginning of `text`; `None` if there is none.
pub(super) fn emoji_len(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    if first.is_ascii() {
        return keycap_len(text, first);
    }
    if !first.is_emoji_char() {
        return None;
    }
    if let Some(flag) = TAG_FLAGS.iter().find(|flag| text.starts_with(**flag)) {
        return Some(flag.len());
    }
    if is_regional_indicator(first) {
        let second = text
            .chars()
            .nth(1)
            .filter(|&second| FLAGS.contains(&[first, second]));
        return Some(first.len_utf8() + second.map_or(0, char::len_utf8));
    }
    let element = Element::read(text)?;
    Some(joined_len(text, &element).unwrap_or(element.len))
}

fn keycap_len(text: &str, first: char) -> Option<usize> {
    if !(first.is_ascii_digit() || matches!(first, '#' | '*')) {
        return None;
    }
    let rest = &text[1..];
    let styled = rest.strip_prefix(EMOJI_STYLE).unwrap_or(rest);
    styled
        .starts_with(KEYCAP)
        .then(|| text.len() - styled.len() + KEYCAP.len_utf8())
}

/// The longest recommended joined sequence which begins with the element `first`.
fn joined_len(text: &str, first: &Element) -> Option<usize> {
    if !first.is_qualified || !text[first.len..].starts_with(JOINER) {
        return None;
    }
    let mut key = String::with_capacity(64);
    first.push_to(&mut key);
    let mut len = first.len;
    let mut longest = None;
    for _ in 1..MOST_JOINED {
        let Some(next) = text[len..].strip_prefix(JOINER).and_then(Element::read) else {
            break;
        };
        len += JOINER.len_utf8() + next.len;
        key.push(JOINER);
        next.push_to(&mut key);
        if JOINED.contains(&key) {
            longest = Some(len);
        }
    }
    longest
}

/// One emoji character with its style and skin tone.
struct Element {
    base: char,
    tone: Option<char>,
    len: usize,
    /// Shown as an emoji of its own accord, by U+FE0F, or by a skin tone.
    is_qualified: bool,
}

impl Element {
    fn read(text: &str) -> Option<Self> {
        let mut chars = text.chars().peekable();
        let base = chars
            .next()
            .filter(|c| !c.is_ascii() && c.is_emoji_char())?;
        let status = base.emoji_status();
        let mut len = base.len_utf8();
        if chars.peek() == Some(&TEXT_STYLE) {
            return None;
        }
        let styled = takes_style(base) && chars.next_if_eq(&EMOJI_STYLE).is_some();
        if styled {
            len += EMOJI_STYLE.len_utf8();
        }
        let takes_tone = matches!(
            status,
            EmojiStatus::EmojiModifierBase | EmojiStatus::EmojiPresentationAndModifierBase
        );
        let tone = chars.next_if(|&c| takes_tone && matches!(c, '\u{1F3FB}'..='\u{1F3FF}'));
        len += tone.map_or(0, char::len_utf8);
        Some(Self {
            base,
            tone,
            len,
            is_qualified: styled || tone.is_some() || !is_text_by_default(base),
        })
    }

    fn push_to(&self, key: &mut String) {
        key.push(self.base);
        key.extend(self.tone);
    }
}

/// U+FE0F after this character is a part of the emoji: so for characters that are text by default,
/// and for those few emoji to which keyboards add it all the same. After others it counts apart,
/// as in the reference.
fn takes_style(c: char) -> bool {
    is_text_by_default(c)
        || matches!(
            c,
            '\u{231A}' | '\u{231B}' | '\u{25FD}' | '\u{25FE}' | '\u{2614}' | '\u{2615}' | '\u{2648}'
                ..='\u{2653}'
                    | '\u{267F}'
                    | '\u{2693}'
                    | '\u{26A1}'
                    | '\u{26AA}'
                    | '\u{26AB}'
                    | '\u{26BD}'
                    | '\u{26BE}'
                    | '\u{26C4}'
                    | '\u{26C5}'
                    | '\u{26D4}'
                    | '\u{26EA}'
                    | '\u{26F2}'
                    | '\u{26F3}'
                    | '\u{26F5}'
                    | '\u{26FA}'
                    | '\u{26FD}'
                    | '\u{2757}'
                    | '\u{2B1B}'
                    | '\u{2B1C}'
                    | '\u{2B50}'
                    | '\u{2B55}'
                    | '\u{1F004}'
                    | '\u{1F21A}'
                    | '\u{1F22F}'
        )
}

fn is_text_by_default(c: char) -> bool {
    matches!(
        c.emoji_status(),
        EmojiStatus::EmojiOther
            | EmojiStatus::EmojiModifierBase
            | EmojiStatus::EmojiOtherAndEmojiComponent
    )
}

fn is_regional_indicator(c: char) -> bool {
    matches!(c, '\u{1F1E6}'..='\u{1F1FF}')
}
