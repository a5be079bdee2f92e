//! `GET /{user}/threads_publishing_limit` (threads.md 6).

use serde::Deserialize;

use crate::threads::quota::{PublishingLimit, ReplyLimit};

/// The only row of the answer.
#[derive(Deserialize)]
#[serde(try_from = "QuotasBody")]
pub(in crate::threads) struct Quotas(Quota);

#[derive(Deserialize)]
struct QuotasBody {
    data: Vec<Quota>,
}

#[derive(Deserialize)]
struct Quota {
    quota_usage: u64,
    config: Config,
    reply_quota_usage: Option<u64>,
    reply_config: Option<Config>,
}

#[derive(Deserialize)]
struct Config {
    quota_total: u64,
    quota_duration: u64,
}

impl TryFrom<QuotasBody> for Quotas {
    type Error = &'static str;

    fn try_from(body: QuotasBody) -> Result<Self, Self::Error> {
        let quota = body.data.into_iter().next();
        quota.map(Self).ok_or("no quota in it")
    }
}

impl From<Quotas> for PublishingLimit {
    fn from(Quotas(quota): Quotas) -> Self {
        let replies = quota.reply_quota_usage.zip(quota.reply_config);
        PublishingLimit {
            used: quota.quota_usage,
            total: quota.config.quota_total,
            duration_s: quota.config.quota_duration,
            replies: replies.map(|(used, config)| ReplyLimit {
                used,
                total: config.quota_total,
                duration_s: config.quota_duration,
            }),
        }
    }
}
