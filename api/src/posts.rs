//! `/v1/posts`: submit, list, show, change, cancel.

mod check;
mod draft;
mod paging;
pub mod validate;
pub mod wire;

use actix_web::http::header::LOCATION;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, delete, get, patch, post, web};
use entities::accept::{Accepted, NewPost, accept};
use entities::boundary::{Action, Side};
use entities::edit::{self, Edit};
use entities::posts::{PostView, find};
use entities::{PostId, Timestamp};
use telemetry::{TraceParent, counting, traces};
use tracing::{Instrument, info, info_span};

use crate::caller::{Caller, Needs, ReadsPosts, WritesPosts};
use crate::fields::{Violations, object};
use crate::problem::Problem;
use crate::state::State;
use check::{Moment, check};
use draft::{Draft, DraftEdit};
use paging::{ListQuery, Page};
use wire::{NewPostBody, PostBody, PostChangeBody, PostListBody};

/// Submit a post, to be published now or at `publish_at`.
///
/// With an `Idempotency-Key` the same request may be sent any number of times: the first makes
/// the post, the others get the same one back. The key is kept as long as the post.
#[utoipa::path(
    tag = "posts",
    extensions(("x-scope" = json!("posts:write"))),
    request_body = NewPostBody,
    params(("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$", description = "1 to 255 visible ASCII characters of your choice, one for each post")),
    responses(
        (status = 202, description = "Accepted: it is stored and will be published.", body = PostBody),
        (status = 200, description = "This key and body came before: the post that they made, with `Idempotency-Replayed: true`.", body = PostBody),
        (status = 409, description = "This Idempotency-Key came before with another body.", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/posts")]
pub async fn submit(
    state: web::Data<State>,
    caller: Caller<WritesPosts>,
    request: HttpRequest,
    body: crate::body::Json,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let mut violations = Violations::default();
    let idempotency_key = draft::idempotency_key(&request, &mut violations);
    let draft = Draft::read(&object(&body.0, false)?, &mut violations);
    let request_hash = draft.hash();
    let checked = check(
        &state,
        &caller.owner,
        &draft,
        Moment::New(now),
        &mut violations,
    )
    .await?;
    if !violations.is_empty() {
        // A repeat of what was accepted once is no new request: its time may have passed since.
        if let Some(key) = &idempotency_key
            && let Some(earlier) =
                entities::accept::find_replay(&state.database, &caller.owner, key, &request_hash)
                    .await?
        {
            return Ok(replayed(&earlier, now));
        }
        violations.into_result()?;
    }
    let new = NewPost {
        owner_id: caller.owner,
        idempotency_key,
        request_hash,
        content: checked.content,
        publish_at: draft.publish_at,
        time_zone: draft.time_zone,
        policy: draft.policy,
        jitter_s: draft.jitter_s,
        crowded: state.crowded(&checked.accounts),
        accounts: checked.accounts,
        trace_parent: request
            .extensions()
            .get::<TraceParent>()
            .map(ToString::to_string),
    };
    state.boundaries.at(Side::Before, Action::Accept).await;
    let accepting = accept(&state.database, new, now, state.settings.handed);
    let span = info_span!(target: traces::TARGET, "accept");
    let accepted = accepting.instrument(span).await?;
    state.boundaries.at(Side::After, Action::Accept).await;
    match accepted {
        Accepted::New(view) => {
            info!(post = %view.post.id, deliveries = view.deliveries.len(), publish_at = view.post.publish_at.map(tracing::field::display), "accepted");
            counting::accepted(view.deliveries.iter().map(|view| view.delivery.platform));
            let span = info_span!(
                target: traces::TARGET, "enqueue", otel.kind = "producer", post = %view.post.id
            );
            wake(&state, &view, now).instrument(span).await;
            Ok(HttpResponse::Accepted()
                .insert_header((LOCATION, format!("/v1/posts/{}", view.post.id)))
                .json(PostBody::new(&view, now)))
        }
        Accepted::Replayed(view) => Ok(replayed(&view, now)),
        Accepted::KeyReused(earlier) => Err(Problem::conflict(
            "idempotency_key_reused",
            &format!("This Idempotency-Key was used for another request, which made {earlier}."),
            "Use a new key for a new post.",
        )),
    }
}

fn replayed(view: &PostView, now: Timestamp) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("Idempotency-Replayed", "true"))
        .json(PostBody::new(view, now))
}

/// Workers are woken for what is due and not left to the relay, the relay for what soon will be.
async fn wake(state: &State, view: &PostView, now: Timestamp) {
    let rows = || view.deliveries.iter().map(|view| &view.delivery);
    let due =
        rows().filter(|row| row.next_at.is_some_and(|at| at <= now) && row.handed_until > now);
    let due = due.map(|row| (row.account_id.clone(), row.id.clone()));
    state.wake(due.collect()).await;
    let next = rows().filter_map(|row| row.next_at.filter(|at| *at > now));
    if let Some(at) = next.min() {
        state.ring(at, now).await;
    }
}

/// List your posts, newest first.
#[utoipa::path(
    tag = "posts",
    extensions(("x-scope" = json!("posts:read"))),
    params(ListQuery),
    responses(
        (status = 200, body = PostListBody),
        (status = 400, description = "A query parameter can not be read.", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/posts")]
pub async fn list(
    state: web::Data<State>,
    caller: Caller<ReadsPosts>,
    request: HttpRequest,
) -> Result<web::Json<PostListBody>, Problem> {
    let now = state.clock.now();
    let page = Page::read(request.query_string())?;
    let views = entities::posts::list(
        &state.database,
        &caller.owner,
        &page.filter,
        page.limit + 1,
        now,
    )
    .await?;
    Ok(web::Json(page.body(&views, now)))
}

/// Show a post with the status of each of its deliveries.
#[utoipa::path(
    tag = "posts",
    extensions(("x-scope" = json!("posts:read"))),
    params(("id" = String, Path, description = "`post_...`")),
    responses(
        (status = 200, body = PostBody),
    )
)]
#[get("/posts/{id}")]
pub async fn show(
    state: web::Data<State>,
    caller: Caller<ReadsPosts>,
    id: web::Path<String>,
) -> Result<web::Json<PostBody>, Problem> {
    let view = find_view(&state, &caller, &id).await?;
    Ok(web::Json(PostBody::new(&view, state.clock.now())))
}

/// Change the content or the time of a post that still waits, or that was missed.
///
/// Nothing of it may have been tried yet. What was missed goes out at a new `publish_at`.
#[utoipa::path(
    tag = "posts",
    extensions(("x-scope" = json!("posts:write"))),
    params(("id" = String, Path, description = "`post_...`")),
    request_body = PostChangeBody,
    responses(
        (status = 200, description = "Changed.", body = PostBody),
        (status = 409, description = "It is being published or is settled; nothing was changed.", body = Problem, content_type = "application/problem+json"),
    )
)]
#[patch("/posts/{id}")]
pub async fn change(
    state: web::Data<State>,
    caller: Caller<WritesPosts>,
    id: web::Path<String>,
    body: crate::body::Json,
) -> Result<web::Json<PostBody>, Problem> {
    let now = state.clock.now();
    let view = find_view(&state, &caller, &id).await?;
    let mut violations = Violations::default();
    let edit = DraftEdit::read(&object(&body.0, false)?, &mut violations);
    let draft = edit.applied_to(&view);
    let moment = if edit.publish_at.is_some() {
        Moment::New(now)
    } else {
        Moment::Kept
    };
    let checked = check(&state, &caller.owner, &draft, moment, &mut violations).await?;
    violations.into_result()?;
    let edit = Edit {
        content: (checked.content != view.post.content).then_some(checked.content),
        publish_at: edit.publish_at,
        time_zone: edit.time_zone,
        if_late: edit.if_late,
        max_lateness_s: edit.max_lateness_s,
        jitter_s: edit.jitter_s,
    };
    let changed = edit::change(
        &state.database,
        &caller.owner,
        &view.post.id,
        edit,
        now,
        state.settings.handed,
    )
    .await?;
    if !changed {
        return Err(Problem::conflict(
            "already_started",
            "The post is being published or is settled; nothing was changed.",
            "Look at its deliveries; submit a new post if you need another.",
        ));
    }
    let view = find_view(&state, &caller, &id).await?;
    info!(post = %view.post.id, publish_at = view.post.publish_at.map(tracing::field::display), "changed");
    wake(&state, &view, now).await;
    Ok(web::Json(PostBody::new(&view, now)))
}

/// Cancel what of a post has not gone out. What is live stays live; the answer tells which is
/// which.
#[utoipa::path(
    tag = "posts",
    extensions(("x-scope" = json!("posts:write"))),
    params(("id" = String, Path, description = "`post_...`")),
    responses(
        (status = 200, description = "Canceled, all of it or what was left.", body = PostBody),
        (status = 409, description = "Nothing is left to cancel: it is going out at this moment, or is settled.", body = Problem, content_type = "application/problem+json"),
    )
)]
#[delete("/posts/{id}")]
pub async fn cancel(
    state: web::Data<State>,
    caller: Caller<WritesPosts>,
    id: web::Path<String>,
) -> Result<web::Json<PostBody>, Problem> {
    let now = state.clock.now();
    let id = post_id(&id)?;
    let canceled = edit::cancel(&state.database, &caller.owner, &id, now).await?;
    let view = find(&state.database, &caller.owner, &id)
        .await?
        .ok_or_else(|| Problem::not_found("post"))?;
    let all_canceled = view.status(now) == entities::post_status::PostStatus::Canceled;
    if canceled == 0 && !all_canceled {
        return Err(Problem::conflict(
            "nothing_to_cancel",
            "Every delivery of this post is going out at this moment or is settled.",
            "Look at its deliveries; try again in a few seconds if one is still under way.",
        ));
    }
    info!(post = %id, canceled, "canceled");
    Ok(web::Json(PostBody::new(&view, now)))
}

fn post_id(text: &str) -> Result<PostId, Problem> {
    text.parse().map_err(|_| Problem::not_found("post"))
}

async fn find_view(
    state: &State,
    caller: &Caller<impl Needs>,
    id: &str,
) -> Result<PostView, Problem> {
    let view = find(&state.database, &caller.owner, &post_id(id)?).await?;
    view.ok_or_else(|| Problem::not_found("post"))
}
