//! Uploading media to X, invisible until a post names them (x.md 3).
//!
//! An image goes in one request. A GIF or a video goes in parts: initialize, append each part,
//! finalize, and ask for the status until the processing is over.

use bytes::Bytes;
use reqwest::multipart::{Form, Part};
use reqwest::{Body, Method};
use secrecy::SecretString;
use serde::de::IgnoredAny;

use super::{Client, wire};
use crate::answer::Answer;
use crate::call::Call;
use crate::failure::Failure;

/// The size of the parts of an upload, the last one excepted. Larger ones have been refused
/// (x.md 3.3).
pub const CHUNK_BYTES: usize = 1024 * 1024;

/// What an upload will be in its post; X must be told (x.md 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaCategory {
    Image,
    /// An animated one.
    Gif,
    Video,
}

impl MediaCategory {
    fn wire_name(self) -> &'static str {
        match self {
            MediaCategory::Image => "tweet_image",
            MediaCategory::Gif => "tweet_gif",
            MediaCategory::Video => "tweet_video",
        }
    }
}

/// An upload as X sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    /// The id that a post names; not the `media_key` (x.md 2.1).
    pub id: String,
    pub processing: Processing,
    /// Until the upload is forgotten, in seconds from now.
    pub expires_after_s: Option<i64>,
}

/// How far X is with an upload (x.md 3.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Processing {
    /// A post may name it.
    Ready,
    /// Not yet.
    Pending {
        /// When X wants to be asked again, in seconds; it does not always say.
        check_after_s: Option<u64>,
    },
    /// Never: X cannot use this file. In X's own words, as far as it has any.
    Failed {
        code: Option<i64>,
        /// For example `InvalidMedia`.
        name: Option<String>,
        message: Option<String>,
    },
}

impl Client {
    /// Uploads a whole file in one request: an image of at most 5 MB (x.md 3.1, 3.4). `mime` is
    /// its type, for example `image/png`. After a lost answer it may be sent again.
    pub async fn upload_image(
        &self,
        token: &SecretString,
        bytes: Bytes,
        mime: &str,
        category: MediaCategory,
        now_ms: i64,
    ) -> Result<Answer<Uploaded>, Failure> {
        let request = file(bytes, mime).and_then(|media| {
            let form = Form::new()
                .text("media_category", category.wire_name())
                .part("media", media);
            let request = self.request(Method::POST, &["2", "media", "upload"])?;
            Ok(request.multipart(form))
        });
        let upload: Answer<wire::Upload> = self
            .perform(Call::UploadImage, request, token, now_ms)
            .await?;
        Ok(upload.map(Uploaded::from))
    }

    /// Begins an upload of `total_bytes` in parts. What it answers is pending: X has none of the
    /// bytes yet.
    pub async fn initialize_upload(
        &self,
        token: &SecretString,
        mime: &str,
        total_bytes: u64,
        category: MediaCategory,
        now_ms: i64,
    ) -> Result<Answer<Uploaded>, Failure> {
        let body = wire::InitializeUpload {
            media_type: mime,
            total_bytes,
            media_category: category.wire_name(),
        };
        let request = self
            .request(Method::POST, &["2", "media", "upload", "initialize"])
            .map(|request| request.json(&body));
        let begun: Answer<wire::Upload> = self
            .perform(Call::InitializeUpload, request, token, now_ms)
            .await?;
        Ok(begun.map(|begun| Uploaded {
            processing: Processing::Pending {
                check_after_s: None,
            },
            ..Uploaded::from(begun)
        }))
    }

    /// Sends one part, of [`CHUNK_BYTES`] or less; `segment_index` counts from zero. After a lost
    /// answer the same part may be sent again with the same index.
    pub async fn append_upload(
        &self,
        token: &SecretString,
        media_id: &str,
        segment_index: u32,
        bytes: Bytes,
        now_ms: i64,
    ) -> Result<Answer<()>, Failure> {
        let request = file(bytes, "application/octet-stream").and_then(|media| {
            let form = Form::new()
                .text("segment_index", segment_index.to_string())
                .part("media", media);
            let path = ["2", "media", "upload", media_id, "append"];
            Ok(self.request(Method::POST, &path)?.multipart(form))
        });
        let appended: Answer<IgnoredAny> = self
            .perform(Call::AppendUpload, request, token, now_ms)
            .await?;
        Ok(appended.map(|_| ()))
    }

    /// Ends an upload in parts; X begins to process it. After a lost answer ask for the status
    /// first.
    pub async fn finalize_upload(
        &self,
        token: &SecretString,
        media_id: &str,
        now_ms: i64,
    ) -> Result<Answer<Uploaded>, Failure> {
        let path = ["2", "media", "upload", media_id, "finalize"];
        let request = self.request(Method::POST, &path);
        let upload: Answer<wire::Upload> = self
            .perform(Call::FinalizeUpload, request, token, now_ms)
            .await?;
        Ok(upload.map(Uploaded::from))
    }

    /// Reads how far the processing of a finalized upload got.
    pub async fn upload_status(
        &self,
        token: &SecretString,
        media_id: &str,
        now_ms: i64,
    ) -> Result<Answer<Uploaded>, Failure> {
        let request = self
            .request(Method::GET, &["2", "media", "upload"])
            .map(|request| request.query(&[("command", "STATUS"), ("media_id", media_id)]));
        let upload: Answer<wire::Upload> = self
            .perform(Call::UploadStatus, request, token, now_ms)
            .await?;
        Ok(upload.map(Uploaded::from))
    }

    /// Gives an upload its text for those who cannot see it, at most 1,000 characters. To be done
    /// before a post names it; costs money (x.md 3.4, 4.3).
    pub async fn describe_media(
        &self,
        token: &SecretString,
        media_id: &str,
        alt_text: &str,
        now_ms: i64,
    ) -> Result<Answer<()>, Failure> {
        let body = wire::DescribeMedia::new(media_id, alt_text);
        let request = self
            .request(Method::POST, &["2", "media", "metadata"])
            .map(|request| request.json(&body));
        let described: Answer<wire::Described> = self
            .perform(Call::DescribeMedia, request, token, now_ms)
            .await?;
        Ok(described.map(|_| ()))
    }
}

/// A file in a form, without a copy of its bytes.
fn file(bytes: Bytes, mime: &str) -> Result<Part, &'static str> {
    let length = bytes.len() as u64;
    Part::stream_with_length(Body::from(bytes), length)
        .file_name("media")
        .mime_str(mime)
        .map_err(|_| "the media type is none")
}
