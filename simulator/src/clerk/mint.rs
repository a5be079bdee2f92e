//! Session tokens: sound ones, and every kind of unsound one by name (clerk.md 7.1).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::Sha256;

use super::key::Key;

/// A kind of token. Those that begin with `Ok` are to be let in, all others are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClerkToken {
    /// Version 2.
    Ok,
    OkV1,
    /// With the claims of an active organisation.
    OkWithOrganization,
    /// Without the header's category.
    OkWithoutCategory,
    /// With the category that says nothing.
    OkIgnoredCategory,
    /// With a custom claim of 3 KB: 5 KB in all.
    OkFiveKilobytes,
    /// Six seconds ago.
    Expired,
    /// Valid in six seconds.
    NotYetValid,
    /// Made in six seconds.
    IssuedAhead,
    AlgNone,
    /// HS256 with the PEM text of the public key as its secret.
    HmacOfPublicKey,
    /// The instance's key id on another key's signature.
    WrongKey,
    UnknownKid,
    WrongIssuer,
    WrongAzp,
    MissingAzp,
    /// From a JWT template: no session.
    Template,
    /// Of a machine.
    Machine,
    /// Of an OAuth client.
    AccessToken,
    Pending,
    /// Somebody acts in the user's name. To be let in and told apart.
    Impersonated,
    /// `nbf` as text.
    TextualNbf,
    TwoParts,
    /// With letters that no header can carry.
    NonAscii,
}

impl ClerkToken {
    /// All of them, for tables.
    pub const ALL: [Self; 24] = [
        Self::Ok,
        Self::OkV1,
        Self::OkWithOrganization,
        Self::OkWithoutCategory,
        Self::OkIgnoredCategory,
        Self::OkFiveKilobytes,
        Self::Expired,
        Self::NotYetValid,
        Self::IssuedAhead,
        Self::AlgNone,
        Self::HmacOfPublicKey,
        Self::WrongKey,
        Self::UnknownKid,
        Self::WrongIssuer,
        Self::WrongAzp,
        Self::MissingAzp,
        Self::Template,
        Self::Machine,
        Self::AccessToken,
        Self::Pending,
        Self::Impersonated,
        Self::TextualNbf,
        Self::TwoParts,
        Self::NonAscii,
    ];
}

// `NonAscii` is the last: one that is missing in `ALL` does not compile.
const _: () = assert!(ClerkToken::ALL.len() == ClerkToken::NonAscii as usize + 1);

/// What goes into a token.
pub(crate) struct Subject<'a> {
    pub(crate) user_id: &'a str,
    pub(crate) session_id: &'a str,
    /// The page that it is made for; `None`: no `azp`.
    pub(crate) origin: Option<&'a str>,
    pub(crate) issuer: &'a str,
    pub(crate) kid: &'a str,
    pub(crate) jti: String,
    pub(crate) now_ms: i64,
    pub(crate) life_s: i64,
}

/// A token of this kind, signed with `key`; `other` signs what claims to be and is not.
pub(crate) fn mint(kind: ClerkToken, subject: &Subject<'_>, key: &Key, other: &Key) -> String {
    let mut parts = Parts::sound(subject);
    parts.spoil(kind, subject);
    let message = parts.message();
    match kind {
        ClerkToken::AlgNone => format!("{message}."),
        ClerkToken::HmacOfPublicKey => format!("{message}.{}", hmac(&key.pem(), &message)),
        ClerkToken::WrongKey | ClerkToken::UnknownKid => {
            format!("{message}.{}", other.sign(&message))
        }
        ClerkToken::TwoParts => message,
        ClerkToken::NonAscii => format!("{message}.clé"),
        _ => format!("{message}.{}", key.sign(&message)),
    }
}

struct Parts {
    header: Value,
    claims: Value,
}

impl Parts {
    fn sound(subject: &Subject<'_>) -> Self {
        let now_s = subject.now_ms.div_euclid(1000);
        let mut claims = json!({
            "exp": now_s + subject.life_s, "fva": [0, -1], "iat": now_s, "iss": subject.issuer,
            "jti": subject.jti, "nbf": now_s - 10, "sid": subject.session_id, "sts": "active",
            "sub": subject.user_id, "v": 2, "pla": "u:free",
        });
        if let Some(origin) = subject.origin {
            claims["azp"] = origin.into();
        }
        let header = json!({
            "alg": "RS256", "cat": "cl_B7d4PD111AAA", "kid": subject.kid, "typ": "JWT",
        });
        Self { header, claims }
    }

    fn spoil(&mut self, kind: ClerkToken, subject: &Subject<'_>) {
        let (header, claims) = (&mut self.header, &mut self.claims);
        let now_s = subject.now_ms.div_euclid(1000);
        match kind {
            ClerkToken::Ok | ClerkToken::WrongKey | ClerkToken::TwoParts | ClerkToken::NonAscii => {
            }
            ClerkToken::OkV1 => {
                without(header, &["cat"]);
                without(claims, &["jti", "v", "sts", "pla"]);
                claims["org_id"] = "org_sim".into();
                claims["org_role"] = "org:admin".into();
            }
            ClerkToken::OkWithOrganization => {
                claims["o"] = json!({"id": "org_sim", "slg": "sim", "rol": "admin"});
            }
            ClerkToken::OkWithoutCategory => without(header, &["cat"]),
            ClerkToken::OkIgnoredCategory => header["cat"] = "cl_I7d4PD111III".into(),
            ClerkToken::OkFiveKilobytes => claims["custom"] = "x".repeat(3_400).into(),
            ClerkToken::Expired => {
                claims["iat"] = (now_s - 66).into();
                claims["nbf"] = (now_s - 76).into();
                claims["exp"] = (now_s - 6).into();
            }
            ClerkToken::NotYetValid => claims["nbf"] = (now_s + 6).into(),
            ClerkToken::IssuedAhead => claims["iat"] = (now_s + 6).into(),
            ClerkToken::AlgNone => header["alg"] = "none".into(),
            ClerkToken::HmacOfPublicKey => header["alg"] = "HS256".into(),
            ClerkToken::UnknownKid => header["kid"] = "ins_unknown".into(),
            ClerkToken::WrongIssuer => claims["iss"] = "https://clerk.evil.example".into(),
            ClerkToken::WrongAzp => claims["azp"] = "https://evil.example".into(),
            ClerkToken::MissingAzp => without(claims, &["azp"]),
            ClerkToken::Template => {
                header["cat"] = "cl_B7d4PD222AAA".into();
                without(claims, &["sid", "sts", "v", "fva"]);
            }
            ClerkToken::Machine => {
                header["cat"] = "cl_B7d4PD333AAA".into();
                claims["sub"] = "mch_sim".into();
                without(claims, &["sid", "sts"]);
            }
            ClerkToken::AccessToken => {
                header["typ"] = "at+jwt".into();
                without(header, &["cat"]);
                claims["client_id"] = "sim".into();
                claims["scope"] = "profile email".into();
            }
            ClerkToken::Pending => claims["sts"] = "pending".into(),
            ClerkToken::Impersonated => {
                let by = json!({"iss": "https://dashboard.clerk.com", "sid": "sess_support"});
                claims["act"] = by;
                claims["act"]["sub"] = "user_support".into();
            }
            ClerkToken::TextualNbf => claims["nbf"] = (now_s + 600).to_string().into(),
        }
    }

    fn message(&self) -> String {
        let encoded = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        format!("{}.{}", encoded(&self.header), encoded(&self.claims))
    }
}

fn without(part: &mut Value, names: &[&str]) {
    if let Some(fields) = part.as_object_mut() {
        fields.retain(|name, _| !names.contains(&name.as_str()));
    }
}

fn hmac(secret: &str, message: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(message.as_bytes());
    URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}
