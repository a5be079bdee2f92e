//! Tokens as Clerk mints them, and as it does not.

use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use crate::{ISSUER, NOW_MS, ORIGIN};

/// The instance's key, under its instance's id.
pub const KID: &str = "ins_1";
const INSTANCE: &str = include_str!("../keys/instance.pem");
const OTHER: &str = include_str!("../keys/other.pem");
pub const INSTANCE_PUBLIC: &str = include_str!("../keys/instance.public.pem");
const INSTANCE_N: &str = include_str!("../keys/instance.n");
const OTHER_N: &str = include_str!("../keys/other.n");

/// Whose key signs.
#[derive(Debug, Clone, Copy)]
pub enum Key {
    Instance,
    Other,
}

/// A token in the making: version 2, sound in every respect (clerk.md 7.1).
#[derive(Debug, Clone)]
pub struct Token {
    pub header: Value,
    pub claims: Value,
}

impl Token {
    pub fn v2() -> Self {
        let now_s = NOW_MS / 1000;
        Self {
            header: json!({"alg": "RS256", "cat": "cl_B7d4PD111AAA", "kid": KID, "typ": "JWT"}),
            claims: json!({
                "azp": ORIGIN, "exp": now_s + 60, "fva": [0, -1], "iat": now_s, "iss": ISSUER,
                "jti": "0123456789abcdef0123", "nbf": now_s - 10, "sid": "sess_1",
                "sts": "active", "sub": "user_1", "v": 2, "pla": "u:free",
            }),
        }
    }

    /// Version 1, with the claims of an organisation (clerk.md 1.1).
    pub fn v1() -> Self {
        let mut token = Self::v2().header("cat", Value::Null);
        for claim in ["jti", "v", "sts", "pla"] {
            token = token.claim(claim, Value::Null);
        }
        token
            .claim("org_id", "org_1".into())
            .claim("org_permissions", json!(["org:read"]))
    }

    /// Sets a field of the header; null takes it out.
    pub fn header(mut self, name: &str, value: Value) -> Self {
        set(&mut self.header, name, value);
        self
    }

    /// Sets a claim; null takes it out.
    pub fn claim(mut self, name: &str, value: Value) -> Self {
        set(&mut self.claims, name, value);
        self
    }

    /// Moves a time of the token to so many seconds from now.
    pub fn time(self, name: &str, seconds_from_now: i64) -> Self {
        self.claim(name, (NOW_MS / 1000 + seconds_from_now).into())
    }

    /// Signed by the instance with RS256, whatever the header says.
    pub fn signed(&self) -> String {
        self.signed_by(Key::Instance)
    }

    pub fn signed_by(&self, key: Key) -> String {
        let pem = match key {
            Key::Instance => INSTANCE,
            Key::Other => OTHER,
        };
        let key = EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
        self.signed_with(&key, Algorithm::RS256)
    }

    /// The trick of taking the public key for a shared secret.
    pub fn signed_with_the_public_key(&self) -> String {
        let key = EncodingKey::from_secret(INSTANCE_PUBLIC.as_bytes());
        self.signed_with(&key, Algorithm::HS256)
    }

    fn signed_with(&self, key: &EncodingKey, algorithm: Algorithm) -> String {
        let message = self.message();
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).unwrap();
        format!("{message}.{signature}")
    }

    /// Header and claims as a token has them.
    pub fn message(&self) -> String {
        format!("{}.{}", encoded(&self.header), encoded(&self.claims))
    }
}

fn set(object: &mut Value, name: &str, value: Value) {
    let object = object.as_object_mut().unwrap();
    if value.is_null() {
        object.remove(name);
    } else {
        object.insert(name.to_owned(), value);
    }
}

pub fn encoded(part: &Value) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(part.to_string())
}

/// The body of a key set with these keys under these names.
pub fn key_set(keys: &[(&str, Key)]) -> String {
    let keys = keys.iter().map(|(kid, key)| {
        let n = match key {
            Key::Instance => INSTANCE_N,
            Key::Other => OTHER_N,
        };
        json!({"use": "sig", "kty": "RSA", "kid": kid, "alg": "RS256", "n": n, "e": "AQAB"})
    });
    json!({"keys": keys.collect::<Vec<_>>()}).to_string()
}
