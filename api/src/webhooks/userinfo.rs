//! `GET /clerk/threads/userinfo`: stands between Clerk and Threads while a person gives their
//! consent, and trades the token of one hour that passes by for one of sixty days (`clerk.md` 2.6,
//! way B). Off unless `DUALPOSTS_CLERK_USERINFO_PROXY` is on.

use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpRequest, HttpResponse, get, web};
use entities::Platform;
use entities::unclaimed::{Unclaimed, keep};
use secrecy::SecretString;
use serde::Serialize;
use tracing::{info, warn};
use utoipa::ToSchema;

use crate::accounts::profile;
use crate::connections::finish::expires_at;
use crate::problem::Problem;
use crate::state::State;

/// The profile, in Threads' own words, as Clerk's attribute mapping expects them.
#[derive(Serialize, ToSchema)]
pub struct UserInfoBody {
    id: String,
    username: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    threads_profile_picture_url: Option<String>,
}

/// The user-info address to give to Clerk's custom provider for Threads.
#[utoipa::path(
    tag = "callbacks",
    security(()),
    responses(
        (status = 200, body = UserInfoBody),
        (status = 401, description = "There is no token, or Threads refuses it.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "This is switched off here.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Threads does not let this token read its profile.", body = Problem, content_type = "application/problem+json"),
        (status = 502, description = "Threads could not be asked.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away.", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/clerk/threads/userinfo")]
pub async fn userinfo(
    state: web::Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let is_on = state
        .clerk
        .as_ref()
        .is_some_and(|clerk| clerk.userinfo_proxy);
    let connector = state.connectors.threads.as_ref().filter(|_| is_on);
    let connector = connector.ok_or_else(|| Problem::not_found("callback"))?;
    let token = bearer(&request).ok_or_else(|| Problem::unauthorized("There is no token."))?;
    let profile = profile(&state, Platform::Threads, &token, now).await?;
    let traded = state
        .threads
        .long_lived(&connector.app, &token, now.as_ms())
        .await;
    match traded {
        Ok(long) => {
            let unclaimed = Unclaimed {
                token: long.token,
                expires_at: expires_at(long.expires_at_ms, now),
            };
            let (database, vault) = (&state.database, &state.vault);
            let id = &profile.remote_user_id;
            keep(database, vault, Platform::Threads, id, &unclaimed, now).await?;
            info!("traded a token for one of sixty days while Clerk asked for the profile");
        }
        // Signing in must not fail by it: the token can still be traded when the user comes.
        Err(failure) => warn!(%failure, "a token that Clerk showed could not be traded"),
    }
    Ok(HttpResponse::Ok().json(UserInfoBody {
        id: profile.remote_user_id,
        username: profile.username,
        name: profile.display_name,
        threads_profile_picture_url: profile.picture_url,
    }))
}

fn bearer(request: &HttpRequest) -> Option<SecretString> {
    let value = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| token.to_owned().into())
}
