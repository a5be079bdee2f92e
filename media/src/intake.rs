//! Receives a file in chunks: counted and hashed on the way, and never whole in memory.

use std::fmt;
use std::io;
use std::path::Path;

use bytes::Bytes;
use sha2::{Digest, Sha256};
use tempfile::{NamedTempFile, TempPath};
use thiserror::Error;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

/// The largest file that is received where nothing else is said: 1 GiB. Threads takes 1 GB, X
/// less (threads.md 4.3, x.md 3.4).
pub const DEFAULT_MAX_BYTES: u64 = 1 << 30;

/// A file on its way in. Dropped before it is finished, it leaves nothing behind.
#[derive(Debug)]
pub struct Intake {
    file: File,
    path: TempPath,
    bytes: u64,
    max_bytes: u64,
    sha256: Sha256,
}

/// A file that has arrived.
#[derive(Debug)]
pub struct Received {
    /// Removed when dropped, unless it is kept by [`TempPath::persist`].
    pub path: TempPath,
    /// Its size.
    pub bytes: u64,
    pub sha256: [u8; 32],
}

/// Why a file was not received.
#[derive(Debug, Error)]
pub enum IntakeError {
    /// The sender may send a smaller file.
    #[error("the file is larger than {}, the most that is accepted: make it smaller", Size(*max_bytes))]
    TooLarge { max_bytes: u64 },
    /// The sender may have been cut off.
    #[error("the file is empty: send it again")]
    Empty,
    /// The operator's matter: the folder is missing, not writable, or full.
    #[error(
        "the file could not be written ({0}): see that the folder exists, is writable and has room"
    )]
    Write(#[from] io::Error),
}

impl Intake {
    /// Begins a file in `folder`, which must exist. `max_bytes` is usually [`DEFAULT_MAX_BYTES`].
    ///
    /// # Errors
    /// When no file can be made there.
    pub fn begin(folder: &Path, max_bytes: u64) -> Result<Self, IntakeError> {
        let (file, path) = NamedTempFile::new_in(folder)?.into_parts();
        Ok(Self {
            file: File::from_std(file),
            path,
            bytes: 0,
            max_bytes,
            sha256: Sha256::new(),
        })
    }

    /// Takes the next chunk.
    ///
    /// # Errors
    /// When the file grows beyond its limit, or cannot be written. Nothing may be pushed then.
    pub async fn push(&mut self, chunk: Bytes) -> Result<(), IntakeError> {
        let bytes = self.bytes.saturating_add(chunk.len() as u64);
        if bytes > self.max_bytes {
            return Err(IntakeError::TooLarge {
                max_bytes: self.max_bytes,
            });
        }
        self.sha256.update(&chunk);
        self.file.write_all(&chunk).await?;
        self.bytes = bytes;
        Ok(())
    }

    /// Ends the file.
    ///
    /// # Errors
    /// When nothing was pushed, or the last of it cannot be written.
    pub async fn finish(mut self) -> Result<Received, IntakeError> {
        if self.bytes == 0 {
            return Err(IntakeError::Empty);
        }
        self.file.flush().await?;
        Ok(Received {
            path: self.path,
            bytes: self.bytes,
            sha256: self.sha256.finalize().into(),
        })
    }
}

/// A number of bytes as people read it, in the units that the platforms' limits are written in.
pub(crate) struct Size(pub u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bytes if bytes < 1_000 => write!(f, "{bytes} bytes"),
            bytes if bytes < 1_000_000 => write!(f, "{:.1} kB", bytes as f64 / 1e3),
            bytes if bytes < 1_000_000_000 => write!(f, "{:.1} MB", bytes as f64 / 1e6),
            bytes => write!(f, "{:.2} GB", bytes as f64 / 1e9),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files_in(folder: &Path) -> usize {
        std::fs::read_dir(folder).unwrap().count()
    }

    #[tokio::test]
    async fn chunks_become_a_file_with_its_size_and_hash() {
        let folder = tempfile::tempdir().unwrap();
        let mut intake = Intake::begin(folder.path(), DEFAULT_MAX_BYTES).unwrap();
        for chunk in ["a", "", "bc"] {
            intake.push(Bytes::from(chunk)).await.unwrap();
        }
        let received = intake.finish().await.unwrap();
        assert_eq!(std::fs::read(&received.path).unwrap(), b"abc");
        assert_eq!(received.bytes, 3);
        let sha256: [u8; 32] = Sha256::digest(b"abc").into();
        assert_eq!(received.sha256, sha256);
        drop(received);
        assert_eq!(files_in(folder.path()), 0);
    }

    #[tokio::test]
    async fn a_file_may_be_as_large_as_the_limit_and_no_larger() {
        let folder = tempfile::tempdir().unwrap();
        let mut intake = Intake::begin(folder.path(), 4).unwrap();
        intake.push(Bytes::from("abcd")).await.unwrap();
        let error = intake.push(Bytes::from("e")).await.unwrap_err();
        assert!(matches!(error, IntakeError::TooLarge { max_bytes: 4 }));
        assert!(error.to_string().contains("4 bytes"), "{error}");
    }

    #[tokio::test]
    async fn an_intake_that_is_given_up_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let mut intake = Intake::begin(folder.path(), 10).unwrap();
        intake.push(Bytes::from("abc")).await.unwrap();
        assert_eq!(files_in(folder.path()), 1);
        drop(intake);
        assert_eq!(files_in(folder.path()), 0);
    }

    #[tokio::test]
    async fn an_empty_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let intake = Intake::begin(folder.path(), 10).unwrap();
        assert!(matches!(intake.finish().await, Err(IntakeError::Empty)));
        assert_eq!(files_in(folder.path()), 0);
    }

    #[test]
    fn a_missing_folder_is_told_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let error = Intake::begin(&folder.path().join("none"), 10).unwrap_err();
        assert!(
            error.to_string().contains("see that the folder exists"),
            "{error}"
        );
    }
}
