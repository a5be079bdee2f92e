//! `/v1/accounts`: list, connect with a token at hand, disconnect.

use actix_web::{HttpResponse, delete, get, post, web};
use entities::accounts::{Connection, Credentials, disconnect as take_away, list as all_of};
use entities::rows::account;
use entities::tokens::NewTokens;
use entities::vault::Place;
use entities::{AccountId, Platform, Timestamp};
use platforms::oauth::Refusal;
use platforms::x::oauth::TokenKind;
use platforms::{Failure, Meaning, Profile};
use secrecy::SecretString;
use serde::Serialize;
use tracing::{info, warn};
use utoipa::ToSchema;

use crate::caller::{Caller, ReadsAccounts, WritesAccounts};
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
    /// `own`: sealed here. `clerk`: Clerk is asked at each publish.
    token_source: &'static str,
    #[schema(value_type = Option<String>, format = DateTime)]
    token_expires_at: Option<Timestamp>,
    /// What the token may do, by the platform's own names; empty when it is not known.
    scopes: Vec<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// All connected profiles.
#[derive(Serialize, ToSchema)]
pub struct AccountListBody {
    data: Vec<AccountBody>,
}

/// A platform.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum PlatformWord {
    Threads,
    X,
}

/// A token that you have for a profile.
#[derive(ToSchema)]
#[schema(example = json!({"platform": "threads", "access_token": "THAA..."}))]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub struct ConnectBody {
    #[schema(value_type = PlatformWord, inline)]
    platform: String,
    /// The user's access token. It is tried at once and kept sealed.
    #[schema(pattern = "^\\s*[!-~]{1,4096}\\s*$")]
    access_token: String,
    /// X: the refresh token that came with it.
    #[schema(pattern = "^\\s*[!-~]{1,4096}\\s*$")]
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
            token_source: row.token_source.as_str(),
            token_expires_at: row.token_expires_at,
            scopes: row.scopes.split_whitespace().map(str::to_owned).collect(),
            created_at: row.created_at,
        }
    }
}

/// List your connected profiles.
#[utoipa::path(
    tag = "accounts",
    extensions(("x-scope" = json!("accounts:read"))),
    responses(
        (status = 200, body = AccountListBody),
    )
)]
#[get("/accounts")]
pub async fn list(
    state: web::Data<State>,
    caller: Caller<ReadsAccounts>,
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
    extensions(("x-scope" = json!("accounts:write"))),
    request_body = ConnectBody,
    responses(
        (status = 201, description = "Connected.", body = AccountBody),
        (status = 422, description = "The body breaks rules, or the platform refuses the token.", body = Problem, content_type = "application/problem+json"),
        (status = 502, description = "The platform could not be asked.", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/accounts")]
pub async fn connect(
    state: web::Data<State>,
    caller: Caller<WritesAccounts>,
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
        scopes: String::new(),
        credentials: Credentials::Own(NewTokens {
            access_token,
            refresh_token,
            expires_at: token_expires_at,
        }),
    };
    let row = entities::accounts::connect(&state.database, &state.vault, connection, now).await?;
    info!(account = %row.id, %platform, username = row.username, "connected");
    state.ring(now, now).await;
    Ok(HttpResponse::Created().json(AccountBody::from(row)))
}

/// What is left to do after a disconnection.
#[derive(Serialize, ToSchema)]
pub struct DisconnectedBody {
    /// One sentence.
    message: String,
    /// What to do.
    action: String,
}

/// Disconnect a profile and forget its tokens; where the platform can, they are revoked there.
/// Posts that are scheduled on it wait until it is connected again.
#[utoipa::path(
    tag = "accounts",
    extensions(("x-scope" = json!("accounts:write"))),
    params(("id" = String, Path, description = "`acc_...`")),
    responses(
        (status = 200, description = "Disconnected, and something is left for you to do at the platform.", body = DisconnectedBody),
        (status = 204, description = "Disconnected."),
    )
)]
#[delete("/accounts/{id}")]
pub async fn disconnect(
    state: web::Data<State>,
    caller: Caller<WritesAccounts>,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id: AccountId = id.parse().map_err(|_| Problem::not_found("account"))?;
    let now = state.clock.now();
    let taken = take_away(&state.database, &caller.owner, &id, now).await?;
    let account = taken.ok_or_else(|| Problem::not_found("account"))?;
    info!(account = %id, "disconnected");
    match revoke(&state, &account, now).await {
        None => Ok(HttpResponse::NoContent().finish()),
        Some(left) => Ok(HttpResponse::Ok().json(left)),
    }
}

/// Takes the tokens' power away at the platform. What could not be done is told.
async fn revoke(
    state: &State,
    account: &account::Model,
    now: Timestamp,
) -> Option<DisconnectedBody> {
    let connector = state.connectors.x.as_ref()?;
    if account.platform != Platform::X {
        return None;
    }
    // A token that was pasted in is not ours to revoke; who gave their consent gave both.
    let sealed = account.refresh_token.as_ref()?;
    let place = Place::RefreshToken(&account.id);
    let (token, kind) = (state.vault.open(place, sealed).ok()?, TokenKind::Refresh);
    let app = &connector.app;
    match state.x.revoke(app, &token, kind, now.as_ms()).await {
        Ok(()) => None,
        // It was dead before.
        Err(failure) if failure.refusal == Refusal::GrantDead => None,
        Err(failure) => {
            warn!(account = %account.id, %failure, "the token could not be revoked");
            Some(DisconnectedBody {
                message: "The profile is disconnected here, but X could not be told.".to_owned(),
                action: "Open X under Settings, Security and account access, Apps and sessions, and remove the app there.".to_owned(),
            })
        }
    }
}

pub(crate) fn read_platform(
    fields: &mut Fields<'_>,
    violations: &mut Violations,
) -> Option<Platform> {
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

pub(crate) async fn profile(
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
pub(crate) fn refused(platform: Platform, failure: &Failure) -> Problem {
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
