//! Random secrets that we give out, and what is kept of them.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::OsRng;
use chacha20poly1305::aead::rand_core::RngCore;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// 256 bits of randomness, in characters that may stand in an address.
pub fn random() -> SecretString {
    let mut bytes = [0; 32];
    OsRng.fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes).into()
}

/// What webhooks are signed with, as the Standard Webhooks specification writes it.
pub(crate) fn signing_secret() -> SecretString {
    let mut bytes = [0; 32];
    OsRng.fill_bytes(&mut bytes);
    format!("whsec_{}", STANDARD.encode(bytes)).into()
}

/// So many random letters and digits; 43 hold 256 bits.
pub(crate) fn random_base62(length: usize) -> String {
    let mut text = String::with_capacity(length);
    let mut byte = [0];
    while text.len() < length {
        OsRng.fill_bytes(&mut byte);
        // 248 is the largest multiple of 62 in a byte: what lies above would favour some letters.
        if byte[0] < 248 {
            text.push(char::from(BASE62[usize::from(byte[0] % 62)]));
        }
    }
    text
}

/// A number in letters and digits, with zeros in front.
pub(crate) fn base62(mut number: u32, length: usize) -> String {
    let mut digits = vec![BASE62[0]; length];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[(number % 62) as usize];
        number /= 62;
    }
    digits.into_iter().map(char::from).collect()
}

/// What is kept of a secret: enough to know it again, and no way back. The secrets are random, so
/// there is nothing to slow a guesser down for.
pub fn hash(secret: &SecretString) -> Vec<u8> {
    Sha256::digest(secret.expose_secret().as_bytes()).to_vec()
}

/// Compares without telling by its duration how much was alike.
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |diff, (a, b)| diff | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_compared_whole() {
        assert!(same(&[1, 2, 3], &[1, 2, 3]));
        assert!(!same(&[1, 2, 3], &[1, 2, 4]));
        assert!(!same(&[1, 2, 3], &[1, 2]));
    }

    #[test]
    fn numbers_are_written_in_a_fixed_length() {
        assert_eq!(base62(0, 6), "000000");
        assert_eq!(base62(61, 6), "00000z");
        assert_eq!(base62(u32::MAX, 6), "4gfFC3");
    }

    #[test]
    fn random_text_is_plain_and_never_the_same() {
        let (one, other) = (random_base62(43), random_base62(43));
        assert_ne!(one, other);
        assert!(one.len() == 43 && one.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }
}
