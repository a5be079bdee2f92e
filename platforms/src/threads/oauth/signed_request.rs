//! What Meta posts when a person removes the app or asks for deletion (threads.md 2.5).

use std::error::Error;
use std::fmt;

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use sha2::Sha256;

use crate::wire::{WireId, integer};

/// Meta sends no padding; with it the value is the same.
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A request that Meta has signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedRequest {
    /// The person, as this app knows them.
    pub user_id: String,
    /// When it was signed, in Unix milliseconds, rounded up to the end of its second; `None` where
    /// the payload does not say. It may come late, or again: what is younger is not meant.
    pub issued_at_ms: Option<i64>,
}

/// Why a request is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignedRequestError {
    /// Not `base64url(signature).base64url(json)`, or the JSON names no person.
    Malformed,
    /// Not signed with this secret.
    BadSignature,
    /// Signed, but the payload says in another way than `HMAC-SHA256`.
    WrongAlgorithm,
}

/// Reads the form field `signed_request` after its signature is verified with the app's secret, in
/// constant time. Which of the two secrets signs for Threads is not documented; the Threads app's
/// is likely (threads.md 2.5).
///
/// # Errors
/// When it is not Meta's; see [`SignedRequestError`].
pub fn signed_request(
    secret: &SecretString,
    body_value: &str,
) -> Result<SignedRequest, SignedRequestError> {
    use SignedRequestError::{BadSignature, Malformed, WrongAlgorithm};

    let (signature, payload) = body_value.split_once('.').ok_or(Malformed)?;
    let signature = BASE64URL.decode(signature).map_err(|_| Malformed)?;
    // Anybody can sign with an empty secret.
    if secret.expose_secret().is_empty() {
        return Err(BadSignature);
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())
        .map_err(|_| BadSignature)?;
    mac.update(payload.as_bytes());
    mac.verify_slice(&signature).map_err(|_| BadSignature)?;

    let payload = BASE64URL.decode(payload).map_err(|_| Malformed)?;
    let payload: Value = serde_json::from_slice(&payload).map_err(|_| Malformed)?;
    let algorithm = payload.get("algorithm").and_then(Value::as_str);
    if !algorithm.is_some_and(|name| name.eq_ignore_ascii_case("HMAC-SHA256")) {
        return Err(WrongAlgorithm);
    }
    let user_id = payload.get("user_id").ok_or(Malformed)?;
    let user_id = WireId::deserialize(user_id).map_err(|_| Malformed)?.0;
    let issued_at_ms = payload
        .get("issued_at")
        .and_then(integer)
        .and_then(|seconds| seconds.checked_mul(1000)?.checked_add(999));
    Ok(SignedRequest {
        user_id,
        issued_at_ms,
    })
}

impl fmt::Display for SignedRequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SignedRequestError::Malformed => "not a signed request",
            SignedRequestError::BadSignature => "the signature is not of this app's secret",
            SignedRequestError::WrongAlgorithm => "not signed with HMAC-SHA256",
        })
    }
}

impl Error for SignedRequestError {}

#[cfg(test)]
mod tests;
