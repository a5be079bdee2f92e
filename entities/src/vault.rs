//! Secrets at rest: sealed with XChaCha20-Poly1305, bound to the place they are kept in.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, AeadCore, KeyInit, OsRng, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::{AccountId, Platform, WebhookId};

const NONCE_BYTES: usize = 24;
const KEY_ID_BYTES: usize = 4;
const VERSION: u8 = 1;

/// Seals under its first key and opens under any of its keys. Does not print. Cheap to clone.
#[derive(Clone)]
pub struct Vault(Arc<Vec<Key>>);

struct Key {
    cipher: XChaCha20Poly1305,
    id: [u8; KEY_ID_BYTES],
    /// What links are signed with: of the same key, and no way back to it.
    links: [u8; 32],
}

/// Where a secret is kept: it opens there and nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    AccessToken(&'a AccountId),
    RefreshToken(&'a AccountId),
    /// The PKCE verifier of the authorization with this state.
    CodeVerifier(&'a [u8]),
    /// Of a profile that nobody has claimed yet.
    UnclaimedToken(Platform, &'a str),
    /// What a webhook is signed with.
    WebhookSecret(&'a WebhookId),
    /// The one before.
    FormerWebhookSecret(&'a WebhookId),
}

/// Why a secret could not be opened, or a key not be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum VaultError {
    /// The configured key is not 32 bytes of base64.
    #[error(
        "DUALPOSTS_SECRET_KEY must be 32 random bytes in base64; `dualposts keys generate-secret` makes one"
    )]
    BadKey,
    /// Sealed under another key.
    #[error(
        "a token was sealed with another key (id {found}) than DUALPOSTS_SECRET_KEY (id {expected}); put the former key into DUALPOSTS_FORMER_SECRET_KEYS"
    )]
    OtherKey { found: String, expected: String },
    /// Changed, cut, or copied from another row.
    #[error("a sealed token can not be opened: it was altered or belongs to another account")]
    Broken,
}

impl Vault {
    /// A vault over a key of 32 bytes in base64.
    pub fn new(key: &SecretString) -> Result<Self, VaultError> {
        Self::with_former(key, &[])
    }

    /// A vault that seals under `key` and still opens what was sealed under `former` ones.
    pub fn with_former(key: &SecretString, former: &[SecretString]) -> Result<Self, VaultError> {
        let keys: Result<Vec<Key>, VaultError> =
            std::iter::once(key).chain(former).map(Key::read).collect();
        Ok(Vault(Arc::new(keys?)))
    }

    /// A fresh random key, in the form that [`Vault::new`] takes.
    pub fn generate_key() -> SecretString {
        STANDARD
            .encode(XChaCha20Poly1305::generate_key(&mut OsRng))
            .into()
    }

    /// What links to files are signed with.
    pub fn link_key(&self) -> &[u8] {
        &self.current().links
    }

    /// The same, and what former ones were signed with.
    pub fn link_keys(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(|key| key.links.as_slice())
    }

    /// Seals a secret for one place: version, key id, nonce, ciphertext.
    pub fn seal(&self, place: Place<'_>, secret: &SecretString) -> Result<Vec<u8>, VaultError> {
        let key = self.current();
        let nonce = XChaCha20Poly1305::generate_nonce(&mut OsRng);
        let payload = Payload {
            msg: secret.expose_secret().as_bytes(),
            aad: &bound_to(place),
        };
        let sealed = key
            .cipher
            .encrypt(&nonce, payload)
            .map_err(|_| VaultError::Broken)?;
        Ok([&[VERSION][..], &key.id, &nonce, &sealed].concat())
    }

    /// Opens what [`seal`](Self::seal) made for the same place, under this or a former key.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<SecretString, VaultError> {
        let (key_id, rest) = key_id_of(sealed).ok_or(VaultError::Broken)?;
        let key = self.0.iter().find(|key| key.id == key_id);
        let key = key.ok_or_else(|| VaultError::OtherKey {
            found: hex(key_id),
            expected: hex(&self.current().id),
        })?;
        let (nonce, ciphertext) = rest
            .split_at_checked(NONCE_BYTES)
            .ok_or(VaultError::Broken)?;
        let payload = Payload {
            msg: ciphertext,
            aad: &bound_to(place),
        };
        let plain = key
            .cipher
            .decrypt(XNonce::from_slice(nonce), payload)
            .map_err(|_| VaultError::Broken)?;
        String::from_utf8(plain)
            .map(SecretString::from)
            .map_err(|_| VaultError::Broken)
    }

    /// Whether something was sealed under the key that this vault seals with.
    pub fn is_current(&self, sealed: &[u8]) -> bool {
        key_id_of(sealed).is_some_and(|(key_id, _)| key_id == self.current().id)
    }

    fn current(&self) -> &Key {
        // `with_former` puts at least one in.
        &self.0[0]
    }
}

impl Key {
    fn read(text: &SecretString) -> Result<Self, VaultError> {
        let bytes = STANDARD
            .decode(text.expose_secret().trim())
            .map_err(|_| VaultError::BadKey)?;
        let cipher = XChaCha20Poly1305::new_from_slice(&bytes).map_err(|_| VaultError::BadKey)?;
        let digest = Sha256::digest(&bytes);
        let mut id = [0; KEY_ID_BYTES];
        id.copy_from_slice(&digest[..KEY_ID_BYTES]);
        let links = Sha256::new()
            .chain_update(b"dualposts/links")
            .chain_update(&bytes)
            .finalize();
        Ok(Key {
            cipher,
            id,
            links: links.into(),
        })
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Vault(key {})", hex(&self.current().id))
    }
}

fn key_id_of(sealed: &[u8]) -> Option<(&[u8], &[u8])> {
    sealed
        .strip_prefix(&[VERSION])?
        .split_at_checked(KEY_ID_BYTES)
}

fn bound_to(place: Place<'_>) -> Vec<u8> {
    match place {
        Place::AccessToken(account) => format!("accounts/{account}/access_token").into_bytes(),
        Place::RefreshToken(account) => format!("accounts/{account}/refresh_token").into_bytes(),
        Place::UnclaimedToken(platform, remote_user_id) => {
            format!("unclaimed_tokens/{platform}/{remote_user_id}").into_bytes()
        }
        Place::WebhookSecret(webhook) => format!("webhooks/{webhook}/secret").into_bytes(),
        Place::FormerWebhookSecret(webhook) => {
            format!("webhooks/{webhook}/former_secret").into_bytes()
        }
        Place::CodeVerifier(state_hash) => [b"authorizations/", state_hash].concat(),
    }
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
            .seal(Place::AccessToken(&account), &"secret-token".into())
            .unwrap();
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
        let opened = vault.open(Place::AccessToken(&account), &sealed).unwrap();
        assert_eq!(opened.expose_secret(), "secret-token");
        let elsewhere = vault.open(Place::AccessToken(&AccountId::generate()), &sealed);
        assert_eq!(elsewhere.err(), Some(VaultError::Broken));
        assert!(vault.open(Place::RefreshToken(&account), &sealed).is_err());
    }

    #[test]
    fn a_token_sealed_under_another_key_says_so() {
        let account = AccountId::generate();
        let sealed = vault()
            .seal(Place::AccessToken(&account), &"t".into())
            .unwrap();
        let error = vault().open(Place::AccessToken(&account), &sealed).err();
        assert!(
            matches!(error, Some(VaultError::OtherKey { .. })),
            "{error:?}"
        );
    }

    #[test]
    fn an_altered_or_cut_token_is_refused() {
        let (vault, account) = (vault(), AccountId::generate());
        let mut sealed = vault
            .seal(Place::AccessToken(&account), &"t".into())
            .unwrap();
        *sealed.last_mut().unwrap() ^= 1;
        assert_eq!(
            vault.open(Place::AccessToken(&account), &sealed).err(),
            Some(VaultError::Broken)
        );
        for length in 0..sealed.len() {
            assert!(
                vault
                    .open(Place::AccessToken(&account), &sealed[..length])
                    .is_err()
            );
        }
    }

    #[test]
    fn a_key_that_is_not_32_bytes_is_refused() {
        assert_eq!(Vault::new(&"short".into()).err(), Some(VaultError::BadKey));
        assert_eq!(Vault::new(&"YWJj".into()).err(), Some(VaultError::BadKey));
    }

    #[test]
    fn a_former_key_opens_and_never_seals() {
        let (old, new) = (Vault::generate_key(), Vault::generate_key());
        let account = AccountId::generate();
        let place = Place::AccessToken(&account);
        let before = Vault::new(&old).unwrap().seal(place, &"t".into()).unwrap();
        let vault = Vault::with_former(&new, &[old]).unwrap();
        assert_eq!(vault.open(place, &before).unwrap().expose_secret(), "t");
        assert!(!vault.is_current(&before));
        let again = vault.seal(place, &"t".into()).unwrap();
        assert!(vault.is_current(&again));
        assert!(Vault::new(&new).unwrap().open(place, &again).is_ok());
    }
}
