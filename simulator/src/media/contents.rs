//! A file, read once from its first byte to its last.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::media::format::{self, Format};

/// What remains of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Contents {
    pub(crate) bytes: u64,
    /// In hexadecimal.
    pub(crate) sha256: String,
    pub(crate) format: Option<Format>,
    /// Width and height in pixels.
    pub(crate) size: Option<(u32, u32)>,
    pub(crate) duration_ms: Option<u64>,
}

/// A file on its way.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reading {
    hasher: Sha256,
    bytes: u64,
    head: Vec<u8>,
}

impl Reading {
    /// So much of a file is looked at for its size and its duration.
    const HEAD: usize = 64 << 10;

    pub(crate) fn take(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
        let missing = Self::HEAD.saturating_sub(self.head.len());
        self.head
            .extend_from_slice(&bytes[..missing.min(bytes.len())]);
    }

    /// How much was taken.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn finish(self) -> Contents {
        let format = format::of(&self.head);
        let mut sha256 = String::with_capacity(64);
        for byte in self.hasher.finalize() {
            // Writing to a string cannot fail.
            let _ = write!(sha256, "{byte:02x}");
        }
        Contents {
            bytes: self.bytes,
            sha256,
            format,
            size: format.and_then(|format| format::size(format, &self.head)),
            duration_ms: format.and_then(|format| format::duration_ms(format, &self.head)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_give_the_same_as_the_whole() {
        let whole = b"\x89PNG\r\n\x1a\n\0\0\0\x0DIHDR\0\0\0\x03\0\0\0\x02and more";
        let mut reading = Reading::default();
        for piece in whole.chunks(7) {
            reading.take(piece);
        }
        let contents = reading.finish();
        assert_eq!(contents.bytes, whole.len() as u64);
        assert_eq!(contents.size, Some((3, 2)));
        let mut once = Reading::default();
        once.take(whole);
        assert_eq!(contents, once.finish());
    }

    #[test]
    fn the_hash_is_that_of_everybody_else() {
        let mut reading = Reading::default();
        reading.take(b"abc");
        assert_eq!(
            reading.finish().sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
