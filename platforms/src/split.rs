//! Cutting a long text into the parts of a chain.
//!
//! A text that fits stays as it is. Any other is cut where a reader would turn the page: at a
//! blank line, else at a line break, else after a sentence, else between words. Nothing is lost
//! but white space: that at a cut, and that at the two ends of a text which has to be cut. Nothing
//! is changed, doubled or moved.
//!
//! Where a part ends, exactly:
//! 1. As much is taken as the limit holds, less what the numbering needs. Of the cuts that leave
//!    at least a third of that, the coarsest is chosen, and of equally coarse ones the last. So a
//!    heading above a long paragraph does not become a part of its own.
//! 2. If there is only a long word in those two thirds, the cut is before it, however short the
//!    part is, as long as the word fits into a part of its own. A longer word is cut within, at a
//!    grapheme boundary.
//! 3. Links, mentions, tags, emoji sequences and grapheme clusters are never cut. One that does
//!    not fit into a part alone makes the text [`Unsplittable`].
//!
//! A part also ends before it has more links than Threads takes (threads.md 4.1), or more
//! cashtags than X takes (x.md 2.4).
//!
//! The lengths by which the cuts are found are sums over the text, so the time is linear in it.
//! They can be wrong at the edges of a part, where what is a link depends on what stands beside
//! it; so each part is counted again by the platform's own rules before it is accepted, and is cut
//! shorter if it is too long.

mod cutter;
mod pieces;
mod reader;
mod script;
mod spans;
mod unsplittable;

#[cfg(test)]
mod example_test;
#[cfg(test)]
mod linear_time_test;
#[cfg(test)]
mod property_test;
#[cfg(test)]
mod whole_test;

use cutter::Cutter;
use pieces::Pieces;
pub use unsplittable::{Obstacle, Unsplittable};

use crate::{threads, x};

/// The most parts of a chain unless the caller says otherwise.
pub const MOST_PARTS: usize = 25;

/// How a text is to be cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    pub counting: Counting,
    /// What is added to each part of a text that had to be cut.
    pub numbering: Option<Numbering>,
    /// A text that takes more parts is refused.
    pub most_parts: usize,
}

/// How the length of a part is counted, and the most it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counting {
    /// By [`x::text::measure_within`], in weighted characters (x.md 5.1), and with at most
    /// [`x::text::MAX_CASHTAGS`].
    X { limit: u32 },
    /// By [`threads::text::length`] (threads.md 4.2), and with at most
    /// [`threads::text::MAX_LINKS`].
    Threads { limit: u32 },
}

/// How the parts are numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbering {
    /// ` (1/3)` at the end of the part: in parentheses, as `it costs 5 1/3` could be misread.
    IndexOfTotal,
}

/// Cuts a text into parts that each fit, in order. A text that fits is the only part, as it is and
/// without a number; so is the empty text.
///
/// Only length, links and cashtags are judged. A character that X forbids, for example, is in the
/// parts as it was in the text.
///
/// # Errors
/// [`Unsplittable`] if something that must not be cut does not fit into a part, if there would be
/// more parts than the rule allows, or if a text that is too long is nothing but white space.
pub fn split(text: &str, rule: &Rule) -> Result<Vec<String>, Unsplittable> {
    if rule.counting.fits(text) {
        return Ok(vec![text.to_owned()]);
    }
    let pieces = Pieces::of(text, rule.counting);
    if pieces.is_empty() {
        return Err(Unsplittable::blank());
    }
    let whole = &text[pieces.range(0..pieces.len())];
    if whole.len() < text.len() && rule.counting.fits(whole) {
        return Ok(vec![whole.to_owned()]);
    }
    let cutter = Cutter::new(text, &pieces, rule);
    // The numbers need room, and how much depends on the total, which depends on the room. So room
    // is made for a total of some digits, then of one more, until the total has no more than that.
    // This ends, since there are never more parts than pieces. It begins with the digits of the
    // least total there can be.
    let limit = rule.counting.limit().max(1) as usize;
    let mut digits = digits_of(pieces.own_weight().div_ceil(limit));
    let parts = loop {
        match cutter.parts(digits)? {
            Some(parts) => break parts,
            None => digits += 1,
        }
    };
    let total = parts.len();
    if let Some(beyond) = parts.get(rule.most_parts) {
        let at = beyond.start;
        return Err(Unsplittable::too_many_parts(total, rule.most_parts, at));
    }
    let finished = (1..).zip(parts);
    Ok(finished
        .map(|(index, part)| rule.finished(&text[part], index, total))
        .collect())
}

fn digits_of(number: usize) -> u32 {
    number.checked_ilog10().map_or(1, |log| log + 1)
}

impl Rule {
    /// A part as it is posted.
    fn finished(&self, part: &str, index: usize, total: usize) -> String {
        match self.numbering {
            Some(Numbering::IndexOfTotal) => format!("{part} ({index}/{total})"),
            None => part.to_owned(),
        }
    }

    /// How much of the limit the number takes: one for each of its characters, on both platforms.
    fn number_length(&self, index: usize, total_digits: u32) -> u32 {
        match self.numbering {
            Some(Numbering::IndexOfTotal) => " (/)".len() as u32 + digits_of(index) + total_digits,
            None => 0,
        }
    }
}

impl Counting {
    fn limit(self) -> u32 {
        match self {
            Self::X { limit } | Self::Threads { limit } => limit,
        }
    }

    /// By how much a text is longer than the limit.
    fn excess(self, text: &str) -> u32 {
        let length = match self {
            Self::X { limit } => x::text::measure_within(text, limit).weighted_length,
            Self::Threads { .. } => threads::text::length(text),
        };
        length.saturating_sub(self.limit())
    }

    /// Whether the platform takes a text, as far as length, links and cashtags go.
    fn fits(self, text: &str) -> bool {
        self.excess(text) == 0 && self.has_few_marks(text)
    }

    /// Not too many links for Threads, or cashtags for X. Most texts need no search for them.
    fn has_few_marks(self, text: &str) -> bool {
        let most = self.most_marks();
        let sign = match self {
            Self::X { .. } => '$',
            Self::Threads { .. } => '.',
        };
        if text.matches(sign).count() <= most {
            return true;
        }
        match self {
            // Normal form makes a letter K of U+212A, and a semicolon of U+037E.
            Self::X { .. } => [text, &x::text::normalize(text)]
                .into_iter()
                .all(|text| x::text::cashtag_count(text) <= most),
            Self::Threads { .. } => threads::text::links(text) as usize <= most,
        }
    }

    fn most_marks(self) -> usize {
        match self {
            Self::X { .. } => x::text::MAX_CASHTAGS,
            Self::Threads { .. } => threads::text::MAX_LINKS as usize,
        }
    }
}
