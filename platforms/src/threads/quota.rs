//! How much of the publishing quota is used (threads.md 6).

use reqwest::Method;
use secrecy::SecretString;

use super::{Client, wire};
use crate::answer::Answer;
use crate::call::Call;
use crate::failure::Failure;

/// A rolling quota of top-level posts; a carousel counts once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublishingLimit {
    pub used: u64,
    pub total: u64,
    /// The length of the rolling window, in seconds.
    pub duration_s: u64,
    /// Replies have a quota of their own. Only where it was asked for.
    pub replies: Option<ReplyLimit>,
}

/// As [`PublishingLimit`], of replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplyLimit {
    pub used: u64,
    pub total: u64,
    pub duration_s: u64,
}

impl Client {
    /// Reads how much of the quota is used. It does not say when it comes back, and other apps of
    /// the same profile use it too.
    ///
    /// Ask `with_replies` only where the token has the permission `threads_manage_replies`:
    /// without it the whole answer is an empty HTTP 500 (threads.md 6).
    pub async fn publishing_limit(
        &self,
        token: &SecretString,
        user_id: &str,
        with_replies: bool,
        now_ms: i64,
    ) -> Result<Answer<PublishingLimit>, Failure> {
        let fields = if with_replies {
            "quota_usage,config,reply_quota_usage,reply_config"
        } else {
            "quota_usage,config"
        };
        let request = self
            .request(Method::GET, &[user_id, "threads_publishing_limit"])
            .map(|request| request.query(&[("fields", fields)]));
        let quota: Answer<wire::Quotas> = self
            .perform(Call::ReadQuota, request, token, now_ms)
            .await?;
        Ok(quota.map(PublishingLimit::from))
    }
}
