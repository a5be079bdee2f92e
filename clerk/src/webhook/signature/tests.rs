use secrecy::SecretString;

use super::*;

/// The test vector of clerk.md 2.5.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const HEADERS: SignedHeaders<'static> = SignedHeaders {
    id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
    timestamp: "1614265330",
    signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
};
const BODY: &[u8] = br#"{"test": 2432232314}"#;
const NOW_MS: i64 = 1_614_265_330_000;

fn secret(text: &str) -> SigningSecret {
    SigningSecret::parse(&SecretString::from(text)).unwrap()
}

fn checked(headers: SignedHeaders<'_>) -> Result<(), Refused> {
    check(&[secret(SECRET)], headers, BODY, NOW_MS)
}

fn signed(signature: &str) -> Result<(), Refused> {
    checked(SignedHeaders {
        signature,
        ..HEADERS
    })
}

#[test]
fn the_published_test_vector_holds() {
    assert_eq!(checked(HEADERS), Ok(()));
}

#[test]
fn a_change_anywhere_breaks_it() {
    let bad = Err(Refused::BadSignature);
    assert_eq!(
        checked(SignedHeaders {
            id: "msg_x",
            ..HEADERS
        }),
        bad
    );
    let later = SignedHeaders {
        timestamp: "1614265331",
        ..HEADERS
    };
    assert_eq!(checked(later), bad);
    let other_spelling = br#"{"test":2432232314}"#;
    assert_eq!(
        check(&[secret(SECRET)], HEADERS, other_spelling, NOW_MS),
        bad
    );
    assert_eq!(check(&[secret("whsec_AAAA")], HEADERS, BODY, NOW_MS), bad);
    assert_eq!(check(&[], HEADERS, BODY, NOW_MS), bad);
}

#[test]
fn one_good_signature_among_several_is_enough() {
    let good = HEADERS.signature;
    let bad = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    assert_eq!(signed(&format!("{bad} {good}")), Ok(()));
    assert_eq!(signed(&format!("{good} {bad}")), Ok(()));
    assert_eq!(signed(&format!("v2,x nonsense {good}")), Ok(()));
}

#[test]
fn one_good_secret_among_several_is_enough() {
    let secrets = [secret("whsec_AAAA"), secret(SECRET)];
    assert_eq!(check(&secrets, HEADERS, BODY, NOW_MS), Ok(()));
}

#[test]
fn signatures_of_other_versions_and_lengths_do_not_hold() {
    let good = HEADERS.signature.strip_prefix("v1,").unwrap();
    for signature in [
        format!("v1a,{good}"),
        format!("v2,{good}"),
        good.to_owned(),
        "v1,".to_owned(),
        "v1,AAAA".to_owned(),
        format!("v1,{}", &good[..40]),
        "v1,é".to_owned(),
    ] {
        assert_eq!(
            signed(&signature),
            Err(Refused::BadSignature),
            "{signature}"
        );
    }
}

#[test]
fn five_minutes_either_way_and_no_more() {
    let at = |now_ms| check(&[secret(SECRET)], HEADERS, BODY, now_ms);
    for (distance_ms, expected) in [
        (300_000, Ok(())),
        (300_001, Err(Refused::WrongTime)),
        (i64::MAX - NOW_MS, Err(Refused::WrongTime)),
    ] {
        assert_eq!(at(NOW_MS + distance_ms), expected, "+{distance_ms}");
        assert_eq!(at(NOW_MS - distance_ms), expected, "-{distance_ms}");
    }
}

#[test]
fn missing_and_malformed_headers_are_refused() {
    for timestamp in [
        "",
        " ",
        "+1614265330",
        "-1",
        "1614265330.0",
        "99999999999999999999",
    ] {
        let headers = SignedHeaders {
            timestamp,
            ..HEADERS
        };
        assert_eq!(checked(headers), Err(Refused::Malformed), "{timestamp}");
    }
    assert_eq!(
        checked(SignedHeaders { id: "", ..HEADERS }),
        Err(Refused::Malformed)
    );
    assert_eq!(signed(""), Err(Refused::Malformed));
}
