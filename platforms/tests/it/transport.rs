//! What a publish that goes wrong on the way means, for both platforms.

use platforms::x::NewPost;
use platforms::{Failure, Meaning, threads, x};
use tokio::net::TcpListener;

use crate::server::{self, Canned, Server, answer, json};
use crate::{NOW_MS, http, token};

fn text(text: &str) -> NewPost<'_> {
    NewPost {
        text,
        ..NewPost::default()
    }
}

async fn create_post(url: &str) -> Result<String, Failure> {
    let client = x::Client::new(http(), url);
    let answer = client.create_post(&token(), &text("hello"), NOW_MS).await;
    answer.map(|answer| answer.value)
}

async fn publish(url: &str) -> Result<String, Failure> {
    let client = threads::Client::new(http(), url);
    let answer = client.publish(&token(), "me", "180", NOW_MS).await;
    answer.map(|answer| answer.value)
}

async fn read_both(url: &str) -> [Meaning; 2] {
    let x = x::Client::new(http(), url);
    let threads = threads::Client::new(http(), url);
    [
        x.profile(&token(), NOW_MS).await.unwrap_err().meaning,
        threads.profile(&token(), NOW_MS).await.unwrap_err().meaning,
    ]
}

/// Checks both publishing calls and two reading ones, each against the same answer, and that none
/// was repeated.
async fn check(canned: impl Fn() -> Canned, publishing: Meaning, reading: Meaning) {
    let server = Server::start(vec![canned(), canned(), canned(), canned()]).await;
    let created = create_post(&server.url).await.unwrap_err();
    assert_eq!(created.meaning, publishing, "{created}");
    let published = publish(&server.url).await.unwrap_err();
    assert_eq!(published.meaning, publishing, "{published}");
    let read = read_both(&server.url).await;
    assert_eq!(read, [reading.clone(), reading]);
    assert_eq!(server.requests().len(), 4);
}

#[tokio::test]
async fn a_refused_connection_did_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let created = create_post(&url).await.unwrap_err();
    assert_eq!(created.meaning, Meaning::NotDone);
    assert!(created.evidence.message.unwrap().contains("refused"));
    assert_eq!(publish(&url).await.unwrap_err().meaning, Meaning::NotDone);
    assert_eq!(read_both(&url).await, [Meaning::NotDone, Meaning::NotDone]);
}

#[tokio::test]
async fn a_name_that_does_not_resolve_did_nothing() {
    let failure = create_post("http://no-such-host.invalid")
        .await
        .unwrap_err();
    assert_eq!(failure.meaning, Meaning::NotDone, "{failure}");
}

#[tokio::test]
async fn a_failed_tls_handshake_did_nothing() {
    // The server reads no TLS: it answers the greeting with plain text.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 No\r\n\r\n").await;
    });
    assert_eq!(
        create_post(&url).await.unwrap_err().meaning,
        Meaning::NotDone
    );
}

#[tokio::test]
async fn a_tls_handshake_that_takes_too_long_did_nothing() {
    // The kernel accepts the connection; nobody ever answers the greeting.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let failure = create_post(&url).await.unwrap_err();
    assert_eq!(failure.meaning, Meaning::NotDone, "{failure}");
}

#[tokio::test]
async fn a_kept_connection_that_dies_under_a_request_leaves_it_unknown_and_is_not_replaced() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        server::read(&mut stream).await;
        let Canned::Bytes(first) = json(201, r#"{"data":{"id":"1"}}"#) else {
            unreachable!();
        };
        tokio::io::AsyncWriteExt::write_all(&mut stream, &first)
            .await
            .unwrap();
        let second = server::read(&mut stream).await;
        drop(stream);
        let third = tokio::time::timeout(std::time::Duration::from_millis(300), listener.accept());
        (second.line, third.await.is_ok())
    });
    let client = x::Client::new(http(), &url);
    let first = client.create_post(&token(), &text("a"), NOW_MS).await;
    assert_eq!(first.unwrap().value, "1");
    let second = client.create_post(&token(), &text("b"), NOW_MS).await;
    assert_eq!(second.unwrap_err().meaning, Meaning::Unknown);
    let (line, was_repeated) = server.await.unwrap();
    assert_eq!(line, "POST /2/tweets");
    assert!(!was_repeated);
}

#[tokio::test]
async fn an_address_that_is_none_did_nothing() {
    assert_eq!(
        create_post("nowhere").await.unwrap_err().meaning,
        Meaning::NotDone
    );
}

#[tokio::test]
async fn a_connection_that_closes_without_an_answer_leaves_it_unknown() {
    check(|| Canned::Close, Meaning::Unknown, Meaning::Transient).await;
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_leaves_it_unknown() {
    check(|| Canned::Silence, Meaning::Unknown, Meaning::Transient).await;
}

#[tokio::test]
async fn an_answer_cut_off_leaves_it_unknown() {
    for head in [
        "HTTP/1.1 201 Created\r\ncontent-length: 100\r\n\r\n{\"data\":{\"id\":\"1\"}}",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"id\"\r\n",
        "HTTP/1.1 201 Cre",
        "no HTTP at all",
    ] {
        let canned = || Canned::Bytes(head.as_bytes().to_vec());
        check(canned, Meaning::Unknown, Meaning::Transient).await;
    }
}

#[tokio::test]
async fn an_answer_too_large_leaves_it_unknown() {
    let body = format!(
        r#"{{"id":"1","data":{{"id":"1"}},"x":"{}"}}"#,
        "x".repeat(1024 * 1024)
    );
    check(|| json(201, &body), Meaning::Unknown, Meaning::Transient).await;
}

#[tokio::test]
async fn a_large_answer_within_the_cap_is_read() {
    let body = format!(
        r#"{{"id":"1","data":{{"id":"1"}},"x":"{}"}}"#,
        "x".repeat(1_000_000)
    );
    let server = Server::start(vec![json(201, &body), json(200, &body)]).await;
    assert_eq!(create_post(&server.url).await.unwrap(), "1");
    assert_eq!(publish(&server.url).await.unwrap(), "1");
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_leaves_it_unknown() {
    for status in [301, 302, 303, 307, 308] {
        let canned = || answer(status, &[("location", "/elsewhere")], "");
        check(canned, Meaning::Unknown, Meaning::Transient).await;
    }
}

#[tokio::test]
async fn a_yes_without_an_id_leaves_it_unknown() {
    for body in [
        "{}",
        "[]",
        "<html>",
        r#"{"data":{"id":""},"id":""}"#,
        r#"{"data":[],"id":null}"#,
    ] {
        check(|| json(200, body), Meaning::Unknown, Meaning::Transient).await;
    }
}

#[tokio::test]
async fn a_server_error_leaves_it_unknown() {
    for status in [500, 502, 503, 504] {
        check(|| json(status, ""), Meaning::Unknown, Meaning::Transient).await;
    }
}

#[tokio::test]
async fn an_unusable_token_is_never_sent() {
    let server = Server::start(Vec::new()).await;
    let client = x::Client::new(http(), &server.url);
    let token = secrecy::SecretString::from("line\nbreak");
    let failure = client
        .create_post(&token, &text("a"), NOW_MS)
        .await
        .unwrap_err();
    assert_eq!(failure.meaning, Meaning::Unauthorized);
    assert!(server.requests().is_empty());
}
