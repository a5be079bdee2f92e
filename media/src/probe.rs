//! Finds out what a file is: by its content, never by its name or by what its sender claims.
//!
//! Everything here blocks. Pictures are decoded for real, so that what a platform could not read
//! is refused while its author is still there; of videos the index is read and nothing else.

mod animation;
mod boxes;
mod movie;
pub(crate) mod picture;
mod sniff;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use thiserror::Error;

use crate::intake::Size;
use crate::{Facts, Format};
use sniff::Sniffed;

/// The most pixels of a picture: 100 million, which fill 300 MB, or 400 MB with transparency. The
/// decoder of a progressive JPEG holds as much again beside it, or twice as much.
pub const MAX_PIXELS: u64 = 100_000_000;
/// The largest file that is taken for a picture: decoders hold it whole.
pub const MAX_PICTURE_BYTES: u64 = 100_000_000;
/// The most memory that the decoded picture itself may take; one that needs more is refused.
pub const MAX_DECODED_BYTES: u64 = 512 * 1024 * 1024;

/// Why a file is not taken.
#[derive(Debug, Error)]
pub enum ProbeError {
    /// Another kind of file; `what` names it, with its article.
    #[error(
        "this is {what}: only JPEG, PNG, WEBP and GIF pictures and MP4 and MOV videos are accepted"
    )]
    Unsupported { what: String },
    /// Of a kind that is taken, but cut short or damaged.
    #[error(
        "this {format} file cannot be read ({why}): it is cut short or damaged, export or upload it again"
    )]
    Broken { format: Format, why: String },
    /// A picture that would take too much memory.
    #[error("this {format} picture is too large ({what}): at most {} megapixels and {} are accepted, make it smaller", MAX_PIXELS / 1_000_000, Size(MAX_PICTURE_BYTES))]
    TooLarge { format: Format, what: String },
    /// The operator's matter.
    #[error("the file could not be read ({0}): try again, and see that the disk is sound")]
    Io(#[from] io::Error),
}

/// Finds the facts of a file. Blocks.
///
/// # Errors
/// When the file is none that is taken, cannot be read to its end, or is a picture that would
/// take too much memory.
pub fn probe(path: &Path) -> Result<Facts, ProbeError> {
    let mut file = File::open(path)?;
    let bytes = file.metadata()?.len();
    let mut head = Vec::with_capacity(sniff::HEAD);
    file.by_ref()
        .take(sniff::HEAD as u64)
        .read_to_end(&mut head)?;
    match sniff::sniff(&head) {
        Sniffed::Picture(format) => picture::probe(path, format, bytes),
        Sniffed::Gif => animation::probe(path, bytes),
        Sniffed::Movie(format) => movie::probe(path, format, bytes),
        Sniffed::Other(what) => Err(ProbeError::Unsupported { what: what.into() }),
    }
}

fn broken(format: Format, why: impl ToString) -> ProbeError {
    ProbeError::Broken {
        format,
        why: why.to_string(),
    }
}

#[cfg(test)]
mod tests;
