//! `/v1/webhooks`: where a customer wants to be told what happened, and what was told there. What
//! others tell us is in [`crate::webhooks`].

pub mod log;
mod read;
pub mod wire;

use actix_web::{HttpResponse, delete, get, patch, post, web};
use entities::rows::webhook::Model;
use entities::webhooks::{self as table, NewWebhook, SecretError};
use entities::{UserId, WebhookId, notifications};
use secrecy::ExposeSecret;
use tracing::{error, info};

use crate::caller::{Caller, ReadsWebhooks, SendsEvents, WritesWebhooks};
use crate::fields::{Fields, Violations, object};
use crate::problem::Problem;
use crate::state::State;

use log::NotificationBody;
use wire::{
    ChangeWebhookBody, MakeWebhookBody, NewWebhookBody, RotateSecretBody, WebhookBody,
    WebhookListBody,
};

/// Tell a webhook what happens.
///
/// Each event is sent as `{"type", "timestamp", "data", "id"}` with the headers `webhook-id`,
/// `webhook-timestamp` and `webhook-signature` of the Standard Webhooks specification; any of its
/// libraries verifies them with the secret that is answered here, this once. An answer of 2xx says
/// that it was taken; else it is sent again for three days, always with the same id. It may arrive
/// more than once and in any order.
///
/// Events tell of posts, so a key that has them sent somewhere needs `posts:read` too.
#[utoipa::path(
    tag = "webhooks",
    extensions(("x-scope" = json!("webhooks:write posts:read"))),
    request_body = MakeWebhookBody,
    responses(
        (status = 201, description = "Made.", body = NewWebhookBody),
        (status = 403, description = "The key lacks `webhooks:write` or `posts:read`, or a page of another site asks with the cookie.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "You have as many webhooks as may be.", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/webhooks")]
pub async fn create(
    state: web::Data<State>,
    caller: Caller<SendsEvents>,
    body: crate::body::Json,
) -> Result<HttpResponse, Problem> {
    let object = object(&body.0, false)?;
    let mut violations = Violations::default();
    let mut fields = Fields::root(&object);
    let url = read::url(&mut fields, state.settings.webhooks_reach, &mut violations);
    if fields.lacks("url") {
        violations.add("url", "missing", "Say where events are to be sent.");
    }
    let kinds = read::events(&mut fields, &mut violations);
    let description = read::description(&mut fields, &mut violations);
    fields.refuse_others(&mut violations);
    violations.into_result()?;
    let Some(url) = url else {
        return Err(Problem::bad_request("url is needed"));
    };
    let new = NewWebhook {
        url,
        description,
        kinds,
    };
    let now = state.clock.now();
    let made = table::create(&state.database, &state.vault, &caller.owner, new, now).await;
    let Some((row, secret)) = made.map_err(unkept)? else {
        let title = format!(
            "You have {} webhooks, which is as many as may be.",
            table::MOST
        );
        let action = "Delete one that you do not need, or have one serve for more kinds of event.";
        return Err(Problem::conflict("too_many_webhooks", &title, action));
    };
    info!(webhook = %row.id, "made a webhook");
    Ok(HttpResponse::Created().json(NewWebhookBody {
        about: WebhookBody::new(row, now),
        secret: secret.expose_secret().to_owned(),
    }))
}

/// List your webhooks, oldest first.
#[utoipa::path(
    tag = "webhooks",
    extensions(("x-scope" = json!("webhooks:read"))),
    responses(
        (status = 200, body = WebhookListBody),
    )
)]
#[get("/webhooks")]
pub async fn list(
    state: web::Data<State>,
    caller: Caller<ReadsWebhooks>,
) -> Result<web::Json<WebhookListBody>, Problem> {
    let now = state.clock.now();
    let rows = table::list(&state.database, &caller.owner).await?;
    Ok(web::Json(WebhookListBody {
        data: rows
            .into_iter()
            .map(|row| WebhookBody::new(row, now))
            .collect(),
    }))
}

/// Show a webhook.
#[utoipa::path(
    tag = "webhooks",
    extensions(("x-scope" = json!("webhooks:read"))),
    params(("id" = String, Path, description = "`whk_...`")),
    responses(
        (status = 200, body = WebhookBody),
    )
)]
#[get("/webhooks/{id}")]
pub async fn show(
    state: web::Data<State>,
    caller: Caller<ReadsWebhooks>,
    id: web::Path<String>,
) -> Result<web::Json<WebhookBody>, Problem> {
    let row = own(&state, &caller.owner, &id).await?;
    Ok(web::Json(WebhookBody::new(row, state.clock.now())))
}

/// Change a webhook, or switch it off and on.
///
/// While it is off, nothing new is noted for it; what waited is held, and sent once it is on again.
#[utoipa::path(
    tag = "webhooks",
    extensions(("x-scope" = json!("webhooks:write posts:read"))),
    params(("id" = String, Path, description = "`whk_...`")),
    request_body = ChangeWebhookBody,
    responses(
        (status = 200, description = "Changed.", body = WebhookBody),
        (status = 403, description = "The key lacks `webhooks:write` or `posts:read`, or a page of another site asks with the cookie.", body = Problem, content_type = "application/problem+json"),
    )
)]
#[patch("/webhooks/{id}")]
pub async fn change(
    state: web::Data<State>,
    caller: Caller<SendsEvents>,
    id: web::Path<String>,
    body: crate::body::Json,
) -> Result<web::Json<WebhookBody>, Problem> {
    let id = own(&state, &caller.owner, &id).await?.id;
    let object = object(&body.0, false)?;
    let change = read::change(&object, state.settings.webhooks_reach)?;
    let now = state.clock.now();
    let row = table::change(&state.database, &caller.owner, &id, change, now).await?;
    let row = row.ok_or_else(unknown)?;
    info!(webhook = %id, enabled = row.enabled, "changed a webhook");
    Ok(web::Json(WebhookBody::new(row, now)))
}

/// Delete a webhook, with all that was or was to be sent to it.
#[utoipa::path(
    tag = "webhooks",
    extensions(("x-scope" = json!("webhooks:write"))),
    params(("id" = String, Path, description = "`whk_...`")),
    responses(
        (status = 204, description = "Deleted."),
    )
)]
#[delete("/webhooks/{id}")]
pub async fn forget(
    state: web::Data<State>,
    caller: Caller<WritesWebhooks>,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = webhook_id(&id)?;
    let now = state.clock.now();
    if !table::delete(&state.database, &caller.owner, &id, now).await? {
        return Err(unknown());
    }
    info!(webhook = %id, "deleted a webhook");
    Ok(HttpResponse::NoContent().finish())
}

/// Give a webhook a new secret.
///
/// The one before signs on beside it for a day, or as long as you say, so that the receiver can
/// change over whenever it suits. At most two secrets sign.
#[utoipa::path(
    tag = "webhooks",
    extensions(("x-scope" = json!("webhooks:write"))),
    params(("id" = String, Path, description = "`whk_...`")),
    request_body(content = Option<RotateSecretBody>),
    responses(
        (status = 200, description = "The new secret. This is the only time that it is shown.", body = NewWebhookBody),
    )
)]
#[post("/webhooks/{id}/rotate-secret")]
pub async fn rotate_secret(
    state: web::Data<State>,
    caller: Caller<WritesWebhooks>,
    id: web::Path<String>,
    body: crate::body::Json,
) -> Result<web::Json<NewWebhookBody>, Problem> {
    let id = own(&state, &caller.owner, &id).await?.id;
    let object = object(&body.0, true)?;
    let signs_on = read::former_valid_for(&object)?;
    let now = state.clock.now();
    let rotated = table::rotate(
        &state.database,
        &state.vault,
        &caller.owner,
        &id,
        now + signs_on,
        now,
    );
    let (row, secret) = rotated.await.map_err(unkept)?.ok_or_else(unknown)?;
    info!(webhook = %id, "gave a webhook a new secret");
    Ok(web::Json(NewWebhookBody {
        about: WebhookBody::new(row, now),
        secret: secret.expose_secret().to_owned(),
    }))
}

/// Send a test event to a webhook.
///
/// An event `webhook.test`, to this webhook alone, whatever kinds it wants; its log tells what came
/// of it.
#[utoipa::path(
    tag = "webhooks",
    extensions(("x-scope" = json!("webhooks:write"))),
    params(("id" = String, Path, description = "`whk_...`")),
    responses(
        (status = 202, description = "It is sent within a second.", body = NotificationBody),
        (status = 409, description = "It is disabled.", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/webhooks/{id}/test")]
pub async fn test(
    state: web::Data<State>,
    caller: Caller<WritesWebhooks>,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = enabled(&state, &caller.owner, &id).await?;
    let now = state.clock.now();
    let event = notifications::test(&state.database, &caller.owner, &id, now).await?;
    let event = event.ok_or_else(disabled)?;
    log::accepted(&state, &id, &event).await
}

/// A webhook of the caller's.
async fn own(state: &State, owner: &UserId, id: &str) -> Result<Model, Problem> {
    let row = table::find(&state.database, owner, &webhook_id(id)?).await?;
    row.ok_or_else(unknown)
}

/// The id of one to which something is sent.
async fn enabled(state: &State, owner: &UserId, id: &str) -> Result<WebhookId, Problem> {
    let row = own(state, owner, id).await?;
    match row.enabled {
        true => Ok(row.id),
        false => Err(disabled()),
    }
}

fn webhook_id(text: &str) -> Result<WebhookId, Problem> {
    text.parse().map_err(|_| unknown())
}

fn unknown() -> Problem {
    Problem::not_found("webhook")
}

fn disabled() -> Problem {
    Problem::conflict(
        "webhook_disabled",
        "Nothing is sent to a webhook that is disabled.",
        "Enable it first: PATCH it with {\"enabled\": true}.",
    )
}

fn unkept(failed: SecretError) -> Problem {
    match failed {
        SecretError::Database(error) => error.into(),
        SecretError::Vault(error) => {
            error!(%error, "a webhook's secret can not be sealed or opened");
            Problem::not_configured(
                "The webhook's secret can not be sealed or opened with this server's key.",
                "Ask whoever runs the server to look at DUALPOSTS_SECRET_KEY and DUALPOSTS_FORMER_SECRET_KEYS.",
            )
        }
    }
}
