//! `POST /2/tweets` (x.md 2.1-2.6).

use std::sync::Arc;

use crate::account::{Account, AccountId};
use crate::answer::Answer;
use crate::json::Json;
use crate::request::Request;
use crate::scene::Scene;
use crate::settings::{TooLong, XDialect};
use crate::x::schema::{self, NewPost};
use crate::x::{Post, Refused, XError, render, text};

/// 25,000 with Premium (x.md 5.1).
fn limit(account: &Account) -> usize {
    if account.premium { 25_000 } else { 280 }
}

pub(crate) fn create(
    scene: &mut Scene<'_>,
    caller: AccountId,
    request: &Request,
) -> Result<Answer, Refused> {
    let account = scene.accounts.get(caller);
    let scopes = ["tweet.read", "tweet.write", "users.read"];
    if !scopes.into_iter().all(|scope| scene.may(scope)) {
        return Err(XError::MissingScope);
    }
    let new = schema::new_post(&request.body)?;
    check_credit(scene)?;
    check_policy(scene, account, &new)?;
    let text: Arc<str> = Arc::from(new.text.as_str());
    let settings = &scene.settings.x;
    if settings.duplicate_check
        && scene
            .x
            .is_duplicate(caller, &text, scene.now_ms, settings.duplicate_window_ms)
    {
        return Err(XError::DuplicateContent);
    }
    Ok(make_live(scene, caller, text, &new))
}

fn check_credit(scene: &Scene<'_>) -> Result<(), Refused> {
    match scene.settings.x.credit_microdollars {
        // The balance may go slightly negative, then calls are blocked.
        Some(paid) if paid <= scene.x.spent_microdollars => {
            Err(XError::CreditsDepleted { dialect: None })
        }
        _ => Ok(()),
    }
}

/// What self-serve plans refuse (x.md 2.4).
fn check_policy(scene: &Scene<'_>, account: &Account, new: &NewPost) -> Result<(), Refused> {
    // Uploads are not imitated, so no id can be valid.
    if !new.media_ids.is_empty() {
        return Err(XError::InvalidMedia {
            ids: new.media_ids.clone(),
        });
    }
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

fn make_live(scene: &mut Scene<'_>, caller: AccountId, text: Arc<str>, new: &NewPost) -> Answer {
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
        visible_from_ms: now_ms + scene.random.between(low, high),
        reply_to: new.reply_to,
        quoted: new.quoted,
        conversation,
        deleted: false,
    };
    let shown = render::shown(&post.text, id);
    scene.x.spent_microdollars += if shown.urls.is_empty() {
        15_000
    } else {
        200_000
    };
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
