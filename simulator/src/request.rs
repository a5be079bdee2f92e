//! One request, read whole and taken apart.

use bytes::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap};
use hyper::{Method, Uri};

use crate::multipart;

#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) host: String,
    pub(crate) bearer: Option<String>,
    pub(crate) body: Bytes,
    params: Vec<(String, String)>,
}

impl Request {
    pub(crate) fn new(method: Method, uri: &Uri, headers: &HeaderMap, body: Bytes) -> Self {
        let text = |name| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
        };
        let bearer = text(AUTHORIZATION).split_once(' ');
        let bearer = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let mut params = pairs(uri.query().unwrap_or_default().as_bytes());
        params.extend(body_params(text(CONTENT_TYPE), &body));
        Self {
            method,
            path: uri.path().to_owned(),
            host: text(HOST).to_owned(),
            bearer: bearer.map(|(_, token)| token.trim().to_owned()),
            body,
            params,
        }
    }

    /// The parts of the path, decoded.
    pub(crate) fn segments(&self) -> Vec<String> {
        let parts = self.path.split('/').filter(|part| !part.is_empty());
        parts.map(decoded).collect()
    }

    /// A parameter from the query, a form, a multipart body or a JSON body:
    /// Threads takes them all (threads.md 1).
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        let found = self.params.iter().find(|(given, _)| given == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        matches!(self.param(name), Some("true" | "1"))
    }

    /// Threads takes the token as a header or as a parameter.
    pub(crate) fn token(&self) -> Option<&str> {
        self.bearer
            .as_deref()
            .or_else(|| self.param("access_token"))
    }
}

fn body_params(content_type: &str, body: &[u8]) -> Vec<(String, String)> {
    let kind = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    match kind.as_str() {
        "application/x-www-form-urlencoded" => pairs(body),
        "multipart/form-data" => multipart::fields(content_type, body),
        "application/json" => match serde_json::from_slice(body) {
            Ok(serde_json::Value::Object(fields)) => fields
                .into_iter()
                .map(|(name, value)| (name, plain(value)))
                .collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn plain(value: serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    }
}

fn pairs(encoded: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(encoded).into_owned().collect()
}

/// Percent decoding of a path, where `+` is a plus.
fn decoded(part: &str) -> String {
    if !part.contains('%') {
        return part.to_owned();
    }
    let kept_plus = part.replace('+', "%2B");
    let mut pairs = form_urlencoded::parse(kept_plus.as_bytes());
    pairs
        .next()
        .map(|(name, _)| name.into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(uri: &str, content_type: &str, body: &'static str) -> Request {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, content_type.parse().expect("a header"));
        headers.insert(AUTHORIZATION, "Bearer secret".parse().expect("a header"));
        Request::new(
            Method::POST,
            &uri.parse().expect("a uri"),
            &headers,
            Bytes::from(body),
        )
    }

    #[test]
    fn parameters_come_from_the_query_and_from_each_kind_of_body() {
        let multipart =
            "--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nhi there\r\n--b--\r\n";
        for (uri, kind, body) in [
            ("/me/threads?text=hi+there", "", ""),
            (
                "/me/threads",
                "application/x-www-form-urlencoded; charset=utf-8",
                "text=hi%20there",
            ),
            ("/me/threads", "multipart/form-data; boundary=b", multipart),
            ("/me/threads", "application/json", r#"{"text":"hi there"}"#),
        ] {
            assert_eq!(
                request(uri, kind, body).param("text"),
                Some("hi there"),
                "{kind}"
            );
        }
    }

    #[test]
    fn a_path_is_decoded_part_by_part() {
        let request = request("/v1.0/me/a%2Fb+c", "", "");
        assert_eq!(request.segments(), ["v1.0", "me", "a/b+c"]);
        assert_eq!(request.token(), Some("secret"));
    }
}
