//! What both platforms' token answers hold. Read by hand: a deserializer quotes in its errors what
//! it did not expect, and here that may be a token.

use secrecy::SecretString;
use serde_json::Value;

use crate::wire::integer;

/// A token of the answer. An empty one is none.
pub(crate) fn secret(body: &Value, key: &str) -> Option<SecretString> {
    let text = body.get(key)?.as_str()?.trim();
    (!text.is_empty()).then(|| SecretString::from(text))
}

/// When the token ends, in Unix milliseconds. Counted from before the request was sent, so never
/// too late. `None` where the answer does not say.
pub(crate) fn expires_at_ms(body: &Value, now_ms: i64) -> Option<i64> {
    let seconds = integer(body.get("expires_in")?)?;
    let lifetime_ms = seconds.checked_mul(1000).filter(|ms| *ms >= 0)?;
    now_ms.checked_add(lifetime_ms)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;
    use serde_json::json;

    use super::*;

    #[test]
    fn an_empty_token_is_none() {
        let read = |body: Value| secret(&body, "t").map(|t| t.expose_secret().to_owned());
        assert_eq!(read(json!({"t": "abc"})), Some("abc".to_owned()));
        for body in [
            json!({}),
            json!({"t": ""}),
            json!({"t": "  "}),
            json!({"t": null}),
            json!({"t": 7}),
            json!({"t": {"t": "abc"}}),
        ] {
            assert_eq!(read(body.clone()), None, "{body}");
        }
    }

    #[test]
    fn an_end_is_read_from_seconds_and_never_invented() {
        let end = |body: Value| expires_at_ms(&body, 1_000);
        assert_eq!(end(json!({"expires_in": 7200})), Some(7_201_000));
        assert_eq!(end(json!({"expires_in": "7200"})), Some(7_201_000));
        assert_eq!(end(json!({"expires_in": 0})), Some(1_000));
        for body in [
            json!({}),
            json!({"expires_in": null}),
            json!({"expires_in": -1}),
            json!({"expires_in": "soon"}),
            json!({"expires_in": i64::MAX}),
        ] {
            assert_eq!(end(body.clone()), None, "{body}");
        }
    }
}
