//! The X API v2: posts, their media and replies (x.md 2-4, 10), and how accounts are
//! connected (x.md 1).

mod create;
mod credit;
mod errors;
mod fields;
mod includes;
mod limits;
mod media;
mod oauth;
mod read;
mod remove;
mod render;
mod route;
mod schema;
mod snowflake;
mod state;
mod text;
mod timeline;
mod user;

use crate::account::{AccountId, Platform};
use crate::answer::Answer;
use crate::fault::{Fault, LagOf};
use crate::grants::Grants;
use crate::request::Request;
use crate::scene::Scene;

pub use errors::{LimitWindow, XError};
pub(crate) use route::{Route, route};
pub(crate) use state::{Post, X};

/// Why a call is refused; turned into an answer in one place.
type Refused = XError;

/// Does what the route says, and answers as X would.
pub(crate) fn perform(scene: &mut Scene<'_>, route: &Route, request: &Request) -> Answer {
    if let Route::OAuth(step) = route {
        let answer = oauth::perform(scene, *step, request);
        return with_common_headers(scene, answer);
    }
    let token = request.bearer.as_deref().unwrap_or_default();
    let Some(token) = scene.grants.opening(Platform::X, token, scene.now_ms) else {
        // The only answer without the headers of a window (x.md 4.4).
        return with_common_headers(scene, XError::Unauthorized.answer(scene));
    };
    let caller = token.grant.account;
    scene.scopes = token.grant.scopes.clone();
    let operation = route.operation();
    let result = limits::take(scene, caller, operation).and_then(|()| match route {
        Route::Create => create::create(scene, caller, request),
        Route::Read { id } => read::post(scene, id, request),
        Route::Delete { id } => remove::remove(scene, caller, id),
        Route::Me => read::me(scene, caller, request),
        Route::Timeline { user } => timeline::timeline(scene, user, request),
        Route::Upload => media::whole(scene, caller, request),
        Route::Initialize => media::initialize(scene, caller, request),
        Route::Append { id } => media::append(scene, caller, id, request),
        Route::Finalize { id } => media::finalize(scene, caller, id),
        Route::Status { id } => media::status(scene, caller, id),
        Route::Metadata => media::metadata(scene, caller, request),
        Route::OAuth(_) | Route::Unknown => Err(XError::NotFound),
    });
    let answer = result.unwrap_or_else(|error| error.answer(scene));
    let answer = limits::headers(scene, caller, operation)
        .into_iter()
        .fold(answer, set_header);
    with_common_headers(scene, answer)
}

/// Whose call it is, for the log and for fault rules.
pub(crate) fn account(
    grants: &Grants,
    route: &Route,
    request: &Request,
    now_ms: i64,
) -> Option<AccountId> {
    if let Route::OAuth(step) = route {
        return step.account(grants, request);
    }
    let token = grants.opening(Platform::X, request.bearer.as_deref()?, now_ms)?;
    Some(token.grant.account)
}

/// One of the errors by name, as a fault asks for it.
pub(crate) fn named_error(
    scene: &mut Scene<'_>,
    error: &XError,
    route: &Route,
    caller: Option<AccountId>,
) -> Answer {
    let answer = error.answer(scene);
    let headers = match (error, caller) {
        (XError::Unauthorized, _) | (_, None) => Vec::new(),
        (XError::TooManyRequests { window, reset_in_s }, Some(caller)) => {
            limits::spent_headers(scene, caller, route.operation(), *window, *reset_in_s)
        }
        (_, Some(caller)) => limits::headers(scene, caller, route.operation()),
    };
    let answer = headers.into_iter().fold(answer, set_header);
    with_common_headers(scene, answer)
}

fn set_header(answer: Answer, (name, value): (String, String)) -> Answer {
    answer.header(name, value)
}

fn with_common_headers(scene: &mut Scene<'_>, answer: Answer) -> Answer {
    answer
        .header("x-transaction-id", format!("{:016x}", scene.random.next()))
        .header("x-access-level", "read-write")
        .header("api-version", "2.173")
        .header("cache-control", "no-cache, no-store, max-age=0")
}

/// The text that a fault rule may look at.
pub(crate) fn subject(x: &X, route: &Route, request: &Request) -> Option<String> {
    match route {
        Route::Create => {
            let body: serde_json::Value = serde_json::from_slice(&request.body).ok()?;
            body["text"].as_str().map(str::to_owned)
        }
        Route::Read { id } | Route::Delete { id } => {
            let post = snowflake::parse(id).and_then(|id| x.post(id));
            post.map(|post| post.text.to_string())
        }
        _ => None,
    }
}

/// Lets a fault change what the platform holds: the post that the call has made, or all that the
/// caller has, when it is the timeline that is read.
pub(crate) fn mark(
    scene: &mut Scene<'_>,
    fault: &Fault,
    route: &Route,
    caller: Option<AccountId>,
    made: Option<u64>,
) {
    mark_upload(scene, fault, route, made);
    let Fault::Lag {
        what: LagOf::Timeline,
        seconds,
    } = fault
    else {
        return;
    };
    let late = match (route, caller, made) {
        (_, _, Some(id)) => vec![id],
        (Route::Timeline { .. }, Some(caller), None) => {
            scene.x.posts_of(caller).map(|post| post.id).collect()
        }
        _ => Vec::new(),
    };
    for id in late {
        if let Some(post) = scene.x.post_mut(id) {
            post.visible_from_ms = post.created_ms + seconds * 1_000;
        }
    }
}

/// The upload that the call has made, or names.
fn mark_upload(scene: &mut Scene<'_>, fault: &Fault, route: &Route, made: Option<u64>) {
    let named = match route {
        Route::Append { id } | Route::Finalize { id } | Route::Status { id } => {
            snowflake::parse(id)
        }
        _ => None,
    };
    let upload = made.or(named).and_then(|id| scene.x.uploads.get_mut(id));
    let Some(upload) = upload else {
        return;
    };
    match fault {
        Fault::Media { becomes } => upload.fate = Some(becomes.clone()),
        Fault::Lag {
            what: LagOf::Processing,
            seconds,
        } => upload.lag_ms = Some(seconds * 1_000),
        _ => {}
    }
}
