//! The proof that who exchanges a code is who asked for it (RFC 7636).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    S256,
    Plain,
}

impl Method {
    /// X takes `s256` as well: X's TypeScript SDK and twitter-api-v2 write it so.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "S256" | "s256" => Some(Self::S256),
            "plain" => Some(Self::Plain),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Challenge {
    pub(crate) method: Method,
    pub(crate) value: String,
}

impl Challenge {
    pub(crate) fn is_met_by(&self, verifier: &str) -> bool {
        match self.method {
            Method::Plain => self.value == verifier,
            Method::S256 => self.value == URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: Method, value: &str, verifier: &str, expected: bool) {
        let value = value.to_owned();
        let challenge = Challenge { method, value };
        assert_eq!(challenge.is_met_by(verifier), expected, "{challenge:?}");
    }

    #[test]
    fn methods_are_known_by_name() {
        assert_eq!(Method::named("S256"), Some(Method::S256));
        assert_eq!(Method::named("s256"), Some(Method::S256));
        assert_eq!(Method::named("plain"), Some(Method::Plain));
        assert_eq!(Method::named("S512"), None);
    }

    #[test]
    fn the_example_of_the_standard_is_met() {
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let value = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        check(Method::S256, value, verifier, true);
        check(Method::S256, value, value, false);
        check(Method::Plain, verifier, verifier, true);
        check(Method::Plain, value, verifier, false);
    }
}
