//! Counting the length of a post as X does: twitter-text's `parseTweet` with configuration 3
//! (x.md 5.1), without its library.
//!
//! X does not count characters. It puts the text in Unicode's form NFC, then counts a URL as 23
//! whatever its length (a bare `example.com` too), an emoji as 2, Latin, Greek, Cyrillic and the
//! like as 1 a character, and everything else, such as Chinese, as 2. So these functions must find
//! the URLs and the emoji exactly as X does; mentions and tags are found by the same rules.
//!
//! All of it takes time linear in the text, whatever the text: it may come from anyone.
//!
//! Where the references disagree, the larger count is taken (x.md 5.3), since a text that is
//! counted too short is refused by X only after the customer was told it is fine: `©` and `®`
//! count 2, though JavaScript's twitter-text says 1. The exception is a joined emoji newer than
//! that library: it counts 2, not the sum of its parts (the module `emoji` says which).

mod chars;
mod emoji;
mod entities;
mod host;
mod label_length;
mod tags;
mod tlds;
mod url;
mod url_tail;
mod weights;

#[cfg(test)]
mod conformance_test;
#[cfg(test)]
mod count_test;
#[cfg(test)]
mod linear_time_test;

use std::borrow::Cow;
use std::ops::Range;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

pub use entities::{Entity, EntityKind, entities};
use weights::{V3, Weights};

/// The longest post of an account without Premium, in weighted characters (x.md 5.1).
pub const LIMIT: u32 = V3.max_length;

/// The longest post of a Premium account, in weighted characters (x.md 5.1).
pub const PREMIUM_LIMIT: u32 = 25_000;

/// X refuses a post with more cashtags (x.md 2.4, 403).
pub const MAX_CASHTAGS: usize = 1;

/// How long a text is for X.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// Length in weighted characters.
    pub weighted_length: u32,
    /// The limit it was measured against, in weighted characters.
    pub limit: u32,
    /// Not empty, within the limit, and without characters X forbids.
    pub valid: bool,
    /// Length in thousandths of the limit, rounded down.
    pub permillage: u32,
    /// Holds U+FFFE, U+FEFF or U+FFFF, which X forbids.
    pub has_invalid_chars: bool,
    /// How much of the text is valid: a length in bytes of its NFC form (see [`normalize`]).
    pub fits_to: usize,
}

/// Measures a text against [`LIMIT`].
#[must_use]
pub fn measure(text: &str) -> Measure {
    measure_within(text, LIMIT)
}

/// Measures a text against another limit (in weighted characters), such as [`PREMIUM_LIMIT`].
#[must_use]
pub fn measure_within(text: &str, limit: u32) -> Measure {
    measure_with(text, &V3, limit)
}

fn measure_with(text: &str, weights: &Weights, limit: u32) -> Measure {
    let weighed = weights::weigh(&normalize(text), weights, limit);
    let length = weighed.weight / weights.scale;
    let permillage = (length * 1000)
        .checked_div(u64::from(limit))
        .unwrap_or(u64::MAX);
    Measure {
        weighted_length: saturate(length),
        limit,
        valid: length > 0 && length <= u64::from(limit) && !weighed.has_invalid_chars,
        permillage: saturate(permillage),
        has_invalid_chars: weighed.has_invalid_chars,
        fits_to: weighed.fits_to,
    }
}

fn saturate(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The text in Unicode's form NFC, in which X counts it.
#[must_use]
pub fn normalize(text: &str) -> Cow<'_, str> {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        _ => Cow::Owned(text.nfc().collect()),
    }
}

/// A part of a text that must not be cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its place in the text, in bytes.
    pub range: Range<usize>,
    /// In weighted characters.
    pub weight: u32,
}

/// The text cut as finely as may be: a link, mention, list, hashtag, cashtag or emoji sequence is
/// one unit, any other character too. The units are in order and without gaps. Give it the
/// [`normalize`]d text; then their weights add up to [`Measure::weighted_length`].
#[must_use]
pub fn units(text: &str) -> Vec<Unit> {
    let mut entities = entities(text)
        .into_iter()
        .map(|entity| entity.range)
        .peekable();
    let mut units: Vec<Unit> = Vec::new();
    // Pieces that begin before this belong to the last unit.
    let mut bound = 0;
    for piece in weights::pieces(text, &V3) {
        let weight = saturate(piece.weight / V3.scale);
        match units.last_mut() {
            Some(last) if piece.range.start < bound => {
                last.range.end = piece.range.end;
                last.weight += weight;
            }
            _ => units.push(Unit {
                range: piece.range.clone(),
                weight,
            }),
        }
        while let Some(entity) = entities.next_if(|entity| entity.start < piece.range.end) {
            bound = bound.max(entity.end);
        }
    }
    units
}

/// How many cashtags X would see: more than [`MAX_CASHTAGS`] are refused.
#[must_use]
pub fn cashtag_count(text: &str) -> usize {
    entities(text)
        .iter()
        .filter(|entity| entity.kind == EntityKind::Cashtag)
        .count()
}
