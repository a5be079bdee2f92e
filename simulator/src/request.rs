//! One request, read whole and taken apart.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, HeaderMap, ORIGIN};
use hyper::{Method, Uri};

use crate::media::Fetched;
use crate::multipart::{self, Part};

pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) host: String,
    pub(crate) bearer: Option<String>,
    /// A name and a secret.
    pub(crate) basic: Option<(String, String)>,
    /// The page that asks, where a browser says so.
    pub(crate) origin: Option<String>,
    /// Clerk's (clerk.md 2).
    pub(crate) api_version: Option<String>,
    pub(crate) body: Bytes,
    /// Where the address of a media file in the call led to, once it was looked at.
    pub(crate) fetched: Option<Fetched>,
    /// Lower case and without parameters: `multipart/form-data`.
    pub(crate) kind: String,
    content_type: String,
    cookies: Vec<(String, String)>,
    query: Vec<(String, String)>,
    /// Read when they are first asked for: an upload of megabytes is not worth a second copy.
    fields: OnceLock<Vec<(String, String)>>,
    parts: OnceLock<Vec<Part>>,
}

impl Request {
    pub(crate) fn new(method: Method, uri: &Uri, headers: &HeaderMap, body: Bytes) -> Self {
        let text = |name| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
        };
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let cookies = text(COOKIE).split(';');
        let cookies = cookies.filter_map(|pair| pair.trim().split_once('='));
        let authorized = |by: &str| {
            let (scheme, given) = text(AUTHORIZATION).split_once(' ')?;
            scheme.eq_ignore_ascii_case(by).then(|| given.trim())
        };
        Self {
            method,
            path: uri.path().to_owned(),
            host: text(HOST).to_owned(),
            bearer: authorized("bearer").map(str::to_owned),
            basic: authorized("basic").and_then(name_and_secret),
            origin: some(text(ORIGIN)),
            api_version: headers
                .get("clerk-api-version")
                .and_then(|version| some(version.to_str().ok()?)),
            fetched: None,
            kind: kind(text(CONTENT_TYPE)),
            content_type: text(CONTENT_TYPE).to_owned(),
            cookies: cookies
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            query: pairs(uri.query().unwrap_or_default().as_bytes()),
            body,
            fields: OnceLock::new(),
            parts: OnceLock::new(),
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
        self.query_param(name)
            .or_else(|| named(self.fields(), name))
    }

    /// A parameter of the query alone.
    pub(crate) fn query_param(&self, name: &str) -> Option<&str> {
        named(&self.query, name)
    }

    /// A field of an urlencoded body, which X's token endpoint documents (x.md 1.1), or of a JSON
    /// body, which it takes as well: twitter-api-v2 sends nothing else and gets its tokens. The
    /// query does not count.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        if self.kind == FORM || self.kind == JSON {
            named(self.fields(), name)
        } else {
            None
        }
    }

    /// The fields of the body, whatever its kind; files of a multipart body are none.
    pub(crate) fn fields(&self) -> &[(String, String)] {
        self.fields.get_or_init(|| match self.kind.as_str() {
            FORM => pairs(&self.body),
            MULTIPART => self.parts().iter().filter_map(Part::field).collect(),
            JSON => match serde_json::from_slice(&self.body) {
                Ok(serde_json::Value::Object(fields)) => fields
                    .into_iter()
                    .map(|(name, value)| (name, plain(value)))
                    .collect(),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        })
    }

    /// The parts of a multipart body, none of another.
    pub(crate) fn parts(&self) -> &[Part] {
        self.parts.get_or_init(|| match self.kind.as_str() {
            MULTIPART => multipart::parts(&self.content_type, &self.body),
            _ => Vec::new(),
        })
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        let found = self.cookies.iter().find(|(given, _)| given == name);
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

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";
pub(crate) const JSON: &str = "application/json";
pub(crate) const MULTIPART: &str = "multipart/form-data";

fn named<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = pairs.iter().find(|(given, _)| given == name);
    found.map(|(_, value)| value.as_str())
}

fn kind(content_type: &str) -> String {
    let kind = content_type.split(';').next().unwrap_or_default();
    kind.trim().to_ascii_lowercase()
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

/// The two halves of Basic credentials, which are form-encoded within (RFC 6749, 2.3.1).
fn name_and_secret(given: &str) -> Option<(String, String)> {
    let plain = String::from_utf8(STANDARD.decode(given).ok()?).ok()?;
    let (name, secret) = plain.split_once(':')?;
    Some((decoded(name), decoded(secret)))
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
    fn a_field_comes_from_a_form_or_from_json_and_not_from_the_query() {
        let field = |uri, kind, body| {
            let request = request(uri, kind, body);
            request.field("code").map(str::to_owned)
        };
        assert_eq!(field("/", FORM, "code=1"), Some("1".to_owned()));
        assert_eq!(field("/?code=1", FORM, ""), None);
        let json = "application/json;charset=UTF-8";
        assert_eq!(field("/", json, r#"{"code":"1"}"#), Some("1".to_owned()));
        assert_eq!(field("/?code=1", json, "{}"), None);
        assert_eq!(field("/", "text/plain", "code=1"), None);
    }

    #[test]
    fn basic_credentials_are_taken_apart() {
        let read = |written| name_and_secret(written);
        let pair = |name: &str, secret: &str| Some((name.to_owned(), secret.to_owned()));
        assert_eq!(read("aWQ6c2VjcmV0"), pair("id", "secret"));
        assert_eq!(read("aWQ6YSUyRmI="), pair("id", "a/b"));
        assert_eq!(read("aWQ="), None);
        assert_eq!(read("?"), None);
    }

    #[test]
    fn a_path_is_decoded_part_by_part() {
        let request = request("/v1.0/me/a%2Fb+c", "", "");
        assert_eq!(request.segments(), ["v1.0", "me", "a/b+c"]);
        assert_eq!(request.token(), Some("secret"));
    }
}
