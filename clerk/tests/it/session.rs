//! Which tokens are let in: the catalogue of clerk.md 5 and 7.1, row by row.

use clerk::{KeySource, Refused, SessionClaims, SessionSettings, Verifier};
use serde_json::{Value, json};

use crate::tokens::{INSTANCE_PUBLIC, Key, Token, encoded};
use crate::{ISSUER, NOW_MS, ORIGIN, http, settings};

fn verifier(settings: SessionSettings) -> Verifier {
    let source = KeySource::Pem(INSTANCE_PUBLIC.to_owned());
    Verifier::new(http(), settings, source).unwrap()
}

async fn verified(token: &str) -> Result<SessionClaims, Refused> {
    verifier(settings()).verify(token, NOW_MS).await
}

async fn accepts(token: Token) -> SessionClaims {
    let verified = verified(&token.signed()).await;
    verified.unwrap_or_else(|refused| panic!("{refused}: {token:?}"))
}

async fn refuses(token: Token, expected: Refused) {
    assert_eq!(verified(&token.signed()).await, Err(expected), "{token:?}");
}

#[tokio::test]
async fn tokens_of_both_versions_name_their_user_and_their_session() {
    for token in [Token::v2(), Token::v1()] {
        let claims = accepts(token).await;
        assert_eq!(
            claims,
            SessionClaims {
                user_id: "user_1".to_owned(),
                session_id: "sess_1".to_owned(),
                azp: Some(ORIGIN.to_owned()),
                impersonator: None,
            }
        );
    }
}

#[tokio::test]
async fn what_does_not_matter_does_no_harm() {
    let organisation =
        json!({"id": "org_1", "slg": "a", "rol": "admin", "per": "read", "fpm": "1"});
    accepts(Token::v2().claim("o", organisation)).await;
    accepts(Token::v2().claim("aud", "https://api.example.com".into())).await;
    accepts(Token::v2().claim("aud", json!(["a", "b"]))).await;
    accepts(Token::v2().header("cat", Value::Null)).await;
    accepts(Token::v2().header("cat", "cl_I7d4PD111III".into())).await;
    accepts(Token::v2().header("typ", Value::Null)).await;
    accepts(Token::v2().header("oiat", 1.into())).await;
    accepts(Token::v2().claim("sts", "active".into())).await;
    accepts(Token::v2().claim("name", "Åsa 🦀".into())).await;
}

#[tokio::test]
async fn five_kilobytes_are_read_and_nine_are_not() {
    accepts(Token::v2().claim("custom", "x".repeat(3_000).into())).await;
    let five = Token::v2().claim("custom", "x".repeat(3_600).into());
    assert!(five.signed().len() > 5_000);
    accepts(five).await;
    refuses(
        Token::v2().claim("custom", "x".repeat(6_500).into()),
        Refused::TooLong,
    )
    .await;
}

#[tokio::test]
async fn times_are_kept_to_five_seconds() {
    accepts(Token::v2().time("exp", -4)).await;
    refuses(Token::v2().time("exp", -5), Refused::Expired).await;
    refuses(Token::v2().time("exp", -6), Refused::Expired).await;
    refuses(Token::v2().time("exp", -50), Refused::Expired).await;
    accepts(Token::v2().time("nbf", 5)).await;
    refuses(Token::v2().time("nbf", 6), Refused::NotYetValid).await;
    accepts(Token::v2().time("iat", 5)).await;
    refuses(Token::v2().time("iat", 6), Refused::NotYetValid).await;
}

#[tokio::test]
async fn the_callers_time_decides_and_not_the_machines() {
    let token = Token::v2().signed();
    let verifier = verifier(settings());
    assert!(verifier.verify(&token, NOW_MS + 64_999).await.is_ok());
    let later = verifier.verify(&token, NOW_MS + 65_000).await;
    assert_eq!(later, Err(Refused::Expired));
    let earlier = verifier.verify(&token, NOW_MS - 5_001).await;
    assert_eq!(earlier, Err(Refused::NotYetValid));
}

#[tokio::test]
async fn a_life_of_more_than_a_day_is_no_sessions() {
    accepts(Token::v2().time("exp", 24 * 3600)).await;
    refuses(
        Token::v2().time("exp", 24 * 3600 + 1),
        Refused::TooLongLived,
    )
    .await;
    refuses(
        Token::v2().claim("exp", i64::MAX.into()),
        Refused::TooLongLived,
    )
    .await;
    refuses(Token::v2().claim("exp", i64::MIN.into()), Refused::Expired).await;
}

/// Times as text once went unchecked in a library (clerk.md 5, CVE-2026-25537).
#[tokio::test]
async fn times_that_are_no_whole_numbers_or_missing_are_malformed() {
    for name in ["exp", "nbf", "iat"] {
        for value in [json!("1790000000"), json!(1.5), json!(u64::MAX), json!([])] {
            refuses(Token::v2().claim(name, value), Refused::Malformed).await;
        }
        refuses(Token::v2().claim(name, Value::Null), Refused::Malformed).await;
    }
}

#[tokio::test]
async fn other_algorithms_are_refused_even_when_they_are_signed_with_the_public_key() {
    let none = Token::v2().header("alg", "none".into());
    assert_eq!(
        verified(&format!("{}.", none.message())).await,
        Err(Refused::WrongAlgorithm)
    );
    let shared = Token::v2().header("alg", "HS256".into());
    assert_eq!(
        verified(&shared.signed_with_the_public_key()).await,
        Err(Refused::WrongAlgorithm)
    );
    // The same with an honest name on it.
    assert_eq!(
        verified(&Token::v2().signed_with_the_public_key()).await,
        Err(Refused::BadSignature)
    );
}

#[tokio::test]
async fn another_key_and_a_changed_token_are_refused() {
    let bad = Err(Refused::BadSignature);
    assert_eq!(verified(&Token::v2().signed_by(Key::Other)).await, bad);
    let token = Token::v2().signed();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let (header, _) = message.split_once('.').unwrap();
    let changed = encoded(&Token::v2().claim("sub", "user_2".into()).claims);
    assert_eq!(
        verified(&format!("{header}.{changed}.{signature}")).await,
        bad
    );
    let short = &signature[..signature.len() - 2];
    assert_eq!(verified(&format!("{message}.{short}")).await, bad);
}

/// A token that breaks every rule is told of its signature alone.
#[tokio::test]
async fn a_forged_token_learns_nothing_of_the_rules_behind_its_signature() {
    let wrong = Token::v2()
        .time("exp", -600)
        .claim("iss", "https://evil.example".into())
        .claim("sub", 7.into());
    let verified = verified(&wrong.signed_by(Key::Other)).await;
    assert_eq!(verified, Err(Refused::BadSignature));
}

#[tokio::test]
async fn the_issuer_is_compared_to_the_byte() {
    for issuer in [
        "https://clerk.evil.example",
        "https://clerk.example.com/",
        "https://CLERK.example.com",
        "http://clerk.example.com",
        "",
    ] {
        refuses(
            Token::v2().claim("iss", issuer.into()),
            Refused::WrongIssuer,
        )
        .await;
    }
    refuses(Token::v2().claim("iss", Value::Null), Refused::Malformed).await;
}

#[tokio::test]
async fn the_page_is_compared_to_the_byte() {
    for party in [
        "https://evil.example",
        "https://app.example.com/",
        "https://app.example.com.evil.example",
        "https://sub.app.example.com",
        "http://app.example.com",
        "null",
        "",
    ] {
        refuses(Token::v2().claim("azp", party.into()), Refused::WrongParty).await;
    }
}

#[tokio::test]
async fn a_token_for_no_page_is_let_in_only_where_that_was_asked_for() {
    let token = Token::v2().claim("azp", Value::Null);
    refuses(token.clone(), Refused::MissingParty).await;
    let lenient = verifier(SessionSettings {
        allow_missing_azp: true,
        ..settings()
    });
    let claims = lenient.verify(&token.signed(), NOW_MS).await.unwrap();
    assert_eq!(claims.azp, None);
    let foreign = Token::v2().claim("azp", "https://evil.example".into());
    let verified = lenient.verify(&foreign.signed(), NOW_MS).await;
    assert_eq!(verified, Err(Refused::WrongParty));
}

#[tokio::test]
async fn without_authorized_parties_no_page_is_let_in() {
    let strict = verifier(SessionSettings {
        authorized_parties: Vec::new(),
        ..settings()
    });
    let verified = strict.verify(&Token::v2().signed(), NOW_MS).await;
    assert_eq!(verified, Err(Refused::WrongParty));
}

/// clerk.md 1.2: all of them are signed with the instance's key.
#[tokio::test]
async fn other_classes_of_token_are_no_sessions() {
    let template = Token::v2().claim("sid", Value::Null);
    let machine = Token::v2().claim("sub", "mch_1".into());
    let category = |token: &Token, cat: &str| token.clone().header("cat", cat.into());
    for token in [
        category(&template, "cl_B7d4PD222AAA"),
        // Where the category says nothing, or is left out.
        category(&template, "cl_I7d4PD111III"),
        template.clone().header("cat", Value::Null),
        category(&machine, "cl_B7d4PD333AAA"),
        category(&machine, "cl_I7d4PD111III"),
        Token::v2().header("typ", "at+jwt".into()),
        Token::v2().header("typ", "application/at+jwt".into()),
        Token::v2().claim("sid", "".into()),
        Token::v2().claim("sub", "user_".into()),
        Token::v2().claim("sub", Value::Null),
    ] {
        refuses(token, Refused::NotASession).await;
    }
}

#[tokio::test]
async fn a_pending_session_has_not_begun() {
    refuses(Token::v2().claim("sts", "pending".into()), Refused::Pending).await;
}

#[tokio::test]
async fn an_impersonator_is_named() {
    let named = json!({"iss": ISSUER, "sid": "sess_9", "sub": "user_admin"});
    let claims = accepts(Token::v2().claim("act", named)).await;
    assert_eq!(claims.impersonator.as_deref(), Some("user_admin"));
    let unnamed = accepts(Token::v2().claim("act", json!({"type": "agent"}))).await;
    assert_eq!(unnamed.impersonator.as_deref(), Some("unnamed"));
}

#[tokio::test]
async fn what_is_no_token_is_malformed() {
    let token = Token::v2().signed();
    let two_parts = token.rsplit_once('.').unwrap().0.to_owned();
    for text in [
        String::new(),
        two_parts,
        format!("{token}.x"),
        format!(" {token}"),
        format!("{token}é"),
        "ключ.от.двери".to_owned(),
        "xpk_123456789012_secret".to_owned(),
    ] {
        assert_eq!(verified(&text).await, Err(Refused::Malformed), "{text}");
    }
}

#[tokio::test]
async fn claims_that_are_none_are_malformed() {
    for claims in [json!([]), json!("text"), json!(null), json!({})] {
        let token = Token {
            claims,
            ..Token::v2()
        };
        refuses(token, Refused::Malformed).await;
    }
    refuses(Token::v2().claim("sid", 7.into()), Refused::Malformed).await;
    refuses(
        Token::v2().claim("azp", json!([ORIGIN])),
        Refused::Malformed,
    )
    .await;
}
