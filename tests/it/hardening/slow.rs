//! Clients that are slow on purpose, over real sockets: they are waited for as long as was said, and
//! nobody else waits for them.

use std::time::{Duration, Instant};

use api::guard::Patience;
use tests::client::Client;
use tests::{TestApp, both_modes};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const SHORT: Patience = Patience {
    head: Duration::from_millis(300),
    body: Duration::from_millis(300),
    piece: Duration::from_millis(300),
    idle: Duration::from_millis(300),
    reading: Duration::from_millis(300),
};

/// Far longer than anything here takes, and shorter than what is the default.
const SOON: Duration = Duration::from_secs(8);

fn impatient(app: &TestApp, patience: Patience) -> Client {
    app.another_server(|state| state.settings.guard.patience = patience)
}

/// With time for the head, however busy the machine is.
const SHORT_BUT_FOR_HEADS: Patience = Patience {
    head: SOON,
    ..SHORT
};

async fn connect(client: &Client) -> TcpStream {
    let address = client.base_url.strip_prefix("http://").unwrap();
    TcpStream::connect(address).await.unwrap()
}

/// What is answered until the connection is closed.
async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let read = tokio::time::timeout(SOON, stream.read_to_end(&mut answer)).await;
    // A connection that is reset is closed, too.
    let _ = read.expect("the connection is closed soon");
    String::from_utf8_lossy(&answer).into_owned()
}

/// Sends a head, then a byte every now and then for as long as anybody listens.
async fn drip(client: &Client, head: String) -> (String, Duration) {
    let began = Instant::now();
    let mut stream = connect(client).await;
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut from, mut to) = stream.split();
    let mut answer = Vec::new();
    let dripping = async {
        loop {
            tokio::time::sleep(Duration::from_millis(20)).await;
            if to.write_all(b" ").await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        () = dripping => {}
        read = tokio::time::timeout(SOON, from.read_to_end(&mut answer)) => { let _ = read.expect("closed soon"); }
    }
    (
        String::from_utf8_lossy(&answer).into_owned(),
        began.elapsed(),
    )
}

fn post(app: &TestApp, path: &str, kind: &str) -> String {
    let key = app.client.key();
    format!(
        "POST {path} HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {key}\r\nContent-Type: {kind}\r\nContent-Length: 500000\r\n\r\n"
    )
}

both_modes! {
    async fn a_head_that_does_not_come_ends_the_connection(app: &TestApp) {
        let client = impatient(app, SHORT);
        for sent in ["", "GET /v1/posts HTTP/1.1\r\nHost: here\r\nX-Slow: "] {
            let mut stream = connect(&client).await;
            stream.write_all(sent.as_bytes()).await.unwrap();
            let answer = rest(&mut stream).await;
            assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
        }
        // A head that comes a byte at a time, all the while.
        let (answer, _) = drip(&client, "GET /v1/posts HTTP/1.1\r\nX-Slow:".to_owned()).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    }
}

/// A connection on which a request was answered.
async fn answered(client: &Client) -> TcpStream {
    let mut stream = connect(client).await;
    stream.write_all(ASKED).await.unwrap();
    let mut seen = Vec::new();
    while !seen.ends_with(b"}") {
        let read = tokio::time::timeout(SOON, stream.read_buf(&mut seen)).await;
        assert_ne!(read.expect("an answer soon").unwrap(), 0);
    }
    stream
}

const ASKED: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n";

both_modes! {
    async fn a_second_head_has_no_more_time_than_the_first(app: &TestApp) {
        // actix counts from a time that may be half a second old.
        let second = Duration::from_secs(1);
        let client = impatient(app, Patience { head: second, idle: second, ..SHORT });
        // A byte of it, alone or together with the first request.
        let mut stream = answered(&client).await;
        stream.write_all(b"G").await.unwrap();
        assert_eq!(rest(&mut stream).await, "");
        let mut stream = connect(&client).await;
        stream.write_all(&[ASKED, b"G"].concat()).await.unwrap();
        let answer = rest(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        // A byte at a time, all the while.
        let mut head = String::from_utf8(ASKED.to_vec()).unwrap();
        head.push_str("GET /healthz HTTP/1.1\r\nX-Slow:");
        let (answer, _) = drip(&client, head).await;
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
    }
}

both_modes! {
    async fn a_connection_on_which_nothing_comes_ends_and_one_that_is_used_does_not(app: &TestApp) {
        let used = SHORT.idle / 10;
        let client = impatient(app, Patience { head: SOON, idle: 3 * SHORT.idle, ..SHORT });
        let mut stream = answered(&client).await;
        let began = Instant::now();
        while began.elapsed() < 5 * SHORT.idle {
            tokio::time::sleep(used).await;
            stream.write_all(ASKED).await.unwrap();
            let mut answer = [0; 12];
            stream.read_exact(&mut answer).await.unwrap();
            assert_eq!(&answer, b"HTTP/1.1 200");
            while !answer.ends_with(b"}") {
                answer = [0; 12];
                assert_ne!(stream.read(&mut answer[11..]).await.unwrap(), 0);
            }
        }
        assert_eq!(rest(&mut stream).await, "");
    }
}

both_modes! {
    async fn whoever_does_not_read_the_answers_is_left(app: &TestApp) {
        let client = impatient(app, Patience { head: SOON, idle: SOON, ..SHORT });
        let mut stream = connect(&client).await;
        // More than all buffers on the way hold.
        let asked = b"GET /openapi.json HTTP/1.1\r\nHost: here\r\n\r\n";
        let asking = async {
            while stream.write_all(asked).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(SOON, asking).await.expect("the connection is closed soon");
    }
}

both_modes! {
    async fn a_body_that_does_not_come_is_answered_with_408(app: &TestApp) {
        let client = impatient(app, SHORT_BUT_FOR_HEADS);
        for (path, kind) in [("/v1/posts", "application/json"), ("/v1/media", "application/octet-stream"), ("/v1/media", "multipart/form-data; boundary=b")] {
            let mut stream = connect(&client).await;
            stream.write_all(post(app, path, kind).as_bytes()).await.unwrap();
            let answer = rest(&mut stream).await;
            assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("request_timeout"), "{path}: {answer}");
            let (answer, took) = drip(&client, post(app, path, kind)).await;
            assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("request_timeout"), "{path}: {answer}");
            assert!(took >= SHORT.body, "{took:?}");
        }
        // Nothing of the files is left.
        let left = std::fs::read_dir(&app.state.settings.media_folder).unwrap().flatten();
        let left: Vec<_> = left.map(|entry| entry.file_name()).filter(|name| name.to_string_lossy().starts_with(".tmp")).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

both_modes! {
    async fn nobody_waits_for_those_who_are_slow(app: &TestApp) {
        let client = app.another_server(|_| {});
        let mut slow = Vec::new();
        for _ in 0..200 {
            let mut stream = connect(&client).await;
            stream.write_all(b"POST /v1/posts HTTP/1.1\r\nHost: here\r\nX-Slow: ").await.unwrap();
            slow.push(stream);
        }
        let began = Instant::now();
        assert_eq!(client.get("/v1/posts").await.status, 200);
        assert!(began.elapsed() < SOON);
    }
}
