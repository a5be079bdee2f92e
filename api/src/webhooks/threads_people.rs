//! Meta's callbacks: a person removed the app, or wants their data deleted (`threads.md` 2.5).

use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpResponse, get, post, web};
use entities::tokens::{TokenOf, is_dead};
use entities::{Platform, Timestamp, accounts, erasure, secret};
use platforms::threads::oauth::signed_request;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use tracing::{info, warn};
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::state::State;

/// What Meta shows the person.
#[derive(Serialize, ToSchema)]
pub struct DeletionBody {
    /// Where they can see that it was done.
    url: String,
    confirmation_code: String,
}

/// What Meta sends, as a form.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub struct SignedRequestForm {
    signed_request: String,
}

/// Meta's deauthorize callback: the person removed the app. Their accounts wait for a new consent.
#[utoipa::path(
    tag = "callbacks",
    security(()),
    request_body(content = SignedRequestForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "Taken in."),
        (status = 400, description = "The body can not be read.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "The signature is wrong.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "Threads is not set up here.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away.", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/webhooks/threads/deauthorize")]
pub async fn deauthorize(
    state: web::Data<State>,
    body: crate::body::Raw,
) -> Result<HttpResponse, Problem> {
    let person = person_of(&state, &body.0)?;
    let now = state.clock.now();
    let rows = accounts::of_profile(&state.database, Platform::Threads, &person.id).await?;
    for row in rows
        .iter()
        .filter(|row| row.token_issued_at <= person.asked_at)
    {
        let reason = "The person removed this app in Threads' settings.";
        is_dead(&state.database, &TokenOf::of(row), reason, now).await?;
        info!(account = %row.id, "needs a new consent: the app was removed at Threads");
    }
    Ok(HttpResponse::Ok().finish())
}

/// Meta's data deletion callback: what is kept of the person's profile is deleted at once, and
/// what was to be published on it is called off.
#[utoipa::path(
    tag = "callbacks",
    security(()),
    request_body(content = SignedRequestForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "Deleted.", body = DeletionBody),
        (status = 400, description = "The body can not be read.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "The signature is wrong.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "Threads is not set up here.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away.", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/webhooks/threads/delete")]
pub async fn delete_data(
    state: web::Data<State>,
    body: crate::body::Raw,
) -> Result<web::Json<DeletionBody>, Problem> {
    let person = person_of(&state, &body.0)?;
    let code = secret::random().expose_secret()[..20].to_owned();
    let now = state.clock.now();
    let Person { id, asked_at } = &person;
    let (database, platform) = (&state.database, Platform::Threads);
    let erased = erasure::erase_profile(database, platform, id, *asked_at, &code, now).await?;
    info!(accounts = erased, "deleted the data of a person at Threads");
    Ok(web::Json(DeletionBody {
        url: format!("{}/deletions/{code}", state.settings.public_url),
        confirmation_code: code,
    }))
}

/// The page that tells a person that their data was deleted.
#[utoipa::path(
    tag = "callbacks",
    security(()),
    params(("code" = String, Path, description = "The confirmation code.")),
    responses(
        (status = 200, description = "A page that says when it was done.", content_type = "text/html"),
        (status = 404, description = "There is no such code.", content_type = "text/html"),
        (status = 503, description = "The database is away.", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/deletions/{code}")]
pub async fn deletion(
    state: web::Data<State>,
    code: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let done = erasure::completed_at(&state.database, &code).await?;
    let (mut response, words) = match done {
        Some(at) => (
            HttpResponse::Ok(),
            format!(
                "Your profile, its connection and everything that was to be published on it were deleted here at {at}."
            ),
        ),
        None => (
            HttpResponse::NotFound(),
            "There is no deletion with this code. Check that the address is complete.".to_owned(),
        ),
    };
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Deletion of data</title><link rel=\"stylesheet\" href=\"/assets/style.css\"></head>\
         <body><main><h1>Deletion of data</h1><p>{words}</p></main></body></html>"
    );
    Ok(response
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .body(page))
}

/// Whom a callback is about, and since when. It may come late, or again: who connected anew after
/// it was signed is not meant.
struct Person {
    id: String,
    asked_at: Timestamp,
}

/// Whom a callback is about, if Meta has signed it.
fn person_of(state: &State, form: &[u8]) -> Result<Person, Problem> {
    let connector = state.connectors.threads.as_ref();
    let connector = connector.ok_or_else(|| Problem::not_found("callback"))?;
    let signed = form_urlencoded::parse(form)
        .find(|(name, _)| name == "signed_request")
        .map(|(_, value)| value.into_owned());
    let signed = signed.ok_or_else(|| Problem::bad_request("The form has no signed_request."))?;
    let app_secret: &SecretString = &connector.app.app_secret;
    let person = signed_request(app_secret, &signed).map_err(|why| {
        warn!(%why, "a callback in Meta's name was refused");
        Problem::bad_signature()
    })?;
    Ok(Person {
        id: person.user_id,
        asked_at: person
            .issued_at_ms
            .map_or(state.clock.now(), Timestamp::from_ms),
    })
}
