//! What a failed call means, and what the platform said about it.

use std::error::Error;
use std::fmt;

use crate::answer::{LimitScope, RateWindow};

/// A call that did not answer with what was asked for. Holds no token, in any form of printing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub meaning: Meaning,
    pub evidence: Evidence,
    pub windows: Vec<RateWindow>,
}

/// What happened, as far as can be known; each variant says what may be done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// Certain: the request was not executed (never connected, or refused before it was looked
    /// at). It may be tried again.
    NotDone,
    /// A call without visible effect failed (5xx, time-out, broken body). It may be tried again.
    Transient,
    /// A publishing call whose outcome nobody can tell from its answer: the post may be live. Look
    /// before repeating.
    Unknown,
    /// Not executed: too many calls. `until_ms` (Unix milliseconds) is the platform's own word.
    Limited {
        scope: LimitScope,
        until_ms: Option<i64>,
    },
    /// The token is dead: refresh it, and failing that the person must reconnect.
    Unauthorized,
    /// The thing addressed is not there, or not yet visible to that server (threads.md 5.3).
    NotFound,
    /// Threads could not use the link of the text as a preview (-1/4279047): wait, or post without
    /// one. Not executed.
    BadLinkPreview,
    /// Threads could not fetch the image from the address given (1/2207052). Seen to pass seconds
    /// later: try twice more, then take it as permanent (threads.md 4.3, 5.2). Not executed.
    MediaUnreachable,
    /// Threads does not know the items of a carousel yet, though they may be finished
    /// (100/4279004): try some times, then take it as permanent (threads.md 4.5, 5.2). Not
    /// executed.
    ChildrenNotReady,
    /// X cannot go on with this upload: its id is unknown or has expired, or its parts do not add
    /// up (x.md 3.2, 3.3). Upload the file anew. Nobody saw any of it.
    UploadLost,
    /// X refused the text because an identical post of this account exists (x.md 2.6). Not
    /// executed this time; after an unknown outcome it is evidence that the first try succeeded.
    Duplicate,
    /// The account's or the app's lane is shut, whatever the content; nothing was done. Codes:
    /// `credits_depleted`, `spend_cap_reached`, `usage_capped`, `app_not_enrolled`,
    /// `account_locked`, `account_suspended`, `account_restricted`, `activity_restricted`.
    Blocked { code: &'static str },
    /// Permanent for this content or these permissions; nothing was done. Codes: `text_too_long`,
    /// `link_limit`, `invalid_link`, `too_many_cashtags`, `media_invalid`, `media_too_large`,
    /// `chunk_too_large`, `video_too_long`, `reply_not_allowed`, `reply_target_gone`,
    /// `quote_not_allowed`, `feature_not_available`, `permission_missing`, `not_permitted`,
    /// `invalid_request`.
    Rejected { code: &'static str },
}

/// What can be shown and kept of a failed call. Everything in it is free of the token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Absent when no answer came.
    pub http_status: Option<u16>,
    /// The platform's own: `24/4279009` (Threads: code and subcode), `credits-depleted` (X: the
    /// end of the problem type, else the legacy code, else the title).
    pub code: Option<String>,
    /// The platform's own words, or ours about the transport; at most 500 characters.
    pub message: Option<String>,
    /// The platform's own id of this exchange.
    pub trace_id: Option<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.meaning)?;
        self.evidence.go_on(f)
    }
}

impl Evidence {
    /// Writes the evidence behind the words that say what happened.
    pub(crate) fn go_on(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(status) = self.http_status {
            write!(f, ", HTTP {status}")?;
        }
        if let Some(code) = &self.code {
            write!(f, ", {code}")?;
        }
        if let Some(message) = &self.message {
            write!(f, ": {message}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Meaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Meaning::NotDone => write!(f, "not done"),
            Meaning::Transient => write!(f, "failed for the moment"),
            Meaning::Unknown => write!(f, "outcome unknown"),
            Meaning::Limited { .. } => write!(f, "rate limited"),
            Meaning::Unauthorized => write!(f, "token refused"),
            Meaning::NotFound => write!(f, "not found"),
            Meaning::BadLinkPreview => write!(f, "link preview refused"),
            Meaning::MediaUnreachable => write!(f, "media unreachable"),
            Meaning::ChildrenNotReady => write!(f, "carousel items not ready"),
            Meaning::UploadLost => write!(f, "upload lost"),
            Meaning::Duplicate => write!(f, "identical post exists"),
            Meaning::Blocked { code } => write!(f, "blocked ({code})"),
            Meaning::Rejected { code } => write!(f, "rejected ({code})"),
        }
    }
}

impl Error for Failure {}
