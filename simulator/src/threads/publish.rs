//! `POST /{user}/threads_publish`: the one call that makes something live
//! (threads.md 4.5, 7.1).

use std::sync::Arc;

use crate::account::AccountId;
use crate::answer::Answer;
use crate::clock::Clock;
use crate::json::Json;
use crate::lags::{Lags, Work};
use crate::limits::Rolling;
use crate::request::Request;
use crate::scene::Scene;
use crate::settings::SecondPublish;
use crate::threads::container::{Published, Publishing};
use crate::threads::draft::{Draft, Kind};
use crate::threads::{Post, Refused, ThreadsError, ids, is_caller};

pub(crate) fn publish(
    scene: &mut Scene<'_>,
    caller: AccountId,
    user: &str,
    request: &Request,
) -> Result<Answer, Refused> {
    let account = scene.accounts.get(caller);
    if !is_caller(account, user) {
        return Err(ThreadsError::not_found(user));
    }
    if !scene.may("threads_content_publish") {
        return Err(ThreadsError::MissingPermission);
    }
    let given = request.param("creation_id");
    let given =
        given.ok_or_else(|| ThreadsError::parameter("The parameter creation_id is required."))?;
    let id = ids::parse(given).ok_or_else(|| ThreadsError::not_found(given))?;
    let now_ms = scene.now_ms;
    let container = scene
        .threads
        .container_mut(id)
        .filter(|container| container.owner == caller);
    let container = container.ok_or_else(|| ThreadsError::not_found(given))?;
    let publishing = container.publishing(now_ms);
    let seen = container.seen(now_ms);
    container.was_seen(&seen);
    if container.is_child {
        return Err(ThreadsError::parameter(
            "Param creation_id must not be an item of a carousel.",
        ));
    }
    let (mut draft, lags) = (Arc::clone(&container.draft), container.lags);
    if scene.settings.threads.video_reply_loses_parent && !container.keeps_parent(now_ms) {
        Arc::make_mut(&mut draft).reply_to = None;
    }
    let is_shared = draft.options.contains_key("crossreshare_to_ig");
    match publishing {
        Publishing::Refused => return Err(ThreadsError::not_found(given)),
        Publishing::Ready => {}
        Publishing::Again(published) => match scene.settings.threads.second_publish {
            SecondPublish::SameId => return Ok(published_as(published.media)),
            SecondPublish::Error => return Err(ThreadsError::not_found(given)),
            SecondPublish::Duplicate => {}
        },
    }
    let media = make_live(scene, caller, Some(id), draft, lags)?;
    // A failure does not stop the post (threads.md 4.1).
    let shared = is_shared.then(|| match scene.may("threads_share_to_instagram") {
        true => "SUCCESS",
        false => "FAILED",
    });
    if let Some(container) = scene.threads.container_mut(id) {
        // A duplicate leaves the first publish on record.
        container.published.get_or_insert(Published {
            at_ms: now_ms,
            media,
        });
    }
    let body = Json::object([("id", media.to_string().into())])
        .with_some("crossreshare_to_ig_status", shared);
    Ok(Answer::json(200, &body).with_effect().making(id))
}

/// `auto_publish_text`: no container, hence nothing to ask after a lost
/// answer (threads.md 7.3).
pub(crate) fn at_once(
    scene: &mut Scene<'_>,
    caller: AccountId,
    draft: Arc<Draft>,
) -> Result<Answer, Refused> {
    let lags = scene.settings.lag_ranges().draw(scene.random, Work::Text);
    let media = make_live(scene, caller, None, draft, lags)?;
    Ok(published_as(media).with_effect())
}

fn published_as(media: u64) -> Answer {
    Answer::json(200, &Json::object([("id", media.to_string().into())]))
}

/// The quota is judged here, and only here (threads.md 6).
fn make_live(
    scene: &mut Scene<'_>,
    caller: AccountId,
    container: Option<u64>,
    draft: Arc<Draft>,
    lags: Lags,
) -> Result<u64, Refused> {
    let (now_ms, limits) = (scene.now_ms, &scene.settings.threads);
    let user = scene.threads.user(caller);
    let (counter, quota) = match draft.reply_to {
        Some(_) => (&mut user.replied, limits.reply_quota),
        None => (&mut user.published, limits.post_quota),
    };
    if limits.quotas && counter.used(now_ms, Rolling::DAY_MS) >= quota {
        return Err(ThreadsError::RateLimited);
    }
    counter.count(now_ms);
    let media = scene.threads.ids.media(now_ms, scene.random);
    let items = match draft.kind {
        Kind::Carousel => draft.media.len(),
        Kind::Text | Kind::Image | Kind::Video => 0,
    };
    let children = (0..items).map(|_| scene.threads.ids.media(now_ms, scene.random));
    let children = children.collect();
    let parent = draft.reply_to.and_then(|parent| scene.threads.post(parent));
    let root = parent.map_or(media, |parent| parent.root);
    scene.threads.add_post(Post {
        id: media,
        owner: caller,
        container,
        draft,
        children,
        created_ms: now_ms,
        measured_us: Clock::measured_us(),
        listed_from_ms: now_ms + lags.feed_ms,
        repliable_from_ms: now_ms + lags.reply_ms,
        root,
        has_replies: false,
        deleted: None,
    });
    Ok(media)
}
