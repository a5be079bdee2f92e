//! A JSON body, taken in whole before it is read.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};

use crate::problem::Problem;
use crate::server::BODY_LIMIT;

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
            Some(Ok(value)) => {
                let kind = value
                    .split(';')
                    .next()
                    .unwrap_or_default()
                    .trim()
                    .to_ascii_lowercase();
                kind == "application/json" || kind.ends_with("+json")
            }
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

/// The bytes of a body of any kind.
pub struct Raw(pub Bytes);

impl FromRequest for Raw {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = Bytes::from_request(request, payload);
        Box::pin(async move {
            bytes
                .await
                .map(Raw)
                .map_err(|error| match error.as_error::<PayloadError>() {
                    Some(PayloadError::Overflow) => Problem::too_large(BODY_LIMIT),
                    _ => Problem::bad_request(format!("The body could not be read: {error}.")),
                })
        })
    }
}
