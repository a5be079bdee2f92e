//! `POST /webhooks/clerk`: signed by Svix, sent more than once, in any order (`clerk.md` 2.5).

use actix_web::{HttpRequest, HttpResponse, post, web};
use clerk::webhook::{Event, Refused, SignedHeaders, verify};
use entities::{UserId, erasure, receipts, users};
use tracing::{info, warn};

use crate::clerk_link::Clerk;
use crate::connections::sync::{Asked, sync_user};
use crate::problem::Problem;
use crate::state::State;

/// Clerk's webhooks: `user.deleted` erases the user here, `session.created` and `user.updated`
/// bring their linked profiles up to date.
#[utoipa::path(
    tag = "callbacks",
    security(()),
    request_body(content = Object, content_type = "application/json"),
    responses(
        (status = 204, description = "Taken in, now or before."),
        (status = 400, description = "The body can not be read.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "The signature is wrong or too old.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "Clerk's webhooks are not set up here.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = Problem, content_type = "application/problem+json"),
        (status = 502, description = "Clerk could not be asked; send it again.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away; send it again.", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/webhooks/clerk")]
pub async fn told_by_clerk(
    state: web::Data<State>,
    request: HttpRequest,
    body: crate::body::Raw,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let clerk = state.clerk.as_ref();
    let clerk = clerk.filter(|clerk| !clerk.webhook_secrets.is_empty());
    let clerk = clerk.ok_or_else(|| Problem::not_found("callback"))?;
    let header = |name| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let headers = SignedHeaders {
        id: header("svix-id").unwrap_or_default(),
        timestamp: header("svix-timestamp").unwrap_or_default(),
        signature: header("svix-signature").unwrap_or_default(),
    };
    let message = match verify(&clerk.webhook_secrets, headers, &body.0, now.as_ms()) {
        Ok(message) => message,
        // Sent again it would be the same again.
        Err(Refused::NotAnEvent) => return Ok(HttpResponse::NoContent().finish()),
        Err(why) => {
            warn!(%why, "a webhook in Clerk's name was refused");
            return Err(Problem::bad_signature());
        }
    };
    let receipt = format!("clerk:{}", message.id);
    if receipts::is_known(&state.database, &receipt).await? {
        return Ok(HttpResponse::NoContent().finish());
    }
    act(&state, clerk, &message.event).await?;
    receipts::keep(&state.database, &receipt, now).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// A file that can not be taken from the store now is told of: its row is gone, and nothing of ours
/// leads to it any more.
async fn forget_files(state: &State, user: &UserId) -> Result<(), Problem> {
    for key in entities::media::keys(&state.database, user).await? {
        if let Err(error) = state.store.delete(&key).await {
            warn!(%user, key, %error, "a file of somebody who was deleted is still in the store");
        }
    }
    entities::media::forget_all(&state.database, user).await?;
    Ok(())
}

async fn act(state: &State, clerk: &Clerk, event: &Event) -> Result<(), Problem> {
    let now = state.clock.now();
    match event {
        Event::UserDeleted { user_id } => {
            // Remembered even of somebody who was never here: their last token may still come.
            let user = users::ensure_of_clerk(&state.database, user_id, now).await?;
            erasure::erase_user(&state.database, &user, now).await?;
            forget_files(state, &user).await?;
            info!(user = %user, "deleted: Clerk has deleted them");
            Ok(())
        }
        Event::SessionCreated { user_id } | Event::UserUpdated { user_id } => {
            let known = users::find_of_clerk(&state.database, user_id).await?;
            let Some(user) = known.filter(|user| user.deleted_at.is_none()) else {
                return Ok(());
            };
            let synced = sync_user(state, clerk, &user.id, user_id, Asked::ByClerk).await?;
            info!(user = %user.id, problems = synced.problems.len(), "brought up to date with Clerk");
            if synced.is_to_be_repeated() {
                let action =
                    "Send it again: a linked profile could not be connected at the moment.";
                return Err(Problem::bad_gateway(
                    "Not everything could be done.",
                    action,
                ));
            }
            Ok(())
        }
        Event::Other { kind } => {
            info!(kind, "a webhook of Clerk's that means nothing to us");
            Ok(())
        }
    }
}
