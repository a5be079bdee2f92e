//! How many calls fit into which time: what the platforms publish, or what the operator sets.

use std::time::Duration;

use entities::due::AccountWindow;
use entities::lanes::Lane;
use entities::quota::{Counts, Limit, LimitOf};
use entities::rates::{Ends, Take, Taking};
use entities::{AccountId, Platform};
use platforms::LimitScope;
use platforms::limits::{self, PublishedLimit, THREADS_PUBLISH, THREADS_REPLY, X_CREATE};

/// The rate windows that guard publishing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits(Vec<Limit>);

/// A limit that was set in a way that can not be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{given:?} is no limit; write `published`, `off`, or a list of {expected}")]
pub struct BadLimit {
    given: String,
    expected: String,
}

impl Limits {
    /// What the platforms publish (`x.md` 4.1, `threads.md` 6).
    pub fn published() -> Self {
        let table = [
            (Platform::X, Counts::PostsAndReplies, X_CREATE),
            (Platform::Threads, Counts::Posts, THREADS_PUBLISH),
            (Platform::Threads, Counts::Replies, THREADS_REPLY),
        ];
        let limits = table.into_iter().flat_map(|(platform, counts, published)| {
            published
                .iter()
                .map(move |limit| of_published(platform, counts, limit))
        });
        Limits(limits.collect())
    }

    /// None but what the platforms' answers say.
    pub fn off() -> Self {
        Limits(Vec::new())
    }

    /// Reads `published`, `off`, or changes to the published ones such as
    /// `x.15min=17,x.24h_app=500`.
    pub fn parse(text: &str) -> Result<Self, BadLimit> {
        let mut limits = Self::published();
        match text.trim() {
            "" | "published" => return Ok(limits),
            "off" => return Ok(Self::off()),
            _ => {}
        }
        for change in text.split(',') {
            let bad = || BadLimit {
                given: change.trim().to_owned(),
                expected: Self::published()
                    .0
                    .iter()
                    .map(|limit| format!("`{}=N`", limit.key()))
                    .collect::<Vec<_>>()
                    .join(", "),
            };
            let (key, max) = change.split_once('=').ok_or_else(bad)?;
            let max: i64 = max
                .trim()
                .parse()
                .ok()
                .filter(|max| *max > 0)
                .ok_or_else(bad)?;
            let limit = limits
                .0
                .iter_mut()
                .find(|limit| limit.key() == key.trim())
                .ok_or_else(bad)?;
            limit.max = max;
        }
        Ok(limits)
    }

    /// All of them.
    pub fn table(&self) -> &[Limit] {
        &self.0
    }

    /// What publishing one part takes from the windows. `is_reply`: it answers another post.
    pub fn takes(&self, platform: Platform, account: &AccountId, is_reply: bool) -> Vec<Take> {
        self.guarding(platform, is_reply)
            .map(|limit| Take {
                lane: limit.lane(account),
                name: limit.name,
                max: limit.max,
                ends: Ends::After(limit.window),
                refundable: limit.is_rolling,
                takes: Taking::Call,
            })
            .collect()
    }

    /// The windows of single accounts that guard posts.
    pub fn of_accounts(&self) -> Vec<AccountWindow> {
        self.0
            .iter()
            .filter(|limit| limit.of == LimitOf::Account && limit.counts != Counts::Replies)
            .map(|limit| AccountWindow {
                platform: limit.platform,
                name: limit.name,
                max: limit.max,
            })
            .collect()
    }

    /// Threads counts over a rolling day what was really published: the limit whose maximum may not have
    /// gone out in that time for one more to fit.
    pub fn rolling(&self, platform: Platform, is_reply: bool) -> Option<&Limit> {
        self.guarding(platform, is_reply)
            .find(|limit| limit.is_rolling)
    }

    /// How much of what went out in a rolling day is worth counting: no more fits.
    pub fn counted(&self) -> i64 {
        let rolling = self.0.iter().filter(|limit| limit.is_rolling);
        rolling.map(|limit| limit.max).max().unwrap_or(0)
    }

    fn guarding(&self, platform: Platform, is_reply: bool) -> impl Iterator<Item = &Limit> {
        self.0
            .iter()
            .filter(move |limit| limit.platform == platform && limit.counts.include(is_reply))
    }
}

fn of_published(platform: Platform, counts: Counts, published: &PublishedLimit) -> Limit {
    Limit {
        platform,
        counts,
        of: match published.scope {
            LimitScope::Account => LimitOf::Account,
            LimitScope::App => LimitOf::App,
        },
        name: published.name,
        max: i64::from(published.calls),
        window: Duration::from_millis(u64::try_from(published.window_ms).unwrap_or(0)),
        is_rolling: published.counts == limits::Counts::Effects,
    }
}

/// Whose lane a limit is about.
pub fn lane(scope: LimitScope, platform: Platform, account: &AccountId) -> Lane {
    match scope {
        LimitScope::Account => Lane::Account(account.clone()),
        LimitScope::App => Lane::App(platform),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_on_x_takes_from_the_accounts_and_the_apps_window() {
        let takes = Limits::published().takes(Platform::X, &AccountId::generate(), false);
        assert_eq!(
            takes.iter().map(|take| take.max).collect::<Vec<_>>(),
            [100, 10_000]
        );
    }

    #[test]
    fn threads_counts_replies_apart_from_posts() {
        let (limits, account) = (Limits::published(), AccountId::generate());
        assert_eq!(limits.takes(Platform::Threads, &account, false)[0].max, 250);
        assert_eq!(
            limits.takes(Platform::Threads, &account, true)[0].max,
            1_000
        );
    }

    #[test]
    fn an_operator_can_set_a_limit_by_its_name() {
        let limits = Limits::parse("x.15min=17, x.24h_app=500").unwrap();
        let takes = limits.takes(Platform::X, &AccountId::generate(), false);
        assert_eq!(
            takes.iter().map(|take| take.max).collect::<Vec<_>>(),
            [17, 500]
        );
        assert_eq!(
            Limits::parse("off")
                .unwrap()
                .takes(Platform::X, &AccountId::generate(), false),
            []
        );
        let wrong = Limits::parse("x.hourly=5").unwrap_err().to_string();
        assert!(
            wrong.contains("x.hourly=5") && wrong.contains("`x.15min=N`"),
            "{wrong}"
        );
        assert!(Limits::parse("x.15min=0").is_err());
    }
}
