//! For whom a request is. A handler that takes a [`Caller`] cannot run without one.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest, web};
use entities::{UserId, keys};
use secrecy::SecretString;

use crate::problem::Problem;
use crate::state::State;

/// The person on whose behalf a request is made.
#[derive(Clone, Debug)]
pub struct Caller {
    pub owner: UserId,
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let key = presented_key(request);
        let state = request.app_data::<web::Data<State>>().cloned();
        Box::pin(async move {
            let state = state.ok_or_else(Problem::unavailable)?;
            let key = key?;
            let found = keys::find(&state.database, &key).await?;
            let row =
                found.ok_or_else(|| Problem::unauthorized("The key is unknown or was revoked."))?;
            // A database that only reads, or is full, can still show posts.
            if let Err(error) = keys::touch(&state.database, &row, state.clock.now()).await {
                tracing::warn!(%error, "that a key was used could not be noted");
            }
            Ok(Caller {
                owner: row.owner_id,
            })
        })
    }
}

/// The key from `Authorization: Bearer` or `X-API-Key`.
fn presented_key(request: &HttpRequest) -> Result<SecretString, Problem> {
    let header = |name: &str| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let bearer = header(AUTHORIZATION.as_str()).map(|value| {
        let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
        if scheme.eq_ignore_ascii_case("bearer") {
            token.trim()
        } else {
            ""
        }
    });
    match bearer.or_else(|| header("X-API-Key").map(str::trim)) {
        None => Err(Problem::unauthorized(
            "There is neither an Authorization nor an X-API-Key header.",
        )),
        Some("") => Err(Problem::unauthorized(
            "The Authorization header is not of the form `Bearer <key>`.",
        )),
        Some(key) => Ok(key.to_owned().into()),
    }
}
