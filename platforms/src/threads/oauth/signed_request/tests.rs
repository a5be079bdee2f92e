use super::*;

const SECRET: &str = "5eCr3t-of-the-app";
/// `{"user_id":"218471","algorithm":"HMAC-SHA256","issued_at":1291836800,"expires":1291840400}`,
/// signed elsewhere, as the values below are.
const GOOD: &str = "QWZAaXI507F9sZFUnbpa8hRFjx-OVug6A6OQ7m244SE.eyJ1c2VyX2lkIjoiMjE4NDcxIiwiYWxnb3JpdGhtIjoiSE1BQy1TSEEyNTYiLCJpc3N1ZWRfYXQiOjEyOTE4MzY4MDAsImV4cGlyZXMiOjEyOTE4NDA0MDB9";

fn check(value: &str, expected: Result<&str, SignedRequestError>) {
    let read = signed_request(&SecretString::from(SECRET), value);
    let read = read.map(|request| request.user_id);
    assert_eq!(read, expected.map(str::to_owned), "{value}");
}

#[test]
fn what_the_secret_has_signed_names_the_person() {
    check(GOOD, Ok("218471"));
    // The id as a number, beyond 2^53.
    check(
        "XxCzx-5j4dk7M3f6PsBldJ8TFyQ_KqqcluheJizi78k.eyJhbGdvcml0aG0iOiJITUFDLVNIQTI1NiIsInVzZXJfaWQiOjI3MTczMjMxMDI4OTQ2Njk5fQ",
        Ok("27173231028946699"),
    );
    // The algorithm in lower case.
    check(
        "nJOG0QZAPibiiTqNGC2S_YebQgFYtf1Ep7mumjGGnkM.eyJhbGdvcml0aG0iOiJobWFjLXNoYTI1NiIsInVzZXJfaWQiOiIxIn0",
        Ok("1"),
    );
    // With padding.
    check(
        "uubzanlOAaLIKIrOoZRncfXhiMCInQKHLvelHZZ3C98=.eyJhbGdvcml0aG0iOiJITUFDLVNIQTI1NiIsInVzZXJfaWQiOiIyMSJ9",
        Ok("21"),
    );
}

#[test]
fn a_changed_payload_signature_or_secret_is_refused() {
    let (signature, payload) = GOOD.split_once('.').unwrap();
    let refused = Err(SignedRequestError::BadSignature);
    // `218472`
    let other_person = payload.replace("MjE4NDcx", "MjE4NDcy");
    assert_ne!(other_person, payload);
    check(&format!("{signature}.{other_person}"), refused);
    check(
        &format!("{}.{payload}", signature.replace('Q', "R")),
        refused,
    );
    check(&format!("{}.{payload}", &signature[..40]), refused);
    check(&format!(".{payload}"), refused);
    check(&format!("{GOOD}.{payload}"), refused);
    let other = signed_request(&SecretString::from("another"), GOOD);
    assert_eq!(other, Err(SignedRequestError::BadSignature));
}

#[test]
fn an_empty_secret_verifies_nothing() {
    let by_anybody = "toX2_GWqCY-HOeewqJDedDbF8eX0AO2hsjzX12nG6-g.eyJ1c2VyX2lkIjoiMjE4NDcxIiwiYWxnb3JpdGhtIjoiSE1BQy1TSEEyNTYifQ";
    let read = signed_request(&SecretString::from(""), by_anybody);
    assert_eq!(read, Err(SignedRequestError::BadSignature));
}

#[test]
fn another_algorithm_is_refused_though_the_signature_is_good() {
    for value in [
        // `HMAC-SHA1`
        "BbFdDo5XQ-TGG_zQaTgSGkuNDXQKxEZCQZbgi0YmpDw.eyJ1c2VyX2lkIjoiMjE4NDcxIiwiYWxnb3JpdGhtIjoiSE1BQy1TSEExIn0",
        // None named.
        "0wuFL3bQu7hvTM1t5z1VNrSCkd8xsjeVJFqYUCpHxU8.eyJ1c2VyX2lkIjoiMjE4NDcxIn0",
    ] {
        check(value, Err(SignedRequestError::WrongAlgorithm));
    }
}

#[test]
fn what_is_no_signed_request_is_told_apart() {
    let (signature, payload) = GOOD.split_once('.').unwrap();
    for value in [
        "",
        signature,
        "{}",
        &format!("not*base64.{payload}"),
        &format!("{signature}AA.{payload}"),
        // Signed as they stand, yet not base64, empty, and not JSON.
        "0fWfwoNFmJrSda7UVekIBO5fKPgdlhyDoJkVeJizbJU.%%%",
        "mBp5nr63myqK2zkXwu__p1mIw9FuSvUcgOvz2pulxx8.",
        "anBsSR7GubKEk1x_XvJxlnzeisgg4OMkemoNVYtWviI.dXNlcl9pZD0yMTg0NzE",
        // Nobody named, or by an empty name.
        "0GfOJBeEwUCSe8usrxRXvzj2qIpWO2FGrIDdmK70soE.eyJhbGdvcml0aG0iOiJITUFDLVNIQTI1NiJ9",
        "C4QE1wpirioxsYZnogp7eS5W2T4bb2tJy3DJxUJE_xE.eyJhbGdvcml0aG0iOiJITUFDLVNIQTI1NiIsInVzZXJfaWQiOiIifQ",
    ] {
        check(value, Err(SignedRequestError::Malformed));
    }
}
