//! One request and what came back, with nothing interpreted yet.

use std::error::Error;

use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

/// No answer that this crate asks for comes near; a larger one is not what was asked for.
const BODY_CAP: usize = 1024 * 1024;

/// An answer whose headers arrived.
#[derive(Debug)]
pub(crate) struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Body,
}

#[derive(Debug)]
pub(crate) enum Body {
    Whole(Vec<u8>),
    /// Cut off, too slow or too large; the text says which.
    Broken(&'static str),
}

/// What became of a request.
pub(crate) enum Outcome {
    /// Certain: not one byte of the request reached the platform.
    NeverSent(String),
    /// The request went out, or may have; no answer came.
    NoAnswer(String),
    Answered(Reply),
}

impl Reply {
    pub(crate) fn is_2xx(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(crate) fn is_empty(&self) -> bool {
        matches!(&self.body, Body::Whole(bytes) if bytes.is_empty())
    }

    /// The body, where it is a whole JSON object.
    pub(crate) fn json(&self) -> Option<Value> {
        match &self.body {
            Body::Whole(bytes) => serde_json::from_slice(bytes).ok().filter(Value::is_object),
            Body::Broken(_) => None,
        }
    }

    /// Our own words about a body that is not a JSON object. Its content is not repeated.
    pub(crate) fn describe_body(&self) -> String {
        match &self.body {
            Body::Whole(bytes) if bytes.is_empty() => "the body is empty".to_owned(),
            Body::Whole(bytes) => format!("the body ({} bytes) is not a JSON object", bytes.len()),
            Body::Broken(how) => (*how).to_owned(),
        }
    }
}

/// `request` with `token` in its header; `None` for a token that no header can carry.
pub(crate) fn with_token(request: RequestBuilder, token: &SecretString) -> Option<RequestBuilder> {
    let bearer = format!("Bearer {}", token.expose_secret());
    let mut bearer = HeaderValue::from_str(&bearer).ok()?;
    bearer.set_sensitive(true);
    Some(request.header(AUTHORIZATION, bearer))
}

/// Sends `request` once and reads the answer to its end.
pub(crate) async fn exchange(http: &reqwest::Client, request: RequestBuilder) -> Outcome {
    let request = request
        // This client unpacks nothing, and a packed answer to a publish could not be read.
        .header(ACCEPT_ENCODING, HeaderValue::from_static("identity"))
        .build();
    let request = match request {
        Ok(request) => request,
        Err(error) => return Outcome::NeverSent(in_words(error)),
    };
    match http.execute(request).await {
        Ok(response) => Outcome::Answered(read(response).await),
        Err(error) if error.is_connect() => Outcome::NeverSent(in_words(error)),
        Err(error) => Outcome::NoAnswer(in_words(error)),
    }
}

async fn read(mut response: Response) -> Reply {
    let status = response.status().as_u16();
    let headers = std::mem::take(response.headers_mut());
    let mut bytes = Vec::new();
    let body = loop {
        match response.chunk().await {
            Ok(None) => break Body::Whole(bytes),
            Ok(Some(chunk)) if bytes.len() + chunk.len() > BODY_CAP => {
                break Body::Broken("the body is larger than 1 MiB");
            }
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Err(error) if error.is_timeout() => break Body::Broken("the body came too slowly"),
            Err(_) => break Body::Broken("the body was cut off"),
        }
    };
    Reply {
        status,
        headers,
        body,
    }
}

/// The whole chain of causes; reqwest's own text names only the outermost.
fn in_words(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}
