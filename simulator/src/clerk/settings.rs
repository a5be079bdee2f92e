//! How the imitated Clerk behaves.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::user::{NewClerkUser, Provider};

/// The secret key that the Backend API asks for, unless the settings name another.
pub const CLERK_SECRET_KEY: &str = "sk_test_simulated";
/// What webhooks are signed with, unless the settings name another.
pub const CLERK_WEBHOOK_SECRET: &str = "whsec_c2ltdWxhdGVkLXdlYmhvb2stc2VjcmV0";

#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClerkSettings {
    /// Under which address products and browsers reach the simulator; `None`: the one that it
    /// listens at, which is known once it is served.
    pub url: Option<String>,
    /// The `iss` of session tokens; `None`: the address and `/clerk`.
    pub issuer: Option<String>,
    pub secret_key: String,
    pub webhook_secret: String,
    /// The users from the start. Read once.
    pub users: Vec<NewClerkUser>,
    /// The connections that are switched on.
    pub providers: Vec<Provider>,
    /// What X is asked for, and Threads: the latter in one entry, with commas (clerk.md 3.2).
    pub x_scopes: Vec<String>,
    pub threads_scopes: Vec<String>,
    /// How long a session token lives (clerk.md 1.1).
    pub token_life_s: i64,
    /// Requests to the Backend API in ten seconds: 100 in development, 1,000 in production
    /// (clerk.md 2.3). `None`: any number.
    pub requests_per_10s: Option<usize>,
    /// Whether the second of two token requests for one user within 150 ms fails, as one
    /// application has measured (clerk.md 2.1).
    pub race: bool,
    /// Whether connecting an account needs a fresh sign-in (clerk.md 3.3).
    pub reverification: bool,
    /// Whether an expired token is refreshed when it is read (clerk.md 2.1).
    pub refresh: bool,
}

impl Default for ClerkSettings {
    fn default() -> Self {
        Self {
            url: None,
            issuer: None,
            secret_key: CLERK_SECRET_KEY.to_owned(),
            webhook_secret: CLERK_WEBHOOK_SECRET.to_owned(),
            users: Vec::new(),
            providers: vec![Provider::X, Provider::Threads],
            x_scopes: ["tweet.read", "tweet.write", "users.read", "offline.access"]
                .map(str::to_owned)
                .into(),
            threads_scopes: vec![
                "threads_basic,threads_content_publish,threads_manage_replies,\
                 threads_read_replies"
                    .to_owned(),
            ],
            token_life_s: 60,
            requests_per_10s: Some(1_000),
            race: false,
            reverification: false,
            refresh: true,
        }
    }
}

impl fmt::Debug for ClerkSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClerkSettings")
            .field("url", &self.url)
            .field("issuer", &self.issuer)
            .field("users", &self.users)
            .field("providers", &self.providers)
            .field("token_life_s", &self.token_life_s)
            .field("requests_per_10s", &self.requests_per_10s)
            .field("race", &self.race)
            .field("reverification", &self.reverification)
            .field("refresh", &self.refresh)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_printed_without_secrets() {
        let printed = format!("{:?}", ClerkSettings::default());
        assert!(!printed.contains(CLERK_SECRET_KEY) && !printed.contains("whsec_"));
    }
}
