//! The way to the consent page.

use actix_web::{HttpResponse, get, post, web};
use entities::authorizations::{self, Authorization, LIFE};
use entities::{Platform, Timestamp, secret};
use platforms::threads::oauth as threads;
use platforms::x::oauth as x;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use tracing::info;
use utoipa::ToSchema;

use crate::accounts::read_platform;
use crate::caller::{Caller, ReadsAccounts, WritesAccounts};
use crate::fields::{Fields, Violations, object};
use crate::problem::Problem;
use crate::state::{ConnectBy, State};

/// What Threads' window shows instead of a consent page (threads.md 2.1).
const SHOWN_BY_THREADS: [i64; 4] = [1_349_245, 1_349_168, 1_349_026, 1];

/// Where to send the person.
#[derive(Serialize, ToSchema)]
pub struct BegunBody {
    /// The platform's consent page. Open it in the browser that is signed in here.
    authorize_url: String,
    /// Until when it can be finished.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// Which platform to connect.
#[derive(ToSchema)]
#[schema(example = json!({"platform": "threads"}))]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub struct BeginBody {
    #[schema(value_type = crate::accounts::PlatformWord, inline)]
    platform: String,
}

/// How profiles are connected here.
#[derive(Serialize, ToSchema)]
pub struct HowBody {
    data: Vec<HowOne>,
}

/// How profiles of one platform are connected.
#[derive(Serialize, ToSchema)]
pub struct HowOne {
    /// `threads` or `x`
    platform: &'static str,
    /// `consent` (by `POST /v1/connections`), `clerk` (by Clerk's page, then
    /// `POST /v1/connections/sync`) or `token` (only by `POST /v1/accounts`, with a token at hand).
    by: &'static str,
    /// The address that the platform must know as a redirect URI of the app.
    redirect_uri: String,
    /// What the platform's window shows when something is not set up, and what to do then.
    help: Vec<HelpBody>,
}

/// What to do about an error that the platform's own window shows.
#[derive(Serialize, ToSchema)]
pub struct HelpBody {
    /// The platform's error code.
    shows: String,
    message: String,
    action: String,
}

/// How profiles are connected here, for each platform.
#[utoipa::path(
    tag = "accounts",
    extensions(("x-scope" = json!("accounts:read"))),
    responses(
        (status = 200, body = HowBody),
    )
)]
#[get("/connections")]
pub async fn how(state: web::Data<State>, _caller: Caller<ReadsAccounts>) -> web::Json<HowBody> {
    let data = Platform::ALL.iter().map(|platform| HowOne {
        platform: platform.as_str(),
        by: match state.connect_by(*platform) {
            ConnectBy::Consent => "consent",
            ConnectBy::Clerk => "clerk",
            ConnectBy::TokenOnly => "token",
        },
        redirect_uri: redirect_uri(&state, *platform),
        help: help(*platform),
    });
    web::Json(HowBody {
        data: data.collect(),
    })
}

fn help(platform: Platform) -> Vec<HelpBody> {
    match platform {
        Platform::Threads => SHOWN_BY_THREADS
            .iter()
            .filter_map(|code| Some((code, threads::explain_authorize_error(*code)?)))
            .map(|(code, known)| HelpBody {
                shows: code.to_string(),
                message: known.sentence.to_owned(),
                action: known.what_to_do.to_owned(),
            })
            .collect(),
        Platform::X => vec![HelpBody {
            shows: "Something went wrong: you weren't able to give access to the App".to_owned(),
            message: "X does not accept the app's settings.".to_owned(),
            action: "In X's developer console, switch on OAuth 2.0 with read and write permission and list the redirect URI exactly as shown here.".to_owned(),
        }],
    }
}

/// Begin to connect a profile: answers the address of the platform's consent page.
#[utoipa::path(
    tag = "accounts",
    extensions(("x-scope" = json!("accounts:write"))),
    request_body = BeginBody,
    responses(
        (status = 201, description = "Send the person there.", body = BegunBody),
        (status = 409, description = "No app is set up for the platform.", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/connections")]
pub async fn begin(
    state: web::Data<State>,
    caller: Caller<WritesAccounts>,
    body: crate::body::Json,
) -> Result<HttpResponse, Problem> {
    let now = state.clock.now();
    let object = object(&body.0, false)?;
    let mut violations = Violations::default();
    let mut fields = Fields::root(&object);
    let platform = read_platform(&mut fields, &mut violations);
    fields.refuse_others(&mut violations);
    violations.into_result()?;
    let platform = platform.ok_or_else(|| Problem::bad_request("platform is needed"))?;

    let nonce = secret::random();
    let redirect_uri = redirect_uri(&state, platform);
    let (authorize_url, code_verifier) = consent_page(&state, platform, &redirect_uri, &nonce)?;
    let authorization = Authorization {
        platform,
        redirect_uri,
        code_verifier,
    };
    authorizations::begin(
        &state.database,
        &state.vault,
        &caller.owner,
        &nonce,
        &authorization,
        now,
    )
    .await?;
    info!(%platform, "a person is sent to the consent page");
    Ok(HttpResponse::Created().json(BegunBody {
        authorize_url,
        expires_at: now + LIFE,
    }))
}

/// Where the platform sends people back to.
pub fn redirect_uri(state: &State, platform: Platform) -> String {
    format!("{}/oauth/{platform}/callback", state.settings.public_url)
}

/// The consent page's address, and the PKCE verifier where the platform knows PKCE.
fn consent_page(
    state: &State,
    platform: Platform,
    redirect_uri: &str,
    nonce: &SecretString,
) -> Result<(String, Option<SecretString>), Problem> {
    let nonce = nonce.expose_secret();
    match platform {
        Platform::Threads => {
            let connector = state.connectors.threads.as_ref();
            let connector = connector.ok_or_else(|| super::explain::not_set_up(platform))?;
            let url = threads::authorize_url(
                &connector.authorize_url,
                &connector.app.app_id,
                redirect_uri,
                threads::SCOPES,
                nonce,
            );
            Ok((url, None))
        }
        Platform::X => {
            let connector = state.connectors.x.as_ref();
            let connector = connector.ok_or_else(|| super::explain::not_set_up(platform))?;
            // 43 characters of the alphabet that RFC 7636 asks for.
            let verifier = secret::random();
            let url = x::authorize_url(
                &connector.authorize_url,
                &connector.app.client_id,
                redirect_uri,
                x::SCOPES,
                nonce,
                &x::code_challenge(&verifier),
            );
            Ok((url, Some(verifier)))
        }
    }
}
