//! The life of an upload (x.md 3.2), decided without I/O:
//!
//! ```text
//! initialize -> append.. -> finalize -> pending -> in_progress -> succeeded | failed
//!                              +-- a still image is ready at once
//! ```

use std::collections::HashMap;

use crate::account::AccountId;
use crate::fault::MediaFate;
use crate::media::Contents;
use crate::x::media::category::Category;
use crate::x::media::segments::Segments;

#[derive(Debug, Clone)]
pub(crate) struct Upload {
    pub(crate) owner: AccountId,
    /// `additional_owners`: their user ids.
    pub(crate) shared_with: Vec<u64>,
    pub(crate) category: Category,
    pub(crate) created_ms: i64,
    pub(crate) stage: Stage,
    pub(crate) alt_text: Option<String>,
    /// What a fault has decided.
    pub(crate) fate: Option<MediaFate>,
    /// How long a fault lets it be processed.
    pub(crate) lag_ms: Option<i64>,
}

#[derive(Debug, Clone)]
pub(crate) enum Stage {
    /// Pieces are still to come.
    Open {
        segments: Segments,
        /// As it was announced.
        total_bytes: Option<u64>,
    },
    Done(Done),
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Done {
    pub(crate) contents: Contents,
    pub(crate) at_ms: i64,
    pub(crate) pending_ms: i64,
    pub(crate) processing_ms: i64,
    /// The status has said that it succeeded, and says nothing of it from then on.
    pub(crate) was_told: bool,
}

/// How far the processing is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Progress {
    /// There is none.
    None,
    Pending {
        left_ms: i64,
    },
    /// `in_progress`.
    Working {
        percent: u8,
        left_ms: i64,
    },
    Succeeded,
    Failed(String),
}

impl Upload {
    /// How long pieces may take to come: 15 days in the docs' sample (x.md 3.4).
    pub(crate) const OPEN_S: i64 = 1_295_999;
    /// How long it can be posted.
    pub(crate) const LIFE_S: i64 = 86_400;

    pub(crate) fn expires_ms(&self) -> i64 {
        match &self.stage {
            Stage::Open { .. } => self.created_ms + Self::OPEN_S * 1_000,
            Stage::Done(done) => done.at_ms + Self::LIFE_S * 1_000,
        }
    }

    fn is_expired(&self, now_ms: i64) -> bool {
        self.fate == Some(MediaFate::Expires) || now_ms >= self.expires_ms()
    }

    pub(crate) fn may_be_used_by(&self, caller: AccountId, user_id: u64) -> bool {
        self.owner == caller || self.shared_with.contains(&user_id)
    }

    /// `None`: it is not even whole.
    pub(crate) fn progress(&self, now_ms: i64) -> Option<Progress> {
        let Stage::Done(done) = &self.stage else {
            return None;
        };
        let (pending_ms, processing_ms) = match self.lag_ms {
            Some(lag_ms) => (lag_ms.min(1_000), (lag_ms - 1_000).max(0)),
            None => (done.pending_ms, done.processing_ms),
        };
        let age_ms = now_ms - done.at_ms;
        let left_ms = pending_ms + processing_ms - age_ms;
        let failure = self.failure(done);
        Some(if !self.category.is_processed() {
            failure.map_or(Progress::None, Progress::Failed)
        } else if age_ms < pending_ms {
            Progress::Pending { left_ms }
        } else if left_ms > 0 {
            let part = 100 * (processing_ms - left_ms) / processing_ms.max(1);
            Progress::Working {
                percent: u8::try_from(part.clamp(0, 99)).unwrap_or(99),
                left_ms,
            }
        } else {
            failure.map_or(Progress::Succeeded, Progress::Failed)
        })
    }

    fn failure(&self, done: &Done) -> Option<String> {
        match &self.fate {
            Some(MediaFate::Fails(message)) => Some(message.clone()),
            _ if self.category.takes(done.contents.format) => None,
            _ if self.category.is_video() => Some("Unsupported video format".to_owned()),
            _ => Some("Unsupported image format".to_owned()),
        }
    }
}

/// All uploads, by their ids.
#[derive(Debug, Default)]
pub(crate) struct Uploads {
    all: HashMap<u64, Upload>,
    swept_at: usize,
}

impl Uploads {
    pub(crate) fn add(&mut self, id: u64, upload: Upload, now_ms: i64) {
        if self.all.len() >= self.swept_at.max(1_000) {
            self.all.retain(|_, upload| !upload.is_expired(now_ms));
            self.swept_at = self.all.len() * 2;
        }
        self.all.insert(id, upload);
    }

    pub(crate) fn get_mut(&mut self, id: u64) -> Option<&mut Upload> {
        self.all.get_mut(&id)
    }

    /// Unless it has expired.
    pub(crate) fn live(&mut self, id: u64, now_ms: i64) -> Option<&mut Upload> {
        self.get_mut(id).filter(|upload| !upload.is_expired(now_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::Format;

    fn video() -> Upload {
        let contents = Contents {
            format: Some(Format::Mp4),
            ..Contents::default()
        };
        Upload {
            owner: 0,
            shared_with: vec![7],
            category: Category::TweetVideo,
            created_ms: 0,
            stage: Stage::Done(Done {
                contents,
                pending_ms: 1_000,
                processing_ms: 4_000,
                ..Done::default()
            }),
            alt_text: None,
            fate: None,
            lag_ms: None,
        }
    }

    #[test]
    fn a_video_is_pending_then_in_progress_then_ready() {
        let one = video();
        let percent = |now_ms| match one.progress(now_ms) {
            Some(Progress::Working { percent, .. }) => percent,
            other => panic!("{other:?}"),
        };
        let pending = Progress::Pending { left_ms: 4_001 };
        assert_eq!(one.progress(999), Some(pending));
        assert_eq!((percent(1_000), percent(3_000)), (0, 50));
        assert_eq!(one.progress(5_000), Some(Progress::Succeeded));
    }

    #[test]
    fn what_is_no_video_fails_once_it_has_been_looked_at() {
        let mut one = video();
        one.stage = Stage::Done(Done::default());
        let failed = Progress::Failed("Unsupported video format".to_owned());
        assert_eq!(one.progress(0), Some(failed));
    }

    #[test]
    fn a_fault_makes_it_slow_or_lets_it_fail() {
        let mut one = video();
        one.lag_ms = Some(9_000);
        assert!(matches!(
            one.progress(8_999),
            Some(Progress::Working { left_ms: 1, .. })
        ));
        one.fate = Some(MediaFate::Fails("no".to_owned()));
        assert_eq!(one.progress(9_000), Some(Progress::Failed("no".to_owned())));
    }

    #[test]
    fn it_is_gone_after_a_day_and_only_its_owners_may_use_it() {
        let one = video();
        assert!(!one.is_expired(86_399_999));
        assert!(one.is_expired(86_400_000));
        assert!(one.may_be_used_by(0, 1) && one.may_be_used_by(5, 7));
        assert!(!one.may_be_used_by(5, 8));
    }
}
