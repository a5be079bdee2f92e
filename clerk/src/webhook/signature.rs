//! The signature of a delivery: HMAC-SHA256 over its id, its time and its body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

use super::{Refused, SignedHeaders, SigningSecret};

/// How far a delivery's time may be from ours (clerk.md 2.5).
const TOLERANCE_MS: u64 = 5 * 60_000;

/// Whether one of the signatures holds under one of the secrets, and the time is near.
pub(super) fn check(
    secrets: &[SigningSecret],
    headers: SignedHeaders<'_>,
    body: &[u8],
    now_ms: i64,
) -> Result<(), Refused> {
    let sent_ms = time_ms(headers.timestamp).ok_or(Refused::Malformed)?;
    if headers.id.is_empty() || headers.signature.is_empty() {
        return Err(Refused::Malformed);
    }
    if now_ms.abs_diff(sent_ms) > TOLERANCE_MS {
        return Err(Refused::WrongTime);
    }
    let given: Vec<Vec<u8>> = signatures(headers.signature).collect();
    // Every pair is compared: how long it takes tells nothing of which came close.
    let mut holds = Choice::from(0);
    for secret in secrets {
        let expected = mac(secret, headers, body);
        for signature in &given {
            holds |= expected.ct_eq(signature);
        }
    }
    if bool::from(holds) {
        Ok(())
    } else {
        Err(Refused::BadSignature)
    }
}

fn mac(secret: &SigningSecret, headers: SignedHeaders<'_>, body: &[u8]) -> Vec<u8> {
    // A key of any length is a key for an HMAC.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.key()) else {
        return Vec::new();
    };
    for part in [headers.id, ".", headers.timestamp, "."] {
        mac.update(part.as_bytes());
    }
    mac.update(body);
    mac.finalize().into_bytes().to_vec()
}

/// Whole seconds in digits and nothing else, as it is part of what is signed.
fn time_ms(timestamp: &str) -> Option<i64> {
    let digits = !timestamp.is_empty() && timestamp.bytes().all(|b| b.is_ascii_digit());
    let seconds: i64 = digits.then(|| timestamp.parse().ok())??;
    seconds.checked_mul(1000)
}

/// Those of the one version that is known; others may stand beside them.
fn signatures(header: &str) -> impl Iterator<Item = Vec<u8>> + '_ {
    let known = header
        .split(' ')
        .filter_map(|entry| entry.strip_prefix("v1,"));
    known.filter_map(|encoded| STANDARD.decode(encoded).ok())
}

#[cfg(test)]
mod tests;
