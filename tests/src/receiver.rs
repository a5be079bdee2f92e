//! A customer's server that webhooks are sent to: it keeps what it got, and answers as a test says.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clerk::webhook::{Refused, SignedHeaders, SigningSecret, verify};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use secrecy::SecretString;
use serde_json::Value;
use tokio::sync::watch;
use webhooks::{Reach, Sender, SenderSettings};

/// What it got.
#[derive(Clone, Debug)]
pub struct Got {
    pub path: String,
    pub id: String,
    pub timestamp: String,
    pub signature: String,
    pub body: Bytes,
}

/// How it answers.
#[derive(Clone, Debug)]
pub enum Reaction {
    Status(u16),
    With(u16, &'static str, String),
    /// Not before [`Receiver::let_go`].
    Hang,
}

/// A running receiver. Ends with the test's runtime.
#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    shared: Arc<Shared>,
}

struct Shared {
    got: Mutex<Vec<Got>>,
    script: Mutex<VecDeque<Reaction>>,
    otherwise: Mutex<Reaction>,
    count: watch::Sender<usize>,
    gate: watch::Sender<bool>,
}

impl Receiver {
    /// A receiver that takes everything.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let shared = Arc::new(Shared {
            got: Mutex::default(),
            script: Mutex::default(),
            otherwise: Mutex::new(Reaction::Status(200)),
            count: watch::Sender::new(0),
            gate: watch::Sender::new(false),
        });
        let serving = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&serving);
                let answer = service_fn(move |request| {
                    let shared = Arc::clone(&shared);
                    async move { Ok::<_, Infallible>(shared.answer(request).await) }
                });
                let connection =
                    http1::Builder::new().serve_connection(TokioIo::new(stream), answer);
                tokio::spawn(connection);
            }
        });
        Receiver { url, shared }
    }

    /// From now on it answers so.
    pub fn answers(&self, reaction: Reaction) {
        *lock(&self.shared.otherwise) = reaction;
    }

    /// The next requests are answered so, one after the other; then as before.
    pub fn answers_next(&self, reactions: impl IntoIterator<Item = Reaction>) {
        lock(&self.shared.script).extend(reactions);
    }

    /// Answers what hangs, with 200.
    pub fn let_go(&self) {
        self.shared.gate.send_replace(true);
    }

    /// All that it got, in order.
    pub fn got(&self) -> Vec<Got> {
        lock(&self.shared.got).clone()
    }

    /// Waits until it has got so much.
    pub async fn until(&self, count: usize) {
        let mut counts = self.shared.count.subscribe();
        let reached = counts.wait_for(|got| *got >= count);
        tokio::time::timeout(Duration::from_secs(20), reached)
            .await
            .expect("so much in time")
            .expect("a running receiver");
    }
}

impl Shared {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let header = |name| {
            let value = request.headers().get(name);
            value
                .map_or("", |value| value.to_str().expect("ASCII"))
                .to_owned()
        };
        let got = Got {
            path: request.uri().path().to_owned(),
            id: header("webhook-id"),
            timestamp: header("webhook-timestamp"),
            signature: header("webhook-signature"),
            body: Bytes::new(),
        };
        let body = request
            .into_body()
            .collect()
            .await
            .expect("a body")
            .to_bytes();
        lock(&self.got).push(Got { body, ..got });
        let scripted = lock(&self.script).pop_front();
        let reaction = scripted.unwrap_or_else(|| lock(&self.otherwise).clone());
        self.count.send_modify(|count| *count += 1);
        let response = Response::builder();
        match reaction {
            Reaction::Status(status) => response.status(status).body(Full::from("")),
            Reaction::With(status, name, value) => response
                .status(status)
                .header(name, value)
                .body(Full::from("")),
            Reaction::Hang => {
                let mut gate = self.gate.subscribe();
                let _ = gate.wait_for(|open| *open).await;
                response.status(200).body(Full::from(""))
            }
        }
        .expect("a response")
    }
}

impl Got {
    /// The event.
    pub fn event(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// Whether it is signed with this secret, as another implementation of the same scheme says:
    /// the one that verifies what Clerk sends us.
    pub fn is_signed_with(&self, secret: &str, now: entities::Timestamp) -> bool {
        let secret = SigningSecret::parse(&SecretString::from(secret)).expect("a secret");
        let headers = SignedHeaders {
            id: &self.id,
            timestamp: &self.timestamp,
            signature: &self.signature,
        };
        let verified = verify(&[secret], headers, &self.body, now.as_ms());
        // Signed, and no event of Clerk's.
        matches!(verified, Ok(_) | Err(Refused::NotAnEvent))
    }
}

/// Sends as far as that, with a short patience.
pub fn sender(reach: Reach) -> Sender {
    Sender::new(&sender_settings(reach)).expect("a sender")
}

/// What a sender in a test is like.
pub fn sender_settings(reach: Reach) -> SenderSettings {
    SenderSettings {
        reach,
        user_agent: "dualposts-tests".to_owned(),
        ..SenderSettings::default()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
