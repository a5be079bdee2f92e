//! What X reads in a text (x.md 5.1): an own, coarse counter. It is meant to
//! refuse what is clearly too long, not to settle disputes about one sign.

use unicode_normalization::UnicodeNormalization;

use crate::{emoji, links};

/// The weighted length: 280 is the limit without Premium.
pub(crate) fn weighted_length(text: &str) -> usize {
    let text: String = text.nfc().collect();
    let mut links = links::find(&text).into_iter().peekable();
    let (mut at, mut weight) = (0, 0);
    while let Some(first) = text[at..].chars().next() {
        let emoji = emoji::leading(&text[at..]);
        if let Some(link) = links.next_if(|link| link.start == at) {
            weight += 23;
            at = link.end;
        } else if emoji > 0 {
            weight += 2;
            at += emoji;
        } else {
            weight += if is_light(first) { 1 } else { 2 };
            at += first.len_utf8();
        }
    }
    weight
}

/// The ranges of weight 100 of config v3.
fn is_light(c: char) -> bool {
    matches!(u32::from(c), 0..=4_351 | 8_192..=8_205 | 8_208..=8_223 | 8_242..=8_247)
}

/// `$ABC` at the edge of a word.
pub(crate) fn cashtags(text: &str) -> usize {
    let words =
        text.split(|c: char| c.is_whitespace() || matches!(c, ',' | '.' | '!' | '?' | '(' | ')'));
    words
        .filter_map(|word| word.strip_prefix('$'))
        .filter(|tag| {
            (1..=6).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphabetic())
        })
        .count()
}

/// Whether `@username` stands in the text as a word of its own.
pub(crate) fn mentions(text: &str, username: &str) -> bool {
    let parts = text.split('@').skip(1).map(|part| {
        let end = part.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        &part[..end.unwrap_or(part.len())]
    });
    parts
        .into_iter()
        .any(|name| name.eq_ignore_ascii_case(username))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: usize) {
        assert_eq!(weighted_length(text), expected, "of {text:?}");
    }

    #[test]
    fn links_weigh_23_and_wide_signs_2() {
        check("hello", 5);
        check("日本", 4);
        check(
            "https://example.com/a/very/long/path/that/goes/on/and/on",
            23,
        );
        check("see example.com now", 31);
        check("👨‍👩‍👧‍👦🇩🇪", 4);
        check("cafe\u{301}", 4);
        check("“quoted”", 8);
    }

    #[test]
    fn cashtags_and_mentions_are_words() {
        assert_eq!(cashtags("$TSLA, $AAPL and $5 or a$b"), 2);
        assert!(mentions("hi @Ann!", "ann"));
        assert!(!mentions("hi @anna", "ann"));
    }
}
