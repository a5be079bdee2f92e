//! `GET /v1/events`: what happens to the caller's posts, as it happens.

mod hub;
mod stream;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, get, web};

use crate::caller::{Caller, ReadsPosts};
use crate::problem::Problem;
use crate::state::State;
pub use hub::{Hub, Most, NoSeat};
use stream::{Wanted, open};

/// Follow what happens to your posts and accounts.
///
/// An endless stream of server-sent events (`text/event-stream`). Each has the event's id, its type as
/// the event's name, and as data the same JSON that webhooks are sent: `id`, `type`, `timestamp` and
/// `data`. A stream that ends (after ten minutes at the latest, or when the server restarts) is opened again
/// with the id that was seen last in `Last-Event-ID`, as browsers do by themselves: everything since is
/// sent, in the same order, nothing twice and nothing left out, as far back as 30 days. Without it the stream
/// begins now. A line with a colon comes every 15 seconds, so that a dead connection is noticed.
#[utoipa::path(
    tag = "events",
    extensions(("x-scope" = json!("posts:read"))),
    params(
        ("Last-Event-ID" = Option<String>, Header, description = "`evt_...`: go on after this event."),
        ("last_event_id" = Option<String>, Query, description = "The same, for those who can not set headers."),
        ("types" = Option<String>, Query, description = "Only these types of events, with commas between, such as `post.published,post.failed`."),
    ),
    responses(
        (status = 200, description = "The stream.", body = String, content_type = "text/event-stream"),
        (status = 400, description = "A parameter is not known or not right.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The key lacks a scope.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away, or too many streams are open here.", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/events")]
pub async fn follow(
    state: web::Data<State>,
    caller: Caller<ReadsPosts>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let wanted = Wanted::read(&request)?;
    let stream = open(&state, caller.owner, wanted).await?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/event-stream"))
        .insert_header((CACHE_CONTROL, "no-store"))
        // A proxy that collects the answer first would never pass it on.
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(stream))
}
