//! What must not be cut, apart from grapheme clusters and emoji.

use std::collections::HashMap;
use std::ops::Range;

use super::Counting;
use super::unsplittable::Obstacle;
use crate::x::text::{Entity, EntityKind, entities};

/// Threads' longest topic tag, in characters (threads.md 4.1, `topic_tag`).
const LONGEST_TOPIC: usize = 50;

/// Threads' longest user name, in characters: that of Instagram.
const LONGEST_NAME: usize = 30;

/// A part of a text that must stay whole.
pub(super) struct Span {
    /// In bytes.
    pub(super) range: Range<usize>,
    pub(super) what: Obstacle,
    /// Set if a part may hold only so many different ones of it: links on Threads, cashtags on X.
    /// Equal numbers mean the same one.
    pub(super) mark: Option<usize>,
}

/// The spans of a text in the form in which the platform counts it, ascending by their start. They
/// may overlap.
///
/// These are what X would link, and to be safe also what it would not, on either platform: any
/// `http://` or `https://` with the characters of a URI (RFC 3986) after it, names with dots, and
/// tags as Threads reads them.
pub(super) fn spans(text: &str, counting: Counting) -> Vec<Span> {
    let entities = entities(text);
    let mut spans: Vec<Span> = addresses(text, &entities);
    spans.extend(names(text));
    spans.extend(topics(text));
    let mut seen = HashMap::new();
    spans.extend(entities.into_iter().map(|entity| {
        let written = &text[entity.range.clone()];
        let next = seen.len();
        let mark = match (counting, entity.kind) {
            (Counting::Threads { .. }, EntityKind::Url) if is_threads_link(written) => {
                Some(*seen.entry(written).or_insert(next))
            }
            (Counting::X { .. }, EntityKind::Cashtag) => Some(entity.range.start),
            _ => None,
        };
        Span {
            range: entity.range,
            what: obstacle(entity.kind),
            mark,
        }
    }));
    spans.sort_by_key(|span| span.range.start);
    spans
}

fn obstacle(kind: EntityKind) -> Obstacle {
    match kind {
        EntityKind::Url => Obstacle::Link,
        EntityKind::Mention | EntityKind::List => Obstacle::Mention,
        EntityKind::Hashtag => Obstacle::Hashtag,
        EntityKind::Cashtag => Obstacle::Cashtag,
    }
}

/// As `threads::text::links` counts them.
fn is_threads_link(url: &str) -> bool {
    ["http://", "https://", "www."]
        .iter()
        .any(|prefix| begins(url, prefix))
}

fn begins(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// `http://` and `https://` with what follows.
fn addresses(text: &str, entities: &[Entity]) -> Vec<Span> {
    let is_link = |at: usize| {
        entities
            .binary_search_by_key(&at, |entity| entity.range.start)
            .is_ok_and(|index| entities[index].kind == EntityKind::Url)
    };
    let mut found: Vec<Span> = Vec::new();
    for (colon, _) in text.match_indices("://") {
        let scheme = ["https", "http"].iter().find_map(|scheme| {
            let start = colon.checked_sub(scheme.len())?;
            begins(text.get(start..)?, scheme).then_some(start)
        });
        let Some(start) = scheme else { continue };
        match found.last_mut() {
            Some(last) if start < last.range.end => {
                // In `https://a.com,https://b.com` X sees two links; where it does not see the
                // first, the second may be a part of it.
                if !(is_link(last.range.start) && is_link(start)) {
                    continue;
                }
                let end = std::mem::replace(&mut last.range.end, start);
                found.push(span(start..end, Obstacle::Link));
            }
            _ => {
                let after = colon + "://".len();
                let len = text[after..].bytes().take_while(|&c| is_uri(c)).count();
                found.push(span(start..after + len, Obstacle::Link));
            }
        }
    }
    found
}

fn is_uri(c: u8) -> bool {
    c.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&c)
}

/// `@name`, which on Threads may have dots. Not the end of a mail address.
fn names(text: &str) -> impl Iterator<Item = Span> {
    text.match_indices('@').filter_map(|(at, sign)| {
        let before = text.as_bytes()[..at].last();
        if before.is_some_and(|&c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'@' | b'.')) {
            return None;
        }
        let name = at + sign.len();
        let written = text[name..]
            .bytes()
            .take(LONGEST_NAME)
            .take_while(|&c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'.'))
            .count();
        let len = text[name..name + written].trim_end_matches('.').len();
        (len > 0).then(|| span(at..name + len, Obstacle::Mention))
    })
}

/// `#tag` as Threads reads it: up to white space or one of a few signs (threads.md 4.1). One that
/// is longer than a topic may be is none.
fn topics(text: &str) -> impl Iterator<Item = Span> {
    text.match_indices('#').filter_map(|(at, sign)| {
        let word = at + sign.len();
        let written = text[word..]
            .chars()
            .take(LONGEST_TOPIC + 1)
            .take_while(|&c| !(c.is_whitespace() || ".&@!?,;:#".contains(c)));
        let (count, len) = written.fold((0, 0), |(count, len), c| (count + 1, len + c.len_utf8()));
        (1..=LONGEST_TOPIC)
            .contains(&count)
            .then(|| span(at..word + len, Obstacle::Hashtag))
    })
}

fn span(range: Range<usize>, what: Obstacle) -> Span {
    Span {
        range,
        what,
        mark: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(found: impl IntoIterator<Item = Span>, text: &str, expected: &[&str]) {
        let found: Vec<&str> = found.into_iter().map(|span| &text[span.range]).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn an_address_has_all_characters_of_a_uri() {
        for (text, expected) in [
            (
                "see http://localhost:80/a?b=c#d, ok",
                &["http://localhost:80/a?b=c#d,"][..],
            ),
            ("HTTPS://A.example/x", &["HTTPS://A.example/x"]),
            ("https://a.comだよ", &["https://a.com"]),
            ("ftp://a.com http:// x", &["http://"]),
            (
                "https://a.com,https://b.com",
                &["https://a.com,", "https://b.com"],
            ),
            (
                "http://here/?to=https://b.com",
                &["http://here/?to=https://b.com"],
            ),
            (
                "https://a.com/?to=https://b.com",
                &["https://a.com/?to=https://b.com"],
            ),
        ] {
            check(addresses(text, &entities(text)), text, expected);
        }
    }

    #[test]
    fn a_name_may_have_dots_and_a_mail_address_is_none() {
        let text = "@a.b. (@c_d) me@example.com @@x 東@y";
        check(names(text), text, &["@a.b", "@c_d", "@y"]);
    }

    #[test]
    fn a_topic_ends_as_on_threads() {
        let text = "#a-b, #c#d #東京-駅 # x";
        check(topics(text), text, &["#a-b", "#c", "#d", "#東京-駅"]);
        check(topics(&"#".repeat(9)), "", &[]);
        check(topics(&format!("#{}", "a".repeat(51))), "", &[]);
    }
}
