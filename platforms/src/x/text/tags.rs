//! Mentions, lists, hashtags and cashtags, each by its own rule and without regard to the others.

use std::ops::Range;

use super::chars::{
    is_accented_latin, is_at, is_hash, is_hashtag_char, is_hashtag_letter, is_punctuation, is_space,
};

const MAX_NAME: usize = 20;
const MAX_LIST_NAME: usize = 25;
const MAX_CASHTAG: usize = 6;

/// A mention, or a list of somebody (`@name/list`).
pub(super) struct Mention {
    pub(super) range: Range<usize>,
    pub(super) is_list: bool,
}

/// Mentions and lists with their `@`.
pub(super) fn mentions(text: &str) -> Vec<Mention> {
    let mut found = Vec::new();
    let mut from = 0;
    for (at, sign) in text.char_indices().filter(|&(_, c)| is_at(c)) {
        if at < from || !may_precede_mention(&text[from..at], from == 0) {
            continue;
        }
        let name = at + sign.len_utf8();
        let name_end = name
            + ascii_len(&text[name..], MAX_NAME, |c| {
                c.is_ascii_alphanumeric() || c == b'_'
            });
        if name_end == name {
            continue;
        }
        let list = list_len(&text[name_end..]);
        from = name_end + list;
        let after = &text[from..];
        if !after.starts_with(|c| is_at(c) || is_accented_latin(c)) && !after.starts_with("://") {
            found.push(Mention {
                range: at..from,
                is_list: list > 0,
            });
        }
    }
    found
}

/// Letters, digits and `_!#$%&*@` before the sign make it something else, except `RT` and `RT:`.
fn may_precede_mention(before: &str, from_start: bool) -> bool {
    let Some(last) = before.chars().next_back() else {
        return from_start;
    };
    if !(last.is_ascii_alphanumeric() || is_at(last) || "_!#$%&*".contains(last)) {
        return true;
    }
    let Some((rest, retweet)) = before
        .len()
        .checked_sub(2)
        .and_then(|at| before.split_at_checked(at))
    else {
        return false;
    };
    retweet.eq_ignore_ascii_case("rt")
        && rest.chars().next_back().map_or(from_start, |c| {
            !(c.is_ascii_alphanumeric() || "_+~.-".contains(c))
        })
}

fn list_len(text: &str) -> usize {
    match text.strip_prefix('/') {
        Some(list) if list.starts_with(|c: char| c.is_ascii_alphabetic()) => {
            1 + ascii_len(list, MAX_LIST_NAME, |c| {
                c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-')
            })
        }
        _ => 0,
    }
}

fn ascii_len(text: &str, most: usize, accept: impl Fn(u8) -> bool) -> usize {
    text.bytes().take(most).take_while(|&c| accept(c)).count()
}

/// Hashtags with their `#`.
pub(super) fn hashtags(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    for (at, sign) in text.char_indices().filter(|&(_, c)| is_hash(c)) {
        // The character before must not belong to the last tag.
        let free = at == 0 || at > from;
        if !free
            || !text[..at]
                .chars()
                .next_back()
                .is_none_or(may_precede_hashtag)
        {
            continue;
        }
        let word = at + sign.len_utf8();
        // `#` followed by one of these is an emoji keycap.
        if text[word..].starts_with(['\u{FE0F}', '\u{20E3}']) {
            continue;
        }
        let end = text[word..]
            .find(|c| !is_hashtag_char(c))
            .map_or(text.len(), |len| word + len);
        if !text[word..end].contains(is_hashtag_letter) {
            continue;
        }
        from = end;
        if !text[end..].starts_with(is_hash) && !text[end..].starts_with("://") {
            found.push(at..end);
        }
    }
    found
}

fn may_precede_hashtag(c: char) -> bool {
    matches!(c, '\u{FE0E}' | '\u{FE0F}') || !(c == '&' || is_hashtag_char(c))
}

/// Cashtags with their `$`: one to six letters, and perhaps `.` or `_` and one or two more.
pub(super) fn cashtags(text: &str) -> Vec<Range<usize>> {
    let signs = text.char_indices().filter(|&(_, c)| c == '$');
    let preceded = signs.filter(|&(at, _)| text[..at].chars().next_back().is_none_or(is_space));
    preceded
        .filter_map(|(at, _)| cashtag_len(&text[at + 1..]).map(|len| at..at + 1 + len))
        .collect()
}

fn cashtag_len(text: &str) -> Option<usize> {
    let letters = |text: &str, most| ascii_len(text, most, |c| c.is_ascii_alphabetic());
    let word = letters(text, MAX_CASHTAG);
    if word == 0 {
        return None;
    }
    let ends = |at: usize| {
        let next = text[at..].chars().next();
        next.is_none_or(|c| c == '\u{FEFF}' || is_space(c) || is_punctuation(c))
    };
    if text[word..].starts_with(['.', '_']) {
        let suffix = letters(&text[word + 1..], 2);
        if suffix > 0 && ends(word + 1 + suffix) {
            return Some(word + 1 + suffix);
        }
    }
    ends(word).then_some(word)
}
