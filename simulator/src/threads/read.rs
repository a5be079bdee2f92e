//! Single reads: a container, a post, a profile, the quotas (threads.md 3, 4.4, 6).

use std::borrow::Cow;

use crate::account::AccountId;
use crate::answer::Answer;
use crate::json::Json;
use crate::limits::Rolling;
use crate::request::Request;
use crate::scene::Scene;
use crate::threads::container::Seen;
use crate::threads::{Refused, ThreadsError, fields, ids, is_caller};

/// `GET /{container}` or `GET /{post}`.
pub(crate) fn object(
    scene: &mut Scene<'_>,
    caller: AccountId,
    id: &str,
    request: &Request,
) -> Result<Answer, Refused> {
    let number = ids::parse(id);
    let missing = || ThreadsError::NoSuchObject { id: id.to_owned() };
    if ids::is_container(id) {
        return status(scene, caller, number.ok_or_else(missing)?, request);
    }
    let post = number.and_then(|number| scene.threads.live_post(number));
    let post = post
        .filter(|post| post.owner == caller)
        .ok_or_else(missing)?;
    let names = fields::asked(request.param("fields"));
    Ok(Answer::json(200, &fields::post(scene, post, &names)?))
}

fn status(
    scene: &mut Scene<'_>,
    caller: AccountId,
    id: u64,
    request: &Request,
) -> Result<Answer, Refused> {
    let now_ms = scene.now_ms;
    let container = scene
        .threads
        .container_mut(id)
        .filter(|container| container.owner == caller);
    let container = container.ok_or(ThreadsError::NoSuchObject { id: id.to_string() })?;
    let seen = container.seen(now_ms);
    container.was_seen(&seen);
    let word = match &seen {
        Seen::Nothing => return Err(ThreadsError::not_found(id)),
        Seen::InProgress => "IN_PROGRESS",
        Seen::Finished => "FINISHED",
        Seen::Published => "PUBLISHED",
        Seen::Failed(_) => "ERROR",
        Seen::Expired => "EXPIRED",
    };
    let asked = request
        .param("fields")
        .map(fields::names)
        .unwrap_or_default();
    let known = ["id", "status", "error_message"];
    if let Some(unknown) = asked.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(ThreadsError::NonexistingField {
            field: unknown.clone(),
        });
    }
    let wants = |name: &str| asked.iter().any(|asked| asked == name);
    let mut body = Json::object([]);
    if asked.is_empty() || wants("status") {
        body = body.with("status", word);
    }
    body = body.with("id", id.to_string());
    if let (Seen::Failed(message), true) = (seen, wants("error_message")) {
        body = body.with("error_message", message);
    }
    Ok(Answer::json(200, &body))
}

/// `GET /me`.
pub(crate) fn profile(
    scene: &Scene<'_>,
    caller: AccountId,
    user: &str,
    request: &Request,
) -> Result<Answer, Refused> {
    let account = scene.accounts.get(caller);
    if !is_caller(account, user) {
        return Err(ThreadsError::NoSuchObject {
            id: user.to_owned(),
        });
    }
    let mut body = Json::object([]);
    for name in fields::asked(request.param("fields")) {
        let value: Json = match name.as_str() {
            "id" => account.public.remote_user_id.as_str().into(),
            "username" => account.public.username.as_str().into(),
            "name" => account.public.display_name.as_str().into(),
            "is_verified" => false.into(),
            "is_eligible_for_geo_gating" => account.geo_gating.into(),
            // These exist, and are empty here.
            "threads_profile_picture_url" | "threads_biography" | "recently_searched_keywords" => {
                continue;
            }
            _ => return Err(ThreadsError::NonexistingField { field: name }),
        };
        body = body.with(name, value);
    }
    Ok(Answer::json(200, &body))
}

/// `GET /{user}/threads_publishing_limit`. A group without its scope gives an
/// empty 500, which looks like an outage (threads.md 6).
pub(crate) fn publishing_limit(
    scene: &mut Scene<'_>,
    caller: AccountId,
    user: &str,
    request: &Request,
) -> Result<Answer, Refused> {
    let account = scene.accounts.get(caller);
    if !is_caller(account, user) {
        return Err(ThreadsError::NoSuchObject {
            id: user.to_owned(),
        });
    }
    let (now_ms, limits) = (scene.now_ms, &scene.settings.threads);
    let counters = scene.threads.user(caller);
    let config = |total: u32| {
        Json::object([
            ("quota_total", total.into()),
            ("quota_duration", 86_400_u32.into()),
        ])
    };
    let mut names = request
        .param("fields")
        .map(fields::names)
        .unwrap_or_default();
    if names.is_empty() {
        names.push("quota_usage".to_owned());
    }
    let mut row = Json::object([]);
    for name in names {
        let (scope, value) = match name.as_str() {
            "quota_usage" => (
                "threads_content_publish",
                counters.published.used(now_ms, Rolling::DAY_MS).into(),
            ),
            "config" => ("threads_content_publish", config(limits.post_quota)),
            "reply_quota_usage" => (
                "threads_manage_replies",
                counters.replied.used(now_ms, Rolling::DAY_MS).into(),
            ),
            "reply_config" => ("threads_manage_replies", config(limits.reply_quota)),
            "delete_quota_usage" => (
                "threads_delete",
                counters.deleted.used(now_ms, Rolling::DAY_MS).into(),
            ),
            "delete_config" => ("threads_delete", config(limits.delete_quota)),
            "location_search_quota_usage" => ("threads_location_tagging", 0_u32.into()),
            "location_search_config" => ("threads_location_tagging", config(500)),
            _ => return Err(ThreadsError::NonexistingField { field: name }),
        };
        if !scene.scopes.allow(scope) {
            return Err(ThreadsError::EmptyServerError);
        }
        row = row.with(Cow::Owned(name), value);
    }
    Ok(Answer::json(
        200,
        &Json::object([("data", vec![row].into())]),
    ))
}
