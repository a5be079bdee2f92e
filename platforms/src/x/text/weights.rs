//! What each part of a text weighs.

use std::ops::Range;

use super::chars::is_invalid;
use super::emoji::emoji_len;
use super::url::urls;

/// A twitter-text configuration. Weights are in `scale`ths of a character.
pub(super) struct Weights {
    /// The limit of the configuration, in characters.
    pub(super) max_length: u32,
    pub(super) scale: u64,
    /// Weight of an emoji, and of every character outside `ranges`.
    pub(super) default: u64,
    /// What X's short link counts, whatever the length of the URL, in characters.
    pub(super) url_length: u64,
    /// An emoji sequence weighs `default`; otherwise each of its characters counts.
    pub(super) joins_emoji: bool,
    /// First and last code point, and the weight of each between.
    pub(super) ranges: &'static [(u32, u32, u64)],
}

/// twitter-text's `config/v3.json`, in force on X (x.md 5.1).
pub(super) const V3: Weights = Weights {
    max_length: 280,
    scale: 100,
    default: 200,
    url_length: 23,
    joins_emoji: true,
    ranges: &[
        (0, 4351, 100),
        (8192, 8205, 100),
        (8208, 8223, 100),
        (8242, 8247, 100),
    ],
};

impl Weights {
    fn of_char(&self, c: char) -> u64 {
        let code = u32::from(c);
        let range = self
            .ranges
            .iter()
            .find(|(first, last, _)| (*first..=*last).contains(&code));
        range.map_or(self.default, |&(_, _, weight)| weight)
    }
}

/// A URL, an emoji or a character, and what it weighs.
pub(super) struct Piece {
    pub(super) range: Range<usize>,
    pub(super) weight: u64,
}

/// The pieces of a text in order, without gaps.
pub(super) fn pieces(text: &str, weights: &Weights) -> impl Iterator<Item = Piece> {
    let mut urls = urls(text).into_iter().peekable();
    let mut at = 0;
    std::iter::from_fn(move || {
        let c = text[at..].chars().next()?;
        let (end, weight) = if let Some(url) = urls.next_if(|url| url.start == at) {
            (url.end, weights.url_length * weights.scale)
        } else if let Some(len) = emoji_len(&text[at..]).filter(|_| weights.joins_emoji) {
            (at + len, weights.default)
        } else {
            (at + c.len_utf8(), weights.of_char(c))
        };
        let range = at..end;
        at = end;
        Some(Piece { range, weight })
    })
}

/// The weight of a whole text.
pub(super) struct Weighed {
    /// In `scale`ths of a character.
    pub(super) weight: u64,
    pub(super) has_invalid_chars: bool,
    /// End (in bytes) of the last piece up to which the text is within the limit and has no invalid
    /// character.
    pub(super) fits_to: usize,
}

/// Weighs a text that is in NFC already.
pub(super) fn weigh(normalized: &str, weights: &Weights, limit: u32) -> Weighed {
    let most = u64::from(limit) * weights.scale;
    let mut weighed = Weighed {
        weight: 0,
        has_invalid_chars: false,
        fits_to: 0,
    };
    for piece in pieces(normalized, weights) {
        weighed.weight += piece.weight;
        weighed.has_invalid_chars |= normalized[piece.range.clone()].contains(is_invalid);
        if !weighed.has_invalid_chars && weighed.weight <= most {
            weighed.fits_to = piece.range.end;
        }
    }
    weighed
}
