//! The way back from the consent page: the code becomes a token, the token a connected profile.

use actix_web::{HttpResponse, post, web};
use entities::accounts::{Connection, Credentials, connect};
use entities::authorizations::{self, Authorization, Finished};
use entities::tokens::NewTokens;
use entities::{Platform, Timestamp, UserId};
use secrecy::SecretString;
use tracing::info;
use utoipa::openapi::schema::{AdditionalProperties, AllOfBuilder, AnyOfBuilder, Type};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use std::time::Duration;

use super::explain;
use crate::accounts::{AccountBody, profile};
use crate::caller::{Caller, WritesAccounts};
use crate::fields::{Fields, Violations, object};
use crate::problem::Problem;
use crate::state::State;

const SIXTY_DAYS: Duration = Duration::from_secs(60 * 24 * 3600);

/// What came back from the consent page, as it stood in the address: `state`, and either `code` or
/// the error.
pub struct FinishBody;

impl ToSchema for FinishBody {}

impl PartialSchema for FinishBody {
    fn schema() -> RefOr<Schema> {
        let with = |name: &str| {
            ObjectBuilder::new()
                .property(name, ObjectBuilder::new().schema_type(Type::String))
                .required(name)
                .additional_properties(Some(AdditionalProperties::FreeForm(true)))
        };
        let either = AnyOfBuilder::new().item(with("code")).item(with("error"));
        let all = AllOfBuilder::new()
            .item(FinishFields::schema())
            .item(either);
        all.into()
    }
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
struct FinishFields {
    state: String,
    code: Option<String>,
    error: Option<String>,
    error_reason: Option<String>,
    error_description: Option<String>,
}

/// What the platform sent back.
struct Returned {
    state: SecretString,
    outcome: Result<SecretString, explain::ConsentError>,
}

/// Finish connecting a profile with what came back from the consent page. Must be the caller who
/// began it, and works once. A profile that is known is connected again in place: its scheduled
/// posts stay, and what waited for a new token goes out.
#[utoipa::path(
    tag = "accounts",
    extensions(("x-scope" = json!("accounts:write"))),
    request_body = FinishBody,
    responses(
        (status = 201, description = "Connected.", body = AccountBody),
        (status = 409, description = "It can not be finished: unknown, used, too old, begun by another, or the app is not set up as it must be.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The body breaks rules, consent was denied, or the platform refuses the code.", body = Problem, content_type = "application/problem+json"),
        (status = 502, description = "The platform could not be asked.", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/connections/finish")]
pub async fn finish(
    state: web::Data<State>,
    caller: Caller<WritesAccounts>,
    body: crate::body::Json,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let returned = read(&body)?;
    let finished = authorizations::finish(
        &state.database,
        &state.vault,
        &caller.owner,
        &returned.state,
        now,
    )
    .await?;
    let authorization = match finished {
        Finished::Ours(authorization) => authorization,
        Finished::Unknown => return Err(explain::state_unknown()),
        Finished::AnotherCallers => return Err(explain::another_callers()),
        Finished::Expired => return Err(explain::state_expired()),
    };
    let platform = authorization.platform;
    let code = returned
        .outcome
        .map_err(|error| explain::not_consented(platform, &error))?;
    let granted = match platform {
        Platform::Threads => threads_tokens(&state, &authorization, &code, now).await?,
        Platform::X => x_tokens(&state, &authorization, &code, now).await?,
    };
    let row = save(&state, caller.owner, platform, granted, now).await?;
    Ok(HttpResponse::Created().json(AccountBody::from(row)))
}

/// Tokens, and what they may do.
pub(super) struct Granted {
    pub tokens: NewTokens,
    pub scopes: String,
}

/// Reads whose tokens they are, and connects that profile.
pub(super) async fn save(
    state: &State,
    owner_id: UserId,
    platform: Platform,
    granted: Granted,
    now: Timestamp,
) -> Result<entities::rows::account::Model, Problem> {
    let profile = profile(state, platform, &granted.tokens.access_token, now).await?;
    let connection = Connection {
        owner_id,
        platform,
        remote_user_id: profile.remote_user_id,
        username: profile.username,
        display_name: profile.display_name,
        picture_url: profile.picture_url,
        is_premium: profile.is_premium.unwrap_or(false),
        scopes: granted.scopes,
        credentials: Credentials::Own(granted.tokens),
    };
    let row = connect(&state.database, &state.vault, connection, now).await?;
    info!(account = %row.id, %platform, username = row.username, "connected");
    state.ring(now, now).await;
    Ok(row)
}

async fn threads_tokens(
    state: &State,
    authorization: &Authorization,
    code: &SecretString,
    now: Timestamp,
) -> Result<Granted, Problem> {
    let connector = state.connectors.threads.as_ref();
    let connector = connector.ok_or_else(|| explain::not_set_up(Platform::Threads))?;
    let app = &connector.app;
    let short = state
        .threads
        .exchange_code(app, code, &authorization.redirect_uri, now.as_ms())
        .await
        .map_err(|failure| explain::refused(Platform::Threads, &failure))?;
    long_lived(state, app, &short.token, now).await
}

/// Trades the token of one hour for one of sixty days, at once.
pub(super) async fn long_lived(
    state: &State,
    app: &platforms::threads::oauth::App,
    short: &SecretString,
    now: Timestamp,
) -> Result<Granted, Problem> {
    let long = state
        .threads
        .long_lived(app, short, now.as_ms())
        .await
        .map_err(|failure| explain::refused(Platform::Threads, &failure))?;
    Ok(Granted {
        tokens: NewTokens {
            access_token: long.token,
            refresh_token: None,
            expires_at: Some(expires_at(long.expires_at_ms, now)),
        },
        // The answer names none: it has what was asked for, or less, which shows at the first use.
        scopes: platforms::threads::oauth::SCOPES.join(" "),
    })
}

/// Threads has always said so far (threads.md 2.4).
pub(crate) fn expires_at(told_ms: Option<i64>, now: Timestamp) -> Timestamp {
    told_ms.map_or(now + SIXTY_DAYS, Timestamp::from_ms)
}

async fn x_tokens(
    state: &State,
    authorization: &Authorization,
    code: &SecretString,
    now: Timestamp,
) -> Result<Granted, Problem> {
    let connector = state.connectors.x.as_ref();
    let connector = connector.ok_or_else(|| explain::not_set_up(Platform::X))?;
    let verifier = authorization
        .code_verifier
        .as_ref()
        .ok_or_else(explain::state_unknown)?;
    let tokens = state
        .x
        .exchange_code(
            &connector.app,
            code,
            &authorization.redirect_uri,
            verifier,
            now.as_ms(),
        )
        .await
        .map_err(|failure| explain::refused(Platform::X, &failure))?;
    explain::refuse_missing_scopes(&tokens)?;
    Ok(Granted {
        scopes: tokens.scopes.join(" "),
        tokens: NewTokens {
            access_token: tokens.access,
            refresh_token: tokens.refresh,
            expires_at: tokens.expires_at_ms.map(Timestamp::from_ms),
        },
    })
}

fn read(body: &crate::body::Json) -> Result<Returned, Problem> {
    let object = object(&body.0, false)?;
    let mut violations = Violations::default();
    let mut fields = Fields::root(&object);
    let state = fields.text("state", &mut violations);
    let code = fields.text("code", &mut violations);
    let error = explain::ConsentError {
        error: owned(fields.text("error", &mut violations)),
        reason: owned(fields.text("error_reason", &mut violations)),
        description: owned(fields.text("error_description", &mut violations)),
    };
    if fields.lacks("state") {
        let message = "Give `state` as the platform sent it back.";
        violations.add("state", "missing", message);
    }
    if fields.lacks("code") && fields.lacks("error") {
        let message = "Give `code` or `error` as the platform sent it back.";
        violations.add("code", "missing", message);
    }
    fields.refuse_others(&mut violations);
    violations.into_result()?;
    let secret = |text: &str| SecretString::from(text.to_owned());
    Ok(Returned {
        state: secret(state.unwrap_or_default()),
        outcome: match code.filter(|code| !code.is_empty()) {
            Some(code) => Ok(secret(code)),
            None => Err(error),
        },
    })
}

fn owned(text: Option<&str>) -> Option<String> {
    text.map(|text| text.chars().take(300).collect())
}
