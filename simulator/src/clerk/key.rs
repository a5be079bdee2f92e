//! The instance's signing key.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::{EncodePublicKey, LineEnding};
use rsa::rand_core::{CryptoRng, Error, RngCore};
use rsa::signature::{SignatureEncoding, Signer};
use rsa::traits::PublicKeyParts;
use rsa::{RsaPrivateKey, RsaPublicKey};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::random::{self, Random};

const BITS: usize = 2048;

/// By seed and rotation.
type Made = HashMap<(u64, u32), Arc<Key>>;

/// An RSA key, ready to sign.
pub(crate) struct Key {
    signing: SigningKey<Sha256>,
    public: RsaPublicKey,
}

impl Key {
    /// The key of a simulator with this seed after so many rotations. Made when it is first asked
    /// for, and once in a process: making one takes some tenths of a second.
    pub(crate) fn of(seed: u64, rotation: u32) -> Arc<Self> {
        static MADE: LazyLock<Mutex<Made>> = LazyLock::new(Mutex::default);
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        let key = made.entry((seed, rotation));
        Arc::clone(key.or_insert_with(|| Arc::new(Self::make(seed, rotation))))
    }

    fn make(seed: u64, rotation: u32) -> Self {
        let mut dice = Dice(Random::new(random::hash(seed, &format!("key {rotation}"))));
        // A draw that makes no key is followed by another.
        let private = loop {
            if let Ok(key) = RsaPrivateKey::new(&mut dice, BITS) {
                break key;
            }
        };
        let public = private.to_public_key();
        Self {
            signing: SigningKey::new(private),
            public,
        }
    }

    /// The RS256 signature as a token carries it.
    pub(crate) fn sign(&self, message: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.signing.sign(message.as_bytes()).to_bytes())
    }

    /// The key's entry in a key set (clerk.md 1.3).
    pub(crate) fn jwk(&self, kid: &str) -> Value {
        json!({
            "use": "sig", "kty": "RSA", "kid": kid, "alg": "RS256",
            "n": URL_SAFE_NO_PAD.encode(self.public.n().to_bytes_be()),
            "e": URL_SAFE_NO_PAD.encode(self.public.e().to_bytes_be()),
        })
    }

    /// As the dashboard shows it, for `CLERK_JWT_KEY`.
    pub(crate) fn pem(&self) -> String {
        let pem = self.public.to_public_key_pem(LineEnding::LF);
        pem.unwrap_or_default()
    }
}

/// Seeded chance for the key: the same simulator has the same key in every run. It protects
/// nothing.
struct Dice(Random);

impl RngCore for Dice {
    fn next_u32(&mut self) -> u32 {
        (self.next_u64() >> 32) as u32
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next()
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let drawn = self.next_u64().to_le_bytes();
            chunk.copy_from_slice(&drawn[..chunk.len()]);
        }
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Dice {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_key_and_a_rotation_another() {
        let key = |rotation| Key::of(1, rotation).jwk("ins_sim");
        assert_eq!(Key::make(1, 0).jwk("ins_sim"), key(0));
        assert_ne!(key(0), key(1));
        assert_eq!(key(0)["e"], "AQAB");
        assert!(
            Key::of(1, 0)
                .pem()
                .starts_with("-----BEGIN PUBLIC KEY-----")
        );
    }
}
