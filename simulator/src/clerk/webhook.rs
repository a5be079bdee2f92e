//! Signed deliveries (clerk.md 2.5). Sending them is up to the tester.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::Sha256;

/// A delivery as Svix would send it: three headers and a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClerkDelivery {
    /// `svix-id`
    pub id: String,
    /// `svix-timestamp`, in seconds.
    pub timestamp: String,
    /// `svix-signature`
    pub signature: String,
    pub body: String,
}

impl ClerkDelivery {
    pub(crate) fn signed(secret: &str, id: String, now_ms: i64, body: String) -> Self {
        let timestamp = now_ms.div_euclid(1000).to_string();
        let signature = signature(secret, &format!("{id}.{timestamp}.{body}"));
        Self {
            id,
            timestamp,
            signature,
            body,
        }
    }
}

/// The body of an event about a user, or a user's session.
pub(crate) fn event(kind: &str, user: Value, session: Option<Value>, now_ms: i64) -> Value {
    let data = match (kind, session) {
        ("user.deleted", _) => json!({"object": "user", "id": user["id"], "deleted": true}),
        (kind, Some(session)) if kind.starts_with("session.") => session,
        _ => user,
    };
    json!({
        "object": "event", "type": kind, "instance_id": super::INSTANCE, "timestamp": now_ms,
        "data": data,
        "event_attributes": {"http_request": {"client_ip": "127.0.0.1", "user_agent": "simulator"}},
    })
}

/// Empty for a secret that is none, so that the delivery is refused.
fn signature(secret: &str, signed: &str) -> String {
    let key = secret.strip_prefix("whsec_").unwrap_or(secret);
    let Ok(key) = STANDARD.decode(key) else {
        return String::new();
    };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else {
        return String::new();
    };
    mac.update(signed.as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_test_vector_is_met() {
        let delivery = ClerkDelivery::signed(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek".to_owned(),
            1_614_265_330_000,
            r#"{"test": 2432232314}"#.to_owned(),
        );
        assert_eq!(
            delivery.signature,
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }
}
