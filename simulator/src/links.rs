//! Links in a text, with and without `http://`. An own small reading of the
//! platforms' rules: enough for counting, not a parser of addresses.

use std::ops::Range;

/// Endings that make a bare word a link beyond doubt. The platforms know all
/// of them; a test that needs a rare one writes `https://`.
const ENDINGS: &[&str] = &[
    "com", "org", "net", "edu", "gov", "mil", "int", "info", "biz", "name", "pro", "io", "dev",
    "app", "co", "me", "ai", "tv", "fm", "ly", "gg", "sh", "so", "to", "xyz", "blog", "shop",
    "site", "online", "store", "tech", "cloud", "page", "news", "live", "social", "de", "uk", "us",
    "ca", "fr", "es", "it", "nl", "be", "ch", "at", "se", "no", "dk", "fi", "pl", "pt", "ie", "eu",
    "jp", "cn", "kr", "in", "au", "nz", "br", "mx", "ru", "ua", "cz", "gr", "tr", "vn", "id", "sg",
    "hk", "tw", "th", "za",
];

/// The byte ranges of the links, in order.
pub(crate) fn find(text: &str) -> Vec<Range<usize>> {
    let mut links = Vec::new();
    let mut at = 0;
    while at < text.len() {
        match link_at(text, at) {
            Some(end) => {
                links.push(at..end);
                at = end;
            }
            None => at += text[at..].chars().next().map_or(1, char::len_utf8),
        }
    }
    links
}

fn link_at(text: &str, start: usize) -> Option<usize> {
    let before = text[..start].chars().next_back();
    let rest = &text[start..];
    let scheme = ["https://", "http://"].into_iter().find(|scheme| {
        rest.get(..scheme.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(scheme))
    });
    let bare = scheme.is_none();
    let joined = before.is_some_and(|c| {
        c.is_ascii_alphanumeric() || (bare && matches!(c, '@' | '#' | '$' | '.' | '-' | '_' | '/'))
    });
    if joined {
        return None;
    }
    let host_start = start + scheme.map_or(0, str::len);
    let host = host(&text[host_start..], bare)?;
    let host_end = host_start + host;
    // `ann@example.com` is an address of another kind.
    if bare && text[host_end..].starts_with('@') {
        return None;
    }
    Some(host_end + path(&text[host_end..]))
}

/// The length of the host that `text` begins with.
fn host(text: &str, bare: bool) -> Option<usize> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-')));
    let word = text[..end.unwrap_or(text.len())].trim_end_matches(['.', '-']);
    let (front, ending) = word.rsplit_once('.')?;
    let well_formed = front.split('.').all(|label| !label.is_empty());
    let known = if bare {
        ENDINGS
            .iter()
            .any(|known| known.eq_ignore_ascii_case(ending))
    } else {
        ending.len() >= 2 && ending.bytes().all(|byte| byte.is_ascii_alphabetic())
    };
    (well_formed && known).then_some(word.len())
}

/// The length of the port, path and query that follow a host.
fn path(text: &str) -> usize {
    let port = match text.strip_prefix(':') {
        Some(rest) => {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            if digits == 0 { 0 } else { digits + 1 }
        }
        None => 0,
    };
    let rest = &text[port..];
    if !rest.starts_with(['/', '?', '#']) {
        return port;
    }
    let end = rest.find(|c: char| {
        c.is_whitespace() || (!c.is_ascii() && !c.is_alphanumeric()) || matches!(c, '<' | '>' | '"')
    });
    let taken = &rest[..end.unwrap_or(rest.len())];
    let taken = taken.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', ')', ']', '…']);
    port + taken.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<_> = find(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, expected, "of {text:?}");
    }

    #[test]
    fn links_are_found_with_and_without_a_scheme() {
        check(
            "see https://example.com/a?b=c#d, ok",
            &["https://example.com/a?b=c#d"],
        );
        check(
            "example.com and www.x.com/i.",
            &["example.com", "www.x.com/i"],
        );
        check("(http://a.example:8080/x)", &["http://a.example:8080/x"]);
        check("日本https://t.co/1日本", &["https://t.co/1日本"]);
    }

    #[test]
    fn other_dotted_words_are_no_links() {
        check("v1.2.3 and file.txt, e.g. this", &[]);
        check("ann@example.com @bob.com", &[]);
        check("https://localhost http://", &[]);
    }
}
