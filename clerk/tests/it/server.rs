//! A server that keeps each request and answers it with the next of its canned answers.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// What the server does once a whole request has arrived.
pub enum Canned {
    /// Writes these bytes and closes.
    Bytes(Vec<u8>),
    /// Writes these bytes and closes, but only when it is told to.
    Held(Arc<Notify>, Vec<u8>),
    /// Keeps the connection and says nothing.
    Silence,
}

pub struct Server {
    pub url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

#[derive(Debug, Clone)]
pub struct Request {
    /// `GET /v1/users/user_1?x=y`
    pub line: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The query of the address, decoded.
    pub fn query(&self) -> Vec<(String, String)> {
        let path = self.line.split(' ').nth(1).unwrap();
        let url = reqwest::Url::parse(&format!("http://h{path}")).unwrap();
        url.query_pairs().into_owned().collect()
    }

    /// Method and path, without the query.
    pub fn target(&self) -> &str {
        self.line.split('?').next().unwrap()
    }
}

impl Server {
    pub async fn start(answers: Vec<Canned>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&requests);
        tokio::spawn(async move {
            let mut silent = Vec::new();
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let request = read(&mut stream).await;
                kept.lock().unwrap().push(request);
                let bytes = match answer {
                    Canned::Bytes(bytes) => bytes,
                    Canned::Held(told, bytes) => {
                        told.notified().await;
                        bytes
                    }
                    Canned::Silence => {
                        silent.push(stream);
                        continue;
                    }
                };
                // The client may hang up in the middle of too large an answer.
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
            }
            // A request too many is kept as well, and never answered.
            while let Ok((mut stream, _)) = listener.accept().await {
                let request = read(&mut stream).await;
                kept.lock().unwrap().push(request);
                silent.push(stream);
            }
        });
        Self { url, requests }
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// The only request that came.
    pub fn request(&self) -> Request {
        let requests = self.requests();
        assert_eq!(requests.len(), 1, "{requests:?}");
        requests.into_iter().next().unwrap()
    }
}

/// A whole answer with a JSON body.
pub fn json(status: u16, body: &str) -> Canned {
    answer(status, &[("content-type", "application/json")], body)
}

pub fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Canned {
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let length = body.len();
    let close = "connection: close\r\n";
    Canned::Bytes(
        format!(
            "HTTP/1.1 {status} Canned\r\n{headers}{close}content-length: {length}\r\n\r\n{body}"
        )
        .into_bytes(),
    )
}

/// The same answer, when it is told to.
pub fn held(told: &Arc<Notify>, answer: Canned) -> Canned {
    match answer {
        Canned::Bytes(bytes) => Canned::Held(Arc::clone(told), bytes),
        other => other,
    }
}

/// Reads one whole request; none of those that come has a body.
async fn read(stream: &mut TcpStream) -> Request {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut bytes).await.unwrap() == 0 {
            panic!("the request ended inside its head");
        }
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let line = lines
        .next()
        .unwrap()
        .trim_end_matches(" HTTP/1.1")
        .to_owned();
    let headers: Vec<(String, String)> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    Request { line, headers }
}
