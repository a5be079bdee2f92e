//! `POST /{user}/threads`: makes a container (threads.md 4.1, 4.2, 4.6).

use std::sync::Arc;

use crate::account::{Account, AccountId};
use crate::answer::Answer;
use crate::json::Json;
use crate::request::Request;
use crate::scene::Scene;
use crate::settings::MissingReplyScope;
use crate::threads::container::{Container, Fate};
use crate::threads::{Refused, ThreadsError, ids, is_caller, publish, text};

/// What is going to be published.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) text: Arc<str>,
    pub(crate) reply_to: Option<u64>,
    pub(crate) quoted: Option<u64>,
    pub(crate) topic_tag: Option<String>,
    pub(crate) link_attachment: Option<String>,
    pub(crate) reply_control: Option<String>,
}

const REPLY_CONTROLS: [&str; 5] = [
    "everyone",
    "accounts_you_follow",
    "mentioned_only",
    "parent_post_author_only",
    "followers_only",
];

pub(crate) fn create(
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
    let draft = draft(request)?;
    if let Some(parent) = request.param("reply_to_id") {
        check_parent(scene, account, parent)?;
    }
    if let Some(quoted) = draft.quoted
        && scene.threads.live_post(quoted).is_none()
    {
        return Err(ThreadsError::not_found(quoted));
    }
    let draft = Arc::new(draft);
    if request.flag("auto_publish_text") {
        return publish::at_once(scene, caller, draft);
    }
    let has_link = draft.link_attachment.is_some() || text::has_link(&draft.text);
    let lags = scene.settings.lag_ranges().draw(scene.random, has_link);
    let id = scene.threads.ids.container(scene.now_ms, scene.random);
    let container = Container {
        owner: caller,
        draft,
        created_ms: scene.now_ms,
        lags,
        fate: Fate::Ordinary,
        published: None,
    };
    scene.threads.add_container(id, container);
    Ok(Answer::json(200, &Json::object([("id", id.to_string().into())])).making(id))
}

/// The parameters, each judged for itself.
fn draft(request: &Request) -> Result<Draft, Refused> {
    let kind = request.param("media_type");
    let kind =
        kind.ok_or_else(|| ThreadsError::parameter("The parameter media_type is required."))?;
    if kind != "TEXT" {
        return Err(ThreadsError::parameter(
            "Param media_type must be one of {TEXT}.",
        ));
    }
    let text = request.param("text").unwrap_or_default();
    let link_attachment = request
        .param("link_attachment")
        .filter(|link| !link.is_empty());
    if text.trim().is_empty() && link_attachment.is_none() {
        return Err(ThreadsError::parameter("The parameter text is required."));
    }
    if text::length(text) > 500 {
        return Err(ThreadsError::parameter(
            "Param text must be at most 500 characters long.",
        ));
    }
    if link_attachment.is_some_and(|link| !text::has_link(link)) {
        return Err(ThreadsError::InvalidLinkAttachment);
    }
    if text::unique_links(text, link_attachment) > 5 {
        return Err(ThreadsError::TooManyLinks);
    }
    Ok(Draft {
        text: Arc::from(text),
        reply_to: match request.param("reply_to_id") {
            Some(id) => Some(
                ids::parse(id)
                    .filter(|_| ids::is_media(id))
                    .ok_or_else(|| {
                        ThreadsError::parameter("Param reply_to_id is not a valid threads_media ID")
                    })?,
            ),
            None => None,
        },
        quoted: match request.param("quote_post_id") {
            Some(id) => Some(ids::parse(id).ok_or_else(|| {
                ThreadsError::parameter("Param quote_post_id is not a valid threads_media ID")
            })?),
            None => None,
        },
        topic_tag: topic_tag(request.param("topic_tag"), text)?,
        link_attachment: link_attachment.map(str::to_owned),
        reply_control: reply_control(request.param("reply_control"))?,
    })
}

/// The parameter, or else the first tag of the text.
fn topic_tag(given: Option<&str>, text: &str) -> Result<Option<String>, Refused> {
    let Some(tag) = given else {
        return Ok(text::topic_tag(text).map(|(_, tag)| tag.to_owned()));
    };
    let length = tag.chars().count();
    if !(1..=50).contains(&length) || tag.contains(['.', '&']) {
        return Err(ThreadsError::parameter("Param topic_tag is invalid."));
    }
    Ok(Some(tag.to_owned()))
}

fn reply_control(given: Option<&str>) -> Result<Option<String>, Refused> {
    match given {
        Some(control) if !REPLY_CONTROLS.contains(&control) => {
            Err(ThreadsError::parameter(format!(
                "Param reply_control must be one of {{{}}}",
                REPLY_CONTROLS.join(", ")
            )))
        }
        control => Ok(control.map(str::to_owned)),
    }
}

/// Whether the post can be answered: with the right scope, and once the
/// servers know it. A deleted parent looks exactly like a lagging one
/// (threads.md 4.6).
fn check_parent(scene: &Scene<'_>, account: &Account, parent: &str) -> Result<(), Refused> {
    if !scene.may("threads_manage_replies") {
        return Err(match scene.settings.threads.missing_reply_scope {
            MissingReplyScope::EmptyServerError => ThreadsError::EmptyServerError,
            MissingReplyScope::Permission => ThreadsError::MissingPermission,
        });
    }
    let post = ids::parse(parent).and_then(|id| scene.threads.live_post(id));
    let post = post.filter(|post| scene.now_ms >= post.repliable_from_ms);
    let post = post.ok_or_else(|| ThreadsError::not_found(parent))?;
    let root_owner = scene
        .threads
        .post(post.root)
        .map_or(post.owner, |root| root.owner);
    let own = scene.accounts.get(root_owner).user_id == account.user_id;
    if own || scene.may("threads_manage_mentions") || scene.may("threads_keyword_search") {
        Ok(())
    } else {
        Err(ThreadsError::MissingPermission)
    }
}
