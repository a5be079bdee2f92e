//! Files: taken in, shown, forgotten, and given to whoever holds a signed link.

mod receive;
mod serve;
pub mod wire;

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use entities::MediaId;
use entities::media::Deleted;
use tracing::{info, warn};

use crate::caller::{Caller, ReadsPosts, WritesPosts};
use crate::fields::Violations;
use crate::paging::Page;
use crate::problem::Problem;
use crate::state::State;
use wire::{MediaBody, MediaListBody};

pub use serve::serve;

/// How many files one page of the list has, unless asked otherwise.
const PAGE: u64 = 50;

/// Upload a file, to be named in posts by its id.
///
/// The bytes as they are (`--data-binary @cat.jpg`), or a form with one field `file`. What it is
/// is decided by its content: JPEG, PNG, WEBP and GIF pictures, MP4 and MOV videos, up to 1 GiB.
/// What a platform would refuse is told at once, with what to do about it. The same file again is
/// the same id.
#[utoipa::path(
    tag = "media",
    extensions(("x-scope" = json!("posts:write"))),
    params(wire::UploadQuery),
    request_body(content(
        (wire::UploadBytes = "application/octet-stream"),
        (wire::UploadForm = "multipart/form-data"),
    )),
    responses(
        (status = 201, description = "Kept.", body = MediaBody),
        (status = 200, description = "You uploaded the same file before.", body = MediaBody),
        (status = 400, description = "A query parameter or the form can not be read.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The file is too large.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Not a file that can be posted, or one that can not be made to fit.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database or the store is away.", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/media")]
pub async fn upload(
    state: web::Data<State>,
    caller: Caller<WritesPosts>,
    request: HttpRequest,
    body: web::Payload,
) -> Result<HttpResponse, Problem> {
    crate::body::refuse_encoded(&request)?;
    let query = wire::UploadQuery::read(request.query_string())?;
    let (row, is_new) = receive::receive(&state, &caller.owner, &request, body, query.fit).await?;
    info!(media = %row.id, kind = %row.kind, bytes = row.bytes, is_new, "file kept");
    let mut response = if is_new {
        HttpResponse::Created()
    } else {
        HttpResponse::Ok()
    };
    Ok(response
        .insert_header((LOCATION, format!("/v1/media/{}", row.id)))
        .json(MediaBody::new(&row)?))
}

/// List your files, newest first.
#[utoipa::path(
    tag = "media",
    extensions(("x-scope" = json!("posts:read"))),
    params(wire::ListQuery),
    responses(
        (status = 200, body = MediaListBody),
        (status = 400, description = "A query parameter can not be read.", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/media")]
pub async fn list(
    state: web::Data<State>,
    caller: Caller<ReadsPosts>,
    request: HttpRequest,
) -> Result<web::Json<MediaListBody>, Problem> {
    let Page { cursor, limit } = Page::<MediaId>::read(request.query_string(), PAGE)?;
    let cursor = cursor.as_ref();
    let rows = entities::media::list(&state.database, &caller.owner, cursor, limit + 1).await?;
    MediaListBody::new(&rows, limit).map(web::Json)
}

/// Show a file: what it is, and what the platforms make of it.
#[utoipa::path(
    tag = "media",
    extensions(("x-scope" = json!("posts:read"))),
    params(("id" = String, Path, description = "`med_...`")),
    responses(
        (status = 200, body = MediaBody),
    )
)]
#[get("/media/{id}")]
pub async fn show(
    state: web::Data<State>,
    caller: Caller<ReadsPosts>,
    id: web::Path<String>,
) -> Result<web::Json<MediaBody>, Problem> {
    let row = entities::media::find(&state.database, &caller.owner, &media_id(&id)?).await?;
    let row = row.ok_or_else(|| Problem::not_found("file"))?;
    MediaBody::new(&row).map(web::Json)
}

/// Forget a file that no unfinished post names.
#[utoipa::path(
    tag = "media",
    extensions(("x-scope" = json!("posts:write"))),
    params(("id" = String, Path, description = "`med_...`")),
    responses(
        (status = 204, description = "Gone. What was published with it stays published."),
        (status = 409, description = "A post still needs it.", body = Problem, content_type = "application/problem+json"),
    )
)]
#[delete("/media/{id}")]
pub async fn forget(
    state: web::Data<State>,
    caller: Caller<WritesPosts>,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = media_id(&id)?;
    match entities::media::delete(&state.database, &caller.owner, &id).await? {
        Deleted::Gone(row) => {
            if let Err(error) = state.store.delete(&row.key).await {
                warn!(media = %id, %error, "its row is gone, its bytes are not");
            }
            info!(media = %id, "file forgotten");
            Ok(HttpResponse::NoContent().finish())
        }
        Deleted::Needed(post) => Err(Problem::conflict(
            "media_in_use",
            &format!("The post {post} is not finished and names this file."),
            "Cancel that post or wait until it is published; then delete the file.",
        )),
        Deleted::Unknown => Err(Problem::not_found("file")),
    }
}

fn media_id(text: &str) -> Result<MediaId, Problem> {
    text.parse().map_err(|_| Problem::not_found("file"))
}

/// One thing wrong with a request as a whole.
fn invalid(field: &str, code: &'static str, message: impl Into<String>) -> Problem {
    let mut violations = Violations::default();
    violations.add(field, code, message);
    match violations.into_result() {
        Err(problem) => problem,
        Ok(()) => Problem::not_found("file"),
    }
}
