//! The keys that session tokens are signed with, and the verifier that holds them.
//!
//! One verifier is shared by a whole process: it keeps Clerk's keys for an hour, fetches them once
//! however many calls wait for them, and goes on with the old ones while Clerk is away.

mod cache;
mod jwks;

use jsonwebtoken::DecodingKey;
use reqwest::Url;
use secrecy::SecretString;
use thiserror::Error;

use crate::http::address;
use crate::session::{Refused, SessionClaims, SessionSettings, Unverified};
use cache::{Cache, Want};

/// Where the keys come from (clerk.md 1.3).
#[derive(Debug, Clone)]
pub enum KeySource {
    /// The PEM text of the dashboard, `CLERK_JWT_KEY`. Nothing is ever fetched; after a rotation
    /// the text must be replaced by hand.
    Pem(String),
    /// The Backend API, whose key set is not rate limited. `api_url` without the version.
    Backend {
        api_url: String,
        secret_key: SecretString,
    },
    /// The public set beside the issuer's address.
    Issuer,
}

/// Why a verifier cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unusable {
    #[error("the key is not the PEM text of an RSA public key")]
    Pem,
    #[error("the address of Clerk's keys is not usable: {0}")]
    Address(&'static str),
}

/// Verifies session tokens. To be shared behind an `Arc`: each one keeps its own keys.
pub struct Verifier {
    settings: SessionSettings,
    keys: Keys,
}

enum Keys {
    Fixed(DecodingKey),
    Fetched(Cache),
}

impl Verifier {
    /// Fetches nothing yet: the first token does. Of `http`, mind the time-out (clerk.md 5 has
    /// 10 seconds): a token with a new key waits for it.
    ///
    /// # Errors
    /// When the PEM text or the address is of no use.
    pub fn new(
        http: reqwest::Client,
        settings: SessionSettings,
        source: KeySource,
    ) -> Result<Self, Unusable> {
        let fetched = |address: Result<Url, &'static str>, secret_key| {
            let address = address.map_err(Unusable::Address)?;
            Ok(Keys::Fetched(Cache::new(http, address, secret_key)))
        };
        let keys = match source {
            KeySource::Pem(pem) => Keys::Fixed(from_pem(&pem)?),
            KeySource::Backend {
                api_url,
                secret_key,
            } => fetched(address(&api_url, &["v1", "jwks"]), Some(secret_key))?,
            KeySource::Issuer => {
                let path = [".well-known", "jwks.json"];
                fetched(address(&settings.issuer, &path), None)?
            }
        };
        Ok(Self { settings, keys })
    }

    /// Verifies one session token at the time `now_ms` (Unix milliseconds).
    ///
    /// # Errors
    /// The first rule of clerk.md 1.5 that the token breaks; [`Refused::KeysUnavailable`] when the
    /// rules could not be tried.
    pub async fn verify(&self, token: &str, now_ms: i64) -> Result<SessionClaims, Refused> {
        let token = Unverified::read(token)?;
        match &self.keys {
            Keys::Fixed(key) if token.is_signed_by(key) => {}
            Keys::Fixed(_) => return Err(Refused::BadSignature),
            Keys::Fetched(cache) => check_signature(&token, cache, now_ms).await?,
        }
        token.claims(&self.settings, now_ms)
    }
}

async fn check_signature(
    token: &Unverified<'_>,
    cache: &Cache,
    now_ms: i64,
) -> Result<(), Refused> {
    let kid = token.kid.as_deref().ok_or(Refused::UnknownKey)?;
    let mut set = cache
        .current(now_ms)
        .await
        .ok_or(Refused::KeysUnavailable)?;
    if set.key(kid).is_none() {
        set = cache.renewed(Want::UnknownKid, &set, now_ms).await;
    }
    let Some(key) = set.key(kid) else {
        // While Clerk is away, nobody can tell a new key from an invented one.
        return Err(if cache.is_away() {
            Refused::KeysUnavailable
        } else {
            Refused::UnknownKey
        });
    };
    if token.is_signed_by(key) {
        return Ok(());
    }
    // The key's name is the instance's, so a new key may come under the old name (clerk.md 1.3).
    let newer = cache.renewed(Want::BadSignature, &set, now_ms).await;
    match newer.key(kid) {
        Some(key) if newer.generation != set.generation && token.is_signed_by(key) => Ok(()),
        _ => Err(Refused::BadSignature),
    }
}

fn from_pem(pem: &str) -> Result<DecodingKey, Unusable> {
    // An environment file holds the line ends of a PEM text as two characters.
    let pem = pem.replace("\\n", "\n");
    if !pem.contains("PUBLIC KEY-----") {
        return Err(Unusable::Pem);
    }
    DecodingKey::from_rsa_pem(pem.trim().as_bytes()).map_err(|_| Unusable::Pem)
}
