//! A text as a row of pieces that must not be cut, with the white space between them.

use std::borrow::Cow;
use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use super::Counting;
use super::reader::{Level, Reader};
use super::spans::spans;
use super::unsplittable::Obstacle;
use crate::threads;
use crate::x::text::{normalize, units};

/// A grapheme cluster that is no white space, or several that must stay together.
struct Piece {
    /// Its place in the text, in bytes.
    range: Range<usize>,
    /// How much the text before it counts.
    offset: usize,
    /// How much it counts.
    weight: usize,
    /// How good a cut before it is.
    level: Level,
    what: Obstacle,
}

pub(super) struct Pieces {
    list: Vec<Piece>,
    /// The piece in which a link or cashtag begins, and which one it is (see `Span::mark`).
    marks: Vec<(usize, usize)>,
}

impl Pieces {
    /// Lengths are those that each character has in the whole text. Time linear in the text.
    pub(super) fn of(text: &str, counting: Counting) -> Self {
        let (counted, units) = match counting {
            Counting::X { .. } => {
                let normal = normalize(text);
                let units = units(&normal);
                (normal, units)
            }
            Counting::Threads { .. } => (Cow::Borrowed(text), Vec::new()),
        };
        let mut units = units.into_iter().peekable();
        let mut spans = spans(&counted, counting).into_iter().peekable();
        let mut reader = Reader::new(text);
        let (mut list, mut marks): (Vec<Piece>, _) = (Vec::new(), Vec::new());
        let mut offset = 0;
        // Places in the counted text: the end of this cluster, and that of what must stay together.
        let (mut end, mut bound) = (0, 0);
        for (at, cluster) in text.grapheme_indices(true) {
            let Some(first) = cluster.chars().next() else {
                continue;
            };
            let goes_on = end < bound;
            end += match counted {
                Cow::Borrowed(_) => cluster.len(),
                Cow::Owned(_) => cluster.nfc().map(char::len_utf8).sum(),
            };
            let mut weight = match counting {
                Counting::X { .. } => 0,
                Counting::Threads { .. } => threads::text::length(cluster) as usize,
            };
            while let Some(unit) = units.next_if(|unit| unit.range.start < end) {
                weight += unit.weight as usize;
                bound = bound.max(unit.range.end);
            }
            let range = at..at + cluster.len();
            let is_space = cluster.chars().all(char::is_whitespace);
            match list.last_mut() {
                Some(last) if goes_on => {
                    last.range.end = range.end;
                    last.weight += weight;
                    reader.read(at, first);
                }
                _ if is_space => reader.read_space(cluster),
                last => {
                    let after_link = last.is_some_and(|last| last.what == Obstacle::Link);
                    let level = reader.level_before(first, after_link);
                    list.push(Piece {
                        range,
                        offset,
                        weight,
                        level,
                        what: Obstacle::Character,
                    });
                    reader.read(at, first);
                }
            }
            while let Some(span) = spans.next_if(|span| span.range.start < end) {
                bound = bound.max(span.range.end);
                if let Some(last) = list.last_mut() {
                    if last.what == Obstacle::Character {
                        last.what = span.what;
                    }
                    marks.extend(span.mark.map(|mark| (list.len() - 1, mark)));
                }
            }
            offset += weight;
        }
        Self { list, marks }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// How good a cut before this piece is. The end of the text is the best.
    pub(super) fn level(&self, piece: usize) -> Level {
        self.list
            .get(piece)
            .map_or(Level::Paragraph, |piece| piece.level)
    }

    /// What this piece is, should it be too long.
    pub(super) fn what(&self, piece: usize) -> Obstacle {
        self.list[piece].what
    }

    /// The place of these pieces in the text, in bytes. There is at least one.
    pub(super) fn range(&self, pieces: Range<usize>) -> Range<usize> {
        self.list[pieces.start].range.start..self.list[pieces.end - 1].range.end
    }

    /// How much these pieces count, with the white space between. There is at least one.
    pub(super) fn weight(&self, pieces: Range<usize>) -> usize {
        let last = &self.list[pieces.end - 1];
        last.offset + last.weight - self.list[pieces.start].offset
    }

    /// How much all pieces count without the white space between.
    pub(super) fn own_weight(&self) -> usize {
        self.list.iter().map(|piece| piece.weight).sum()
    }

    /// The end of the most pieces from `first` on which count no more than `room` and have no more
    /// than `most` different marks.
    pub(super) fn reach(&self, first: usize, room: usize, most: usize) -> usize {
        let most_weight = self.list[first].offset + room;
        let end = first
            + self.list[first..]
                .partition_point(|piece| piece.offset + piece.weight <= most_weight);
        let from = self.marks.partition_point(|&(piece, _)| piece < first);
        let mut different = Vec::with_capacity(most);
        for &(piece, mark) in &self.marks[from..] {
            if piece >= end {
                break;
            }
            if !different.contains(&mark) {
                if different.len() == most {
                    return piece;
                }
                different.push(mark);
            }
        }
        end
    }
}
