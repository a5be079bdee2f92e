//! `/v1/accounts`: list, connect with a token at hand, disconnect.

use actix_web::{HttpResponse, delete, get, post, web};
use entities::accounts::{Connection, disconnect as take_away, list as all_of};
use entities::rows::account;
use entities::{AccountId, Platform, Timestamp};
use platforms::{Failure, Meaning, Profile};
use secrecy::SecretString;
use serde::Serialize;
use tracing::info;
use utoipa::ToSchema;

use crate::caller::Caller;
use crate::fields::{Fields, Violations, object};
use crate::problem::Problem;
use crate::state::State;

/// A connected profile.
#[derive(Serialize, ToSchema)]
pub struct AccountBody {
    /// `acc_...`
    id: String,
    /// `threads` or `x`
    platform: &'static str,
    /// The platform's own id of the profile.
    remote_user_id: String,
    username: String,
    display_name: Option<String>,
    picture_url: Option<String>,
    /// `ok`, `degraded` or `needs_reconnect` (its posts wait until it is connected again).
    state: &'static str,
    /// One sentence, when the state is not `ok`.
    state_reason: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    token_expires_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// All connected profiles.
#[derive(Serialize, ToSchema)]
pub struct AccountListBody {
    data: Vec<AccountBody>,
}

/// A token that you have for a profile.
#[derive(ToSchema)]
#[schema(example = json!({"platform": "threads", "access_token": "THAA..."}))]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub struct ConnectBody {
    /// `threads` or `x`
    platform: String,
    /// The user's access token. It is tried at once and kept sealed.
    access_token: String,
    /// X: the refresh token that came with it.
    refresh_token: Option<String>,
    /// When the access token ends, if known.
    #[schema(format = DateTime)]
    token_expires_at: Option<String>,
}

impl From<account::Model> for AccountBody {
    fn from(row: account::Model) -> Self {
        AccountBody {
            id: row.id.to_string(),
            platform: row.platform.as_str(),
            remote_user_id: row.remote_user_id,
            username: row.username,
            display_name: row.display_name,
            picture_url: row.picture_url,
            state: row.state.as_str(),
            state_reason: row.state_reason,
            token_expires_at: row.token_expires_at,
            created_at: row.created_at,
        }
    }
}

/// List your connected profiles.
#[utoipa::path(
    tag = "accounts",
    responses(
        (status = 200, body = AccountListBody),
        (status = 401, description = "No valid key.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away.", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/accounts")]
pub async fn list(
    state: web::Data<State>,
    caller: Caller,
) -> Result<web::Json<AccountListBody>, Problem> {
    let rows = all_of(&state.database, &caller.owner).await?;
    Ok(web::Json(AccountListBody {
        data: rows.into_iter().map(AccountBody::from).collect(),
    }))
}

/// Connect a profile with an access token that you have, or connect it again in place: its
/// scheduled posts stay, and what waited for a new token goes out.
#[utoipa::path(
    tag = "accounts",
    request_body = ConnectBody,
    responses(
        (status = 201, description = "Connected.", body = AccountBody),
        (status = 400, description = "Not JSON.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid key.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The body breaks rules, or the platform refuses the token.", body = Problem, content_type = "application/problem+json"),
        (status = 502, description = "The platform could not be asked.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away.", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/accounts")]
pub async fn connect(
    state: web::Data<State>,
    caller: Caller,
    body: crate::body::Json,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let object = object(&body.0, false)?;
    let mut violations = Violations::default();
    let mut fields = Fields::root(&object);
    let platform = read_platform(&mut fields, &mut violations);
    let access_token = secret(&mut fields, "access_token", &mut violations);
    if fields.lacks("access_token") {
        violations.add("access_token", "missing", "Give the user's access token.");
    }
    let refresh_token = secret(&mut fields, "refresh_token", &mut violations);
    let token_expires_at = fields.time("token_expires_at", &mut violations);
    fields.refuse_others(&mut violations);
    violations.into_result()?;
    let (Some(platform), Some(access_token)) = (platform, access_token) else {
        return Err(Problem::bad_request("platform and access_token are needed"));
    };

    let profile = profile(&state, platform, &access_token, now).await?;
    let connection = Connection {
        owner_id: caller.owner,
        platform,
        remote_user_id: profile.remote_user_id,
        username: profile.username,
        display_name: profile.display_name,
        picture_url: profile.picture_url,
        is_premium: profile.is_premium.unwrap_or(false),
        access_token,
        refresh_token,
        token_expires_at,
    };
    let row = entities::accounts::connect(&state.database, &state.vault, connection, now).await?;
    info!(account = %row.id, %platform, username = row.username, "connected");
    state.ring(now, now).await;
    Ok(HttpResponse::Created().json(AccountBody::from(row)))
}

/// Disconnect a profile and forget its tokens. Posts that are scheduled on it wait until it is
/// connected again.
#[utoipa::path(
    tag = "accounts",
    params(("id" = String, Path, description = "`acc_...`")),
    responses(
        (status = 204, description = "Disconnected."),
        (status = 401, description = "No valid key.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "You have no such account.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away.", body = Problem, content_type = "application/problem+json"),
    )
)]
#[delete("/accounts/{id}")]
pub async fn disconnect(
    state: web::Data<State>,
    caller: Caller,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id: AccountId = id.parse().map_err(|_| Problem::not_found("account"))?;
    if !take_away(&state.database, &caller.owner, &id, state.clock.now()).await? {
        return Err(Problem::not_found("account"));
    }
    info!(account = %id, "disconnected");
    Ok(HttpResponse::NoContent().finish())
}

fn read_platform(fields: &mut Fields<'_>, violations: &mut Violations) -> Option<Platform> {
    let text = fields.text("platform", violations);
    if fields.lacks("platform") {
        violations.add("platform", "missing", "Say `threads` or `x`.");
    }
    let platform = text?.parse().ok();
    if platform.is_none() {
        violations.add("platform", "platform_unknown", "Say `threads` or `x`.");
    }
    platform
}

fn secret(
    fields: &mut Fields<'_>,
    name: &'static str,
    violations: &mut Violations,
) -> Option<SecretString> {
    let text = fields.text(name, violations)?.trim();
    let plausible =
        (1..=4096).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if !plausible {
        violations.add(
            name,
            "invalid_token",
            "A token is 1 to 4096 visible ASCII characters.",
        );
    }
    plausible.then(|| text.to_owned().into())
}

async fn profile(
    state: &State,
    platform: Platform,
    token: &SecretString,
    now: Timestamp,
) -> Result<Profile, Problem> {
    let asked = match platform {
        Platform::Threads => state.threads.profile(token, now.as_ms()).await,
        Platform::X => state.x.profile(token, now.as_ms()).await,
    };
    asked
        .map(|answer| answer.value)
        .map_err(|failure| refused(platform, &failure))
}

/// Why a token could not be tried, or was refused.
fn refused(platform: Platform, failure: &Failure) -> Problem {
    let (message, action, retryable) = match failure.meaning {
        Meaning::Unauthorized => (
            "The platform refuses this token.",
            "Make a new token and try again.",
            false,
        ),
        Meaning::Rejected { .. } | Meaning::Blocked { .. } | Meaning::NotFound => (
            "The platform does not let this token read its profile.",
            "Grant the token all permissions and try again.",
            false,
        ),
        _ => (
            "The platform could not be asked about the token.",
            "Try again in a minute.",
            true,
        ),
    };
    Problem::platform(entities::delivery::DeliveryError {
        code: "platform_refused".into(),
        message: message.into(),
        action: action.into(),
        retryable,
        platform: Some(entities::delivery::PlatformSaid {
            http_status: failure.evidence.http_status,
            code: failure.evidence.code.clone(),
            message: Some(format!("{platform}: {failure}")),
        }),
    })
}
