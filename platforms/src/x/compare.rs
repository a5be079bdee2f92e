//! Whether a post read back is the one that was sent.

use super::unescape::unescape;
use crate::same::plain;

/// Stands for a short link that could not be expanded; no post contains it.
const ANY_LINK: char = '\0';

/// Whether `seen`, read from X, is `sent`. `seen` may still be escaped, or may not.
///
/// X escapes HTML, shortens links and gives those without a scheme one (x.md 2.2, 2.6). A short
/// link that could not be expanded stands for any link.
pub fn same_text(sent: &str, seen: &str) -> bool {
    let sent = comparable(sent);
    same(&sent, seen) || same(&sent, &unescape(seen))
}

fn same(sent: &str, seen: &str) -> bool {
    let pattern = with_any_links(seen);
    sent == comparable(seen)
        || (pattern.contains(ANY_LINK)
            // Where a link begins inside a word cannot be told here, nor which part is its host.
            && fits(&sent.to_lowercase(), &comparable(&pattern).to_lowercase()))
}

fn with_any_links(text: &str) -> String {
    let mut pieces = text.split("https://t.co/");
    let mut pattern = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        pattern.push(ANY_LINK);
        pattern.push_str(piece.trim_start_matches(|c: char| c.is_ascii_alphanumeric()));
    }
    pattern
}

/// The text without what X changes: schemes, the case of hosts, and slashes at the end of links.
fn comparable(text: &str) -> String {
    let words = plain(text);
    let words: Vec<String> = words.split(' ').map(comparable_word).collect();
    words.join(" ")
}

fn comparable_word(word: &str) -> String {
    if !word.contains('.') {
        return word.to_owned();
    }
    let word = without_schemes(word);
    let host_end = word.find('/').unwrap_or(word.len());
    let word = format!("{}{}", word[..host_end].to_lowercase(), &word[host_end..]);
    let mut chars = word.chars().peekable();
    let mut kept = String::with_capacity(word.len());
    while let Some(c) = chars.next() {
        let ends_link = chars
            .peek()
            .is_none_or(|next| ")]}>,.!;:\"'`".contains(*next));
        if c != '/' || !ends_link {
            kept.push(c);
        }
    }
    kept
}

fn without_schemes(word: &str) -> String {
    let mut rest = word;
    let mut kept = String::with_capacity(word.len());
    while let Some(c) = rest.chars().next() {
        let scheme = ["https://", "http://"].into_iter().find(|scheme| {
            rest.get(..scheme.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
        });
        let skipped = match scheme {
            Some(scheme) => scheme.len(),
            None => {
                kept.push(c);
                c.len_utf8()
            }
        };
        rest = &rest[skipped..];
    }
    kept
}

/// Whether `sent` is `pattern` with one or more characters other than a space in each place of
/// [`ANY_LINK`]. To end each link as early as possible is enough: it leaves the next one the most.
fn fits(sent: &str, pattern: &str) -> bool {
    let mut pieces = pattern.split(ANY_LINK);
    let Some(mut rest) = sent.strip_prefix(pieces.next().unwrap_or_default()) else {
        return false;
    };
    let mut pieces = pieces.peekable();
    while let Some(piece) = pieces.next() {
        let Some(first) = rest.chars().next() else {
            return false;
        };
        let from = first.len_utf8();
        let link_end = if pieces.peek().is_none() {
            let end = rest.len().checked_sub(piece.len());
            end.filter(|end| *end >= from && rest.ends_with(piece))
        } else {
            rest[from..].find(piece).map(|at| from + at)
        };
        let Some(link_end) = link_end.filter(|end| !rest[..*end].contains(' ')) else {
            return false;
        };
        rest = &rest[link_end + piece.len()..];
    }
    rest.is_empty()
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
        check("Mr. Smith", "Mr. smith", false);
    }

    #[test]
    fn white_space_unicode_form_and_escapes_do_not_matter() {
        check(" a\n\nb ", "a\nb", true);
        check("Cafe\u{301}", "Caf\u{e9}", true);
        check("a < b & c", "a &lt; b &amp; c", true);
        check("a < b & c", "a < b & c", true);
        check("write &amp; for &", "write &amp;amp; for &amp;", true);
        check("write &amp; for &", "write &amp; for &", true);
        check("write &amp;", "write &", false);
    }

    #[test]
    fn expanded_links_are_equal_to_those_written() {
        check("see example.com", "see http://example.com", true);
        check("see https://Example.com", "see https://example.com/", true);
        check("(example.com/a/)", "(http://example.com/a/)", true);
        check("example.com/?a=1&b=2", "http://example.com/?a=1&b=2", true);
        check("example.com/A", "http://example.com/a", false);
        check("example.com/a", "http://example.com/b", false);
        check(
            "見てhttps://example.com/x",
            "見てhttps://example.com/x",
            true,
        );
    }

    #[test]
    fn a_short_link_stands_for_any_link() {
        check("see example.com/a now", "see https://t.co/Ab12 now", true);
        check("see (example.com/a).", "see (https://t.co/Ab12).", true);
        check("a.com b.com", "https://t.co/1 https://t.co/2", true);
        check("a.com b.com", "https://t.co/1", false);
        check("see", "see https://t.co/Ab12", false);
        check("see example.com never", "see https://t.co/Ab12 now", false);
        check("Foo:example.com/A", "Foo:https://t.co/Ab12", true);
        check("https://t.co/Ab12", "https://t.co/Cd34", true);
        check("blogspot.co/a", "http://blogspot.co/b", false);
        check("a,b,c x", "https://t.co/1,https://t.co/2 x", true);
        check("a.com/ü", "https://t.co/1", true);
        check("ü a.com é", "ü https://t.co/1 é", true);
    }
}
