//! Files for whoever holds a link that we signed: the platforms fetch from here.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};
use entities::MediaId;
use futures::StreamExt;
use media::{LinkError, StoreError, link};
use serde::Deserialize;

use super::receive::store_problem;
use crate::problem::Problem;
use crate::state::State;

/// The two parts of a signed link.
#[derive(Deserialize)]
struct Signed {
    expires: i64,
    signature: String,
}

/// `GET /media/{id}.{ext}?expires&signature`: without any account, only by the signature.
pub async fn serve(
    state: web::Data<State>,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let gone = || Problem::not_found("file");
    let id = name.split('.').next().unwrap_or_default();
    let id: MediaId = id.parse().map_err(|_| gone())?;
    let signed = web::Query::<Signed>::from_query(request.query_string()).map_err(|_| gone())?;
    check(&state, &id, &signed)?;
    let row = entities::media::find_signed(&state.database, &id).await?;
    let row = row.ok_or_else(gone)?;
    let download = state
        .store
        .get(&row.key)
        .await
        .map_err(|error| match error {
            StoreError::NotFound { .. } => gone(),
            error => store_problem(&error),
        })?;
    // The server leaves the body out of an answer to HEAD, and keeps its length.
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, row.mime.as_str()))
        .insert_header((CACHE_CONTROL, "private, max-age=86400, immutable"))
        .no_chunking(download.size)
        .streaming(
            download
                .stream
                .map(|piece| piece.map_err(std::io::Error::other)),
        ))
}

/// Links signed with a key that was changed since stay good.
fn check(state: &State, id: &MediaId, signed: &Signed) -> Result<(), Problem> {
    let now_s = state.clock.now().as_ms() / 1000;
    let mut refusal = LinkError::Forged;
    for key in state.vault.link_keys() {
        match link::verify(key, id.as_str(), signed.expires, &signed.signature, now_s) {
            Ok(()) => return Ok(()),
            Err(LinkError::Expired) => refusal = LinkError::Expired,
            Err(LinkError::Forged) => {}
        }
    }
    Err(match refusal {
        LinkError::Expired => Problem::gone("This link has expired."),
        LinkError::Forged => Problem::not_found("file"),
    })
}
