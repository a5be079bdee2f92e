//! The control paths `/_sim/clerk/...`.

use hyper::Method;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::fault::ClerkFault;
use super::handle::ClerkLink;
use super::mint::ClerkToken;
use super::user::{NewClerkUser, User};
use super::visit::Visit;
use crate::answer::Answer;
use crate::json::Json;

/// Why a control call is refused: a status and a reason in words.
type Refused = (u16, String);

pub(crate) fn answer(visit: &Visit<'_>, call: &str) -> Answer {
    let result = match (&visit.request.method, call) {
        (&Method::GET, "instance") => Ok(instance(visit)),
        (&Method::GET, "users") => Ok(users(visit)),
        (&Method::POST, "users") => add_user(visit),
        (&Method::POST, "link") => link(visit),
        (&Method::POST, "session") => session(visit),
        (&Method::POST, "token") => token(visit),
        (&Method::POST, "rotate") => rotate(visit),
        (&Method::POST, "webhook") => webhook(visit),
        (&Method::GET, "calls") => written(&visit.state().log.all().collect::<Vec<_>>()),
        (&Method::GET, "faults") => written(&visit.state().faults),
        (&Method::POST, "faults") => add_faults(visit),
        (&Method::DELETE, "faults") => {
            visit.state().faults.clear();
            Ok(json!({}))
        }
        (method, _) => Err((
            404,
            format!("no control call {method} {}", visit.request.path),
        )),
    };
    match result {
        Ok(body) => Answer::json(200, &body.into()),
        Err((status, message)) => Answer::json(
            status,
            &Json::object([("error", Json::object([("message", message.into())]))]),
        ),
    }
}

/// What a product is to be set up with.
fn instance(visit: &Visit<'_>) -> Value {
    let (inner, address) = (visit.inner, visit.inner.address());
    let settings = &visit.settings.clerk;
    json!({
        "publishable_key": inner.clerk_publishable_key(), "secret_key": settings.secret_key,
        "webhook_secret": settings.webhook_secret, "issuer": inner.clerk_issuer(),
        "api_url": format!("{address}/clerk-api"), "proxy_url": format!("{address}/clerk"),
        "jwt_key": inner.clerk_key().0.pem(),
    })
}

fn users(visit: &Visit<'_>) -> Value {
    visit.state().users.iter().map(User::json).collect()
}

fn add_user(visit: &Visit<'_>) -> Result<Value, Refused> {
    let user: NewClerkUser = body(visit)?;
    if user.username.is_empty() {
        return Err((400, "`username` must not be empty".to_owned()));
    }
    Ok(json!({"id": visit.inner.add_clerk_user(&user)}))
}

fn link(visit: &Visit<'_>) -> Result<Value, Refused> {
    let link: ClerkLink = body(visit)?;
    let words = format!("no user {} or no account {}", link.user_id, link.username);
    let id = visit.inner.link_clerk_account(link);
    id.map(|id| json!({"id": id})).ok_or((404, words))
}

/// A sound token of a new session (clerk.md 7.1).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSession {
    sub: String,
    /// Left out: no `azp`.
    origin: Option<String>,
}

fn session(visit: &Visit<'_>) -> Result<Value, Refused> {
    let NewSession { sub, origin } = body(visit)?;
    Ok(minted(visit, ClerkToken::Ok, &sub, origin.as_deref()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewToken {
    kind: ClerkToken,
    #[serde(default = "anybody")]
    sub: String,
    origin: Option<String>,
}

fn anybody() -> String {
    "user_sim".to_owned()
}

fn token(visit: &Visit<'_>) -> Result<Value, Refused> {
    let NewToken { kind, sub, origin } = body(visit)?;
    Ok(minted(visit, kind, &sub, origin.as_deref()))
}

fn minted(visit: &Visit<'_>, kind: ClerkToken, user_id: &str, origin: Option<&str>) -> Value {
    let session = visit.state().open_session(user_id, visit.now_ms);
    let jwt = visit.inner.mint(kind, user_id, &session, origin);
    json!({"jwt": jwt, "session_id": session})
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rotation {
    #[serde(default)]
    same_kid: bool,
}

fn rotate(visit: &Visit<'_>) -> Result<Value, Refused> {
    let Rotation { same_kid } = body(visit)?;
    visit.inner.rotate_clerk_key(same_kid);
    Ok(json!({"kid": visit.state().kid}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewEvent {
    kind: String,
    user: String,
}

/// The headers and the body to send.
fn webhook(visit: &Visit<'_>) -> Result<Value, Refused> {
    let NewEvent { kind, user } = body(visit)?;
    let delivery = visit.inner.clerk_webhook(&kind, &user);
    Ok(json!({
        "headers": {
            "svix-id": delivery.id, "svix-timestamp": delivery.timestamp,
            "svix-signature": delivery.signature,
        },
        "body": delivery.body,
    }))
}

/// One fault or a list of them.
fn add_faults(visit: &Visit<'_>) -> Result<Value, Refused> {
    let faults: Vec<ClerkFault> = match body(visit)? {
        Value::Array(many) => many.into_iter().map(read).collect::<Result<_, _>>()?,
        one => vec![read(one)?],
    };
    let added = faults.len();
    visit.state().faults.extend(faults);
    Ok(json!({"added": added}))
}

fn body<T: DeserializeOwned>(visit: &Visit<'_>) -> Result<T, Refused> {
    let body = serde_json::from_slice(&visit.request.body);
    body.map_err(|error| (400, error.to_string()))
}

fn read<T: DeserializeOwned>(value: Value) -> Result<T, Refused> {
    serde_json::from_value(value).map_err(|error| (400, error.to_string()))
}

fn written(value: &impl Serialize) -> Result<Value, Refused> {
    serde_json::to_value(value).map_err(|error| (500, error.to_string()))
}
