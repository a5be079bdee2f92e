//! Users, their connected accounts and their tokens, in our own form.

use secrecy::SecretString;

/// A person as Clerk knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// `user_...`
    pub id: String,
    pub username: Option<String>,
    /// In Clerk's order. Several of one provider are possible: choose by id, never the first.
    pub external_accounts: Vec<ExternalAccount>,
}

/// An account with a provider that the user has connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalAccount {
    /// `eac_...`
    pub id: String,
    /// Without `oauth_`: `x`, `custom_threads` (clerk.md 2.4 has both spellings).
    pub provider: String,
    /// The profile's id with the provider.
    pub provider_user_id: String,
    /// Without `@`.
    pub username: Option<String>,
    pub image_url: Option<String>,
    pub approved_scopes: Vec<String>,
    /// The consent was completed. Stays so when the grant has died since (clerk.md 2.4).
    pub verified: bool,
}

/// A provider's token of one connected account.
#[derive(Debug, Clone)]
pub struct OAuthToken {
    /// The [`ExternalAccount::id`] that it belongs to.
    pub external_account_id: String,
    pub provider_user_id: String,
    pub token: SecretString,
    /// Unix milliseconds; `None` when Clerk does not know, as for Threads always.
    pub expires_at_ms: Option<i64>,
    pub scopes: Vec<String>,
}

/// A provider's name without the prefix that only some of Clerk's faces put before it.
pub(super) fn without_prefix(provider: &str) -> &str {
    provider.strip_prefix("oauth_").unwrap_or(provider)
}

/// Scopes in one text, separated by spaces or by commas: Threads' go in as one entry with commas
/// (clerk.md 3.2).
pub(super) fn scopes(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split([' ', ','])
        .filter(|scope| !scope.is_empty())
        .map(str::to_owned)
}

/// Clerk does not say whether seconds or milliseconds; a number beyond the year 5000 in seconds
/// is milliseconds (clerk.md 2.1).
pub(super) fn expiry_ms(value: i64) -> i64 {
    if value > 100_000_000_000 {
        value
    } else {
        value.saturating_mul(1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_prefix_is_taken_from_a_providers_name() {
        for (given, expected) in [
            ("oauth_x", "x"),
            ("x", "x"),
            ("oauth_custom_threads", "custom_threads"),
            ("custom_threads", "custom_threads"),
        ] {
            assert_eq!(without_prefix(given), expected);
        }
    }

    #[test]
    fn scopes_are_separated_by_spaces_and_by_commas() {
        let split = |text: &str| scopes(text).collect::<Vec<_>>();
        let threads = ["threads_basic", "threads_content_publish"];
        assert_eq!(split("threads_basic,threads_content_publish"), threads);
        assert_eq!(split(" threads_basic,  threads_content_publish "), threads);
        assert_eq!(split("tweet.read offline.access").len(), 2);
        assert!(split("").is_empty());
    }

    #[test]
    fn an_expiry_is_in_milliseconds_whichever_unit_it_came_in() {
        assert_eq!(expiry_ms(1_795_430_191), 1_795_430_191_000);
        assert_eq!(expiry_ms(1_795_430_191_000), 1_795_430_191_000);
    }
}
