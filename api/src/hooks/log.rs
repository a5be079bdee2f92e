//! What was sent to a webhook, every try, and sending it again.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use entities::notifications::{self, Redelivered};
use entities::rows::notification::{Notification, NotificationAttempt, NotificationState};
use entities::{EventId, Timestamp, WebhookId};
use serde::Serialize;
use tracing::info;
use utoipa::{IntoParams, ToSchema};

use super::{enabled, own, unknown};
use crate::caller::{Caller, ReadsWebhooks, WritesWebhooks};
use crate::paging::Page;
use crate::problem::Problem;
use crate::state::State;

/// How many one page of the log has, unless asked otherwise.
const PAGE: u64 = 50;

/// One event for a webhook.
#[derive(Serialize, ToSchema)]
pub struct NotificationBody {
    /// `evt_...`: the header `webhook-id`, the same for every try.
    event_id: String,
    /// The kind of event.
    #[serde(rename = "type")]
    kind: String,
    /// `waiting`; `held` while the webhook is disabled; `done`; `failed`: given up after three days.
    state: &'static str,
    /// When it is sent next, while it waits.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_at: Option<Timestamp>,
    /// What came of the last try, in words.
    outcome: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Every try, oldest first.
    attempts: Vec<NotificationAttemptBody>,
}

/// One try to send an event.
#[derive(Serialize, ToSchema)]
pub struct NotificationAttemptBody {
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    duration_ms: i64,
    /// What the receiver answered; null: it did not.
    http_status: Option<i32>,
    /// Why it counts as failed; null: it was taken.
    error: Option<String>,
    /// The beginning of the answer, at most 500 characters, without what looks like a secret.
    answer: Option<String>,
}

/// A page of what was sent, newest event first.
#[derive(Serialize, ToSchema)]
pub struct NotificationListBody {
    data: Vec<NotificationBody>,
    /// For the next page; null when this is the last.
    next_cursor: Option<String>,
}

/// Which page.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub struct LogQuery {
    /// `next_cursor` of the page before.
    #[param(required = false, value_type = String, pattern = "^evt_[0-9a-fA-F]{32}$")]
    cursor: Option<EventId>,
    /// 1 to 100; 50 unless given.
    #[param(required = false, minimum = 1, maximum = 100)]
    limit: u64,
}

impl NotificationBody {
    fn new(row: Notification, attempts: &[NotificationAttempt]) -> Self {
        let own = attempts.iter().filter(|one| one.event_id == row.event_id);
        NotificationBody {
            attempts: own.map(NotificationAttemptBody::from).collect(),
            event_id: row.event_id.to_string(),
            kind: row.kind,
            state: row.state.as_str(),
            next_at: (row.state == NotificationState::Waiting).then_some(row.next_at),
            outcome: row.outcome,
            created_at: row.created_at,
        }
    }
}

impl From<&NotificationAttempt> for NotificationAttemptBody {
    fn from(row: &NotificationAttempt) -> Self {
        NotificationAttemptBody {
            started_at: row.started_at,
            duration_ms: row.duration_ms,
            http_status: row.http_status,
            error: row.error.clone(),
            answer: row.answer.clone(),
        }
    }
}

/// List what was and is to be sent to a webhook, newest event first, with every try. It is kept for
/// 30 days.
#[utoipa::path(
    tag = "webhooks",
    extensions(("x-scope" = json!("webhooks:read"))),
    params(("id" = String, Path, description = "`whk_...`"), LogQuery),
    responses(
        (status = 200, body = NotificationListBody),
        (status = 400, description = "The query can not be read.", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/webhooks/{id}/notifications")]
pub async fn list(
    state: web::Data<State>,
    caller: Caller<ReadsWebhooks>,
    id: web::Path<String>,
    request: HttpRequest,
) -> Result<web::Json<NotificationListBody>, Problem> {
    let webhook = own(&state, &caller.owner, &id).await?.id;
    let Page { cursor, limit } = Page::<EventId>::read(request.query_string(), PAGE)?;
    // One more than is shown tells whether there is a next page.
    let rows = notifications::list(&state.database, &webhook, cursor.as_ref(), limit + 1);
    let mut rows = rows.await?;
    let shown = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > shown;
    rows.truncate(shown);
    let events: Vec<EventId> = rows.iter().map(|row| row.event_id.clone()).collect();
    let attempts = notifications::attempts(&state.database, &webhook, &events).await?;
    Ok(web::Json(NotificationListBody {
        next_cursor: events.last().filter(|_| more).map(ToString::to_string),
        data: rows
            .into_iter()
            .map(|row| NotificationBody::new(row, &attempts))
            .collect(),
    }))
}

/// Send an event to a webhook once more, whatever came of it before.
#[utoipa::path(
    tag = "webhooks",
    extensions(("x-scope" = json!("webhooks:write"))),
    params(
        ("id" = String, Path, description = "`whk_...`"),
        ("event_id" = String, Path, description = "`evt_...`")
    ),
    responses(
        (status = 202, description = "It is sent within a second, under the same id.", body = NotificationBody),
        (status = 404, description = "You have no such webhook, or it was never to be told of this event.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The webhook is disabled, or it is being sent at this moment.", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/webhooks/{id}/notifications/{event_id}/redeliver")]
pub async fn redeliver(
    state: web::Data<State>,
    caller: Caller<WritesWebhooks>,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let webhook = enabled(&state, &caller.owner, &path.0).await?;
    let event: EventId = path.1.parse().map_err(|_| no_notification())?;
    let now = state.clock.now();
    match notifications::redeliver(&state.database, &webhook, &event, now).await? {
        Redelivered::Begun => {
            info!(%webhook, %event, "to be sent once more");
            accepted(&state, &webhook, &event).await
        }
        Redelivered::UnderWay => Err(Problem::conflict(
            "under_way",
            "It is being sent at this moment.",
            "Wait for what comes of it; the log tells.",
        )),
        Redelivered::Unknown => Err(no_notification()),
    }
}

/// The answer for what will be sent.
pub(super) async fn accepted(
    state: &State,
    webhook: &WebhookId,
    event: &EventId,
) -> Result<HttpResponse, Problem> {
    let row = notifications::find(&state.database, webhook, event).await?;
    let row = row.ok_or_else(unknown)?;
    let tried = notifications::attempts(&state.database, webhook, std::slice::from_ref(event));
    Ok(HttpResponse::Accepted().json(NotificationBody::new(row, &tried.await?)))
}

fn no_notification() -> Problem {
    Problem::not_found("notification")
}
