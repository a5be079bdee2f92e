//! How much of the platforms' limits is left, where each number comes from, and when it frees.
//!
//! The table of limits is the operator's, put together where the worker's settings are read; here it is
//! held against what is counted.

pub mod low;
mod now;
pub mod platform_says;

use std::time::Duration;

use crate::lanes::Lane;
use crate::{AccountId, Platform};

pub use now::{Counted, counted, place_free_at, rolling_times};

/// One limit on publishing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    pub platform: Platform,
    pub counts: Counts,
    pub of: LimitOf,
    /// The window's name, such as `15min`.
    pub name: &'static str,
    pub max: i64,
    pub window: Duration,
    /// It counts what went out in the time just past, rather than calls since a window began.
    pub is_rolling: bool,
}

/// What a limit counts. Threads counts replies apart from posts (`threads.md` 6); X does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    PostsAndReplies,
    Posts,
    Replies,
}

/// Whom a limit holds back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitOf {
    Account,
    App,
}

impl Counts {
    /// Whether a message is counted; `is_reply`: it answers another.
    pub fn include(self, is_reply: bool) -> bool {
        match self {
            Counts::PostsAndReplies => true,
            Counts::Posts => !is_reply,
            Counts::Replies => is_reply,
        }
    }

    /// The word for it in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Counts::PostsAndReplies => "posts_and_replies",
            Counts::Posts => "posts",
            Counts::Replies => "replies",
        }
    }
}

impl Limit {
    /// The lane that it holds back.
    pub fn lane(&self, account: &AccountId) -> Lane {
        match self.of {
            LimitOf::Account => Lane::Account(account.clone()),
            LimitOf::App => Lane::App(self.platform),
        }
    }

    /// How it is named to people: `x.15min`.
    pub fn key(&self) -> String {
        format!("{}.{}", self.platform, self.name)
    }
}
