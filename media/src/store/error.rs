//! What goes wrong with a store, and what to do about it.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why a store did not do what it was asked. Each says what to do next.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The settings make no sense.
    #[error("the media store's settings are wrong: {problem}; {fix}")]
    Settings { problem: String, fix: &'static str },
    /// A key is a path with `/`, without empty parts, `.` and `..`.
    #[error("{key:?} is no key of a file: ask for one that was given out")]
    Key { key: String },
    /// There is no such file. It may have been deleted.
    #[error("there is no file {key}: upload it again")]
    NotFound { key: String },
    /// A part of a file that it does not have.
    #[error(
        "the file {key} has {size} bytes and none from {start} to {end}: ask for a part inside of it"
    )]
    Range {
        key: String,
        start: u64,
        end: u64,
        size: u64,
    },
    /// The bucket is missing.
    #[error("{store} does not exist: make the bucket, or correct its name")]
    NoBucket { store: String },
    /// The credentials are wrong, or may not do this.
    #[error(
        "{store} refused access ({source}): check the access key, its secret, the region, and that the key may read, write and delete there"
    )]
    Denied {
        store: String,
        source: object_store::Error,
    },
    /// The file to keep cannot be read.
    #[error("{} cannot be read ({source}): upload it again", path.display())]
    File { path: PathBuf, source: io::Error },
    /// What was read is not what was written.
    #[error(
        "{store} gave back something else than was written: check what stands between it and this server"
    )]
    Garbled { store: String },
    /// The store is away, full or in trouble. It was tried several times.
    #[error(
        "{store} failed ({}): try again; if it lasts, check that it is running, reachable and not full",
        spelled(source)
    )]
    Unavailable {
        store: String,
        source: object_store::Error,
    },
}

impl StoreError {
    pub(super) fn from_store(store: &str, key: &str, source: object_store::Error) -> Self {
        use object_store::Error as Inner;
        let store = store.to_owned();
        match source {
            Inner::NotFound { .. } => StoreError::NotFound {
                key: key.to_owned(),
            },
            source @ (Inner::PermissionDenied { .. } | Inner::Unauthenticated { .. }) => {
                StoreError::Denied { store, source }
            }
            source => StoreError::Unavailable { store, source },
        }
    }
}

/// With the reasons behind it, which the client leaves out.
fn spelled(error: &object_store::Error) -> String {
    let mut text = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(reason) = next {
        let reason_text = reason.to_string();
        if !text.contains(&reason_text) {
            text = format!("{text}: {reason_text}");
        }
        next = reason.source();
    }
    text
}
