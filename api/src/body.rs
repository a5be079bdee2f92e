//! A body, taken in whole before it is read.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use actix_web::web::{self, Bytes};
use actix_web::{FromRequest, HttpRequest};

use crate::guard::Patience;
use crate::problem::Problem;
use crate::server::BODY_LIMIT;
use crate::state::State;

/// The bytes of a body that says it is JSON, or says nothing.
pub struct Json(pub Bytes);

impl FromRequest for Json {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = match request
            .headers()
            .get(CONTENT_TYPE)
            .map(|value| value.to_str())
        {
            None => true,
            Some(Ok(value)) => is_json(value),
            Some(Err(_)) => false,
        };
        let bytes = Raw::from_request(request, payload);
        Box::pin(async move {
            if !is_json {
                return Err(Problem::unsupported_media_type());
            }
            bytes.await.map(|raw| Json(raw.0))
        })
    }
}

/// JSON in UTF-8: there is no other (RFC 8259, 8.1), and one that says so is not read as if it were.
fn is_json(content_type: &str) -> bool {
    let mut pieces = content_type.split(';').map(str::trim);
    let kind = pieces.next().unwrap_or_default().to_ascii_lowercase();
    let is_json = kind == "application/json" || kind.ends_with("+json");
    let mut charsets = pieces.filter_map(|piece| {
        let (name, value) = piece.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("charset")
            .then(|| value.trim().trim_matches('"'))
    });
    is_json
        && charsets.all(|charset| {
            ["utf-8", "utf8", "us-ascii"]
                .iter()
                .any(|known| charset.eq_ignore_ascii_case(known))
        })
}

/// Refuses what is compressed: a small body that becomes a large one is no way around the limits.
pub fn refuse_encoded(request: &HttpRequest) -> Result<(), Problem> {
    let mut codings = request.headers().get_all(CONTENT_ENCODING);
    let is_plain = codings.all(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity"));
    if is_plain {
        Ok(())
    } else {
        Err(Problem::unsupported_encoding())
    }
}

/// The bytes of a body of any kind.
pub struct Raw(pub Bytes);

impl FromRequest for Raw {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let refused = refuse_encoded(request);
        let state = request.app_data::<web::Data<State>>();
        let patience = state.map_or_else(Patience::default, |state| state.settings.guard.patience);
        let bytes = Bytes::from_request(request, payload);
        Box::pin(async move {
            refused?;
            let came = tokio::time::timeout(patience.body, bytes).await;
            let bytes = came.map_err(|_| Problem::too_slow())?;
            bytes
                .map(Raw)
                .map_err(|error| match error.as_error::<PayloadError>() {
                    Some(PayloadError::Overflow) => Problem::too_large(BODY_LIMIT),
                    _ => Problem::bad_request(format!("The body could not be read: {error}.")),
                })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_utf_8() {
        for taken in [
            "application/json",
            "Application/JSON; Charset=UTF-8",
            "application/vnd.api+json",
            "application/json; charset=\"utf-8\"; v=1",
        ] {
            assert!(is_json(taken), "{taken}");
        }
        for other in [
            "text/plain",
            "application/json; charset=latin1",
            "application/json; charset=utf-16",
            "application/jsonp",
            "",
        ] {
            assert!(!is_json(other), "{other}");
        }
    }
}
