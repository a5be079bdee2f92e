//! What Threads reads in a text.

use std::collections::BTreeSet;

use crate::{emoji, links};

/// The length in the unit of the limit of 500: a character is one, an emoji
/// as many as its UTF-8 bytes (threads.md 4.2).
pub(crate) fn length(text: &str) -> usize {
    let (mut rest, mut length) = (text, 0);
    while let Some(first) = rest.chars().next() {
        let emoji = emoji::leading(rest);
        length += emoji.max(1);
        rest = &rest[if emoji == 0 { first.len_utf8() } else { emoji }..];
    }
    length
}

/// How many different links there are, the attachment included (threads.md 4.1).
pub(crate) fn unique_links(text: &str, attachment: Option<&str>) -> usize {
    let found = links::find(text);
    let in_text = found.into_iter().map(|range| &text[range]);
    in_text.chain(attachment).collect::<BTreeSet<_>>().len()
}

pub(crate) fn has_link(text: &str) -> bool {
    !links::find(text).is_empty()
}

/// The first valid `#tag` and where its `#` stands. A number alone is no tag.
pub(crate) fn topic_tag(text: &str) -> Option<(usize, &str)> {
    let mut starts = text
        .char_indices()
        .filter(|&(_, c)| c == '#')
        .map(|(at, _)| at);
    starts.find_map(|at| {
        let joined = text[..at]
            .chars()
            .next_back()
            .is_some_and(|c| !c.is_whitespace());
        let rest = &text[at + 1..];
        let end = rest.find([' ', '\t', '\n', '.', '&', '@', '!', '?', ',', ';', ':', '#']);
        let tag = &rest[..end.unwrap_or(rest.len())];
        let number = tag.bytes().all(|byte| byte.is_ascii_digit());
        (!joined && !number && tag.chars().count() <= 50).then_some((at, tag))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emoji_counts_its_bytes_and_everything_else_counts_one() {
        assert_eq!(length("hello"), 5);
        assert_eq!(length("日本語"), 3);
        assert_eq!(length("👍"), 4);
        assert_eq!(length("a👍🏽b"), 10);
    }

    #[test]
    fn equal_links_count_once() {
        let text = "https://a.example/1 https://a.example/1 www.x.com";
        assert_eq!(unique_links(text, Some("https://a.example/2")), 3);
    }

    #[test]
    fn the_first_tag_is_the_topic_and_a_number_is_none() {
        assert_eq!(topic_tag("#1 then #rust! and #go"), Some((8, "rust")));
        assert_eq!(topic_tag("no tag, c#sharp"), None);
    }
}
