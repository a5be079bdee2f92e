use std::io;
use std::net::IpAddr;
use std::sync::Mutex;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::resolve::Addresses;

/// Answers every connection with these bytes, and counts them.
async fn server(answer: &'static str) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let requests = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 4096];
            let length = stream.read(&mut request).await.unwrap_or(0);
            let text = String::from_utf8_lossy(&request[..length]).into_owned();
            requests.lock().unwrap().push(text);
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (port, seen)
}

/// Answers with the next of its lists each time; the last stays.
struct Scripted(Mutex<Vec<Vec<IpAddr>>>);

impl Resolver for Scripted {
    fn addresses(&self, _: String) -> Addresses {
        let mut lists = self.0.lock().unwrap();
        let found = match lists.len() {
            0 => Err(io::Error::other("no such name")),
            1 => Ok(lists[0].clone()),
            _ => Ok(lists.remove(0)),
        };
        Box::pin(async move { found })
    }
}

fn sender(reach: Reach, lists: &[&[&str]]) -> Sender {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let read = |list: &&[&str]| list.iter().map(|one| one.parse().unwrap()).collect();
    let resolver = Scripted(Mutex::new(lists.iter().map(read).collect()));
    let settings = SenderSettings {
        reach,
        timeout: Duration::from_secs(5),
        ..SenderSettings::default()
    };
    Sender::with_resolver(&settings, Arc::new(resolver)).unwrap()
}

fn message() -> Message {
    Message {
        id: "evt_1".to_owned(),
        timestamp_s: 1_614_265_330,
        signatures: "v1,abc v1,def".to_owned(),
        body: b"{}".to_vec(),
    }
}

#[tokio::test]
async fn the_headers_of_the_specification_are_sent_and_the_start_of_the_answer_is_kept() {
    let (port, seen) =
        server("HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 5\r\n\r\nlater").await;
    let answer = sender(Reach::PrivateToo, &[])
        .send(&format!("http://127.0.0.1:{port}/hook?a=b"), message())
        .await
        .unwrap();
    let expected = Answer {
        status: 503,
        retry_after: Some("7".to_owned()),
        start: "later".to_owned(),
    };
    assert_eq!(answer, expected);
    let request = seen.lock().unwrap()[0].to_lowercase();
    for part in [
        "post /hook?a=b http/1.1",
        "content-type: application/json",
        "webhook-id: evt_1",
        "webhook-timestamp: 1614265330",
        "webhook-signature: v1,abc v1,def",
    ] {
        assert!(request.contains(part), "{part} is not in {request}");
    }
}

#[tokio::test]
async fn a_name_that_leads_to_a_private_address_is_not_connected_to() {
    let (port, seen) = server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let url = format!("https://receiver.example:{port}/");
    for list in [
        &["127.0.0.1"][..],
        &["8.8.8.8", "127.0.0.1"],
        &["::ffff:127.0.0.1"],
    ] {
        let refused = sender(Reach::Public, &[list]).send(&url, message()).await;
        assert_eq!(refused, Err(NotDelivered::OutOfReach(Whose::Loopback)));
    }
    assert_eq!(seen.lock().unwrap().len(), 0);
    let unknown = sender(Reach::Public, &[]).send(&url, message()).await;
    assert_eq!(unknown, Err(NotDelivered::UnknownName));
}

/// The resolver says one thing first and another later: what was judged is what is connected to.
#[tokio::test]
async fn a_name_that_changes_its_mind_is_asked_once_for_each_connection() {
    let (port, seen) =
        server("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").await;
    let url = format!("http://receiver.example:{port}/");
    // Within reach first, then not even for those who allow private addresses.
    let sender = sender(Reach::PrivateToo, &[&["127.0.0.1"], &["169.254.169.254"]]);
    assert_eq!(sender.send(&url, message()).await.unwrap().status, 200);
    let refused = sender.send(&url, message()).await;
    assert_eq!(refused, Err(NotDelivered::OutOfReach(Whose::LinkLocal)));
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_nothing_is_sent_after_it() {
    let (inner, seen_inner) = server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let redirect = format!(
        "HTTP/1.1 307 There\r\nLocation: http://127.0.0.1:{inner}/\r\nContent-Length: 0\r\n\r\n"
    );
    let (port, _) = server(Box::leak(redirect.into_boxed_str())).await;
    let answer = sender(Reach::PrivateToo, &[])
        .send(&format!("http://127.0.0.1:{port}/"), message())
        .await;
    assert_eq!(answer.unwrap().status, 307);
    assert_eq!(seen_inner.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn an_address_in_the_url_is_judged_as_well() {
    for url in [
        "https://127.0.0.1:1/",
        "https://[::ffff:10.0.0.1]/",
        "https://2130706433/",
    ] {
        let refused = sender(Reach::Public, &[]).send(url, message()).await;
        assert!(
            matches!(refused, Err(NotDelivered::BadUrl(_))),
            "{url}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn an_answer_without_an_end_is_read_to_a_limit() {
    static LONG: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    let long = LONG.get_or_init(|| {
        format!(
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n{}",
            "a".repeat(100_000)
        )
    });
    let (port, _) = server(long).await;
    let answer = sender(Reach::PrivateToo, &[])
        .send(&format!("http://127.0.0.1:{port}/"), message())
        .await
        .unwrap();
    assert_eq!((answer.status, answer.start.chars().count()), (200, 501));
}

#[tokio::test]
async fn who_does_not_listen_or_hangs_up_is_told_in_words() {
    let gone = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let refused = sender(Reach::PrivateToo, &[])
        .send(&format!("http://{gone}/"), message())
        .await;
    assert!(
        matches!(refused, Err(NotDelivered::NoConnection(_))),
        "{refused:?}"
    );
    let (port, _) = server("").await;
    let cut = sender(Reach::PrivateToo, &[])
        .send(&format!("http://127.0.0.1:{port}/"), message())
        .await;
    assert!(matches!(cut, Err(NotDelivered::Cut(_))), "{cut:?}");
}
