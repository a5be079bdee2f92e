//! The calls that bring a part's files to a platform.

use entities::content::{MediaKind, PartMedia};
use entities::uploads::Upload;
use media::StoreError;
use platforms::threads::ItemKind;
use platforms::{Evidence, Failure, Meaning, x};
use secrecy::SecretString;

use super::{Performed, Subject, options, performed};
use crate::Worker;
use crate::decide::Success;

/// How many stretches of a file are sent in one step, if the lease lasts: what is sent is saved
/// after each step, and a step costs a write.
const STRETCHES: usize = 16;

/// One file of the part under way, on its way.
pub struct Sending<'a> {
    pub worker: &'a Worker,
    pub subject: &'a Subject<'a>,
    pub token: &'a SecretString,
}

impl Sending<'_> {
    /// X: the whole of an image.
    pub async fn image(&self, position: usize) -> Performed {
        let Some(media) = self.media(position) else {
            return lost();
        };
        let bytes = match self.worker.source.read(media, 0..media.bytes).await {
            Ok(bytes) => bytes,
            Err(error) => return unreadable(&error),
        };
        let (x, now_ms) = (&self.worker.platforms.x, self.now_ms());
        let category = options::category(media.kind);
        let answer = x
            .upload_image(self.token, bytes, &media.mime, category, now_ms)
            .await;
        performed(answer, Success::Uploaded)
    }

    /// X: that a GIF or a video will come.
    pub async fn begin(&self, position: usize) -> Performed {
        let Some(media) = self.media(position) else {
            return lost();
        };
        let (x, now_ms) = (&self.worker.platforms.x, self.now_ms());
        let category = options::category(media.kind);
        let answer = x
            .initialize_upload(self.token, &media.mime, media.bytes, category, now_ms)
            .await;
        performed(answer, Success::Uploaded)
    }

    /// X: the next stretches. A failure after the first of them is left to the next step to find
    /// again: what was taken is worth saving.
    pub async fn append(&self, upload: &Upload) -> Performed {
        let position = usize::try_from(upload.position).unwrap_or(usize::MAX);
        let Some(media) = self.media(position) else {
            return lost();
        };
        let chunk = x::CHUNK_BYTES as u64;
        let mut sent = u64::try_from(upload.sent_bytes).unwrap_or(0);
        let mut last = None;
        for _ in 0..STRETCHES {
            if sent >= media.bytes || last.is_some() && !self.lease_lasts() {
                break;
            }
            let end = (sent + chunk).min(media.bytes);
            let stretch = match self.worker.source.read(media, sent..end).await {
                Ok(stretch) => stretch,
                Err(error) => {
                    return last.unwrap_or_else(|| unreadable(&error));
                }
            };
            let segment = u32::try_from(sent / chunk).unwrap_or(u32::MAX);
            let (x, now_ms) = (&self.worker.platforms.x, self.now_ms());
            let answer = x
                .append_upload(self.token, &upload.remote_id, segment, stretch, now_ms)
                .await;
            if answer.is_err() && last.is_some() {
                break;
            }
            let failed = answer.is_err();
            sent = end;
            let sent_bytes = i64::try_from(sent).unwrap_or(i64::MAX);
            last = Some(performed(answer, |()| Success::Appended { sent_bytes }));
            if failed {
                break;
            }
        }
        last.unwrap_or_else(lost)
    }

    /// X: that it is all there.
    pub async fn finish(&self, upload: &Upload) -> Performed {
        let (x, now_ms) = (&self.worker.platforms.x, self.now_ms());
        let answer = x
            .finalize_upload(self.token, &upload.remote_id, now_ms)
            .await;
        performed(answer, |uploaded| Success::Processed(uploaded.processing))
    }

    /// X: how far it is.
    pub async fn check(&self, upload: &Upload) -> Performed {
        let (x, now_ms) = (&self.worker.platforms.x, self.now_ms());
        let answer = x.upload_status(self.token, &upload.remote_id, now_ms).await;
        performed(answer, |uploaded| Success::Processed(uploaded.processing))
    }

    /// X: what it shows.
    pub async fn describe(&self, upload: &Upload) -> Performed {
        let position = usize::try_from(upload.position).unwrap_or(usize::MAX);
        let words = self
            .media(position)
            .and_then(|media| media.alt_text.as_deref());
        let (x, now_ms) = (&self.worker.platforms.x, self.now_ms());
        let answer = x
            .describe_media(self.token, &upload.remote_id, words.unwrap_or(""), now_ms)
            .await;
        performed(answer, |()| Success::Described)
    }

    /// Threads: a container for one file of a carousel.
    pub async fn child(&self, position: usize) -> Performed {
        let Some(media) = self.media(position) else {
            return lost();
        };
        let url = self.worker.source.address(media, self.worker.clock.now());
        let item = match media.kind {
            MediaKind::Video => ItemKind::Video { url: &url },
            MediaKind::Image | MediaKind::Gif => ItemKind::Image { url: &url },
        };
        let user = self.subject.work.account.remote_user_id.as_str();
        let (threads, now_ms) = (&self.worker.platforms.threads, self.now_ms());
        let words = media.alt_text.as_deref();
        let answer = threads
            .create_carousel_item(self.token, user, item, words, now_ms)
            .await;
        performed(answer, |id| Success::Container { id })
    }

    /// Threads: how far that container is.
    pub async fn check_child(&self, upload: &Upload) -> Performed {
        let (threads, now_ms) = (&self.worker.platforms.threads, self.now_ms());
        let answer = threads
            .container_status(self.token, &upload.remote_id, now_ms)
            .await;
        performed(answer, Success::Status)
    }

    fn media(&self, position: usize) -> Option<&PartMedia> {
        self.subject.part.media.get(position)
    }

    fn now_ms(&self) -> i64 {
        self.worker.clock.now().as_ms()
    }

    fn lease_lasts(&self) -> bool {
        let ends = self.worker.clock.now() + self.worker.settings.call_timeout;
        ends <= self.subject.claim.lease_until
    }
}

/// A file could not be read from the store: nothing was asked of the platform.
fn unreadable(error: &StoreError) -> Performed {
    let meaning = if matches!(error, StoreError::NotFound { .. }) {
        Meaning::Rejected {
            code: "media_missing",
        }
    } else {
        Meaning::NotDone
    };
    refused(meaning, error.to_string())
}

/// The part has no such file any more. It can not be, since content and files change together.
fn lost() -> Performed {
    let meaning = Meaning::Rejected {
        code: "media_missing",
    };
    refused(meaning, "the part has no such file".to_owned())
}

fn refused(meaning: Meaning, message: String) -> Performed {
    Performed {
        outcome: Err(Failure {
            meaning,
            evidence: Evidence {
                message: Some(message),
                ..Evidence::default()
            },
            windows: Vec::new(),
        }),
        http_status: None,
        trace_id: None,
        windows: Vec::new(),
        posts_read: 0,
    }
}
