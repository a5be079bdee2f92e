//! The simulator driven from outside, over HTTP.

mod behaviours;
mod clerk;
mod connecting;
mod consent;
mod controls;
mod crowd;
mod faults;
mod files;
mod limits;
mod media_faults;
mod named_faults;
mod oauth_faults;
mod people;
mod threads_api;
mod threads_life;
mod threads_media;
mod threads_oauth;
mod threads_options;
mod x_api;
mod x_media_posts;
mod x_oauth;
mod x_reads;
mod x_refresh;
mod x_uploads;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::{
    Clock, Fault, FaultRule, NewAccount, Operation, Platform, Settings, SimAccount, Simulator,
};

/// A moment at which every test starts: 2026-04-21 03:24:04 UTC.
const START_MS: i64 = 1_776_741_844_000;

/// A running simulator with one account on each platform and a clock that
/// only moves when it is told to.
struct Running {
    simulator: Simulator,
    base: String,
    http: Client,
    now: Arc<AtomicI64>,
    threads: SimAccount,
    x: SimAccount,
    _stop: oneshot::Sender<()>,
}

/// An answer with the trace id masked.
#[derive(Debug, PartialEq)]
struct Got {
    status: u16,
    body: String,
}

impl Running {
    async fn start() -> Self {
        Self::start_with(Settings::default()).await
    }

    async fn start_with(settings: Settings) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let now = Arc::new(AtomicI64::new(START_MS));
        let hand = Arc::clone(&now);
        let clock = Clock::from_fn(move || hand.load(Ordering::Relaxed));
        let simulator = Simulator::new(Settings { clock, ..settings });
        let threads =
            simulator.add_account(NewAccount::new(Platform::Threads, "ann", "threads-token"));
        let x = simulator.add_account(NewAccount::new(Platform::X, "ann", "x-token"));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let (stop, stopped) = oneshot::channel();
        tokio::spawn(simulator.clone().serve(listener, async {
            let _ = stopped.await;
        }));
        let http = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(20))
            .build()
            .expect("a client");
        Self {
            simulator,
            base,
            http,
            now,
            threads,
            x,
            _stop: stop,
        }
    }

    fn advance(&self, ms: i64) {
        self.now.fetch_add(ms, Ordering::Relaxed);
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.http
            .get(format!("{}{path}", self.base))
            .bearer_auth(self.token(path))
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.http
            .post(format!("{}{path}", self.base))
            .bearer_auth(self.token(path))
    }

    fn delete(&self, path: &str) -> RequestBuilder {
        self.http
            .delete(format!("{}{path}", self.base))
            .bearer_auth(self.token(path))
    }

    fn token(&self, path: &str) -> &'static str {
        if path.starts_with("/2/") {
            "x-token"
        } else {
            "threads-token"
        }
    }

    async fn read(&self, path: &str) -> Got {
        got(self.get(path)).await
    }

    async fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.read(path).await.body).expect("JSON")
    }

    async fn create(&self, params: &[(&str, &str)]) -> Got {
        got(self.post("/v1.0/me/threads").form(params)).await
    }

    /// A container for a text; its id.
    async fn container(&self, text: &str) -> String {
        id(&self.create(&[("media_type", "TEXT"), ("text", text)]).await)
    }

    async fn publish(&self, container: &str) -> Got {
        let form = [("creation_id", container)];
        got(self.post("/v1.0/me/threads_publish").form(&form)).await
    }

    async fn tweet(&self, body: Value) -> Got {
        got(self.post("/2/tweets").json(&body)).await
    }

    fn fault(&self, operation: Operation, fault: Fault) {
        self.simulator
            .add_faults(vec![FaultRule::new(fault).operation(operation).once()]);
    }

    fn live(&self) -> usize {
        self.simulator.live_posts().len()
    }
}

async fn got(request: RequestBuilder) -> Got {
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    Got {
        status,
        body: masked(&response.text().await.expect("a body")),
    }
}

/// The trace id differs each time.
fn masked(body: &str) -> String {
    let Some((head, rest)) = body.split_once("\"fbtrace_id\":\"") else {
        return body.to_owned();
    };
    let (trace, rest) = rest.split_once('"').expect("the end of the id");
    assert_eq!(trace.len(), 23, "{trace}");
    format!("{head}\"fbtrace_id\":\"<..>\"{rest}")
}

/// The id in `{"id":".."}` or `{"data":{"id":".."}}`.
fn id(got: &Got) -> String {
    let body: Value = serde_json::from_str(&got.body).expect("JSON");
    let id = body["id"].as_str().or_else(|| body["data"]["id"].as_str());
    id.unwrap_or_else(|| panic!("no id in {got:?}")).to_owned()
}

fn answered(status: u16, body: &str) -> Got {
    Got {
        status,
        body: body.to_owned(),
    }
}
