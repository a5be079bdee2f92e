//! A listener to server-sent events, as a customer's program is one.

use std::pin::Pin;

use futures::{Stream, StreamExt};
use reqwest::StatusCode;
use serde_json::Value;

/// One event as it came.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    pub id: String,
    pub kind: String,
    pub data: Value,
}

/// An open stream.
pub struct EventStream {
    pieces: Pin<Box<dyn Stream<Item = reqwest::Result<Vec<u8>>> + Send>>,
    text: String,
}

impl EventStream {
    /// Opens a stream; `after` is the id that was seen last.
    pub async fn open(url: &str, key: &str, after: Option<&str>) -> Self {
        let mut request = reqwest::Client::new().get(url).bearer_auth(key);
        if let Some(id) = after {
            request = request.header("Last-Event-ID", id);
        }
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let pieces = response.bytes_stream();
        EventStream {
            pieces: Box::pin(pieces.map(|piece| piece.map(|bytes| bytes.to_vec()))),
            text: String::new(),
        }
    }

    /// The next event; `None` when the stream has ended.
    pub async fn next(&mut self) -> Option<Heard> {
        loop {
            while let Some(end) = self.text.find("\n\n") {
                let block: String = self.text.drain(..end + 2).collect();
                if let Some(heard) = understood(&block) {
                    return Some(heard);
                }
            }
            let piece = self.pieces.next().await?.ok()?;
            self.text.push_str(&String::from_utf8_lossy(&piece));
        }
    }

    /// The next events.
    pub async fn take(&mut self, count: usize) -> Vec<Heard> {
        let mut heard = Vec::new();
        while heard.len() < count {
            heard.push(self.next().await.expect("the stream goes on"));
        }
        heard
    }

    /// What else came before the stream was ended by the server.
    pub async fn rest(mut self) -> Vec<Heard> {
        let mut heard = Vec::new();
        while let Some(one) = self.next().await {
            heard.push(one);
        }
        heard
    }
}

/// Comments and hints are no events.
fn understood(block: &str) -> Option<Heard> {
    let field = |name: &str| {
        block.lines().find_map(|line| {
            let rest = line.strip_prefix(name)?.strip_prefix(": ")?;
            Some(rest.to_owned())
        })
    };
    Some(Heard {
        id: field("id")?,
        kind: field("event")?,
        data: serde_json::from_str(&field("data")?).expect("JSON"),
    })
}
