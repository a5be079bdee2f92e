//! The list of top-level domains, and where one ends.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::chars::is_host_char;

/// By first character, as that alone rules out most words of other scripts.
static TLDS: LazyLock<HashMap<char, HashSet<&'static str>>> = LazyLock::new(|| {
    let mut tlds: HashMap<char, HashSet<&str>> = HashMap::new();
    for tld in listed() {
        let first = tld.chars().next().unwrap_or_default();
        tlds.entry(first).or_default().insert(tld);
    }
    tlds
});

/// Longer than every entry of the list (`vermögensberatung` has 17 characters).
const LONGEST: usize = 24;

fn listed() -> impl Iterator<Item = &'static str> {
    include_str!("tlds.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
}

/// The end (in bytes) of the top-level domain which begins at `start`, if there is one.
///
/// A listed name must not run on into ASCII letters, digits, `@`, `+` or `-`, but may run on into
/// other scripts (`example.comだよ`). Of several the longest counts. `xn--…` always counts.
pub(super) fn tld_end(text: &str, start: usize) -> Option<usize> {
    let rest = &text[start..];
    listed_len(rest)
        .or_else(|| punycode_len(rest))
        .map(|len| start + len)
}

fn listed_len(rest: &str) -> Option<usize> {
    let first = rest.chars().next()?;
    let names = TLDS.get(&first.to_lowercase().next()?)?;
    let mut longest = None;
    let mut chars = rest.char_indices().take(LONGEST).peekable();
    while let Some((at, c)) = chars.next() {
        if c == '.' || !is_host_char(c) {
            break;
        }
        let runs_on = chars.peek().is_some_and(|&(_, next)| {
            next.is_ascii_alphanumeric() || matches!(next, '@' | '+' | '-')
        });
        let end = at + c.len_utf8();
        if !runs_on && names.contains(&*lowercase(&rest[..end])) {
            longest = Some(end);
        }
    }
    longest
}

fn lowercase(name: &str) -> Cow<'_, str> {
    if name.bytes().all(|c| c.is_ascii_lowercase()) {
        Cow::Borrowed(name)
    } else {
        Cow::Owned(name.to_lowercase())
    }
}

fn punycode_len(rest: &str) -> Option<usize> {
    let prefix = rest.get(..4)?;
    let body = rest[4..]
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .unwrap_or(rest.len() - 4);
    (prefix.eq_ignore_ascii_case("xn--") && body > 0).then_some(4 + body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(label: &str, expected: Option<&str>) {
        assert_eq!(
            tld_end(label, 0).map(|end| &label[..end]),
            expected,
            "{label}"
        );
    }

    #[test]
    fn the_list_is_sorted_and_complete() {
        assert!(listed().is_sorted());
        assert_eq!(listed().count(), 1574);
        assert!(listed().all(|tld| tld.chars().count() < LONGEST));
    }

    #[test]
    fn a_name_ends_before_other_scripts_but_not_before_ascii() {
        check("com", Some("com"));
        check("COM/x", Some("COM"));
        check("comだよ", Some("com"));
        check("com_x", Some("com"));
        check("com-x", None);
        check("comx", None);
        check("com@x", None);
        check("みんなです", Some("みんな"));
        check("みんなa", None);
        check("嘉里大酒店", Some("嘉里大酒店"));
        check("嘉里大", Some("嘉里"));
        check("РФ", Some("РФ"));
        check("vermögensberatung", Some("vermögensberatung"));
        check("", None);
    }

    #[test]
    fn any_punycode_name_is_a_top_level_domain() {
        check("xn--p1ai/", Some("xn--p1ai"));
        check("XN--P1AI", Some("XN--P1AI"));
        check("xn--", None);
    }
}
