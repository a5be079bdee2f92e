//! The pieces of an upload. They come in any order and may come twice; what is behind stays in
//! memory only as a hash.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hasher};

use bytes::Bytes;

use crate::media::{Contents, Reading};

#[derive(Debug, Clone, Default)]
pub(crate) struct Segments {
    /// The first pieces, one after the other, whose bytes are gone.
    read: Reading,
    /// The length and a fingerprint of each of them.
    marks: Vec<(usize, u64)>,
    kept: BTreeMap<u32, Bytes>,
    kept_bytes: usize,
}

/// So much is kept before pieces are read for good.
const KEPT_BYTES: usize = 8 << 20;

impl Segments {
    /// Puts a piece in its place, where it replaces another. `false`: that other one was read for
    /// good, and had other bytes; no hash of the whole can be told then.
    pub(crate) fn put(&mut self, index: u32, bytes: Bytes) -> bool {
        let mark = usize::try_from(index)
            .ok()
            .and_then(|place| self.marks.get(place));
        if let Some(mark) = mark {
            return *mark == fingerprint(&bytes);
        }
        self.kept_bytes += bytes.len();
        if let Some(former) = self.kept.insert(index, bytes) {
            self.kept_bytes -= former.len();
        }
        while self.kept_bytes > KEPT_BYTES && self.read_next() {}
        true
    }

    /// Reads the piece that comes next, if it is here.
    fn read_next(&mut self) -> bool {
        let next = u32::try_from(self.marks.len()).unwrap_or(u32::MAX);
        let Some(bytes) = self.kept.remove(&next) else {
            return false;
        };
        self.kept_bytes -= bytes.len();
        self.marks.push(fingerprint(&bytes));
        self.read.take(&bytes);
        true
    }

    /// The length of all pieces, each once.
    pub(crate) fn bytes(&self) -> u64 {
        self.read.bytes() + self.kept_bytes as u64
    }

    /// The whole, with its pieces in the order of their indexes.
    pub(crate) fn finish(mut self) -> Contents {
        for bytes in self.kept.values() {
            self.read.take(bytes);
        }
        self.read.finish()
    }
}

fn fingerprint(bytes: &[u8]) -> (usize, u64) {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    (bytes.len(), hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pieces: &[(u32, &'static [u8])]) -> Contents {
        let mut segments = Segments::default();
        for (index, bytes) in pieces {
            assert!(segments.put(*index, Bytes::from_static(bytes)));
        }
        segments.finish()
    }

    #[test]
    fn the_order_of_arrival_does_not_matter_and_the_last_of_an_index_counts() {
        let whole = of(&[(0, b"abcdef")]);
        assert_eq!(of(&[(1, b"def"), (0, b"abc")]), whole);
        assert_eq!(of(&[(0, b"xyz"), (1, b"def"), (0, b"abc")]), whole);
        assert_ne!(of(&[(0, b"abc")]), whole);
    }

    #[test]
    fn long_uploads_are_not_kept_in_memory() {
        let piece = Bytes::from(vec![7_u8; 3 << 20]);
        let mut segments = Segments::default();
        for index in 0..20 {
            assert!(segments.put(index, piece.clone()));
            assert!(segments.kept_bytes <= KEPT_BYTES);
        }
        assert!(segments.put(0, piece.clone()), "the same again");
        assert!(!segments.put(0, piece.slice(1..)), "another one");
        assert_eq!(segments.bytes(), 60 << 20);
        assert_eq!(segments.finish().bytes, 60 << 20);
    }
}
