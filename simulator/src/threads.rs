//! The Threads API: posts, their media and replies (threads.md 4-8), and how accounts
//! are connected (threads.md 2).

mod attachments;
mod container;
mod create;
mod draft;
mod errors;
mod fields;
mod ids;
mod language;
mod list;
mod oauth;
mod publish;
mod read;
mod remove;
mod route;
mod source;
mod state;
mod text;
mod time;

use crate::account::{Account, AccountId, Platform};
use crate::answer::Answer;
use crate::fault::{ContainerFate, Fault, LagOf};
use crate::grants::Grants;
use crate::request::Request;
use crate::scene::Scene;

pub use errors::ThreadsError;
pub(crate) use fields::permalink;
pub(crate) use oauth::signed_request;
pub(crate) use route::{Route, route};
pub(crate) use state::{Post, Threads};

/// Why a call is refused; turned into an answer in one place.
type Refused = ThreadsError;

/// Does what the route says, and answers as Threads would.
pub(crate) fn perform(scene: &mut Scene<'_>, route: &Route, request: &Request) -> Answer {
    if let Route::OAuth(step) = route {
        return oauth::perform(scene, *step, request);
    }
    let result = caller(scene, request).and_then(|caller| match route {
        Route::Create { user, .. } => create::create(scene, caller, user, request),
        Route::Publish { user } => publish::publish(scene, caller, user, request),
        Route::Object { id } => read::object(scene, caller, id, request),
        Route::Me { user } => read::profile(scene, caller, user, request),
        Route::Posts { user } => list::posts(scene, caller, user, request),
        Route::Replies { user } => list::replies(scene, caller, user, request),
        Route::Quota { user } => read::publishing_limit(scene, caller, user, request),
        Route::Delete { id } => remove::remove(scene, caller, id),
        Route::OAuth(_) | Route::Unknown => Err(ThreadsError::UnknownPath {
            path: request.path.clone(),
        }),
    });
    match result {
        Ok(answer) => answer.header("facebook-api-version", "v1.0"),
        Err(error) => error.answer(scene),
    }
}

/// Whose token it is, unless the account is cooling down (threads.md 5.2, 613).
fn caller(scene: &mut Scene<'_>, request: &Request) -> Result<AccountId, Refused> {
    let token = request.token().unwrap_or_default();
    let token = scene.grants.opening(Platform::Threads, token, scene.now_ms);
    let token = token.ok_or_else(|| ThreadsError::dead_token(scene.settings))?;
    let caller = token.grant.account;
    scene.scopes = token.grant.scopes.clone();
    if scene.threads.is_cooling_down(caller, scene.now_ms) {
        return Err(ThreadsError::RateLimited);
    }
    if scene.may("threads_basic") {
        Ok(caller)
    } else {
        Err(ThreadsError::MissingPermission)
    }
}

/// The media file that Threads looks at before it answers, and how much of it at most.
pub(crate) fn wanted(
    scene: &mut Scene<'_>,
    route: &Route,
    request: &Request,
) -> Option<(String, u64)> {
    let Route::Create { user, .. } = route else {
        return None;
    };
    let caller = caller(scene, request).ok()?;
    create::wanted(scene, caller, user, request)
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
    let token = grants.opening(Platform::Threads, request.token()?, now_ms)?;
    Some(token.grant.account)
}

/// The part of a path that names a user: `me`, or the caller's own id.
fn is_caller(account: &Account, user: &str) -> bool {
    user == "me" || user == account.public.remote_user_id
}

/// The text that a fault rule may look at, and the id that the call names.
pub(crate) fn subject(
    threads: &Threads,
    route: &Route,
    request: &Request,
) -> (Option<String>, Option<u64>) {
    let container = match route {
        Route::Create { .. } => {
            // No container yet; a refusal would name the parent of a reply.
            let parent = request.param("reply_to_id").and_then(ids::parse);
            return (request.param("text").map(str::to_owned), parent);
        }
        Route::Publish { .. } => request.param("creation_id").and_then(ids::parse),
        Route::Object { id } | Route::Delete { id } => ids::parse(id),
        _ => None,
    };
    let text = container
        .and_then(|id| threads.text_of(id))
        .map(|text| text.to_string());
    (text, container)
}

/// Lets a fault change what the platform holds. `container` is the one that
/// the call names or has just made.
pub(crate) fn mark(
    scene: &mut Scene<'_>,
    fault: &Fault,
    caller: Option<AccountId>,
    container: Option<u64>,
) {
    if let (Fault::ThreadsBurst { seconds }, Some(caller)) = (fault, caller) {
        scene
            .threads
            .cool_down(caller, scene.now_ms + seconds * 1_000);
    }
    let Some(container) = container.and_then(|id| scene.threads.container_mut(id)) else {
        return;
    };
    match fault {
        Fault::Container {
            becomes: ContainerFate::Vanishes,
        } => {
            container.fate = container::Fate::VanishesOnceFinished;
        }
        Fault::Container {
            becomes: ContainerFate::Error(message),
        } => {
            container.fate = container::Fate::Fails(message.clone());
        }
        Fault::Container {
            becomes: ContainerFate::Expired,
        } => {
            container.fate = container::Fate::Expires;
        }
        Fault::Lag { what, seconds } => {
            let lag_ms = seconds * 1_000;
            match what {
                LagOf::Status => container.lags.status_ms = lag_ms,
                LagOf::Feed => container.lags.feed_ms = lag_ms,
                LagOf::Reply => container.lags.reply_ms = lag_ms,
                LagOf::Replication => container.lags.replication_ms = lag_ms,
                LagOf::Processing => container.lags.processing_ms = lag_ms,
                LagOf::Child => container.lags.child_ms = lag_ms,
                LagOf::VideoReply => container.lags.video_reply_ms = lag_ms,
                LagOf::Timeline => {}
            }
        }
        _ => {}
    }
}
