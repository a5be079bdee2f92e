//! Connecting a profile: the person's code becomes a token of an hour, that one a token of sixty
//! days, and that one renews itself (threads.md 2). There is no refresh token, and no call that
//! revokes (threads.md 2.4): disconnecting is forgetting the token.

mod authorize;
mod judge;
mod signed_request;

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};

pub use authorize::{AuthorizeError, SCOPES, authorize_url, explain_authorize_error};
pub use signed_request::{SignedRequest, SignedRequestError, signed_request};

use super::Client;
use crate::http::address;
use crate::oauth::{Failure, perform};
use judge::Brought;

/// The app that profiles connect through: the Threads app's id and secret, not the Meta app's
/// (threads.md 2.5).
#[derive(Debug, Clone)]
pub struct App {
    pub app_id: String,
    pub app_secret: SecretString,
}

/// What a code buys. Lives for an hour (threads.md 2.3).
#[derive(Debug, Clone)]
pub struct ShortLived {
    pub token: SecretString,
    /// As the exchange tells it; a number there, beyond 2^53 (threads.md 0 point 5).
    pub user_id: String,
}

/// What the calls of [`Client`] other than these are made with.
#[derive(Debug, Clone)]
pub struct LongLived {
    pub token: SecretString,
    /// Unix milliseconds; sixty days after the exchange or refresh. `None` if the answer does not
    /// say, which is not on record.
    pub expires_at_ms: Option<i64>,
}

/// Every one can fail as [`crate::oauth::Refusal`] says.
impl Client {
    /// Exchanges the code that the browser brought; it lives for an hour and serves once
    /// (threads.md 2.1). `redirect_uri` must be the one of the authorization window.
    pub async fn exchange_code(
        &self,
        app: &App,
        code: &SecretString,
        redirect_uri: &str,
        now_ms: i64,
    ) -> Result<ShortLived, Failure> {
        let code = bare(code);
        let form = [
            ("client_id", app.app_id.as_str()),
            ("client_secret", app.app_secret.expose_secret()),
            ("grant_type", "authorization_code"),
            ("redirect_uri", redirect_uri),
            ("code", code.expose_secret()),
        ];
        let request = address(&self.base_url, &["oauth", "access_token"])
            .map(|url| self.http.request(Method::POST, url).form(&form));
        perform(&self.http, request, &[&app.app_secret, &code], |reply| {
            judge::short_lived(reply, now_ms)
        })
        .await
    }

    /// Exchanges a token of an hour for one of sixty days. Spends nothing: may be repeated while
    /// the short one lives.
    ///
    /// Secret and token stand in the address, because no other way is documented (threads.md 2.4).
    pub async fn long_lived(
        &self,
        app: &App,
        short: &SecretString,
        now_ms: i64,
    ) -> Result<LongLived, Failure> {
        let query = [
            ("grant_type", "th_exchange_token"),
            ("client_secret", app.app_secret.expose_secret()),
            ("access_token", short.expose_secret()),
        ];
        let request = address(&self.base_url, &["access_token"])
            .map(|url| self.http.request(Method::GET, url).query(&query));
        perform(&self.http, request, &[&app.app_secret, short], |reply| {
            judge::long_lived(Brought::ShortToken, reply, now_ms)
        })
        .await
    }

    /// Renews a token of sixty days; it must be 24 hours old and alive (threads.md 2.4). The answer
    /// may bring another token, to be stored in place of `long`, which is not spent by this.
    pub async fn refresh(&self, long: &SecretString, now_ms: i64) -> Result<LongLived, Failure> {
        let query = [
            ("grant_type", "th_refresh_token"),
            ("access_token", long.expose_secret()),
        ];
        let request = address(&self.base_url, &["refresh_access_token"])
            .map(|url| self.http.request(Method::GET, url).query(&query));
        perform(&self.http, request, &[long], |reply| {
            judge::long_lived(Brought::LongToken, reply, now_ms)
        })
        .await
    }
}

/// The code without the `#_` that the redirect appends (threads.md 2.1).
fn bare(code: &SecretString) -> SecretString {
    let code = code.expose_secret();
    SecretString::from(code.strip_suffix("#_").unwrap_or(code))
}
