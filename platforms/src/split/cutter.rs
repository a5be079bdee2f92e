//! Choosing where each part ends.

use std::ops::Range;

use super::Rule;
use super::pieces::Pieces;
use super::reader::Level;
use super::unsplittable::Unsplittable;

/// Places in the text, in bytes.
pub(super) type Parts = Vec<Range<usize>>;

pub(super) struct Cutter<'a> {
    text: &'a str,
    pieces: &'a Pieces,
    rule: &'a Rule,
}

impl<'a> Cutter<'a> {
    pub(super) fn new(text: &'a str, pieces: &'a Pieces, rule: &'a Rule) -> Self {
        Self { text, pieces, rule }
    }

    /// The places of the parts in the text, in bytes, with room in each for a number whose total
    /// has this many digits. `None` if they are numbered and are more than such a total can be.
    pub(super) fn parts(&self, total_digits: u32) -> Result<Option<Parts>, Unsplittable> {
        let total = largest_of(total_digits);
        let mut parts = Vec::new();
        let mut first = 0;
        while first < self.pieces.len() {
            if self.rule.numbering.is_some() && parts.len() == total {
                return Ok(None);
            }
            let end = self.end_of_part(first, parts.len() + 1, total_digits)?;
            parts.push(self.pieces.range(first..end));
            first = end;
        }
        Ok(Some(parts))
    }

    /// The end of the part that begins with the piece `first`.
    fn end_of_part(
        &self,
        first: usize,
        index: usize,
        total_digits: u32,
    ) -> Result<usize, Unsplittable> {
        let counting = self.rule.counting;
        let number = self.rule.number_length(index, total_digits);
        let most = counting.limit().saturating_sub(number);
        let total = largest_of(total_digits);
        let mut room = most as usize;
        let mut step = 1;
        loop {
            let end = self.best_end(first, room);
            let pieces = first..end;
            let part = &self.text[self.pieces.range(pieces.clone())];
            // Every digit counts the same, so it does not matter that the total is not known yet.
            let finished = self.rule.finished(part, index, total);
            let excess = counting.excess(&finished);
            if excess == 0 && counting.has_few_marks(&finished) {
                return Ok(end);
            }
            if end == first + 1 {
                return Err(self.does_not_fit(first, most, excess));
            }
            let weight = self.pieces.weight(pieces);
            // The steps grow, so that the tries are few whatever the text.
            room = weight.saturating_sub(step.max(excess as usize));
            step *= 2;
        }
    }

    fn does_not_fit(&self, piece: usize, room: u32, excess: u32) -> Unsplittable {
        let at = self.pieces.range(piece..piece + 1).start;
        Unsplittable::does_not_fit(self.pieces.what(piece), at, room, excess)
    }

    /// The best end for a part that may count `room`; after the first piece in any case.
    fn best_end(&self, first: usize, room: usize) -> usize {
        let furthest = self.reach(first, room).max(first + 1);
        if furthest == self.pieces.len() {
            return furthest;
        }
        let third = self.pieces.weight(first..furthest).div_ceil(3);
        let coarse = self.coarsest(first, third, furthest);
        if self.pieces.level(coarse) >= Level::Word {
            return coarse;
        }
        let word = (first + 1..=furthest)
            .rev()
            .find(|&end| self.pieces.level(end) >= Level::Word);
        match word {
            Some(word) if self.fits_alone(word, room) => word,
            _ => coarse,
        }
    }

    /// The coarsest cut up to `furthest` that leaves at least `least`; the last of equal ones.
    fn coarsest(&self, first: usize, least: usize, furthest: usize) -> usize {
        let mut best = furthest;
        for end in (first + 1..furthest).rev() {
            if self.pieces.weight(first..end) < least {
                break;
            }
            if self.pieces.level(end) > self.pieces.level(best) {
                best = end;
            }
        }
        best
    }

    /// The word that begins with the piece `start` fits into a part.
    fn fits_alone(&self, start: usize, room: usize) -> bool {
        let furthest = self.reach(start, room);
        furthest == self.pieces.len()
            || (start + 1..=furthest).any(|end| self.pieces.level(end) >= Level::Word)
    }

    fn reach(&self, first: usize, room: usize) -> usize {
        let most_marks = self.rule.counting.most_marks();
        self.pieces.reach(first, room, most_marks)
    }
}

/// The largest number of this many digits.
fn largest_of(digits: u32) -> usize {
    10_usize.saturating_pow(digits) - 1
}
