//! A token in its three parts, and the rules for its header.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Refused;

/// A session token stays below 4 KB, as a cookie must (clerk.md 1.1); twice that is never one.
const LARGEST: usize = 8 * 1024;

/// Categories of the header's `cat` (clerk.md 1.2): a session, and "says nothing".
const SESSION: &str = "cl_B7d4PD111AAA";
const NO_CATEGORY: &str = "cl_I7d4PD111III";

/// A token whose header is that of a session; its signature has not been looked at.
pub(crate) struct Unverified<'a> {
    /// Absent in tokens of other issuers; every token of Clerk has it.
    pub kid: Option<String>,
    message: &'a str,
    payload: Vec<u8>,
    signature: &'a str,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
    cat: Option<String>,
    /// Extensions that must be understood (RFC 7515 4.1.11); none is.
    crit: Option<IgnoredAny>,
}

impl<'a> Unverified<'a> {
    /// Takes a token apart and reads its header.
    ///
    /// # Errors
    /// [`Refused::TooLong`], [`Refused::Malformed`], [`Refused::WrongAlgorithm`] and, where the
    /// header alone tells, [`Refused::NotASession`].
    pub fn read(token: &'a str) -> Result<Self, Refused> {
        if token.len() > LARGEST {
            return Err(Refused::TooLong);
        }
        let mut parts = token.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Refused::Malformed);
        };
        let fields: Header =
            serde_json::from_slice(&decoded(header)?).map_err(|_| Refused::Malformed)?;
        if fields.alg != "RS256" {
            return Err(Refused::WrongAlgorithm);
        }
        if fields.crit.is_some() {
            return Err(Refused::Malformed);
        }
        let is_plain = fields.typ.as_deref().is_none_or(|typ| typ == "JWT");
        let may_be_session = matches!(fields.cat.as_deref(), None | Some(SESSION | NO_CATEGORY));
        if !is_plain || !may_be_session {
            return Err(Refused::NotASession);
        }
        let message = &token[..header.len() + 1 + payload.len()];
        decoded(signature)?;
        Ok(Self {
            kid: fields.kid,
            message,
            payload: decoded(payload)?,
            signature,
        })
    }

    /// Whether `key` made the signature.
    pub fn is_signed_by(&self, key: &DecodingKey) -> bool {
        let message = self.message.as_bytes();
        let verified = jsonwebtoken::crypto::verify(self.signature, message, key, Algorithm::RS256);
        verified.unwrap_or(false)
    }

    /// The JSON of the claims. To be believed only after [`Unverified::is_signed_by`].
    pub(super) fn payload(&self) -> &[u8] {
        &self.payload
    }
}

fn decoded(part: &str) -> Result<Vec<u8>, Refused> {
    match URL_SAFE_NO_PAD.decode(part) {
        Ok(bytes) if !bytes.is_empty() => Ok(bytes),
        _ => Err(Refused::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(header: &str) -> Result<Option<String>, Refused> {
        let header = URL_SAFE_NO_PAD.encode(header);
        Unverified::read(&format!("{header}.e30.c2ln")).map(|token| token.kid)
    }

    #[test]
    fn the_header_of_a_session_is_let_through() {
        for header in [
            r#"{"alg":"RS256","cat":"cl_B7d4PD111AAA","kid":"ins_1","typ":"JWT","oiat":1}"#,
            r#"{"alg":"RS256","cat":"cl_I7d4PD111III","kid":"ins_1","typ":"JWT"}"#,
            r#"{"alg":"RS256","kid":"ins_1"}"#,
        ] {
            assert_eq!(read(header), Ok(Some("ins_1".to_owned())), "{header}");
        }
        assert_eq!(read(r#"{"alg":"RS256"}"#), Ok(None));
    }

    #[test]
    fn every_algorithm_but_one_is_refused() {
        for alg in ["none", "None", "", "HS256", "RS384", "PS256", "rs256"] {
            let header = format!(r#"{{"alg":"{alg}","kid":"ins_1"}}"#);
            assert_eq!(read(&header), Err(Refused::WrongAlgorithm), "{alg}");
        }
    }

    #[test]
    fn other_classes_of_token_are_told_by_their_header() {
        for header in [
            r#"{"alg":"RS256","cat":"cl_B7d4PD222AAA"}"#,
            r#"{"alg":"RS256","cat":"cl_B7d4PD333AAA"}"#,
            r#"{"alg":"RS256","cat":""}"#,
            r#"{"alg":"RS256","typ":"at+jwt"}"#,
            r#"{"alg":"RS256","typ":"application/at+jwt"}"#,
        ] {
            assert_eq!(read(header), Err(Refused::NotASession), "{header}");
        }
    }

    #[test]
    fn headers_that_are_none_are_malformed() {
        for header in [
            "",
            "[]",
            "null",
            "{}",
            r#"{"alg":1}"#,
            r#"{"alg":"RS256","kid":7}"#,
            r#"{"alg":"RS256","alg":"RS256"}"#,
            r#"{"alg":"RS256","crit":["exp"]}"#,
        ] {
            assert_eq!(read(header), Err(Refused::Malformed), "{header}");
        }
    }

    #[test]
    fn what_is_not_three_parts_is_malformed() {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256"}"#);
        for token in [
            String::new(),
            ".".to_owned(),
            "..".to_owned(),
            format!("{header}.e30"),
            format!("{header}.e30."),
            format!("{header}.e30.c2ln.c2ln"),
            format!("{header}..c2ln"),
            format!("{header}.e30.c2ln="),
            format!("{header}.e30.c+ln"),
            format!("{header}.e30.ключ"),
            format!("{header}.é.c2ln"),
            format!("Bearer {header}.e30.c2ln"),
        ] {
            let read = Unverified::read(&token).map(|_| ());
            assert_eq!(read, Err(Refused::Malformed), "{token}");
        }
    }

    #[test]
    fn a_giant_is_refused_before_it_is_looked_at() {
        let read = Unverified::read(&"a.".repeat(4097)).map(|_| ());
        assert_eq!(read, Err(Refused::TooLong));
    }
}
