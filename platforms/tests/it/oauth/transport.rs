//! What an OAuth call that goes wrong on the way means, for both platforms.

use platforms::oauth::{Failure, Refusal};
use platforms::{threads, x};
use tokio::net::TcpListener;

use super::{APP_SECRET, CODE, REDIRECT, VERIFIER, assert_silent, secret};
use crate::server::{Canned, Server, answer, json};
use crate::{NOW_MS, TOKEN, http, token};

/// Every call of both platforms against `url`; each must fail.
async fn all(url: &str) -> Vec<Failure> {
    let threads = threads::Client::new(http(), url);
    let x = x::Client::new(http(), url);
    let threads_app = threads::oauth::App {
        app_id: "1".to_owned(),
        app_secret: secret(APP_SECRET),
    };
    let x_app = x::oauth::App {
        client_id: "1".to_owned(),
        client_secret: Some(secret(APP_SECRET)),
    };
    let (code, verifier) = (secret(CODE), secret(VERIFIER));
    let kind = x::oauth::TokenKind::Refresh;
    let failures = vec![
        threads
            .exchange_code(&threads_app, &code, REDIRECT, NOW_MS)
            .await
            .unwrap_err(),
        threads
            .long_lived(&threads_app, &token(), NOW_MS)
            .await
            .unwrap_err(),
        threads.refresh(&token(), NOW_MS).await.unwrap_err(),
        x.exchange_code(&x_app, &code, REDIRECT, &verifier, NOW_MS)
            .await
            .unwrap_err(),
        x.refresh(&x_app, &token(), NOW_MS).await.unwrap_err(),
        x.revoke(&x_app, &token(), kind, NOW_MS).await.unwrap_err(),
    ];
    for failure in &failures {
        assert_silent(failure, &[CODE, VERIFIER, TOKEN, APP_SECRET]);
        let message = failure.evidence.message.as_deref().unwrap();
        assert!(
            !message.is_empty() && !message.contains("http"),
            "{message}"
        );
    }
    failures
}

async fn check(canned: impl Fn() -> Canned, expected: Refusal) {
    let server = Server::start((0..6).map(|_| canned()).collect()).await;
    for failure in all(&server.url).await {
        assert_eq!(failure.refusal, expected, "{failure}");
    }
    // None was repeated.
    assert_eq!(server.requests().len(), 6);
}

#[tokio::test]
async fn what_was_never_sent_did_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let refused = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    for url in [&refused, "http://no-such-host.invalid", "nowhere"] {
        for failure in all(url).await {
            assert_eq!(failure.refusal, Refusal::NotDone, "{failure}");
        }
    }
}

#[tokio::test]
async fn a_lost_answer_leaves_the_outcome_unknown() {
    check(|| Canned::Close, Refusal::Unknown).await;
    check(|| Canned::Silence, Refusal::Unknown).await;
}

#[tokio::test]
async fn an_answer_cut_off_leaves_the_outcome_unknown() {
    for head in [
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"access_token\":\"SECRET\"}",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"acc\r\n",
        "HTTP/1.1 20",
        "no HTTP at all",
    ] {
        let canned = || Canned::Bytes(head.as_bytes().to_vec());
        check(canned, Refusal::Unknown).await;
    }
}

#[tokio::test]
async fn an_answer_too_large_leaves_the_outcome_unknown() {
    let filler = "x".repeat(1024 * 1024);
    let body = format!(r#"{{"access_token":"SECRET","user_id":1,"x":"{filler}"}}"#);
    check(|| json(200, &body), Refusal::Unknown).await;
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let canned = || answer(status, &[("location", "/elsewhere")], "");
        check(canned, Refusal::Unknown).await;
    }
}

#[tokio::test]
async fn a_platform_in_trouble_leaves_the_outcome_unknown() {
    for status in [500, 502, 503, 504] {
        check(|| json(status, "<html>"), Refusal::Unknown).await;
    }
}

#[tokio::test]
async fn a_limit_says_until_when() {
    let canned = || answer(429, &[("retry-after", "40")], "");
    let until_ms = Some(NOW_MS + 40_000);
    check(canned, Refusal::Limited { until_ms }).await;
}
