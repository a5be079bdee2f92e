//! `/v1/session` and `/v1/sign-in`: how people come in, who they are, and how they leave.

use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use entities::sessions::{end, redeem_link};
use secrecy::SecretString;
use serde::Serialize;
use tracing::info;
use utoipa::ToSchema;

use crate::caller::{Anyone, Caller};
use crate::fields::{Fields, Violations, object};
use crate::problem::Problem;
use crate::sign_in::{Via, cookie};
use crate::state::State;

/// How people sign in here.
#[derive(Serialize, ToSchema)]
pub struct SignInBody {
    /// `link`: by the link that is printed at the start, or by `dualposts link`. `clerk`: by Clerk.
    with: &'static str,
    /// What Clerk's script needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    clerk: Option<ClerkBody>,
}

/// What Clerk's script needs.
#[derive(Serialize, ToSchema)]
struct ClerkBody {
    publishable_key: String,
    /// Where its requests go, when not to Clerk itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy_url: Option<String>,
}

/// Who you are.
#[derive(Serialize, ToSchema)]
pub struct SessionBody {
    /// `usr_...`
    user_id: String,
    /// `api_key`, `browser` or `clerk`
    via: &'static str,
    /// What you may do, such as `posts:write`.
    scopes: Vec<&'static str>,
    /// Who really looks, when it is not the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    impersonator: Option<String>,
}

/// A sign-in link's secret.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub struct OpenSessionBody {
    /// What stands behind `#link=` in the link.
    link: String,
}

/// How people sign in here. Open to everyone: the page needs it before anybody has signed in.
#[utoipa::path(tag = "sign-in", security(()), responses((status = 200, body = SignInBody)))]
#[get("/sign-in")]
pub async fn ways(state: web::Data<State>) -> web::Json<SignInBody> {
    web::Json(match &state.clerk {
        None => SignInBody {
            with: "link",
            clerk: None,
        },
        Some(clerk) => SignInBody {
            with: "clerk",
            clerk: Some(ClerkBody {
                publishable_key: clerk.publishable_key.clone(),
                proxy_url: clerk.proxy_url.clone(),
            }),
        },
    })
}

/// Use a sign-in link up. The answer sets a session cookie.
#[utoipa::path(
    tag = "sign-in",
    security(()),
    request_body = OpenSessionBody,
    responses(
        (status = 204, description = "Signed in; the cookie is set."),
        (status = 401, description = "The link is unknown, used or too old.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "A page of another site asks for it.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away.", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/session")]
pub async fn open(
    state: web::Data<State>,
    request: HttpRequest,
    body: crate::body::Json,
) -> Result<HttpResponse, Problem> {
    cookie::refuse_other_origins(&request, &state.settings.public_url)?;
    let object = object(&body.0, false)?;
    let mut violations = Violations::default();
    let mut fields = Fields::root(&object);
    let link = fields.text("link", &mut violations);
    if fields.lacks("link") {
        violations.add("link", "missing", "Give what stands behind `#link=`.");
    }
    fields.refuse_others(&mut violations);
    violations.into_result()?;
    let link = SecretString::from(link.unwrap_or_default().to_owned());
    let session = redeem_link(&state.database, &link, state.clock.now()).await?;
    let session = session.ok_or_else(Problem::link_used)?;
    info!("a browser signed in by link");
    Ok(HttpResponse::NoContent()
        .cookie(cookie::carrying(&session, &state.settings.public_url))
        .finish())
}

/// Who you are, and what you may do.
#[utoipa::path(
    tag = "sign-in",
    responses(
        (status = 200, body = SessionBody),
    )
)]
#[get("/session")]
pub async fn show(caller: Caller<Anyone>) -> web::Json<SessionBody> {
    let (via, impersonator) = match caller.via {
        Via::ApiKey { .. } => ("api_key", None),
        Via::Browser => ("browser", None),
        Via::Clerk { impersonator, .. } => ("clerk", impersonator),
    };
    web::Json(SessionBody {
        user_id: caller.owner.to_string(),
        via,
        scopes: caller.scopes.iter().map(|scope| scope.as_str()).collect(),
        impersonator,
    })
}

/// Sign this browser out.
#[utoipa::path(
    tag = "sign-in",
    responses(
        (status = 204, description = "Signed out."),
        (status = 403, description = "A page of another site asks for it.", body = Problem, content_type = "application/problem+json"),
    )
)]
#[delete("/session")]
pub async fn close(
    state: web::Data<State>,
    request: HttpRequest,
    _caller: Caller<Anyone>,
) -> Result<HttpResponse, Problem> {
    let public_url = &state.settings.public_url;
    if let Some(session) = cookie::of(&request, public_url) {
        end(&state.database, &session).await?;
    }
    Ok(HttpResponse::NoContent()
        .cookie(cookie::ending(public_url))
        .finish())
}
