//! `DELETE /{post}` (threads.md 4.7).

use crate::account::AccountId;
use crate::answer::Answer;
use crate::json::Json;
use crate::limits::Rolling;
use crate::scene::Scene;
use crate::threads::state::Deleted;
use crate::threads::{Refused, ThreadsError, ids};

pub(crate) fn remove(
    scene: &mut Scene<'_>,
    caller: AccountId,
    id: &str,
) -> Result<Answer, Refused> {
    if !scene.may("threads_delete") {
        return Err(ThreadsError::MissingPermission);
    }
    let now_ms = scene.now_ms;
    let own = ids::parse(id).filter(|&media| {
        scene
            .threads
            .live_post(media)
            .is_some_and(|post| post.owner == caller)
    });
    let media = own.ok_or_else(|| ThreadsError::NoSuchObject { id: id.to_owned() })?;
    let limits = &scene.settings.threads;
    let deleted = &mut scene.threads.user(caller).deleted;
    if limits.quotas && deleted.used(now_ms, Rolling::DAY_MS) >= limits.delete_quota {
        return Err(ThreadsError::RateLimited);
    }
    deleted.count(now_ms);
    let (low, high) = scene.settings.lag_ranges().delete_ms;
    let lag_ms = scene.random.between(low, high);
    if let Some(post) = scene.threads.post_mut(media) {
        post.deleted = Some(Deleted {
            unlisted_from_ms: now_ms + lag_ms,
        });
    }
    let body = Json::object([("success", true.into()), ("deleted_id", id.into())]);
    Ok(Answer::json(200, &body))
}
