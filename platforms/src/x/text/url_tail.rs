//! What follows the host of a URL: port, path and query.

use super::chars::is_accented_latin;

/// Where port, path and query end (bytes), and whether there is a path.
pub(super) struct Tail {
    pub(super) end: usize,
    pub(super) has_path: bool,
}

/// Reads port, path and query after a host that ends at `host_end`.
pub(super) fn read(text: &str, host_end: usize) -> Tail {
    let mut end = host_end;
    if let Some(port) = text[end..].strip_prefix(':') {
        let digits = len_while(port, |c| c.is_ascii_digit());
        if digits > 0 {
            end += 1 + digits;
        }
    }
    let has_path = text[end..].starts_with('/');
    if has_path {
        end = path_end(text, end);
    }
    Tail {
        end: query_end(text, end),
        has_path,
    }
}

/// The end of the path whose slash is at `slash`: after the last character that may end a path,
/// before anything a path cannot hold. Groups of balanced parentheses are held inside a path, and
/// belong to its end only when directly there: `/a(b)` but of `/a,(b)` only `/a`.
fn path_end(text: &str, slash: usize) -> usize {
    let mut at = slash + 1;
    let mut end = at;
    while let Some(c) = text[at..].chars().next() {
        if is_path_char(c) {
            at += c.len_utf8();
            if ends_path(c) {
                end = at;
            }
        } else if let Some(len) = parentheses(&text[at..]) {
            if at == end {
                end += len;
            }
            at += len;
        } else {
            break;
        }
    }
    end
}

/// The end of the query that begins at `at`; `at` itself if there is none.
pub(super) fn query_end(text: &str, at: usize) -> usize {
    let Some(query) = text[at..].strip_prefix('?') else {
        return at;
    };
    let query = &query[..len_while(query, is_query_char)];
    query.rfind(ends_query).map_or(at, |last| at + 1 + last + 1)
}

/// The length of `(…)` or `(…(…)…)` at the beginning of `text`: at most one level is nested, and
/// the innermost group is not empty.
fn parentheses(text: &str) -> Option<usize> {
    let first = 1 + len_while(text.strip_prefix('(')?, is_path_char);
    match text[first..].chars().next()? {
        ')' if first > 1 => Some(first + 1),
        '(' => {
            let inner = len_while(&text[first + 1..], is_path_char);
            let close = first + 1 + inner;
            if inner == 0 || !text[close..].starts_with(')') {
                return None;
            }
            let last = close + 1 + len_while(&text[close + 1..], is_path_char);
            text[last..].starts_with(')').then_some(last + 1)
        }
        _ => None,
    }
}

fn len_while(text: &str, accept: impl Fn(char) -> bool) -> usize {
    text.find(|c| !accept(c)).unwrap_or(text.len())
}

fn is_path_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '\u{400}'..='\u{4FF}') || is_accented_latin(c)
}

fn is_path_char(c: char) -> bool {
    is_path_letter(c) || c == '\u{2013}' || "!*';:=+,.$/%#[]-_~@|&".contains(c)
}

fn ends_path(c: char) -> bool {
    is_path_letter(c) || "+-=_#/".contains(c)
}

fn is_query_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!?*'@();:&=+$/%#[]-_.,~|".contains(c)
}

fn ends_query(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_&=#/".contains(c)
}
