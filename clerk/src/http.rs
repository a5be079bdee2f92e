//! One exchange with Clerk, with nothing interpreted yet.

mod evidence;

use std::error::Error;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{RequestBuilder, Response, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

pub use evidence::Evidence;

/// No answer that is asked for comes near; a larger one is not what was asked for.
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
    Answered(Reply),
    /// Not one byte of the request reached Clerk.
    NeverSent(String),
    NoAnswer(String),
    /// The secret holds characters that no header can carry.
    UnusableSecret,
}

impl Reply {
    pub fn is_2xx(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body, where it is whole and JSON.
    pub fn json(&self) -> Option<Value> {
        match &self.body {
            Body::Whole(bytes) => serde_json::from_slice(bytes).ok(),
            Body::Broken(_) => None,
        }
    }

    /// A header's text; what is malformed is absent.
    pub fn header(&self, name: &str) -> Option<&str> {
        let value = self.headers.get(name)?.to_str().ok()?.trim();
        (!value.is_empty()).then_some(value)
    }

    /// Our own words about a body that is not what was asked for. Its content is not repeated.
    pub fn describe_body(&self) -> String {
        match &self.body {
            Body::Whole(bytes) if bytes.is_empty() => "the body is empty".to_owned(),
            Body::Whole(bytes) => {
                format!(
                    "the body ({} bytes) is not in the documented form",
                    bytes.len()
                )
            }
            Body::Broken(how) => (*how).to_owned(),
        }
    }
}

/// Joins `base_url` and path segments, each percent-encoded as one segment.
///
/// # Errors
/// When `base_url` is no address with a path, or a segment would vanish (empty, `.`, `..`) and so
/// turn the call into another one.
pub(crate) fn address(base_url: &str, segments: &[&str]) -> Result<Url, &'static str> {
    if segments.iter().any(|s| matches!(*s, "" | "." | "..")) {
        return Err("an id in the address is empty or consists of dots");
    }
    let mut url = Url::parse(base_url).map_err(|_| "Clerk's address is not a URL")?;
    url.path_segments_mut()
        .map_err(|()| "Clerk's address cannot have a path")?
        .pop_if_empty()
        .extend(segments);
    Ok(url)
}

/// Sends `request` once, with the secret key in the header if there is one, and reads the answer
/// to its end.
pub(crate) async fn exchange(
    http: &reqwest::Client,
    mut request: RequestBuilder,
    secret_key: Option<&SecretString>,
) -> Outcome {
    if let Some(secret_key) = secret_key {
        let bearer = HeaderValue::from_str(&format!("Bearer {}", secret_key.expose_secret()));
        let Ok(mut bearer) = bearer else {
            return Outcome::UnusableSecret;
        };
        bearer.set_sensitive(true);
        request = request.header(AUTHORIZATION, bearer);
    }
    let request = match request.build() {
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

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn an_id_stays_one_segment_of_the_address() {
        let joined = address("http://h:1/sub/", &["v1", "users", "a/b?c"]).unwrap();
        assert_eq!(joined.as_str(), "http://h:1/sub/v1/users/a%2Fb%3Fc");
        for segment in ["", ".", ".."] {
            assert!(address("https://a.example", &["v1", segment]).is_err());
        }
        assert!(address("nowhere", &["v1"]).is_err());
        assert!(address("mailto:x@example.com", &["v1"]).is_err());
    }
}
