//! Requests to the API, as a customer makes them.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// A customer with a key.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    pub base_url: String,
    key: String,
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Client {
    /// A customer of the server at `base_url`.
    pub fn new(base_url: &str, key: &str) -> Self {
        Client {
            http: reqwest::Client::new(),
            base_url: base_url.to_owned(),
            key: key.to_owned(),
        }
    }

    /// The key that it sends.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The same, with another key.
    pub fn with_key(&self, key: &str) -> Self {
        Client {
            key: key.to_owned(),
            ..self.clone()
        }
    }

    /// The same, at another server.
    pub fn at(&self, base_url: &str) -> Self {
        Client {
            base_url: base_url.to_owned(),
            ..self.clone()
        }
    }

    /// Any request. A body is JSON unless a header says otherwise.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Vec<u8>>,
    ) -> Reply {
        let is_head = method == Method::HEAD;
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.base_url));
        if !self.key.is_empty() {
            request = request.bearer_auth(&self.key);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            if !headers
                .iter()
                .any(|(name, _)| name.eq_ignore_ascii_case("Content-Type"))
            {
                request = request.header("Content-Type", "application/json");
            }
            request = request.body(body);
        }
        let response = request.send().await.expect("an answer from the API");
        let (status, headers) = (response.status(), response.headers().clone());
        let is_stream = headers
            .get("content-type")
            .is_some_and(|kind| kind == "text/event-stream");
        if is_stream && !is_head {
            // `EventStream` is for those who want to listen.
            return Reply {
                status,
                headers,
                body: Value::Null,
            };
        }
        let text = response.text().await.expect("a body");
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Reply {
            status,
            headers,
            body,
        }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, &[], None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(Method::POST, path, &[], Some(body.to_string().into()))
            .await
    }

    /// Submits a post as it stands.
    pub async fn submit_raw(&self, body: Value) -> Reply {
        self.post("/v1/posts", body).await
    }

    /// Uploads a file.
    pub async fn upload(&self, path: &str, bytes: Vec<u8>) -> Reply {
        let headers = [("Content-Type", "application/octet-stream")];
        self.send(Method::POST, path, &headers, Some(bytes)).await
    }

    /// Uploads a file of any size without holding it.
    pub async fn upload_file(&self, path: &str, file: &std::path::Path) -> Reply {
        let file = tokio::fs::File::open(file).await.expect("a file");
        let pieces = tokio_util::io::ReaderStream::new(file);
        let request = self.http.post(format!("{}{path}", self.base_url));
        let request = request
            .bearer_auth(&self.key)
            .body(reqwest::Body::wrap_stream(pieces));
        let response = request.send().await.expect("an answer from the API");
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.json().await.unwrap_or(Value::Null);
        Reply {
            status,
            headers,
            body,
        }
    }

    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        self.send(Method::PATCH, path, &[], Some(body.to_string().into()))
            .await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, &[], None).await
    }

    /// Submits a post under an Idempotency-Key.
    pub async fn submit_with_key(&self, body: Value, key: &str) -> Reply {
        self.send(
            Method::POST,
            "/v1/posts",
            &[("Idempotency-Key", key)],
            Some(body.to_string().into()),
        )
        .await
    }

    /// The same at another server, to be sent by whoever wants to see how that fails.
    pub fn submitting(&self, server: &str, body: &Value, key: &str) -> reqwest::RequestBuilder {
        let request = self.http.post(format!("{server}/v1/posts"));
        let request = request.bearer_auth(&self.key);
        request.header("Idempotency-Key", key).json(body)
    }

    /// Submits a text to accounts, and returns the post.
    pub async fn submit(&self, text: &str, accounts: &[String]) -> Value {
        self.post("/v1/posts", json!({ "text": text, "accounts": accounts }))
            .await
            .expect(StatusCode::ACCEPTED)
    }

    /// Submits a text for a time, and returns the post.
    pub async fn schedule(
        &self,
        text: &str,
        accounts: &[String],
        publish_at: impl ToString,
    ) -> Value {
        let body =
            json!({ "text": text, "accounts": accounts, "publish_at": publish_at.to_string() });
        self.post("/v1/posts", body)
            .await
            .expect(StatusCode::ACCEPTED)
    }

    /// The post as it is now.
    pub async fn show(&self, post: &Value) -> Value {
        self.get(&format!("/v1/posts/{}", id(post)))
            .await
            .expect(StatusCode::OK)
    }

    /// One delivery of the post as it is now.
    pub async fn delivery(&self, post: &Value, platform: &str) -> Value {
        let post = self.show(post).await;
        let deliveries = post["deliveries"].as_array().expect("deliveries");
        deliveries
            .iter()
            .find(|delivery| delivery["platform"] == platform)
            .expect(platform)
            .clone()
    }

    /// What was tried for a delivery: `step verdict` for each attempt.
    pub async fn attempts(&self, delivery: &Value) -> Vec<String> {
        let path = format!("/v1/deliveries/{}/attempts", id(delivery));
        let list = self.get(&path).await.expect(StatusCode::OK);
        let told =
            |attempt: &Value| format!("{} {}", text(&attempt["step"]), text(&attempt["verdict"]));
        list["data"]
            .as_array()
            .expect("attempts")
            .iter()
            .map(told)
            .collect()
    }
}

impl Reply {
    /// The body, if the status is as it should be.
    pub fn expect(self, status: StatusCode) -> Value {
        assert_eq!(self.status, status, "{:#}", self.body);
        self.body
    }

    /// Checks that this is an error as all errors are, with this status and code.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> &Value {
        let body = &self.body;
        assert_eq!(
            (self.status.as_u16(), &body["code"]),
            (status, &json!(code)),
            "{body:#}"
        );
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(body["type"], format!("urn:dualposts:problem:{code}"));
        assert_eq!(body["status"], status);
        assert!(
            !text(&body["title"]).is_empty() && !text(&body["action"]).is_empty(),
            "{body:#}"
        );
        assert!(body["retryable"].is_boolean(), "{body:#}");
        assert!(!self.header("x-request-id").is_empty());
        body
    }

    /// A header's text; empty when it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("ASCII"))
    }

    /// The codes of all violations, with their fields.
    pub fn violations(&self) -> Vec<String> {
        let list = self.body["violations"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        list.iter()
            .map(|one| format!("{} {}", text(&one["field"]), text(&one["code"])))
            .collect()
    }
}

/// The id of what was answered.
pub fn id(body: &Value) -> &str {
    text(&body["id"])
}

/// A JSON text.
pub fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is not a text"))
}
