//! The window in which the person says yes (x.md 1.1).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::oauth::address_with;

/// What is asked for. One more means that every person connects again (x.md 1.1, 11 point 22).
///
/// - `tweet.read`: reading the profile and its posts.
/// - `tweet.write`: creating a post.
/// - `users.read`: demanded beside the others by every call on posts and on the profile.
/// - `media.write`: uploading media.
/// - `offline.access`: a refresh token; without it the connection ends after two hours.
pub const SCOPES: &[&str] = &[
    "tweet.read",
    "tweet.write",
    "users.read",
    "media.write",
    "offline.access",
];

/// The address to send the browser to. `authorize_base` is the window's, for example
/// `https://x.com/i/oauth2/authorize`; `redirect_uri` must be listed in the app's settings to the
/// letter, `state` have at most 500 characters, and `code_challenge` come from
/// [`code_challenge`] (S256).
pub fn authorize_url(
    authorize_base: &str,
    client_id: &str,
    redirect_uri: &str,
    scopes: &[&str],
    state: &str,
    code_challenge: &str,
) -> String {
    let fields = [
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", redirect_uri),
        ("scope", &scopes.join(" ")),
        ("state", state),
        ("code_challenge", code_challenge),
        ("code_challenge_method", "S256"),
    ];
    address_with(authorize_base, &fields)
}

/// The challenge to a verifier by the method S256 (RFC 7636 4.2).
pub fn code_challenge(code_verifier: &SecretString) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(code_verifier.expose_secret()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_windows_address_is_the_documented_one() {
        let url = authorize_url(
            "https://x.com/i/oauth2/authorize",
            "ckJFMEhBUEtBZFlCbjpjaQ",
            "http://127.0.0.1:8080/cb",
            SCOPES,
            "a+b c",
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        );
        assert_eq!(
            url,
            "https://x.com/i/oauth2/authorize?response_type=code&client_id=ckJFMEhBUEtBZFlCbjpjaQ\
             &redirect_uri=http%3A%2F%2F127.0.0.1%3A8080%2Fcb\
             &scope=tweet.read%20tweet.write%20users.read%20media.write%20offline.access\
             &state=a%2Bb%20c&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\
             &code_challenge_method=S256"
        );
    }

    /// RFC 7636, appendix B.
    #[test]
    fn the_challenge_is_the_one_of_the_standard() {
        let verifier = SecretString::from("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(
            code_challenge(&verifier),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }
}
