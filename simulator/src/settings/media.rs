//! How X treats uploads, and what it refuses about them.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct XMediaSettings {
    /// A longer segment is answered with 413 and no body (x.md 3.3).
    pub chunk_limit_bytes: u64,
    /// What a post with a wrong mix of media is told (x.md 10.17: 400 or 403).
    pub wrong_mix: WrongMix,
    /// Whether `pending` and `in_progress` come with `check_after_secs`; a client must not take
    /// its absence for success (x.md 11.13).
    pub check_after: bool,
    /// Whether a segment is answered with 204 and no body, as the Playground does (x.md 3.1).
    pub empty_append_answer: bool,
    /// How long every video is, in seconds. `None`: as its own header says, where that can be
    /// read.
    pub video_seconds: Option<u32>,
    /// A longer video is refused when it is posted without Premium: 120 s were seen, 140 s are
    /// documented (x.md 2.5).
    pub longest_video_seconds: u32,
    /// Whether the text of a post with media ends in one more t.co link, that of its media, when
    /// it is read. It does in life; x.md does not speak of it.
    pub link_in_text: bool,
    /// One-shot uploads of one user in 15 minutes (x.md 4.1).
    pub upload_per_user: u32,
    /// Initializations of one user in 15 minutes; as many segments, and as many finalizations.
    pub chunked_per_user: u32,
    /// Looks at the status of uploads, of one user in 15 minutes.
    pub status_per_user: u32,
    /// Metadata calls of one user in 15 minutes.
    pub metadata_per_user: u32,
    /// Whether the windows of the whole app in 24 hours exist: 50,000 uploads and metadata calls,
    /// 100,000 looks, 180,000 of each part of an upload in pieces.
    pub app_windows: bool,
}

impl Default for XMediaSettings {
    fn default() -> Self {
        Self {
            chunk_limit_bytes: 5 << 20,
            wrong_mix: WrongMix::default(),
            check_after: true,
            empty_append_answer: false,
            video_seconds: None,
            longest_video_seconds: 140,
            link_in_text: false,
            upload_per_user: 500,
            chunked_per_user: 1_875,
            status_per_user: 1_000,
            metadata_per_user: 500,
            app_windows: true,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WrongMix {
    /// 400 "Your media IDs are invalid."
    #[default]
    InvalidMedia,
    /// 403 "You are not permitted to perform this action."
    NotPermitted,
}
