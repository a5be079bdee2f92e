//! `POST /2/tweets` (x.md 2.1-2.6).

use std::sync::Arc;

use crate::account::{Account, AccountId};
use crate::answer::Answer;
use crate::clock::Clock;
use crate::json::Json;
use crate::links;
use crate::request::Request;
use crate::scene::Scene;
use crate::settings::{TooLong, XDialect};
use crate::x::media::{self, Attached};
use crate::x::schema::{self, NewPost};
use crate::x::{Post, Refused, XError, credit, render, text};

/// 25,000 with Premium (x.md 5.1).
fn limit(account: &Account) -> usize {
    if account.premium { 25_000 } else { 280 }
}

pub(crate) fn create(
    scene: &mut Scene<'_>,
    caller: AccountId,
    request: &Request,
) -> Result<Answer, Refused> {
    let scopes = ["tweet.read", "tweet.write", "users.read"];
    if !scopes.into_iter().all(|scope| scene.may(scope)) {
        return Err(XError::MissingScope);
    }
    let new = schema::new_post(&request.body)?;
    credit::check(scene)?;
    let attached = media::attach(scene, caller, &new.media_ids)?;
    let account = scene.accounts.get(caller);
    check_policy(scene, account, &new)?;
    let text: Arc<str> = Arc::from(new.text.as_str());
    let settings = &scene.settings.x;
    if settings.duplicate_check
        && scene.x.is_duplicate(
            caller,
            &text,
            &hashes(&attached),
            scene.now_ms,
            settings.duplicate_window_ms,
        )
    {
        return Err(XError::DuplicateContent);
    }
    if let Some(edited) = new.edits {
        replace(scene, caller, edited)?;
    }
    Ok(make_live(scene, caller, text, new, attached))
}

/// What self-serve plans refuse (x.md 2.4).
fn check_policy(scene: &Scene<'_>, account: &Account, new: &NewPost) -> Result<(), Refused> {
    if text::weighted_length(&new.text) > limit(account) {
        return Err(match scene.settings.x.too_long {
            TooLong::NotPermitted => XError::NotPermitted,
            TooLong::Forbidden => XError::TooLong { status: 403 },
            TooLong::BadRequest => XError::TooLong { status: 400 },
        });
    }
    if text::cashtags(&new.text) > 1 {
        return Err(XError::TooManyCashtags);
    }
    let engaged = |post: &Post| {
        scene.accounts.get(post.author).user_id == account.user_id
            || text::mentions(&post.text, &account.public.username)
    };
    if let Some(parent) = new.reply_to {
        let parent = scene.x.live_post(parent).ok_or(XError::ReplyParentGone)?;
        if !engaged(parent) {
            return Err(XError::ReplyNotAllowed);
        }
    }
    match new.quoted {
        Some(quoted) if !scene.x.live_post(quoted).is_some_and(engaged) => {
            Err(XError::QuoteNotAllowed)
        }
        _ => Ok(()),
    }
}

/// What tells one set of media from another.
fn hashes(attached: &[Attached]) -> Vec<String> {
    let hashes = attached.iter().map(|one| one.media.sha256.clone());
    hashes.collect()
}

/// An edit takes the place of an own post of the last hour, for Premium alone (x.md 0.2). Which
/// body refuses it is not on record.
fn replace(scene: &mut Scene<'_>, caller: AccountId, edited: u64) -> Result<(), Refused> {
    let (now_ms, premium) = (scene.now_ms, scene.accounts.get(caller).premium);
    let former = scene.x.post_mut(edited).filter(|post| {
        premium && post.author == caller && !post.deleted && now_ms < post.created_ms + 3_600_000
    });
    former.ok_or(XError::NotPermitted)?.deleted = true;
    Ok(())
}

fn make_live(
    scene: &mut Scene<'_>,
    caller: AccountId,
    text: Arc<str>,
    new: NewPost,
    attached: Vec<Attached>,
) -> Answer {
    let now_ms = scene.now_ms;
    let id = scene.x.ids.next(now_ms, scene.random);
    let (low, high) = scene.settings.lag_ranges().x_timeline_ms;
    let parent = new.reply_to.and_then(|parent| scene.x.post(parent));
    let conversation = parent.map_or(id, |parent| parent.conversation);
    let post = Post {
        id,
        author: caller,
        text,
        created_ms: now_ms,
        measured_us: Clock::measured_us(),
        visible_from_ms: now_ms + scene.random.between(low, high),
        reply_to: new.reply_to,
        quoted: new.quoted,
        conversation,
        deleted: false,
        media_keys: attached.iter().map(|one| one.key.clone()).collect(),
        media: attached.into_iter().map(|one| one.media).collect(),
        poll: new.poll,
        options: new.options,
    };
    let has_link = !links::find(&post.text).is_empty();
    credit::charge(scene, if has_link { 200_000 } else { 15_000 });
    let shown = render::shown_post(scene, &post);
    // Since mid 2026 the list holds one empty string (x.md 2.2).
    let edits = match scene.settings.x.dialect {
        XDialect::Legacy => id.to_string(),
        XDialect::V2026 => String::new(),
    };
    let data = Json::object([
        ("id", id.to_string().into()),
        ("text", shown.text.into()),
        ("edit_history_tweet_ids", vec![edits.into()].into()),
    ]);
    scene.x.add_post(post);
    Answer::json(201, &Json::object([("data", data)]))
        .with_effect()
        .making(id)
}
