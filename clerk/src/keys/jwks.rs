//! A set of keys as Clerk publishes it (clerk.md 1.3).

use std::collections::HashMap;

use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde_json::Value;

/// The usable keys of one fetch, made ready once.
pub(super) struct KeySet {
    /// Differs between any two fetches.
    pub generation: u64,
    /// Unix milliseconds.
    pub fetched_at_ms: i64,
    keys: HashMap<String, DecodingKey>,
}

#[derive(Deserialize)]
struct Published {
    keys: Vec<Value>,
}

/// One entry; those of other kinds lack some of these fields.
#[derive(Deserialize)]
struct RsaKey {
    kty: String,
    kid: String,
    n: String,
    e: String,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
}

impl KeySet {
    /// `None` for a body that is no key set, or one without a key that could be used.
    pub fn read(body: Value, generation: u64, fetched_at_ms: i64) -> Option<Self> {
        let published = Published::deserialize(body).ok()?;
        let keys: HashMap<_, _> = published.keys.into_iter().filter_map(usable).collect();
        (!keys.is_empty()).then_some(Self {
            generation,
            fetched_at_ms,
            keys,
        })
    }

    pub fn key(&self, kid: &str) -> Option<&DecodingKey> {
        self.keys.get(kid)
    }
}

/// Keys of other types and for other purposes are passed over.
fn usable(entry: Value) -> Option<(String, DecodingKey)> {
    let key = RsaKey::deserialize(entry).ok()?;
    let fits = key.kty == "RSA"
        && key.alg.as_deref().is_none_or(|alg| alg == "RS256")
        && key
            .purpose
            .as_deref()
            .is_none_or(|purpose| purpose == "sig");
    let decoding = DecodingKey::from_rsa_components(&key.n, &key.e).ok()?;
    fits.then_some((key.kid, decoding))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: Value) -> Option<Vec<String>> {
        KeySet::read(body, 1, 0).map(|set| {
            let mut kids: Vec<String> = set.keys.into_keys().collect();
            kids.sort();
            kids
        })
    }

    #[test]
    fn keys_of_unknown_kinds_are_passed_over() {
        let body = json!({"keys": [
            {"kty": "RSA", "kid": "a", "use": "sig", "alg": "RS256", "n": "AQAB", "e": "AQAB"},
            {"kty": "RSA", "kid": "b", "n": "AQAB", "e": "AQAB"},
            {"kty": "RSA", "kid": "enc", "use": "enc", "n": "AQAB", "e": "AQAB"},
            {"kty": "RSA", "kid": "ps", "alg": "PS256", "n": "AQAB", "e": "AQAB"},
            {"kty": "RSA", "kid": "broken", "n": "?", "e": "AQAB"},
            {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
            {"kty": "OKP", "crv": "Ed25519", "kid": "o", "x": "AQAB"},
            {"kty": "EC", "crv": "P-256", "kid": "e", "x": "AQAB", "y": "AQAB"},
            {"kty": "oct", "kid": "c", "k": "AQAB"},
            {"kty": "AKP", "kid": "new"},
            "nonsense",
        ]});
        assert_eq!(read(body).unwrap(), ["a", "b"]);
    }

    #[test]
    fn what_holds_no_usable_key_is_no_set() {
        for body in [
            json!({"keys": []}),
            json!({"keys": [{"kty": "OKP", "kid": "o", "x": "AQAB"}]}),
            json!({"keys": null}),
            json!({}),
            json!([]),
        ] {
            assert_eq!(read(body.clone()), None, "{body}");
        }
    }
}
