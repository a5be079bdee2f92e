//! The length of a post and its links as Threads counts them (threads.md 4.1, 4.2).

use std::collections::HashSet;

use unicode_properties::{EmojiStatus, UnicodeEmoji};

use crate::x::text::{EntityKind, entities};

/// The longest post, by the count of [`length`] (threads.md 4.2).
pub const LIMIT: u32 = 500;

/// More different links in one post are refused (threads.md 4.1).
pub const MAX_LINKS: u32 = 5;

/// The length of a text: an emoji counts as its UTF-8 bytes, any other character as 1 (threads.md
/// 4.2). The text is not normalized.
///
/// The documentation does not say what an emoji is at its edges. Every character with Unicode's
/// property Emoji except ASCII counts by its bytes, and so do the joiners, variation selectors, skin tones,
/// keycaps and tags that follow one, recommended sequence or not: the larger count.
#[must_use]
pub fn length(text: &str) -> u32 {
    let mut length = 0;
    let mut in_emoji = false;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        in_emoji = if c.is_ascii() {
            begins_keycap(c, chars.as_str())
        } else {
            c.is_emoji_char() || (in_emoji && continues_emoji(c))
        };
        length += if in_emoji { c.len_utf8() } else { 1 };
    }
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn begins_keycap(c: char, rest: &str) -> bool {
    (c.is_ascii_digit() || matches!(c, '#' | '*'))
        && rest
            .strip_prefix('\u{FE0F}')
            .unwrap_or(rest)
            .starts_with('\u{20E3}')
}

/// U+200D, U+FE0F, U+20E3 and tags.
fn continues_emoji(c: char) -> bool {
    c.emoji_status() == EmojiStatus::NonEmojiButEmojiComponent
}

/// The number of different links: URLs with protocol, and hosts that begin with `www.`; equal ones
/// count once (threads.md 4.1). Other bare domains are left out, as the documentation does not
/// name them and `main.rs` is one. Where a URL ends is judged by the rules of twitter-text.
#[must_use]
pub fn links(text: &str) -> u32 {
    let urls = entities(text)
        .into_iter()
        .filter(|entity| entity.kind == EntityKind::Url);
    let links: HashSet<&str> = urls
        .map(|entity| &text[entity.range])
        .filter(|url| is_link(url))
        .collect();
    u32::try_from(links.len()).unwrap_or(u32::MAX)
}

fn is_link(url: &str) -> bool {
    let begins = |prefix: &str| {
        url.get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    begins("http://") || begins("https://") || begins("www.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emoji_count_as_their_bytes_and_anything_else_as_one() {
        for (text, expected) in [
            ("", 0),
            ("hello", 5),
            ("héllo", 5),
            ("故人西辞", 4),
            ("1 # *", 5),
            ("😀", 4),
            ("☺\u{FE0F}", 6),
            ("❤", 3),
            ("👍🏽", 8),
            ("🇩🇪🇩🇪", 16),
            ("👨\u{200D}👩\u{200D}👧\u{200D}👦", 25),
            ("1\u{FE0F}\u{20E3}", 7),
            ("1\u{20E3}", 4),
            (
                "\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}",
                28,
            ),
            ("क्\u{200D}ष", 4),
            ("a\u{FE0F}", 2),
            ("©™", 5),
        ] {
            assert_eq!(length(text), expected, "{text}");
        }
    }

    #[test]
    fn five_hundred_chinese_characters_fit() {
        assert_eq!(length(&"故".repeat(500)), LIMIT);
    }

    #[test]
    fn equal_links_count_once_and_www_needs_no_protocol() {
        for (text, expected) in [
            ("no link", 0),
            ("https://a.com https://a.com", 1),
            ("https://a.com www.a.com WWW.b.com HTTP://c.com/x", 4),
            ("https://a.com/x, https://a.com/x. (https://a.com/x)", 1),
            ("https://a.com/1 https://a.com/2", 2),
            ("src/main.rs and lib.rs and a.com", 0),
        ] {
            assert_eq!(links(text), expected, "{text}");
        }
    }
}
