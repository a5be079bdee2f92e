//! The secrets that deliveries are signed with.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use thiserror::Error;

/// A signing secret, ready for use. Has no `Debug`, for its own sake.
#[derive(Clone)]
pub struct SigningSecret(SecretSlice<u8>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a signing secret is whsec_ and base64")]
pub struct InvalidSecret;

impl SigningSecret {
    /// Reads `whsec_...`.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn parse(text: &SecretString) -> Result<Self, InvalidSecret> {
        Self::from_text(text.expose_secret().trim())
    }

    /// Reads several, separated by spaces or commas, as are needed while one replaces another.
    ///
    /// # Errors
    /// When one of them is no secret, or there is none.
    pub fn parse_list(text: &SecretString) -> Result<Vec<Self>, InvalidSecret> {
        let texts = text.expose_secret().split([' ', ',']);
        let secrets: Vec<Self> = texts
            .filter(|text| !text.is_empty())
            .map(Self::from_text)
            .collect::<Result<_, _>>()?;
        if secrets.is_empty() {
            return Err(InvalidSecret);
        }
        Ok(secrets)
    }

    fn from_text(text: &str) -> Result<Self, InvalidSecret> {
        let encoded = text.strip_prefix("whsec_").ok_or(InvalidSecret)?;
        match STANDARD.decode(encoded) {
            Ok(key) if !key.is_empty() => Ok(Self(key.into())),
            _ => Err(InvalidSecret),
        }
    }

    pub(super) fn key(&self) -> &[u8] {
        self.0.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(text: &str) -> Option<usize> {
        let secrets = SigningSecret::parse_list(&SecretString::from(text));
        secrets.ok().map(|secrets| secrets.len())
    }

    #[test]
    fn one_secret_or_several_are_read() {
        assert_eq!(count("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), Some(1));
        assert_eq!(count("whsec_AAAA, whsec_BBBB whsec_CCCC"), Some(3));
    }

    #[test]
    fn nonsense_is_no_secret() {
        for text in ["", "whsec_", "whsec_?", "sk_test_1", "whsec_AAAA nonsense"] {
            assert_eq!(count(text), None, "{text}");
        }
        assert!(SigningSecret::parse(&SecretString::from("whsec_A")).is_err());
    }
}
