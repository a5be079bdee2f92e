//! Who writes: submits until it is accepted, and does what the product asks a person to do.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::files::File;
use super::plan::ACCOUNTS;
use super::product::KEY;

/// A customer of the product, who does not mind when it is away.
#[derive(Clone)]
pub struct Customer {
    http: reqwest::Client,
    api_url: String,
}

/// An account as the API lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connected {
    pub id: String,
    pub username: String,
}

/// The token that a simulated account is connected with.
pub fn token(platform: &str, number: usize) -> String {
    format!("torture-{platform}-{number}")
}

/// The name of a simulated account.
pub fn username(number: usize) -> String {
    format!("tortured_{number}")
}

impl Customer {
    pub fn new(api_url: &str) -> Self {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(5))
            .pool_max_idle_per_host(64);
        Customer {
            http: http.build().expect("an HTTP client"),
            api_url: api_url.to_owned(),
        }
    }

    /// Connects all simulated accounts; returns those of Threads and of X, by number.
    pub async fn connect_all(&self) -> [Vec<Connected>; 2] {
        let mut all = [Vec::new(), Vec::new()];
        for (platform, connected) in ["threads", "x"].into_iter().zip(&mut all) {
            for number in 0..ACCOUNTS {
                let account = self.connect(platform, number).await;
                connected.push(Connected {
                    id: account["id"].as_str().expect("an id").to_owned(),
                    username: username(number),
                });
            }
        }
        all
    }

    async fn connect(&self, platform: &str, number: usize) -> Value {
        let body = json!({ "platform": platform, "access_token": token(platform, number) });
        loop {
            if let Some((201 | 200, account)) =
                self.ask("POST", "/v1/accounts", Some(&body), None).await
            {
                return account;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Uploads all files, each until it is taken; returns their ids in the same order.
    pub async fn upload_all(&self, files: &[File]) -> Vec<String> {
        let mut ids = Vec::new();
        for file in files {
            ids.push(self.upload(file).await);
        }
        ids
    }

    async fn upload(&self, file: &File) -> String {
        loop {
            let request = self
                .http
                .post(format!("{}/v1/media", self.api_url))
                .bearer_auth(KEY)
                .header("Content-Type", "application/octet-stream")
                .body(file.bytes.clone());
            match answer_of(request).await {
                Some((200 | 201, media)) => {
                    return media["id"].as_str().expect("an id").to_owned();
                }
                Some((status @ 400..=499, problem)) if status != 429 => {
                    panic!("a file is refused with {status}: {problem:#}")
                }
                _ => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }

    /// Submits until it is accepted, each time with the same key. Returns the post.
    pub async fn submit(&self, number: usize, body: &Value) -> Value {
        let key = format!("torture-{number}");
        let mut body = body.clone();
        loop {
            match self.ask("POST", "/v1/posts", Some(&body), Some(&key)).await {
                Some((200 | 202, post)) => return post,
                // Its time passed while the product was away.
                Some((422, problem)) if problem["violations"][0]["code"] == "publish_at_past" => {
                    body.as_object_mut().map(|body| body.remove("publish_at"));
                }
                Some((status @ 400..=499, problem)) if status != 429 => {
                    panic!("post {number} is refused with {status}: {problem:#}")
                }
                _ => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }

    /// Tries to cancel a post, once.
    pub async fn cancel(&self, post: &Value) {
        if let Some(id) = post["id"].as_str() {
            let _ = self
                .ask("DELETE", &format!("/v1/posts/{id}"), None, None)
                .await;
        }
    }

    /// Does what is asked of a person until `stop`: connects accounts again, and retries what
    /// failed for certain (each once) or was missed.
    pub async fn care(&self, stop: CancellationToken) {
        let mut retried = HashSet::new();
        while !stop.is_cancelled() {
            self.reconnect().await;
            for status in ["failed", "partial", "needs_attention"] {
                self.retry(status, &mut retried).await;
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(500)) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    async fn reconnect(&self) {
        let Some((200, accounts)) = self.ask("GET", "/v1/accounts", None, None).await else {
            return;
        };
        for account in accounts["data"].as_array().into_iter().flatten() {
            let number = account["username"]
                .as_str()
                .and_then(|name| name.strip_prefix("tortured_"))
                .and_then(|number| number.parse().ok());
            let platform = account["platform"].as_str();
            if let ("needs_reconnect", Some(platform), Some(number)) = (
                account["state"].as_str().unwrap_or_default(),
                platform,
                number,
            ) {
                let body = json!({ "platform": platform, "access_token": token(platform, number) });
                let _ = self.ask("POST", "/v1/accounts", Some(&body), None).await;
            }
        }
    }

    async fn retry(&self, status: &str, retried: &mut HashSet<String>) {
        let path = format!("/v1/posts?status={status}&limit=100");
        let Some((200, posts)) = self.ask("GET", &path, None, None).await else {
            return;
        };
        let mut deliveries = Vec::new();
        for post in posts["data"].as_array().into_iter().flatten() {
            deliveries.extend(post["deliveries"].as_array().cloned().unwrap_or_default());
        }
        for delivery in deliveries {
            let id = delivery["id"].as_str().unwrap_or_default().to_owned();
            let missed = delivery["status"] == "missed";
            let failed =
                delivery["status"] == "failed" && delivery["error"]["code"] != "unconfirmed";
            if missed || (failed && retried.insert(id.clone())) {
                let path = format!("/v1/deliveries/{id}/retry");
                let _ = self.ask("POST", &path, Some(&json!({})), None).await;
            }
        }
    }

    /// Status and body of an answer, if there is one.
    async fn ask(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        idempotency_key: Option<&str>,
    ) -> Option<(u16, Value)> {
        let method = method.parse().expect("a method");
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.api_url))
            .bearer_auth(KEY);
        if let Some(body) = body {
            request = request.json(body);
        }
        if let Some(key) = idempotency_key {
            request = request.header("Idempotency-Key", key);
        }
        answer_of(request).await
    }
}

async fn answer_of(request: reqwest::RequestBuilder) -> Option<(u16, Value)> {
    let answer = request.send().await.ok()?;
    let status = answer.status().as_u16();
    let body = answer.bytes().await.ok()?;
    Some((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
}
