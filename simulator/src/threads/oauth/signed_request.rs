//! What Threads posts to an app when its user leaves, or wants everything deleted
//! (threads.md 2.5).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::json::Json;

/// `base64url(signature).base64url(payload)`. That the Threads secret signs it, and not that of
/// the Meta app, is not documented.
pub(crate) fn signed_request(user_id: &str, secret: &str, now_ms: i64) -> String {
    let issued_s = now_ms.div_euclid(1_000);
    let payload = Json::object([
        ("user_id", user_id.into()),
        ("algorithm", "HMAC-SHA256".into()),
        ("issued_at", issued_s.into()),
        ("expires", (issued_s + 3_600).into()),
    ]);
    let payload = URL_SAFE_NO_PAD.encode(payload.bytes());
    let signature = URL_SAFE_NO_PAD.encode(signature(secret, &payload));
    format!("{signature}.{payload}")
}

fn signature(secret: &str, payload: &str) -> Vec<u8> {
    // HMAC takes keys of any length.
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes());
    mac.map_or_else(
        |_| Vec::new(),
        |mac| mac.chain_update(payload).finalize().into_bytes().to_vec(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_the_one_of_the_standard() {
        // RFC 4231, test case 2.
        let found = signature("Jefe", "what do ya want for nothing?");
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let hex: String = found.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, expected);
    }

    #[test]
    fn the_payload_names_the_user_and_the_time() {
        let signed = signed_request("218471", "secret", 1_291_836_800_000);
        let (_, payload) = signed.split_once('.').expect("two parts");
        let payload = URL_SAFE_NO_PAD.decode(payload).expect("base64");
        let expected = r#"{"user_id":"218471","algorithm":"HMAC-SHA256","issued_at":1291836800,"expires":1291840400}"#;
        assert_eq!(String::from_utf8(payload).expect("text"), expected);
    }
}
