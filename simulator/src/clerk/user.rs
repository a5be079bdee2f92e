//! Users and the accounts that they have connected, as Clerk shows them (clerk.md 2.4, 7.2).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::account::Platform;
use crate::random::{self, BASE62, Random};

/// A connection of the instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    X,
    Threads,
}

impl Provider {
    /// By the name that paths and strategies have: `oauth_x`, `oauth_custom_threads`.
    pub(crate) fn named(strategy: &str) -> Option<Self> {
        match strategy {
            "oauth_x" => Some(Self::X),
            "oauth_custom_threads" => Some(Self::Threads),
            _ => None,
        }
    }

    pub(crate) fn strategy(self) -> &'static str {
        match self {
            Self::X => "oauth_x",
            Self::Threads => "oauth_custom_threads",
        }
    }

    pub(crate) fn platform(self) -> Platform {
        match self {
            Self::X => Platform::X,
            Self::Threads => Platform::Threads,
        }
    }
}

/// A user to add.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewClerkUser {
    pub username: String,
    /// `user_...`; `None`: made of the name, the same in every run.
    #[serde(default)]
    pub id: Option<String>,
}

impl NewClerkUser {
    #[must_use]
    pub fn new(username: impl Into<String>) -> Self {
        Self {
            username: username.into(),
            id: None,
        }
    }

    pub(crate) fn id(&self, seed: u64) -> String {
        let made = || id("user_", seed, &self.username);
        self.id.clone().unwrap_or_else(made)
    }
}

/// An id that is the same for the same name in every run.
pub(crate) fn id(prefix: &str, seed: u64, name: &str) -> String {
    let mut random = Random::new(random::hash(seed, &format!("{prefix}{name}")));
    format!("{prefix}{}", random.text(BASE62, 27))
}

#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) username: String,
    pub(crate) created_ms: i64,
    pub(crate) updated_ms: i64,
    pub(crate) accounts: Vec<Connected>,
}

/// An external account, from the moment its consent page was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Connected {
    /// `eac_...`
    pub(crate) id: String,
    pub(crate) provider: Provider,
    pub(crate) created_ms: i64,
    pub(crate) verification: Verification,
    /// Empty until the consent is complete.
    pub(crate) profile: Profile,
    pub(crate) held: Option<Held>,
}

/// How far the consent is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verification {
    /// The consent page's address.
    Unverified(String),
    Verified,
    /// Code and words of the error.
    Failed(&'static str, String),
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Profile {
    pub(crate) provider_user_id: String,
    pub(crate) username: String,
    pub(crate) image_url: String,
}

/// What Clerk holds of a provider.
#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) access_token: String,
    pub(crate) refresh_token: Option<String>,
    /// `None` where the provider did not say, as Threads never does (clerk.md 2.6).
    pub(crate) expires_at_ms: Option<i64>,
    /// As they were asked for: one entry may hold several (clerk.md 3.2).
    pub(crate) scopes: Vec<String>,
}

/// Without its tokens.
impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Held")
            .field("expires_at_ms", &self.expires_at_ms)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

impl User {
    pub(crate) fn json(&self) -> Value {
        let accounts: Vec<Value> = self.accounts.iter().map(Connected::json).collect();
        json!({
            "object": "user", "id": self.id, "external_id": null, "username": self.username,
            "first_name": null, "last_name": null, "image_url": image(&self.username),
            "has_image": false, "email_addresses": [], "primary_email_address_id": null,
            "phone_numbers": [], "primary_phone_number_id": null, "web3_wallets": [],
            "primary_web3_wallet_id": null, "passkeys": [], "organization_memberships": [],
            "enterprise_accounts": [], "saml_accounts": [], "password_enabled": false,
            "totp_enabled": false, "backup_code_enabled": false, "two_factor_enabled": false,
            "create_organization_enabled": false, "delete_self_enabled": false,
            "banned": false, "locked": false, "external_accounts": accounts,
            "public_metadata": {}, "private_metadata": {}, "unsafe_metadata": {},
            "last_sign_in_at": self.updated_ms, "last_active_at": self.updated_ms,
            "created_at": self.created_ms, "updated_at": self.updated_ms,
        })
    }

    pub(crate) fn public_json(&self) -> Value {
        json!({
            "first_name": null, "last_name": null, "image_url": image(&self.username),
            "has_image": false, "identifier": self.username, "username": self.username,
            "user_id": self.id, "banned": false,
        })
    }
}

fn image(username: &str) -> String {
    format!("https://img.clerk.com/{username}")
}

impl Connected {
    pub(crate) fn json(&self) -> Value {
        let scopes = self.held.as_ref().map(|held| held.scopes.join(" "));
        json!({
            "object": "external_account", "id": self.id, "provider": self.provider.strategy(),
            "identification_id": self.id.replace("eac_", "idn_"),
            "provider_user_id": self.profile.provider_user_id,
            "approved_scopes": scopes.unwrap_or_default(), "email_address": "",
            "email_address_verified": null, "first_name": "", "last_name": "",
            "image_url": self.profile.image_url, "username": self.profile.username,
            "public_metadata": {}, "label": null,
            "verification": self.verification.json(self.provider, self.created_ms),
            "created_at": self.created_ms, "updated_at": self.created_ms,
        })
    }

    /// What the Backend API shows of the token (clerk.md 2.1).
    pub(crate) fn token_json(&self) -> Option<Value> {
        let held = self.held.as_ref()?;
        Some(json!({
            "object": "oauth_access_token", "external_account_id": self.id,
            "provider_user_id": self.profile.provider_user_id, "token": held.access_token,
            "expires_at": held.expires_at_ms, "provider": self.provider.strategy(),
            "public_metadata": {}, "label": null, "scopes": held.scopes,
        }))
    }
}

impl Verification {
    pub(crate) fn json(&self, provider: Provider, created_ms: i64) -> Value {
        let (status, address, error) = match self {
            Self::Unverified(address) => ("unverified", Some(address), Value::Null),
            Self::Verified => ("verified", None, Value::Null),
            Self::Failed(code, message) => {
                let error = json!({"code": code, "message": message, "long_message": message});
                ("failed", None, error)
            }
        };
        json!({
            "object": "verification_oauth", "status": status, "strategy": provider.strategy(),
            "external_verification_redirect_url": address, "attempts": null, "error": error,
            "expire_at": created_ms + 600_000,
        })
    }
}
