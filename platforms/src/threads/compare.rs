//! Whether a post read back is the one that was sent.

use crate::same::plain;

/// Whether `seen`, read from Threads, is `sent`.
///
/// The first valid `#tag` becomes the topic and may be shown without its `#` (threads.md 4.1);
/// white space and Unicode form may differ (threads.md 7.2).
pub fn same_text(sent: &str, seen: &str) -> bool {
    let sent = plain(sent);
    let seen = plain(seen);
    sent == seen || without_topic_sign(&sent).is_some_and(|sent| sent == seen)
}

/// The text without the `#` of its first valid tag.
fn without_topic_sign(text: &str) -> Option<String> {
    let sign = text.match_indices('#').map(|(at, _)| at).find(|&at| {
        let preceded_by_tag_character = text[..at].chars().next_back().is_some_and(in_tag);
        let tag = text[at + 1..].chars().take_while(|&c| in_tag(c));
        // `#1` is no tag.
        !preceded_by_tag_character && tag.clone().any(|c| !c.is_ascii_digit())
    })?;
    Some(format!("{}{}", &text[..sign], &text[sign + 1..]))
}

/// A tag ends before these (threads.md 4.1), and before the next one.
fn in_tag(c: char) -> bool {
    !c.is_whitespace() && !matches!(c, '.' | '&' | '@' | '!' | '?' | ',' | ';' | ':' | '#')
}

#[cfg(test)]
mod tests {
    use super::same_text;

    fn check(sent: &str, seen: &str, expected: bool) {
        assert_eq!(same_text(sent, seen), expected, "{sent:?} and {seen:?}");
    }

    #[test]
    fn the_same_text_is_the_same() {
        check("hello", "hello", true);
        check("hello", "hello!", false);
        check("Hello", "hello", false);
        check("", "", true);
    }

    #[test]
    fn white_space_and_unicode_form_do_not_matter() {
        check("  a\r\n\r\nb  ", "a\n\nb", true);
        check("Cafe\u{301}", "Caf\u{e9}", true);
        check("ab", "a b", false);
    }

    #[test]
    fn the_first_tag_may_have_lost_its_sign() {
        check("#rust is fun", "rust is fun", true);
        check("I like #rust and #tea", "I like rust and #tea", true);
        check("I like #rust and #tea", "I like #rust and tea", false);
        check("I like #rust and #tea", "I like #rust and #tea", true);
        check("#1 of #many", "#1 of many", true);
        check("#1 of #many", "1 of #many", false);
        check("C#sharp", "Csharp", false);
        check("## #ok", "## ok", true);
        check("a #日本語 b", "a 日本語 b", true);
    }
}
