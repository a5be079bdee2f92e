//! What is known of an image or a video: enough to say whether the right one is live. The bytes
//! themselves are hashed as they come and not kept.

mod contents;
mod fetch;
mod format;

use serde::{Deserialize, Serialize};

pub(crate) use contents::{Contents, Reading};
pub(crate) use fetch::{Fetched, Fetcher};
pub(crate) use format::Format;

/// What people see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    Image,
    /// An animated one, on X (x.md 3.4).
    Gif,
    Video,
}

/// One image or video of a live post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LiveMedia {
    pub kind: MediaKind,
    /// Of the content, in hexadecimal. Empty when it was never fetched, which
    /// [`crate::ThreadsSettings::fetch_media`] can ask for.
    pub sha256: String,
    /// The size of the content.
    pub bytes: u64,
    /// As the content itself tells, such as `image/png`; empty when it does not.
    pub content_type: String,
    /// In pixels, where the first bytes tell.
    pub width: Option<u32>,
    pub height: Option<u32>,
    pub alt_text: Option<String>,
}

impl LiveMedia {
    pub(crate) fn new(kind: MediaKind, contents: &Contents, alt_text: Option<String>) -> Self {
        let (width, height) = contents.size.unzip();
        Self {
            kind,
            sha256: contents.sha256.clone(),
            bytes: contents.bytes,
            content_type: contents
                .format
                .map(Format::content_type)
                .unwrap_or_default()
                .to_owned(),
            width,
            height,
            alt_text,
        }
    }
}
