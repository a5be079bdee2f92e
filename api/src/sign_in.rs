//! Who is calling: an API key, a browser that opened the sign-in link, or a Clerk session. One
//! small trait, one implementation for each; the kind of the credential decides which is asked,
//! and none is tried after another has refused.

mod api_keys;
mod clerk_sessions;
pub mod cookie;

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;
use async_trait::async_trait;
use entities::scopes::Scopes;
use entities::{DbErr, KeyId, Timestamp, UserId};
use secrecy::SecretString;
use tracing::{debug, info};

use crate::problem::Problem;
use crate::state::State;

pub use api_keys::ApiKeys;
pub use clerk_sessions::ClerkSessions;
pub use cookie::BrowserSessions;

/// Who a credential belongs to, and what it may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    pub owner: UserId,
    pub via: Via,
    pub scopes: Scopes,
}

/// How they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Via {
    ApiKey {
        id: KeyId,
    },
    /// A browser with our own cookie.
    Browser,
    Clerk {
        session_id: String,
        /// Somebody of the operator's who looks at the product as this user.
        impersonator: Option<String>,
    },
}

/// What a request shows.
pub enum Credential {
    /// `Authorization: Bearer ...` or `X-API-Key: ...`.
    Token(SecretString),
    /// Our session cookie.
    Cookie(SecretString),
}

/// Why nobody is let in.
#[derive(Debug)]
pub enum Refused {
    /// In words that give nothing away.
    Unauthorized(&'static str),
    /// Whether the credential is right can not be found out at the moment.
    KeysUnavailable,
    Database(DbErr),
}

/// One way to sign in.
#[async_trait]
pub trait Authenticator: Send + Sync {
    /// Whether a credential is of this kind, by its form alone.
    fn takes(&self, credential: &Credential) -> bool;

    /// Who it belongs to.
    async fn authenticate(
        &self,
        credential: &Credential,
        now: Timestamp,
    ) -> Result<Principal, Refused>;
}

/// Who makes this request.
pub async fn principal(state: &State, request: &HttpRequest) -> Result<Principal, Problem> {
    let credential = presented(state, request)?;
    let now = state.clock.now();
    let clerk = state
        .clerk
        .as_ref()
        .map(|clerk| ClerkSessions::new(clerk, &state.database));
    let ways: [Option<&dyn Authenticator>; 3] = [
        clerk.as_ref().map(|clerk| clerk as &dyn Authenticator),
        Some(&ApiKeys(&state.database)),
        Some(&BrowserSessions(&state.database)),
    ];
    let way = ways
        .into_iter()
        .flatten()
        .find(|way| way.takes(&credential));
    let Some(way) = way else {
        return Err(Problem::unauthorized("This kind of sign-in is not known."));
    };
    match way.authenticate(&credential, now).await {
        Ok(principal) => Ok(principal),
        Err(Refused::Unauthorized(detail)) => {
            debug!(detail, "not let in");
            Err(Problem::unauthorized(detail))
        }
        Err(Refused::KeysUnavailable) => {
            info!("sign-ins can not be checked: Clerk's keys can not be had");
            Err(Problem::sign_in_unavailable())
        }
        Err(Refused::Database(error)) => Err(error.into()),
    }
}

impl From<DbErr> for Refused {
    fn from(error: DbErr) -> Self {
        Refused::Database(error)
    }
}

/// The one credential that counts: a header before the cookie, which a browser sends unasked.
fn presented(state: &State, request: &HttpRequest) -> Result<Credential, Problem> {
    let header = |name: &str| request.headers().get(name);
    if let Some(value) = header(AUTHORIZATION.as_str()) {
        let value = value.to_str().unwrap_or_default();
        let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
        let token = token.trim();
        if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
            let detail = "The Authorization header is not of the form `Bearer <key>`.";
            return Err(Problem::unauthorized(detail));
        }
        return Ok(Credential::Token(token.to_owned().into()));
    }
    if let Some(value) = header("X-API-Key") {
        let key = value.to_str().unwrap_or_default().trim();
        if key.is_empty() {
            return Err(Problem::unauthorized("The X-API-Key header holds no key."));
        }
        return Ok(Credential::Token(key.to_owned().into()));
    }
    let cookie = cookie::of(request, &state.settings.public_url);
    let cookie = cookie.ok_or_else(|| {
        Problem::unauthorized(
            "There is neither an Authorization nor an X-API-Key header, nor a session.",
        )
    })?;
    cookie::refuse_other_origins(request, &state.settings.public_url)?;
    Ok(Credential::Cookie(cookie))
}
