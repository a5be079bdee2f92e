//! Tokens at rest: sealed with XChaCha20-Poly1305, bound to the row they belong to.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, AeadCore, KeyInit, OsRng, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::AccountId;

const NONCE_BYTES: usize = 24;
const KEY_ID_BYTES: usize = 4;
const VERSION: u8 = 1;

/// Seals and opens tokens with one key. Does not print.
#[derive(Clone)]
pub struct Vault {
    cipher: XChaCha20Poly1305,
    key_id: [u8; KEY_ID_BYTES],
}

/// Which of an account's two tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    Access,
    Refresh,
}

/// Why a token could not be opened, or the key not be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum VaultError {
    /// The configured key is not 32 bytes of base64.
    #[error(
        "DUALPOSTS_SECRET_KEY must be 32 random bytes in base64; `dualposts keys generate-secret` makes one"
    )]
    BadKey,
    /// Sealed under another key.
    #[error(
        "a token was sealed with another key (id {found}) than DUALPOSTS_SECRET_KEY (id {expected}); put the former key back"
    )]
    OtherKey { found: String, expected: String },
    /// Changed, cut, or copied from another row.
    #[error("a sealed token can not be opened: it was altered or belongs to another account")]
    Broken,
}

impl Vault {
    /// A vault over a key of 32 bytes in base64.
    pub fn new(key: &SecretString) -> Result<Self, VaultError> {
        let bytes = STANDARD
            .decode(key.expose_secret().trim())
            .map_err(|_| VaultError::BadKey)?;
        let cipher = XChaCha20Poly1305::new_from_slice(&bytes).map_err(|_| VaultError::BadKey)?;
        let digest = Sha256::digest(&bytes);
        let mut key_id = [0; KEY_ID_BYTES];
        key_id.copy_from_slice(&digest[..KEY_ID_BYTES]);
        Ok(Self { cipher, key_id })
    }

    /// A fresh random key, in the form that [`Vault::new`] takes.
    pub fn generate_key() -> SecretString {
        STANDARD
            .encode(XChaCha20Poly1305::generate_key(&mut OsRng))
            .into()
    }

    /// Seals a token for one account: version, key id, nonce, ciphertext.
    pub fn seal(
        &self,
        account: &AccountId,
        kind: TokenKind,
        token: &SecretString,
    ) -> Result<Vec<u8>, VaultError> {
        let nonce = XChaCha20Poly1305::generate_nonce(&mut OsRng);
        let payload = Payload {
            msg: token.expose_secret().as_bytes(),
            aad: &bound_to(account, kind),
        };
        let sealed = self
            .cipher
            .encrypt(&nonce, payload)
            .map_err(|_| VaultError::Broken)?;
        Ok([&[VERSION][..], &self.key_id, &nonce, &sealed].concat())
    }

    /// Opens what [`seal`](Self::seal) made for the same account and kind.
    pub fn open(
        &self,
        account: &AccountId,
        kind: TokenKind,
        sealed: &[u8],
    ) -> Result<SecretString, VaultError> {
        let rest = sealed.strip_prefix(&[VERSION]).ok_or(VaultError::Broken)?;
        let (key_id, rest) = rest
            .split_at_checked(KEY_ID_BYTES)
            .ok_or(VaultError::Broken)?;
        if key_id != self.key_id {
            return Err(VaultError::OtherKey {
                found: hex(key_id),
                expected: hex(&self.key_id),
            });
        }
        let (nonce, ciphertext) = rest
            .split_at_checked(NONCE_BYTES)
            .ok_or(VaultError::Broken)?;
        let payload = Payload {
            msg: ciphertext,
            aad: &bound_to(account, kind),
        };
        let plain = self
            .cipher
            .decrypt(XNonce::from_slice(nonce), payload)
            .map_err(|_| VaultError::Broken)?;
        String::from_utf8(plain)
            .map(SecretString::from)
            .map_err(|_| VaultError::Broken)
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Vault(key {})", hex(&self.key_id))
    }
}

fn bound_to(account: &AccountId, kind: TokenKind) -> Vec<u8> {
    let column = match kind {
        TokenKind::Access => "access_token",
        TokenKind::Refresh => "refresh_token",
    };
    format!("accounts/{account}/{column}").into_bytes()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault() -> Vault {
        Vault::new(&Vault::generate_key()).unwrap()
    }

    #[test]
    fn a_sealed_token_opens_for_its_own_row_only() {
        let (vault, account) = (vault(), AccountId::generate());
        let sealed = vault
            .seal(&account, TokenKind::Access, &"secret-token".into())
            .unwrap();
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
        let opened = vault.open(&account, TokenKind::Access, &sealed).unwrap();
        assert_eq!(opened.expose_secret(), "secret-token");
        let elsewhere = vault.open(&AccountId::generate(), TokenKind::Access, &sealed);
        assert_eq!(elsewhere.err(), Some(VaultError::Broken));
        assert!(vault.open(&account, TokenKind::Refresh, &sealed).is_err());
    }

    #[test]
    fn a_token_sealed_under_another_key_says_so() {
        let account = AccountId::generate();
        let sealed = vault()
            .seal(&account, TokenKind::Access, &"t".into())
            .unwrap();
        let error = vault().open(&account, TokenKind::Access, &sealed).err();
        assert!(
            matches!(error, Some(VaultError::OtherKey { .. })),
            "{error:?}"
        );
    }

    #[test]
    fn an_altered_or_cut_token_is_refused() {
        let (vault, account) = (vault(), AccountId::generate());
        let mut sealed = vault
            .seal(&account, TokenKind::Access, &"t".into())
            .unwrap();
        *sealed.last_mut().unwrap() ^= 1;
        assert_eq!(
            vault.open(&account, TokenKind::Access, &sealed).err(),
            Some(VaultError::Broken)
        );
        for length in 0..sealed.len() {
            assert!(
                vault
                    .open(&account, TokenKind::Access, &sealed[..length])
                    .is_err()
            );
        }
    }

    #[test]
    fn a_key_that_is_not_32_bytes_is_refused() {
        assert_eq!(Vault::new(&"short".into()).err(), Some(VaultError::BadKey));
        assert_eq!(Vault::new(&"YWJj".into()).err(), Some(VaultError::BadKey));
    }
}
