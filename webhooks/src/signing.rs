//! Secrets and signatures, by the Standard Webhooks specification: HMAC-SHA256 over
//! `{id}.{timestamp}.{body}`, in base64 behind `v1,`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use sha2::Sha256;

/// What every secret begins with.
pub const PREFIX: &str = "whsec_";

/// A signing secret, ready for use. Has no `Debug`, for its own sake.
#[derive(Clone)]
pub struct SigningSecret(SecretSlice<u8>);

/// Text that is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a signing secret is whsec_ and 24 to 64 bytes in base64")]
pub struct BadSecret;

impl SigningSecret {
    /// Reads `whsec_...`.
    ///
    /// # Errors
    /// When the text is anything else, or holds fewer than 24 or more than 64 bytes.
    pub fn parse(text: &SecretString) -> Result<Self, BadSecret> {
        let encoded = text.expose_secret().strip_prefix(PREFIX).ok_or(BadSecret)?;
        let key = STANDARD.decode(encoded).map_err(|_| BadSecret)?;
        if !(24..=64).contains(&key.len()) {
            return Err(BadSecret);
        }
        Ok(SigningSecret(key.into()))
    }

    /// `v1,` and the signature of a message.
    pub fn sign(&self, id: &str, timestamp_s: i64, body: &[u8]) -> String {
        // A key of any length is a key for an HMAC.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.expose_secret()) else {
            return String::new();
        };
        mac.update(format!("{id}.{timestamp_s}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

/// The header `webhook-signature`: one signature for each secret, with a space between, so that
/// receivers may change to a new secret whenever it suits them.
pub fn signatures(secrets: &[SigningSecret], id: &str, timestamp_s: i64, body: &[u8]) -> String {
    let signatures: Vec<String> = secrets
        .iter()
        .map(|secret| secret.sign(id, timestamp_s, body))
        .collect();
    signatures.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the specification's own libraries.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn secret(text: &str) -> Result<SigningSecret, BadSecret> {
        SigningSecret::parse(&SecretString::from(text))
    }

    #[test]
    fn the_vector_of_the_specification_is_signed_as_it_says() {
        let signed = secret(SECRET).unwrap().sign(ID, 1_614_265_330, BODY);
        assert_eq!(signed, SIGNATURE);
    }

    #[test]
    fn everything_that_is_signed_changes_the_signature() {
        let secret_ = secret(SECRET).unwrap();
        let other = secret("whsec_AfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        for signed in [
            secret_.sign("msg_other", 1_614_265_330, BODY),
            secret_.sign(ID, 1_614_265_331, BODY),
            secret_.sign(ID, 1_614_265_330, b"{\"test\":2432232314}"),
            other.sign(ID, 1_614_265_330, BODY),
        ] {
            assert_ne!(signed, SIGNATURE);
        }
    }

    #[test]
    fn two_secrets_make_two_signatures_with_a_space_between() {
        let other = secret("whsec_AfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let header = signatures(
            &[other.clone(), secret(SECRET).unwrap()],
            ID,
            1_614_265_330,
            BODY,
        );
        let expected = format!("{} {SIGNATURE}", other.sign(ID, 1_614_265_330, BODY));
        assert_eq!(header, expected);
    }

    #[test]
    fn what_is_too_short_or_no_base64_is_no_secret() {
        for text in [
            "",
            "whsec_",
            "whsec_?",
            "whsec_c2hvcnQ=",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        ] {
            assert!(secret(text).is_err(), "{text}");
        }
    }
}
