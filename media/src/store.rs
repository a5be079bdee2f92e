//! Where files are kept: a folder, or a bucket of S3 or of anything that speaks its protocol.

mod error;
mod settings;

use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::path::Path as Location;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, WriteMultipart};
use tokio::fs::File;
use tokio::io::AsyncReadExt;

pub use error::StoreError;
pub use settings::StoreSettings;

/// A file is sent in parts of this size. S3 takes parts of 5 MiB and more.
const PART_BYTES: usize = 8 * 1024 * 1024;
/// So many parts are under way at a time, beside the one that is being read.
const PARTS_AT_A_TIME: usize = 2;

/// A place for files. Cheap to clone. Keys are paths with `/`, as `media/0189.jpg`.
#[derive(Clone)]
pub struct Store {
    inner: Arc<dyn ObjectStore>,
    /// For people: where this is.
    name: Arc<str>,
}

/// A file on its way out.
pub struct Download {
    /// Of the whole file, in bytes.
    pub size: u64,
    /// The file, piece by piece. Ends after the first error.
    pub stream: BoxStream<'static, Result<Bytes, StoreError>>,
}

impl Store {
    /// Opens a store. A folder is made where it is missing; S3 is not asked yet, see
    /// [`Store::check`]. S3 needs a process-wide rustls provider, as every client here does.
    ///
    /// # Errors
    /// When the settings make no sense together, or the folder cannot be made.
    pub fn open(settings: &StoreSettings) -> Result<Self, StoreError> {
        settings.open().map(|(inner, name)| Self::over(inner, name))
    }

    fn over(inner: Arc<dyn ObjectStore>, name: String) -> Self {
        Self {
            inner,
            name: name.into(),
        }
    }

    /// Where this is, for people: a folder's path, or a bucket's address. No secret is in it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Keeps a file under `key`, in place of what was there. Readers see the old one, or the whole
    /// new one. Takes at most four parts of 8 MiB in memory.
    ///
    /// # Errors
    /// When the file cannot be read, or the store does not take it: nothing is kept then.
    pub async fn put_file(&self, key: &str, path: &Path) -> Result<(), StoreError> {
        let location = location(key)?;
        let unreadable = |error| StoreError::File {
            path: path.to_owned(),
            source: error,
        };
        let mut file = File::open(path).await.map_err(unreadable)?;
        let first = read_part(&mut file).await.map_err(unreadable)?;
        if first.len() < PART_BYTES {
            let put = self.inner.put(&location, PutPayload::from(first)).await;
            return put.map(drop).map_err(|error| self.refused(key, error));
        }
        let upload = self
            .inner
            .put_multipart(&location)
            .await
            .map_err(|error| self.refused(key, error))?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, PART_BYTES);
        let mut part = first;
        while !part.is_empty() {
            if let Err(error) = upload.wait_for_capacity(PARTS_AT_A_TIME).await {
                // The first error is the one to tell.
                let _ = upload.abort().await;
                return Err(self.refused(key, error));
            }
            upload.put(part);
            part = match read_part(&mut file).await {
                Ok(part) => part,
                Err(error) => {
                    let _ = upload.abort().await;
                    return Err(unreadable(error));
                }
            };
        }
        let finished = upload.finish().await;
        finished.map(drop).map_err(|error| self.refused(key, error))
    }

    /// The file under `key`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none, or when the store does not answer; in the
    /// stream, when it stops answering.
    pub async fn get(&self, key: &str) -> Result<Download, StoreError> {
        let location = location(key)?;
        let found = self
            .inner
            .get(&location)
            .await
            .map_err(|error| self.failed(key, error))?;
        let size = found.meta.size;
        let (store, key) = (self.clone(), key.to_owned());
        let stream = found
            .into_stream()
            .map(move |piece| piece.map_err(|error| store.failed(&key, error)));
        Ok(Download {
            size,
            stream: stream.boxed(),
        })
    }

    /// A part of the file under `key`: the bytes of `range`, fewer where the file ends in it.
    ///
    /// # Errors
    /// When there is no such file, the range is empty or begins after the file's end, or the
    /// store does not answer.
    pub async fn get_range(&self, key: &str, range: Range<u64>) -> Result<Bytes, StoreError> {
        let location = location(key)?;
        let out_of_range = |size: u64| StoreError::Range {
            key: key.to_owned(),
            start: range.start,
            end: range.end,
            size,
        };
        let meta = self.inner.head(&location).await;
        // The stores differ in what they say to a range beyond the end, so none is asked for it.
        let size = meta.map_err(|error| self.failed(key, error))?.size;
        if range.is_empty() || range.start >= size {
            return Err(out_of_range(size));
        }
        let within = range.start..range.end.min(size);
        let bytes = self.inner.get_range(&location, within).await;
        bytes.map_err(|error| self.failed(key, error))
    }

    /// Forgets the file under `key`. That there is none is no error.
    ///
    /// # Errors
    /// When the store does not answer, or does not allow it.
    pub async fn delete(&self, key: &str) -> Result<(), StoreError> {
        match self.inner.delete(&location(key)?).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.failed(key, error)),
        }
    }

    /// Whether there is a file under `key`.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn exists(&self, key: &str) -> Result<bool, StoreError> {
        match self.inner.head(&location(key)?).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(self.failed(key, error)),
        }
    }

    /// Whether the store does all that is asked of it: writes a tiny file, reads it, removes it.
    ///
    /// # Errors
    /// What went wrong first, with what to do about it.
    pub async fn check(&self) -> Result<(), StoreError> {
        let key = format!("check/{}", uuid::Uuid::new_v4());
        let location = location(&key)?;
        let written = Bytes::from_static(b"written to see that files can be kept here\n");
        let payload = PutPayload::from(written.clone());
        let put = self.inner.put(&location, payload).await;
        put.map_err(|error| self.refused(&key, error))?;
        let read = self.read_whole(&key, &location).await;
        let deleted = self.delete(&key).await;
        if read? != written {
            return Err(StoreError::Garbled {
                store: self.name.to_string(),
            });
        }
        deleted
    }

    async fn read_whole(&self, key: &str, location: &Location) -> Result<Bytes, StoreError> {
        let failed = |error| self.failed(key, error);
        let found = self.inner.get(location).await.map_err(failed)?;
        found.bytes().await.map_err(failed)
    }

    fn failed(&self, key: &str, error: object_store::Error) -> StoreError {
        StoreError::from_store(&self.name, key, error)
    }

    /// Of a write, which finds everything unless the bucket itself is missing.
    fn refused(&self, key: &str, error: object_store::Error) -> StoreError {
        match self.failed(key, error) {
            StoreError::NotFound { .. } => StoreError::NoBucket {
                store: self.name.to_string(),
            },
            error => error,
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Store").field(&self.name).finish()
    }
}

fn location(key: &str) -> Result<Location, StoreError> {
    match Location::parse(key) {
        Ok(location) if !location.as_ref().is_empty() => Ok(location),
        _ => Err(StoreError::Key {
            key: key.to_owned(),
        }),
    }
}

/// As much as makes a part; less at the end of the file alone.
async fn read_part(file: &mut File) -> std::io::Result<Bytes> {
    let mut part = BytesMut::with_capacity(PART_BYTES);
    let mut rest = file.take(PART_BYTES as u64);
    while rest.read_buf(&mut part).await? > 0 {}
    Ok(part.freeze())
}

#[cfg(test)]
mod tests;
