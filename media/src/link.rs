//! Links that let a platform fetch one file for a while, without an account.
//!
//! Meta fetches pictures and videos itself (threads.md 4.3), so each gets an address that nobody
//! can guess and that dies by itself: it must outlive the time a container may take.

mod reach;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use thiserror::Error;

pub use reach::{Reach, reach};

/// Keeps these signatures apart from whatever else is made with the same key.
const DOMAIN: &[u8] = b"dualposts media link v1\n";

/// Why a link does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LinkError {
    /// It was good until `expires_s`.
    #[error("this link has expired: ask for a new one")]
    Expired,
    /// It was not made here, or has been changed since.
    #[error("this link is not valid: use it as it was given, or ask for a new one")]
    Forged,
}

/// Signs that a file may be fetched until `expires_s` (Unix seconds).
pub fn sign(key: &[u8], media_id: &str, expires_s: i64) -> String {
    URL_SAFE_NO_PAD.encode(mac(key, media_id, expires_s))
}

/// Whether a link opens at `now_s` (Unix seconds). Takes as long for a wrong signature as for
/// one that is nearly right.
///
/// # Errors
/// When the signature is not ours, or its time is over.
pub fn verify(
    key: &[u8],
    media_id: &str,
    expires_s: i64,
    signature: &str,
    now_s: i64,
) -> Result<(), LinkError> {
    let given = URL_SAFE_NO_PAD
        .decode(signature)
        .map_err(|_| LinkError::Forged)?;
    let expected = mac(key, media_id, expires_s);
    if !bool::from(expected.as_slice().ct_eq(&given)) {
        return Err(LinkError::Forged);
    }
    if now_s >= expires_s {
        return Err(LinkError::Expired);
    }
    Ok(())
}

/// The path and query of a link. `extension` is the format's, without a dot: fetchers like to see
/// it, and nothing depends on it.
pub fn path(media_id: &str, extension: &str, expires_s: i64, signature: &str) -> String {
    format!("/media/{media_id}.{extension}?expires={expires_s}&signature={signature}")
}

fn mac(key: &[u8], media_id: &str, expires_s: i64) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(DOMAIN);
    // The number ends at the line's end, so that no two pairs read alike.
    mac.update(format!("{expires_s}\n{media_id}").as_bytes());
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = b"a key of the test";
    const ID: &str = "01890000-0000-7000-8000-000000000001";

    #[test]
    fn a_link_opens_until_its_last_second() {
        let signature = sign(KEY, ID, 1_000);
        assert_eq!(verify(KEY, ID, 1_000, &signature, 0), Ok(()));
        assert_eq!(verify(KEY, ID, 1_000, &signature, 999), Ok(()));
        let late = verify(KEY, ID, 1_000, &signature, 1_000);
        assert_eq!(late, Err(LinkError::Expired));
    }

    #[test]
    fn a_changed_link_does_not_open_whatever_was_changed() {
        let signature = sign(KEY, ID, 1_000);
        let forged = Err(LinkError::Forged);
        assert_eq!(verify(b"another key", ID, 1_000, &signature, 0), forged);
        assert_eq!(verify(KEY, "another id", 1_000, &signature, 0), forged);
        assert_eq!(verify(KEY, ID, 2_000, &signature, 0), forged);
        let first = if signature.starts_with('A') { "B" } else { "A" };
        let changed = format!("{first}{}", &signature[1..]);
        for wrong in [
            "",
            "?",
            "AAAA",
            &signature[1..],
            &changed,
            &format!("{signature}A"),
        ] {
            assert_eq!(verify(KEY, ID, 1_000, wrong, 0), forged, "{wrong}");
        }
        // A forged link is never told that it is only too old.
        assert_eq!(verify(KEY, ID, 1_000, &changed, 9_999), forged);
    }

    #[test]
    fn digits_cannot_move_from_the_time_into_the_id() {
        assert_ne!(sign(KEY, "1x", 10), sign(KEY, "x", 101));
        assert_ne!(sign(KEY, "0\nx", 1), sign(KEY, "x", 10));
    }

    #[test]
    fn a_path_carries_all_that_is_verified() {
        assert_eq!(
            path(ID, "jpg", 1_000, "abc"),
            format!("/media/{ID}.jpg?expires=1000&signature=abc")
        );
    }

    #[test]
    fn a_signature_needs_no_escaping_in_an_address() {
        let signature = sign(KEY, ID, 1_000);
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        assert!(signature.len() == 43 && signature.chars().all(plain));
    }
}
