//! `/v1/deliveries`: retry one, see every attempt at it.

use actix_web::{delete, get, post, web};
use entities::delivery::Status;
use entities::errands::{self, ErrandKind};
use entities::posts::{attempts as all_attempts, find_delivery, find_delivery_view};
use entities::rows::attempt;
use entities::{DeliveryId, Timestamp};
use serde::Serialize;
use tracing::info;
use utoipa::ToSchema;

use crate::caller::{Caller, ReadsPosts, WritesPosts};
use crate::fields::{Fields, Violations, object};
use crate::posts::wire::DeliveryBody;
use crate::problem::Problem;
use crate::state::State;

/// How to retry.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub struct RetryBody {
    /// Must be true for a delivery that failed as `unconfirmed`, or that was set aside as `restored`:
    /// it may be live, and a retry may then make a second post.
    even_if_it_may_duplicate: Option<bool>,
}

/// Every try at a delivery.
#[derive(Serialize, ToSchema)]
pub struct AttemptListBody {
    data: Vec<AttemptBody>,
}

/// One try at one step.
#[derive(Serialize, ToSchema)]
pub struct AttemptBody {
    /// `att_...`
    id: String,
    /// Which part of the chain, from 0.
    part_index: i32,
    /// `upload_image`, `begin_upload`, `append_upload`, `finish_upload`, `check_upload`,
    /// `describe_media`, `create_child`, `check_child`, `create_container`, `check_container`,
    /// `publish_container`, `create_post`, `read_permalink` or `find_post`.
    step: &'static str,
    /// `done`, `wait`, `retry`, `retry_at`, `reconnect`, `reject`, `unknown`, `lost` (the worker
    /// died) or `done_late`.
    verdict: &'static str,
    /// Which worker tried.
    worker: String,
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    ended_at: Timestamp,
    http_status: Option<i32>,
    /// The platform's own code.
    platform_code: Option<String>,
    /// The platform's own words, redacted.
    platform_message: Option<String>,
    /// The platform's id of the request, for its support.
    trace_id: Option<String>,
}

/// Retry a delivery that failed or was missed.
#[utoipa::path(
    tag = "deliveries",
    extensions(("x-scope" = json!("posts:write"))),
    params(("id" = String, Path, description = "`dlv_...`")),
    request_body(content = Option<RetryBody>),
    responses(
        (status = 202, description = "Queued again.", body = DeliveryBody),
        (status = 409, description = "It can not be retried as it stands, or only with `even_if_it_may_duplicate`.", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/deliveries/{id}/retry")]
pub async fn retry(
    state: web::Data<State>,
    caller: Caller<WritesPosts>,
    id: web::Path<String>,
    body: crate::body::Json,
) -> Result<actix_web::HttpResponse, Problem> {
    let now = state.clock.now();
    let id = delivery_id(&id)?;
    let object = object(&body.0, true)?;
    let mut violations = Violations::default();
    let mut fields = Fields::root(&object);
    let may_duplicate = fields
        .flag("even_if_it_may_duplicate", &mut violations)
        .unwrap_or(false);
    fields.refuse_others(&mut violations);
    violations.into_result()?;

    let row = find_delivery(&state.database, &caller.owner, &id).await?;
    let row = row.ok_or_else(|| Problem::not_found("delivery"))?;
    let may_be_live = row.delivery_error().is_some_and(|error| {
        error.code == "unconfirmed" && row.status == Status::Failed
            || error.code == entities::restored::CODE
    });
    if may_be_live && !may_duplicate {
        return Err(Problem::conflict(
            "may_duplicate",
            "It could not be found out whether this went out; a retry may make a second post.",
            "Look at the account; if it is not there, retry with {\"even_if_it_may_duplicate\": true}.",
        ));
    }
    if !entities::edit::retry(
        &state.database,
        &caller.owner,
        &row,
        now,
        state.settings.handed,
    )
    .await?
    {
        return Err(not_retryable(row.status));
    }
    info!(delivery = %id, may_duplicate, "retried by hand");
    state.wake(vec![(row.account_id, id.clone())]).await;
    let view = find_delivery_view(&state.database, &caller.owner, &id).await?;
    let view = view.ok_or_else(|| Problem::not_found("delivery"))?;
    Ok(actix_web::HttpResponse::Accepted().json(DeliveryBody::new(&view)))
}

/// Remove what is live of a delivery from its platform.
///
/// All parts of a chain, the last one first. It is done by a worker within seconds, and tried again
/// for a day where the platform does not answer: `removal` of the delivery tells how far it is.
#[utoipa::path(
    tag = "deliveries",
    extensions(("x-scope" = json!("posts:write"))),
    params(("id" = String, Path, description = "`dlv_...`")),
    responses(
        (status = 202, description = "It will be removed.", body = DeliveryBody),
        (status = 409, description = "Nothing of it is live, or it is not settled.", body = Problem, content_type = "application/problem+json"),
    )
)]
#[delete("/deliveries/{id}/remote")]
pub async fn remove(
    state: web::Data<State>,
    caller: Caller<WritesPosts>,
    id: web::Path<String>,
) -> Result<actix_web::HttpResponse, Problem> {
    let id = delivery_id(&id)?;
    let find = async || {
        let view = find_delivery_view(&state.database, &caller.owner, &id).await?;
        view.ok_or_else(|| Problem::not_found("delivery"))
    };
    let view = find().await?;
    if !view.delivery.status.is_settled() {
        return Err(Problem::conflict(
            "not_settled",
            &format!(
                "A delivery that is {} may still become live.",
                view.delivery.status
            ),
            "Cancel its post, or wait until it is published or has failed; then remove it.",
        ));
    }
    let is_live =
        |part: &entities::rows::part::Model| part.remote_id.is_some() && part.removed_at.is_none();
    if !view.parts.iter().any(is_live) {
        return Err(Problem::conflict(
            "nothing_live",
            "Nothing of this delivery is known to be live.",
            "Look at the account; what is there is not on record here.",
        ));
    }
    let now = state.clock.now();
    errands::ask(&state.database, &id, ErrandKind::Remove, now, now).await?;
    info!(delivery = %id, "to be removed from its platform");
    Ok(actix_web::HttpResponse::Accepted().json(DeliveryBody::new(&find().await?)))
}

fn not_retryable(status: Status) -> Problem {
    let action = match status {
        Status::NeedsReconnect => {
            "Connect the account again; the delivery then goes out by itself."
        }
        Status::Published => "It is live; submit a new post if you need another.",
        Status::Canceled => "It was canceled; submit a new post.",
        _ => "It is under way; wait for it to settle.",
    };
    Problem::conflict(
        "not_retryable",
        &format!("A delivery that is {status} can not be retried."),
        action,
    )
}

/// List every try at a delivery, oldest first.
#[utoipa::path(
    tag = "deliveries",
    extensions(("x-scope" = json!("posts:read"))),
    params(("id" = String, Path, description = "`dlv_...`")),
    responses(
        (status = 200, body = AttemptListBody),
    )
)]
#[get("/deliveries/{id}/attempts")]
pub async fn attempts(
    state: web::Data<State>,
    caller: Caller<ReadsPosts>,
    id: web::Path<String>,
) -> Result<web::Json<AttemptListBody>, Problem> {
    let rows = all_attempts(&state.database, &caller.owner, &delivery_id(&id)?).await?;
    let rows = rows.ok_or_else(|| Problem::not_found("delivery"))?;
    Ok(web::Json(AttemptListBody {
        data: rows.into_iter().map(AttemptBody::from).collect(),
    }))
}

fn delivery_id(text: &str) -> Result<DeliveryId, Problem> {
    text.parse().map_err(|_| Problem::not_found("delivery"))
}

impl From<attempt::Model> for AttemptBody {
    fn from(row: attempt::Model) -> Self {
        AttemptBody {
            id: row.id.to_string(),
            part_index: row.part_index,
            step: row.step.as_str(),
            verdict: row.verdict.as_str(),
            worker: row.worker,
            started_at: row.started_at,
            ended_at: row.ended_at,
            http_status: row.http_status,
            platform_code: row.platform_code,
            platform_message: row.platform_message,
            trace_id: row.trace_id,
        }
    }
}
