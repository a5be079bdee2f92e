//! The Backend API: a user's connected accounts, and the platforms' tokens that Clerk keeps.
//!
//! One method is one HTTP request, and none is repeated here. Clerk answers two token requests of
//! one user within a tenth of a second with one failure (clerk.md 2.1): let one call at a time ask
//! for a user and a provider.

mod classify;
mod failure;
mod user;
mod wire;

use reqwest::{RequestBuilder, Url};
use secrecy::SecretString;
use serde::de::DeserializeOwned;

use crate::http::{Outcome, address, exchange};

pub use crate::http::Evidence;
pub use failure::{Failure, Meaning};
pub use user::{ExternalAccount, OAuthToken, User};

/// The version of the API whose answers are understood (clerk.md 2).
const API_VERSION: &str = "2026-05-12";
/// More accounts of one provider than any user has; without it Clerk shows ten (clerk.md 2.1).
const MOST_TOKENS: &str = "100";

/// Calls the Backend API of one instance. Cheap to clone. Has no `Debug`, for the key's sake.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base_url: String,
    secret_key: SecretString,
}

impl Client {
    /// `base_url` without the version, for example `https://api.clerk.com`.
    pub fn new(http: reqwest::Client, base_url: &str, secret_key: SecretString) -> Self {
        Self {
            http,
            base_url: base_url.to_owned(),
            secret_key,
        }
    }

    /// Reads a user and the accounts that the user has connected (clerk.md 2.4).
    ///
    /// # Errors
    /// As [`Meaning`] says.
    pub async fn user(&self, user_id: &str) -> Result<User, Failure> {
        let user: wire::User = self.get(&["v1", "users", user_id], &[]).await?;
        Ok(user.into())
    }

    /// Reads the tokens that Clerk holds of a user's accounts with one provider, each of its own
    /// account; Clerk refreshes expired ones on the way (clerk.md 2.1). `provider` with or without
    /// its `oauth_`: `x`, `oauth_custom_threads`. An empty list: none is connected.
    ///
    /// A Threads token may be dead all the same: Clerk does not know that it lives for an hour
    /// (clerk.md 2.6).
    ///
    /// # Errors
    /// As [`Meaning`] says.
    pub async fn oauth_tokens(
        &self,
        user_id: &str,
        provider: &str,
    ) -> Result<Vec<OAuthToken>, Failure> {
        let provider = format!("oauth_{}", user::without_prefix(provider));
        let path = ["v1", "users", user_id, "oauth_access_tokens", &provider];
        let query = [("paginated", "true"), ("limit", MOST_TOKENS)];
        let tokens: wire::Tokens = self.get(&path, &query).await?;
        Ok(tokens.into_tokens())
    }

    async fn get<W: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<W, Failure> {
        let result = match address(&self.base_url, path) {
            Ok(address) => self.answer(self.request(address).query(query)).await,
            Err(why) => Err(Failure::without_answer(
                Meaning::Config { reason: "address" },
                why.to_owned(),
            )),
        };
        result.map_err(|failure| failure.scrubbed(&self.secret_key))
    }

    fn request(&self, address: Url) -> RequestBuilder {
        self.http
            .get(address)
            .header("clerk-api-version", API_VERSION)
    }

    async fn answer<W: DeserializeOwned>(&self, request: RequestBuilder) -> Result<W, Failure> {
        let transient = |reason| Meaning::Transient { reason };
        match exchange(&self.http, request, Some(&self.secret_key)).await {
            Outcome::Answered(reply) => {
                let body = classify::judge(&reply)?;
                // What is wrong with it is not said: the words would quote the tokens in it.
                W::deserialize(body).map_err(|_| classify::unreadable(&reply))
            }
            Outcome::NeverSent(why) => {
                let why = format!("nothing was sent: {why}");
                Err(Failure::without_answer(transient("not_connected"), why))
            }
            Outcome::NoAnswer(why) => Err(Failure::without_answer(transient("no_answer"), why)),
            Outcome::UnusableSecret => Err(Failure::without_answer(
                Meaning::BadSecret,
                "the secret key holds characters that no header can carry".to_owned(),
            )),
        }
    }
}
