//! The JSON of the Backend API, read leniently: what is malformed in one account must not hide the
//! others.

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

use super::user::{self, ExternalAccount, OAuthToken};

/// clerk.md 2.4
#[derive(Deserialize)]
pub(super) struct User {
    id: String,
    username: Option<String>,
    #[serde(default)]
    external_accounts: Vec<Value>,
}

impl From<User> for user::User {
    fn from(user: User) -> Self {
        let accounts = user.external_accounts.into_iter();
        Self {
            id: user.id,
            username: user.username.filter(|name| !name.is_empty()),
            external_accounts: accounts.filter_map(account).collect(),
        }
    }
}

#[derive(Deserialize)]
struct Account {
    id: String,
    /// Where `id` is of another kind, as for Google and Facebook (clerk.md 2.4).
    external_account_id: Option<String>,
    provider: String,
    provider_user_id: String,
    username: Option<String>,
    image_url: Option<String>,
    approved_scopes: Option<String>,
    verification: Option<Verification>,
}

#[derive(Deserialize)]
struct Verification {
    status: Option<String>,
}

/// `None` for an entry in a form of its own, as old providers have.
fn account(entry: Value) -> Option<ExternalAccount> {
    let account = Account::deserialize(entry).ok()?;
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    let status = account.verification.and_then(|v| v.status);
    let scopes = account.approved_scopes.unwrap_or_default();
    Some(ExternalAccount {
        id: account.external_account_id.unwrap_or(account.id),
        provider: user::without_prefix(&account.provider).to_owned(),
        provider_user_id: account.provider_user_id,
        username: filled(account.username),
        image_url: filled(account.image_url),
        approved_scopes: user::scopes(&scopes).collect(),
        verified: status.as_deref() == Some("verified"),
    })
}

/// A bare list, or a page of one (clerk.md 2.1).
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Tokens {
    Bare(Vec<Token>),
    Page { data: Vec<Token> },
}

#[derive(Deserialize)]
pub(super) struct Token {
    external_account_id: String,
    provider_user_id: String,
    token: SecretString,
    expires_at: Option<i64>,
    scopes: Option<Vec<String>>,
}

impl Tokens {
    pub fn into_tokens(self) -> Vec<OAuthToken> {
        let tokens = match self {
            Tokens::Bare(tokens) | Tokens::Page { data: tokens } => tokens,
        };
        tokens.into_iter().map(OAuthToken::from).collect()
    }
}

impl From<Token> for OAuthToken {
    fn from(token: Token) -> Self {
        let scopes = token.scopes.unwrap_or_default();
        Self {
            external_account_id: token.external_account_id,
            provider_user_id: token.provider_user_id,
            token: token.token,
            expires_at_ms: token.expires_at.map(user::expiry_ms),
            scopes: scopes
                .iter()
                .flat_map(|entry| user::scopes(entry))
                .collect(),
        }
    }
}
