//! Where keys come from, how long they are kept and how often they are asked for.

use std::sync::Arc;

use clerk::keys::Unusable;
use clerk::{KeySource, Refused, Verifier};
use tokio::sync::Notify;

use crate::server::{Canned, Server, held, json};
use crate::tokens::{INSTANCE_PUBLIC, KID, Key, Token, key_set};
use crate::{NOW_MS, SECRET_KEY, http, secret_key, settings};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

fn keys(keys: &[(&str, Key)]) -> Canned {
    json(200, &key_set(keys))
}

fn instance() -> Canned {
    keys(&[(KID, Key::Instance)])
}

fn failure() -> Canned {
    json(500, r#"{"errors":[{"code":"internal_clerk_error"}]}"#)
}

struct Fetching {
    server: Server,
    verifier: Verifier,
}

impl Fetching {
    async fn from(answers: Vec<Canned>) -> Self {
        let server = Server::start(answers).await;
        let source = KeySource::Backend {
            api_url: server.url.clone(),
            secret_key: secret_key(),
        };
        let verifier = Verifier::new(http(), settings(), source).unwrap();
        Self { server, verifier }
    }

    /// What becomes of a token that is fresh at the time.
    async fn outcome(&self, token: Token, key: Key, now_ms: i64) -> Option<Refused> {
        let seconds = (now_ms - NOW_MS) / 1000;
        let token = token.time("iat", seconds).time("nbf", seconds);
        let token = token.time("exp", seconds + 60).signed_by(key);
        self.verifier.verify(&token, now_ms).await.err()
    }

    async fn sound(&self, now_ms: i64) -> Option<Refused> {
        self.outcome(Token::v2(), Key::Instance, now_ms).await
    }

    async fn forged(&self, now_ms: i64) -> Option<Refused> {
        self.outcome(Token::v2(), Key::Other, now_ms).await
    }

    /// A token of a key that nobody knows.
    async fn unknown(&self, now_ms: i64) -> Option<Refused> {
        let token = Token::v2().header("kid", "ins_2".into());
        self.outcome(token, Key::Other, now_ms).await
    }

    fn fetches(&self) -> usize {
        self.server.requests().len()
    }

    /// Lets the held answer go once its request has arrived.
    async fn let_go(&self, told: &Notify) {
        while self.fetches() == 0 {
            tokio::task::yield_now().await;
        }
        told.notify_one();
    }
}

#[tokio::test]
async fn the_backend_is_asked_with_the_secret_key() {
    let fetching = Fetching::from(vec![instance()]).await;
    assert_eq!(fetching.sound(NOW_MS).await, None);
    let request = fetching.server.request();
    assert_eq!(request.line, "GET /v1/jwks");
    let bearer = format!("Bearer {SECRET_KEY}");
    assert_eq!(request.header("authorization"), Some(&*bearer));
}

#[tokio::test]
async fn the_issuer_is_asked_without_one() {
    let server = Server::start(vec![instance()]).await;
    let issuer = format!("{}/proxy", server.url);
    let settings = clerk::SessionSettings {
        issuer: issuer.clone(),
        ..settings()
    };
    let verifier = Verifier::new(http(), settings, KeySource::Issuer).unwrap();
    let token = Token::v2().claim("iss", issuer.into()).signed();
    assert!(verifier.verify(&token, NOW_MS).await.is_ok());
    let request = server.request();
    assert_eq!(request.line, "GET /proxy/.well-known/jwks.json");
    assert_eq!(request.header("authorization"), None);
}

#[tokio::test]
async fn a_fixed_key_needs_no_network_and_no_name() {
    let one_line = INSTANCE_PUBLIC.trim().replace('\n', "\\n");
    for pem in [INSTANCE_PUBLIC.to_owned(), one_line] {
        let verifier = Verifier::new(http(), settings(), KeySource::Pem(pem)).unwrap();
        let token = Token::v2().header("kid", serde_json::Value::Null).signed();
        assert!(verifier.verify(&token, NOW_MS).await.is_ok());
    }
}

#[test]
fn a_key_or_an_address_of_no_use_is_refused_at_the_start() {
    for pem in ["", "AQAB", include_str!("../keys/instance.pem")] {
        let made = Verifier::new(http(), settings(), KeySource::Pem(pem.to_owned()));
        assert_eq!(made.err(), Some(Unusable::Pem), "{pem}");
    }
    let nowhere = KeySource::Backend {
        api_url: "nowhere".to_owned(),
        secret_key: secret_key(),
    };
    let made = Verifier::new(http(), settings(), nowhere);
    assert!(matches!(made.err(), Some(Unusable::Address(_))));
}

#[tokio::test]
async fn keys_are_kept_for_an_hour() {
    let fetching = Fetching::from(vec![instance(), instance()]).await;
    for at in [0, MINUTE, HOUR - 1] {
        assert_eq!(fetching.sound(NOW_MS + at).await, None);
    }
    assert_eq!(fetching.fetches(), 1);
    for at in [HOUR, HOUR + MINUTE, 2 * HOUR - 1] {
        assert_eq!(fetching.sound(NOW_MS + at).await, None);
    }
    assert_eq!(fetching.fetches(), 2);
}

#[tokio::test]
async fn a_new_key_under_a_new_name_is_fetched_at_once() {
    let both = keys(&[(KID, Key::Instance), ("ins_2", Key::Other)]);
    let fetching = Fetching::from(vec![instance(), both]).await;
    assert_eq!(fetching.sound(NOW_MS).await, None);
    assert_eq!(fetching.unknown(NOW_MS + 1).await, None);
    assert_eq!(fetching.sound(NOW_MS + 2).await, None);
    assert_eq!(fetching.fetches(), 2);
}

#[tokio::test]
async fn a_new_key_under_the_old_name_is_fetched_at_once() {
    let fetching = Fetching::from(vec![instance(), keys(&[(KID, Key::Other)])]).await;
    assert_eq!(fetching.sound(NOW_MS).await, None);
    assert_eq!(fetching.forged(NOW_MS + 1).await, None);
    // The former key is none any more.
    let former = fetching.sound(NOW_MS + 2).await;
    assert_eq!(former, Some(Refused::BadSignature));
    assert_eq!(fetching.forged(NOW_MS + 3).await, None);
    assert_eq!(fetching.fetches(), 2);
}

#[tokio::test]
async fn forged_tokens_cause_one_fetch_a_minute_for_each_reason() {
    let answers = (0..7).map(|_| instance()).collect();
    let fetching = Fetching::from(answers).await;
    assert_eq!(fetching.sound(NOW_MS).await, None);
    for minute in 0..3 {
        for ms in [0, 1, 30_000, 59_999] {
            let now_ms = NOW_MS + minute * MINUTE + ms;
            let unknown = fetching.unknown(now_ms).await;
            assert_eq!(unknown, Some(Refused::UnknownKey));
            let forged = fetching.forged(now_ms).await;
            assert_eq!(forged, Some(Refused::BadSignature));
            assert_eq!(fetching.sound(now_ms).await, None);
        }
        let made = usize::try_from(minute + 1).unwrap();
        assert_eq!(fetching.fetches(), 1 + 2 * made);
    }
}

#[tokio::test]
async fn a_token_without_the_name_of_a_key_causes_no_fetch() {
    let fetching = Fetching::from(vec![]).await;
    let token = Token::v2().header("kid", serde_json::Value::Null);
    let outcome = fetching.outcome(token, Key::Instance, NOW_MS).await;
    assert_eq!(outcome, Some(Refused::UnknownKey));
    let long = fetching.verifier.verify(&"x".repeat(9_000), NOW_MS).await;
    assert_eq!(long, Err(Refused::TooLong));
    assert_eq!(fetching.fetches(), 0);
}

#[tokio::test]
async fn without_any_keys_the_token_may_be_sound_and_they_are_asked_for_again() {
    for first in [
        failure(),
        json(200, "<html>"),
        json(200, r#"{"keys":[]}"#),
        json(401, r#"{"errors":[{"code":"clerk_key_invalid"}]}"#),
        Canned::Silence,
    ] {
        let fetching = Fetching::from(vec![first, instance()]).await;
        let away = Some(Refused::KeysUnavailable);
        assert_eq!(fetching.sound(NOW_MS).await, away);
        assert_eq!(fetching.sound(NOW_MS + 999).await, away);
        assert_eq!(fetching.fetches(), 1);
        assert_eq!(fetching.sound(NOW_MS + 1_000).await, None);
        assert_eq!(fetching.fetches(), 2);
    }
}

#[tokio::test]
async fn old_keys_serve_while_clerk_is_away() {
    let fetching = Fetching::from(vec![instance(), failure(), failure(), instance()]).await;
    assert_eq!(fetching.sound(NOW_MS).await, None);
    for at in [HOUR, HOUR + 1, HOUR + 59_999, HOUR + MINUTE] {
        assert_eq!(fetching.sound(NOW_MS + at).await, None, "{at}");
    }
    assert_eq!(fetching.fetches(), 3);
    assert_eq!(fetching.sound(NOW_MS + HOUR + 2 * MINUTE).await, None);
    assert_eq!(fetching.sound(NOW_MS + 2 * HOUR).await, None);
    assert_eq!(fetching.fetches(), 4);
}

#[tokio::test]
async fn while_clerk_is_away_nobody_can_say_that_a_key_is_unknown() {
    let fetching = Fetching::from(vec![instance(), failure(), failure(), instance()]).await;
    assert_eq!(fetching.sound(NOW_MS).await, None);
    for now_ms in [NOW_MS, NOW_MS + 1, NOW_MS + MINUTE] {
        let unknown = fetching.unknown(now_ms).await;
        assert_eq!(unknown, Some(Refused::KeysUnavailable));
    }
    let unknown = fetching.unknown(NOW_MS + 2 * MINUTE).await;
    assert_eq!(unknown, Some(Refused::UnknownKey));
}

#[tokio::test]
async fn calls_that_come_at_once_share_one_fetch() {
    let told = Arc::new(Notify::new());
    let fetching = Fetching::from(vec![held(&told, instance())]).await;
    let calls = async {
        tokio::join!(
            fetching.sound(NOW_MS),
            fetching.sound(NOW_MS),
            fetching.sound(NOW_MS + 1),
            fetching.let_go(&told),
        )
    };
    let (a, b, c, ()) = calls.await;
    assert_eq!((a, b, c), (None, None, None));
    assert_eq!(fetching.fetches(), 1);
}

#[tokio::test]
async fn nobody_waits_for_anothers_fetch_while_old_keys_will_do() {
    let told = Arc::new(Notify::new());
    let fetching = Fetching::from(vec![instance(), held(&told, instance())]).await;
    assert_eq!(fetching.sound(NOW_MS).await, None);
    let at = NOW_MS + HOUR;
    let others = async {
        while fetching.fetches() == 1 {
            tokio::task::yield_now().await;
        }
        // The fetch is under way and will not end before these are served.
        for _ in 0..3 {
            assert_eq!(fetching.sound(at).await, None);
        }
        told.notify_one();
    };
    let (first, ()) = tokio::join!(fetching.sound(at), others);
    assert_eq!(first, None);
    assert_eq!(fetching.fetches(), 2);
}

#[tokio::test]
async fn a_clock_that_was_set_back_keeps_nobody_waiting() {
    let both = keys(&[(KID, Key::Instance), ("ins_2", Key::Other)]);
    let fetching = Fetching::from(vec![instance(), instance(), both]).await;
    let ahead = NOW_MS + 30 * MINUTE;
    assert_eq!(fetching.sound(ahead).await, None);
    assert_eq!(fetching.unknown(ahead).await, Some(Refused::UnknownKey));
    assert_eq!(fetching.unknown(NOW_MS).await, None);
}
