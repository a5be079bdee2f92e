//! Deliveries as Svix sends them.

use clerk::webhook::{Event, Refused, SignedHeaders, SigningSecret, verify};
use secrecy::SecretString;

fn secrets() -> Vec<SigningSecret> {
    let text = SecretString::from("whsec_AAAA whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    SigningSecret::parse_list(&text).unwrap()
}

/// Signed with `openssl dgst -sha256 -hmac`, apart from the code under test.
#[test]
fn a_signed_event_is_read() {
    let headers = SignedHeaders {
        id: "msg_1",
        timestamp: "1790000000",
        signature: "v1,L8+jPe8xRjXc6VwHzD6bZAPVI4Kwl1ajCXo+SC5I59w=",
    };
    let body = br#"{"type":"user.deleted","data":{"id":"user_1","deleted":true}}"#;
    let delivery = verify(&secrets(), headers, body, 1_790_000_000_000).unwrap();
    assert_eq!(delivery.id, "msg_1");
    let user_id = "user_1".to_owned();
    assert_eq!(delivery.event, Event::UserDeleted { user_id });
}

#[test]
fn a_signed_body_that_is_no_event_is_told_apart_from_a_forged_one() {
    let headers = SignedHeaders {
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp: "1614265330",
        signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    };
    let at_ms = 1_614_265_330_000;
    let signed = verify(&secrets(), headers, br#"{"test": 2432232314}"#, at_ms);
    assert_eq!(signed, Err(Refused::NotAnEvent));
    let forged = verify(&secrets(), headers, br#"{"test": 1}"#, at_ms);
    assert_eq!(forged, Err(Refused::BadSignature));
}
