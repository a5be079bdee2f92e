//! How the imitated platforms behave. Everything here can be changed while
//! the simulator runs, by [`crate::Simulator::set_settings`] or `POST /_sim/settings`.

mod media;
mod oauth;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clerk::ClerkSettings;
use crate::clock::Clock;
use crate::lags::LagRanges;

pub use media::{WrongMix, XMediaSettings};
pub use oauth::{
    AutoConsent, RedirectMismatch, THREADS_APP_ID, THREADS_APP_SECRET, ThreadsApp, ThreadsOAuth,
    X_CLIENT_ID, X_CLIENT_SECRET, XApp, XOAuth, YoungRefresh,
};

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Fixes ids, lags and the dice of faults. Read once, at the start.
    pub seed: u64,
    /// How long the platforms take to show what was done.
    pub profile: Profile,
    /// Exact lags in place of the profile's.
    pub lags: Option<LagRanges>,
    #[serde(skip)]
    pub clock: Clock,
    /// What the permalinks of Threads begin with.
    pub threads_web_url: String,
    /// What the addresses of posts on X begin with.
    pub x_web_url: String,
    /// Who answers the consent pages of both platforms.
    pub auto_consent: AutoConsent,
    pub threads: ThreadsSettings,
    pub x: XSettings,
    pub clerk: ClerkSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: 1,
            profile: Profile::Instant,
            lags: None,
            clock: Clock::system(),
            threads_web_url: "https://www.threads.com".to_owned(),
            x_web_url: "https://x.com".to_owned(),
            auto_consent: AutoConsent::default(),
            threads: ThreadsSettings::default(),
            x: XSettings::default(),
            clerk: ClerkSettings::default(),
        }
    }
}

impl Settings {
    /// The lags in force.
    #[must_use]
    pub fn lag_ranges(&self) -> LagRanges {
        self.lags
            .clone()
            .unwrap_or_else(|| self.profile.lag_ranges())
    }

    /// These settings with the fields of `patch` put in their place.
    ///
    /// # Errors
    /// In words, when a field is unknown or of the wrong type.
    pub fn patched(&self, patch: &Value) -> Result<Self, String> {
        let mut whole = serde_json::to_value(self).map_err(|error| error.to_string())?;
        merge(&mut whole, patch);
        let patched: Self = serde_json::from_value(whole).map_err(|error| error.to_string())?;
        Ok(Self {
            clock: self.clock.clone(),
            ..patched
        })
    }
}

fn merge(whole: &mut Value, patch: &Value) {
    match (whole, patch) {
        (Value::Object(whole), Value::Object(patch)) => {
            for (key, value) in patch {
                merge(whole.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (whole, patch) => *whole = patch.clone(),
    }
}

/// Ready-made sets of lags (threads.md 10c).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// Everything is visible at once.
    #[default]
    Instant,
    /// Lags drawn from the ranges that clients have seen.
    Typical,
    /// Every lag at its longest.
    Hostile,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ThreadsSettings {
    /// HTTP status of errors of type `THApiException`: 500 in live reports,
    /// 400 in some clients' tests (threads.md 5.2, last notes).
    pub th_api_exception_status: u16,
    /// What a second publish of one container does (threads.md 7.1: unknown).
    pub second_publish: SecondPublish,
    /// What a dead token is told (threads.md 5.2).
    pub dead_token: DeadToken,
    /// What a reply without `threads_manage_replies` is told (threads.md 2.2).
    pub missing_reply_scope: MissingReplyScope,
    /// Whether text is read back as it was sent (threads.md 7.2.4: unknown).
    pub text_echo: TextEcho,
    /// The language of `error_user_title` and `error_user_msg` (threads.md 5.1).
    pub language: Language,
    /// Whether the three quotas below are enforced.
    pub quotas: bool,
    /// Posts in rolling 24 hours (threads.md 6).
    pub post_quota: u32,
    /// Replies in rolling 24 hours.
    pub reply_quota: u32,
    /// Deletions in rolling 24 hours.
    pub delete_quota: u32,
    /// Whether the address of an image or a video is looked at, as Threads does when a container
    /// is made (threads.md 4.3). Otherwise every address is taken for good.
    pub fetch_media: bool,
    /// Whether a video that answers a post loses what it answers when it is published too soon
    /// after FINISHED (threads.md 4.6); how soon that is, the lags say.
    pub video_reply_loses_parent: bool,
    pub oauth: ThreadsOAuth,
}

impl Default for ThreadsSettings {
    fn default() -> Self {
        Self {
            th_api_exception_status: 500,
            second_publish: SecondPublish::default(),
            dead_token: DeadToken::default(),
            missing_reply_scope: MissingReplyScope::default(),
            text_echo: TextEcho::default(),
            language: Language::default(),
            quotas: true,
            post_quota: 250,
            reply_quota: 1_000,
            delete_quota: 100,
            fetch_media: true,
            video_reply_loses_parent: true,
            oauth: ThreadsOAuth::default(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondPublish {
    /// The media id of the first publish again.
    SameId,
    /// 24/4279009, and nothing new.
    #[default]
    Error,
    /// A second live post.
    Duplicate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeadToken {
    /// `THApiException` 190 with its misleading 500.
    #[default]
    InvalidOauth,
    /// HTTP 400 `OAuthException` 190/463.
    SessionExpired,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingReplyScope {
    /// HTTP 500 without a body.
    #[default]
    EmptyServerError,
    /// `THApiException` 10.
    Permission,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextEcho {
    #[default]
    AsSent,
    /// Outer white space is trimmed and the topic tag loses its `#`
    /// (threads.md 4.1, in-text tag).
    Rewritten,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    #[default]
    English,
    Vietnamese,
    Korean,
    French,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct XSettings {
    /// Before or after the gateway change of mid 2026 (x.md 0.2).
    pub dialect: XDialect,
    /// What a text over the limit is told (x.md 2.5).
    pub too_long: TooLong,
    /// Whether the windows below are enforced; their headers are sent anyway.
    pub rate_limits: bool,
    /// Creates of one user in 15 minutes (x.md 4.1).
    pub create_per_user: u32,
    /// Creates of one user in 24 hours, on the plans that have it (x.md 4.2).
    pub create_per_user_day: Option<u32>,
    /// Creates of the whole app in 24 hours.
    pub create_per_app_day: Option<u32>,
    /// Deletions of one user in 15 minutes.
    pub delete_per_user: u32,
    /// Single reads of one user in 15 minutes.
    pub read_per_user: u32,
    /// Timeline reads of one user in 15 minutes.
    pub timeline_per_user: u32,
    /// `users/me` of one user in 15 minutes.
    pub me_per_user: u32,
    /// Whether equal text of one account is refused (x.md 2.5).
    pub duplicate_check: bool,
    /// How long it is refused. The real window is unknown (x.md 2.6).
    pub duplicate_window_ms: i64,
    /// What the app has paid in, in millionths of a dollar; a create costs
    /// 15,000, with a link 200,000, a deletion 10,000, metadata 5,000, each post
    /// that is read 5,000 (x.md 4.3).
    /// `None`: never runs out.
    pub credit_microdollars: Option<i64>,
    pub media: XMediaSettings,
    pub oauth: XOAuth,
}

impl Default for XSettings {
    fn default() -> Self {
        Self {
            dialect: XDialect::default(),
            too_long: TooLong::default(),
            rate_limits: true,
            create_per_user: 100,
            create_per_user_day: None,
            create_per_app_day: Some(10_000),
            delete_per_user: 50,
            read_per_user: 900,
            timeline_per_user: 900,
            me_per_user: 75,
            duplicate_check: true,
            duplicate_window_ms: 24 * 3_600_000,
            credit_microdollars: None,
            media: XMediaSettings::default(),
            oauth: XOAuth::default(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum XDialect {
    /// Problem types on api.twitter.com, `edit_history_tweet_ids: ["<id>"]`.
    Legacy,
    /// Problem types on api.x.com, keys in alphabetical order,
    /// `edit_history_tweet_ids: [""]` on create.
    #[default]
    V2026,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TooLong {
    /// 403 "You are not permitted to perform this action."
    #[default]
    NotPermitted,
    /// 403 "Your Tweet text is too long. ..."
    Forbidden,
    /// 400 "Your Tweet text is too long. ..."
    BadRequest,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_patch_changes_only_what_it_names() {
        let patched = Settings::default()
            .patched(&json!({"profile": "hostile", "x": {"dialect": "legacy"}}))
            .expect("valid");
        assert_eq!(patched.profile, Profile::Hostile);
        assert_eq!(patched.x.dialect, XDialect::Legacy);
        assert_eq!(patched.x.create_per_user, 100);
        assert_eq!(patched.threads, ThreadsSettings::default());
    }

    #[test]
    fn a_misspelt_field_is_refused_by_name() {
        let error = Settings::default()
            .patched(&json!({"x": {"dialekt": 1}}))
            .expect_err("typo");
        assert!(error.contains("dialekt"), "{error}");
    }

    #[test]
    fn a_null_empties_an_optional_window() {
        let patched = Settings::default().patched(&json!({"x": {"create_per_app_day": null}}));
        assert_eq!(patched.expect("valid").x.create_per_app_day, None);
    }
}
