//! What one account would show, and what it would cost.

use std::time::Duration;

use entities::content::{Content, Part};
use entities::forecast;
use entities::quota::{Counts, Limit, LimitOf};
use entities::rows::account::{self, AccountState};
use entities::{Platform, Timestamp};
use media::Reach;
use platforms::x;

use super::similar::are_alike;
use super::wire::{
    AccountForecastBody, ConnectionBody, PartForecastBody, PriceBody, QuotaBody, WarningBody,
};
use crate::money::{self, dollars};
use crate::posts::check::texts::Measure;
use crate::problem::Problem;
use crate::state::State;

/// How far around its time a post is compared with others.
const NEAR: Duration = Duration::from_secs(24 * 3600);

/// One account that a post would go to.
pub struct Outlook<'a> {
    pub state: &'a State,
    pub account: &'a account::Model,
    pub content: &'a Content,
    /// When the post would go out.
    pub at: Timestamp,
}

impl Outlook<'_> {
    /// All of it; what may surprise goes to `warnings`.
    pub async fn body(
        &self,
        warnings: &mut Vec<WarningBody>,
    ) -> Result<AccountForecastBody, Problem> {
        let account = self.account;
        let parts = self.content.parts_on(account.platform, &account.id);
        let connection = self.connection(parts);
        self.warn_of_connection(&connection, warnings);
        self.warn_of_reach(parts, warnings);
        self.warn_of_repeats(parts, warnings).await?;
        let quota = self.quota(parts).await?;
        if quota.iter().any(|quota| quota.left < 0) {
            let message = "The platform's limit is used up at that time; it will go out when the limit frees.";
            warnings.push(self.warning("quota_exceeded", message));
        }
        Ok(AccountForecastBody {
            account: account.id.to_string(),
            platform: account.platform.as_str(),
            username: account.username.clone(),
            parts: parts.iter().map(|part| self.part(part)).collect(),
            connection,
            quota,
            price: (account.platform == Platform::X).then(|| price(parts)),
        })
    }

    fn warning(&self, code: &str, message: impl Into<String>) -> WarningBody {
        WarningBody {
            field: self.account.id.to_string(),
            code: code.to_owned(),
            message: message.into(),
        }
    }

    fn part(&self, part: &Part) -> PartForecastBody {
        let measure = Measure::of(self.account);
        let length = measure.length(&part.text);
        PartForecastBody {
            text: part.text.clone(),
            length,
            limit: measure.limit,
            left: i64::from(measure.limit) - i64::from(length),
            media: part
                .media
                .iter()
                .map(|media| media.id.to_string())
                .collect(),
        }
    }

    fn connection(&self, parts: &[Part]) -> ConnectionBody {
        let account = self.account;
        let needed: &[(&'static str, bool)] = match account.platform {
            Platform::X => &[
                ("tweet.read", true),
                ("tweet.write", true),
                ("users.read", true),
                (
                    "media.write",
                    parts.iter().any(|part| !part.media.is_empty()),
                ),
            ],
            Platform::Threads => &[
                ("threads_basic", true),
                ("threads_content_publish", true),
                ("threads_manage_replies", parts.len() > 1),
            ],
        };
        let granted: Vec<&str> = account.scopes.split([' ', ',']).collect();
        // A token that was given by hand does not say what it may do.
        let is_known = !account.scopes.is_empty();
        ConnectionBody {
            state: account.state.as_str(),
            reason: account.state_reason.clone(),
            token_expires_at: account.token_expires_at,
            missing_permissions: needed
                .iter()
                .filter(|(scope, is_needed)| *is_needed && is_known && !granted.contains(scope))
                .map(|(scope, _)| *scope)
                .collect(),
        }
    }

    fn warn_of_connection(&self, connection: &ConnectionBody, warnings: &mut Vec<WarningBody>) {
        let account = self.account;
        match account.state {
            AccountState::Ok => {}
            AccountState::Degraded => warnings.push(self.warning(
                "account_degraded",
                format!(
                    "The connection works, but its token can not be renewed at the moment: {}",
                    account.state_reason.as_deref().unwrap_or("no reason is known")
                ),
            )),
            AccountState::NeedsReconnect | AccountState::Disconnected => {
                let message = "The account must be connected again before this can go out.";
                warnings.push(self.warning("needs_reconnect", message));
            }
        }
        if !connection.missing_permissions.is_empty() {
            let message = format!(
                "The connection lacks {}; connect the account again and grant it.",
                connection.missing_permissions.join(", ")
            );
            warnings.push(self.warning("permission_missing", message));
        }
    }

    fn warn_of_reach(&self, parts: &[Part], warnings: &mut Vec<WarningBody>) {
        let is_fetched = self.account.platform == Platform::Threads
            && parts.iter().any(|part| !part.media.is_empty());
        if !is_fetched || !self.state.settings.fetched_from_afar {
            return;
        }
        match media::reach(&self.state.settings.public_url) {
            Reach::Private { why } => warnings.push(self.warning(
                "media_out_of_reach",
                format!("Threads fetches files from DUALPOSTS_PUBLIC_URL: {why}."),
            )),
            Reach::Public {
                warning: Some(warning),
            } => warnings.push(self.warning("media_reach_doubtful", warning)),
            Reach::Public { warning: None } => {}
        }
    }

    async fn warn_of_repeats(
        &self,
        parts: &[Part],
        warnings: &mut Vec<WarningBody>,
    ) -> Result<(), Problem> {
        let Some(first) = parts.first() else {
            return Ok(());
        };
        let (account, platform) = (&self.account.id, self.account.platform);
        let (from, until) = (self.at - NEAR, self.at + NEAR);
        let near =
            forecast::neighbours(&self.state.database, account, platform, from, until).await?;
        if let Some(same) = near.iter().find(|near| are_alike(&near.text, &first.text)) {
            let message = format!(
                "Nearly the same text goes out on this account at {}; the platforms refuse or hide repeats.",
                same.at
            );
            warnings.push(self.warning("similar_post", message));
        }
        Ok(())
    }

    /// The account's windows, with what falls into them until the post goes out.
    async fn quota(&self, parts: &[Part]) -> Result<Vec<QuotaBody>, Problem> {
        let account = self.account;
        let replies = i64::try_from(parts.len().saturating_sub(1)).unwrap_or(i64::MAX);
        let posts = i64::from(!parts.is_empty());
        let mut quota = Vec::new();
        let of_account =
            |limit: &&Limit| limit.platform == account.platform && limit.of == LimitOf::Account;
        for limit in self.state.settings.limits.iter().filter(of_account) {
            let (database, from) = (&self.state.database, self.at - limit.window);
            let load = forecast::load(database, &account.id, account.platform, from, self.at);
            let sum = |posts: i64, replies: i64| match limit.counts {
                Counts::PostsAndReplies => posts + replies,
                Counts::Posts => posts,
                Counts::Replies => replies,
            };
            let takes = sum(posts, replies);
            if takes == 0 {
                continue;
            }
            let load = load.await?;
            let used = sum(load.posts, load.replies);
            quota.push(QuotaBody {
                name: limit.counts.as_str(),
                limit: limit.max,
                window_s: i64::try_from(limit.window.as_secs()).unwrap_or(i64::MAX),
                used,
                takes,
                left: limit.max - used - takes,
            });
        }
        Ok(quota)
    }
}

fn price(parts: &[Part]) -> PriceBody {
    let described: i64 = parts.iter().map(money::of_words).sum();
    let without = i64::try_from(parts.len()).unwrap_or(i64::MAX) * x::price::CREATE_POST;
    PriceBody {
        total: dollars(parts.iter().map(money::of_part).sum()),
        without_links: dollars(without + described),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_makes_a_post_on_x_dearer_and_words_for_a_file_cost_something() {
        let plain = Part::of("hello");
        let linked = Part::of("see https://example.com");
        let price = |parts: &[Part]| {
            let PriceBody {
                total,
                without_links,
            } = super::price(parts);
            (total, without_links)
        };
        assert_eq!(
            price(std::slice::from_ref(&plain)),
            ("0.015".into(), "0.015".into())
        );
        assert_eq!(price(&[linked, plain]), ("0.215".into(), "0.030".into()));
    }
}
