//! `GET /v1/events`: what happens to the caller's posts, as it happens.

mod hub;
mod stream;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, get, web};
use entities::rows::event::EventKind;
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use crate::caller::{Caller, ReadsPosts};
use crate::hooks::wire::EventWord;
use crate::problem::Problem;
use crate::state::State;
pub use hub::{Hub, Most, NoSeat};
use stream::{Wanted, open};

/// What `GET /v1/events` may be asked, for the OpenAPI document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
struct FollowQuery {
    /// The same, for those who can not set headers.
    #[param(pattern = "^(evt_[0-9a-fA-F]{32})?$")]
    last_event_id: Option<String>,
    /// Only these types of events, with commas between, such as `post.published,post.failed`.
    #[param(inline, value_type = Option<EventWords>)]
    types: Option<String>,
}

/// One event of the stream.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
struct StreamEventBody {
    /// `evt_...`
    id: String,
    // A description here would be added as a second schema that no text fits.
    #[schema(value_type = EventWord, inline)]
    event: String,
    /// The same JSON that webhooks are sent.
    #[schema(content_media_type = "application/json")]
    data: String,
}

/// Types of events, with commas between.
struct EventWords;

impl ToSchema for EventWords {}

impl PartialSchema for EventWords {
    fn schema() -> RefOr<Schema> {
        let words: Vec<String> = EventKind::ALL
            .iter()
            .map(|kind| kind.as_str().replace('.', "\\."))
            .collect();
        let word = format!(" *({}) *", words.join("|"));
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some(format!("^{word}(,{word})*$")))
            .into()
    }
}

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
        ("Last-Event-ID" = Option<String>, Header, pattern = "^(evt_[0-9a-fA-F]{32})?$", description = "`evt_...`: go on after this event."),
        FollowQuery,
    ),
    responses(
        (status = 200, description = "The stream; this is one event of it.", body = StreamEventBody, content_type = "text/event-stream"),
        (status = 400, description = "A parameter is not known or not right.", body = Problem, content_type = "application/problem+json"),
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
