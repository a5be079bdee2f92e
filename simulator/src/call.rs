//! What was asked of the platforms: a bounded log without tokens.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::account::Platform;

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Of a text, or of one image or video.
    CreateContainer,
    /// Of an item of a carousel (threads.md 4.5).
    CreateChild,
    /// Of the carousel itself.
    CreateCarousel,
    ContainerStatus,
    Publish,
    ReadMedia,
    ListPosts,
    ListReplies,
    Me,
    PublishingLimit,
    Delete,
    XCreate,
    XRead,
    XTimeline,
    XMe,
    XDelete,
    /// An upload in one call (x.md 3.1).
    XMediaUpload,
    XMediaInitialize,
    XMediaAppend,
    XMediaFinalize,
    XMediaStatus,
    /// The alt text.
    XMediaMetadata,
    /// The consent page, and what is decided there.
    ThreadsAuthorize,
    ThreadsCodeExchange,
    /// `client_credentials`.
    ThreadsAppToken,
    ThreadsLongLived,
    ThreadsRefresh,
    ThreadsDebugToken,
    /// The consent page, and what is decided there.
    XAuthorize,
    XCodeExchange,
    XRefresh,
    XRevoke,
    /// A path that the platform does not have, or that is not imitated.
    Unknown,
}

impl Operation {
    /// All of them, for tables.
    pub const ALL: [Self; 33] = [
        Self::CreateContainer,
        Self::CreateChild,
        Self::CreateCarousel,
        Self::ContainerStatus,
        Self::Publish,
        Self::ReadMedia,
        Self::ListPosts,
        Self::ListReplies,
        Self::Me,
        Self::PublishingLimit,
        Self::Delete,
        Self::XCreate,
        Self::XRead,
        Self::XTimeline,
        Self::XMe,
        Self::XDelete,
        Self::XMediaUpload,
        Self::XMediaInitialize,
        Self::XMediaAppend,
        Self::XMediaFinalize,
        Self::XMediaStatus,
        Self::XMediaMetadata,
        Self::ThreadsAuthorize,
        Self::ThreadsCodeExchange,
        Self::ThreadsAppToken,
        Self::ThreadsLongLived,
        Self::ThreadsRefresh,
        Self::ThreadsDebugToken,
        Self::XAuthorize,
        Self::XCodeExchange,
        Self::XRefresh,
        Self::XRevoke,
        Self::Unknown,
    ];

    /// Whose call it is; `None` for a path that nobody has.
    #[must_use]
    pub fn platform(self) -> Option<Platform> {
        match self {
            Self::CreateContainer
            | Self::CreateChild
            | Self::CreateCarousel
            | Self::ContainerStatus
            | Self::Publish
            | Self::ReadMedia
            | Self::ListPosts
            | Self::ListReplies
            | Self::Me
            | Self::PublishingLimit
            | Self::Delete
            | Self::ThreadsAuthorize
            | Self::ThreadsCodeExchange
            | Self::ThreadsAppToken
            | Self::ThreadsLongLived
            | Self::ThreadsRefresh
            | Self::ThreadsDebugToken => Some(Platform::Threads),
            Self::XCreate
            | Self::XRead
            | Self::XTimeline
            | Self::XMe
            | Self::XDelete
            | Self::XMediaUpload
            | Self::XMediaInitialize
            | Self::XMediaAppend
            | Self::XMediaFinalize
            | Self::XMediaStatus
            | Self::XMediaMetadata
            | Self::XAuthorize
            | Self::XCodeExchange
            | Self::XRefresh
            | Self::XRevoke => Some(Platform::X),
            Self::Unknown => None,
        }
    }
}

// `Unknown` is the last: one that is missing in `ALL` does not compile.
const _: () = assert!(Operation::ALL.len() == Operation::Unknown as usize + 1);

/// One request to a platform, and what became of it.
#[derive(Debug, Clone, Serialize)]
pub struct Call {
    /// Counts from 1 and is never used twice.
    pub seq: u64,
    /// When it arrived, by the simulator's clock.
    pub at_ms: i64,
    pub platform: Platform,
    pub method: String,
    /// Without the query, where a token may be.
    pub path: String,
    pub operation: Operation,
    /// The handle that the token, the code or the choice on the consent page belongs to.
    pub account: Option<String>,
    /// `None` while it runs, and when the connection was closed without an answer.
    pub http_status: Option<u16>,
    /// The fault that struck it.
    pub fault: Option<String>,
    /// It made something live.
    pub effect: bool,
    /// It has been answered, or its connection closed.
    pub finished: bool,
}

/// The last calls, oldest first.
#[derive(Debug, Default)]
pub(crate) struct CallLog {
    calls: VecDeque<Call>,
    next_seq: u64,
}

impl CallLog {
    /// Enough for a long test, and some 40 MB at most.
    const KEPT: usize = 200_000;

    pub(crate) fn begin(&mut self, call: Call) -> u64 {
        if self.calls.len() == Self::KEPT {
            self.calls.pop_front();
        }
        self.next_seq += 1;
        self.calls.push_back(Call {
            seq: self.next_seq,
            ..call
        });
        self.next_seq
    }

    /// Forgets the calls; their numbers are not used again.
    pub(crate) fn clear(&mut self) {
        self.calls.clear();
    }

    pub(crate) fn had_effect(&mut self, seq: u64) {
        if let Some(call) = self.find(seq) {
            call.effect = true;
        }
    }

    pub(crate) fn finish(&mut self, seq: u64, http_status: Option<u16>) {
        if let Some(call) = self.find(seq) {
            call.http_status = http_status;
            call.finished = true;
        }
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter()
    }

    /// The calls after `seq`, without walking over those before.
    pub(crate) fn after(&self, seq: u64) -> impl Iterator<Item = &Call> {
        let first = self.calls.partition_point(|call| call.seq <= seq);
        self.calls.range(first..)
    }

    fn find(&mut self, seq: u64) -> Option<&mut Call> {
        let oldest = self.calls.front()?.seq;
        let index = usize::try_from(seq.checked_sub(oldest)?).ok()?;
        self.calls.get_mut(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call() -> Call {
        Call {
            seq: 0,
            at_ms: 0,
            platform: Platform::X,
            method: "GET".to_owned(),
            path: "/2/users/me".to_owned(),
            operation: Operation::XMe,
            account: None,
            http_status: None,
            fault: None,
            effect: false,
            finished: false,
        }
    }

    #[test]
    fn the_log_forgets_its_oldest_calls_and_still_finds_the_others() {
        let mut log = CallLog::default();
        for _ in 0..CallLog::KEPT + 10 {
            log.begin(call());
        }
        assert_eq!(log.all().count(), CallLog::KEPT);
        log.finish(11, Some(200));
        log.finish(10, Some(500));
        assert_eq!(
            log.all().next().and_then(|first| first.http_status),
            Some(200)
        );
        assert_eq!(log.after(CallLog::KEPT as u64 + 8).count(), 2);
    }
}
