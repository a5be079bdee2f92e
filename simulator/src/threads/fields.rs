//! The parameter `fields`: only what is asked for is answered, what is empty
//! is left out, and one unknown name fails the whole call (threads.md 1, 8.1).

use std::borrow::Cow;

use crate::json::Json;
use crate::scene::Scene;
use crate::settings::TextEcho;
use crate::threads::{Post, Refused, ThreadsError, ids, text, time};

/// Fields of a post that exist and are always empty here.
const EMPTY: [&str; 4] = [
    "thumbnail_url",
    "reposted_post",
    "profile_picture_url",
    "reply_approval_status",
];

/// Fields that come back as they were sent.
const AS_SENT: [&str; 2] = ["location_id", "allowlisted_country_codes"];

/// The names of a `fields` parameter, without the sub-fields in braces.
pub(crate) fn names(fields: &str) -> Vec<String> {
    let (mut names, mut name, mut depth) = (Vec::new(), String::new(), 0_u32);
    for c in fields.chars() {
        match c {
            '{' | '(' => depth += 1,
            '}' | ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => names.push(std::mem::take(&mut name)),
            c if depth == 0 && !c.is_whitespace() => name.push(c),
            _ => {}
        }
    }
    names.push(name);
    names.retain(|name| !name.is_empty());
    names
}

/// Asked names, or `id` alone.
pub(crate) fn asked(fields: Option<&str>) -> Vec<String> {
    let names = fields.map(names).unwrap_or_default();
    if names.is_empty() {
        vec!["id".to_owned()]
    } else {
        names
    }
}

pub(crate) fn post(scene: &Scene<'_>, post: &Post, names: &[String]) -> Result<Json, Refused> {
    let mut object = Json::object([]);
    for name in names.iter().filter(|name| *name != "id") {
        if let Some(value) = value(scene, post, name)? {
            object = object.with(Cow::Owned(name.clone()), value);
        }
    }
    // Graph puts the id last, except when nothing else was asked for first.
    let first = names.first().is_some_and(|name| name == "id");
    Ok(if first {
        with_first_id(post, object)
    } else {
        object.with("id", post.id.to_string())
    })
}

fn with_first_id(post: &Post, rest: Json) -> Json {
    match rest {
        Json::Object(mut fields) => {
            fields.insert(0, (Cow::Borrowed("id"), post.id.to_string().into()));
            Json::Object(fields)
        }
        other => other,
    }
}

fn value(scene: &Scene<'_>, post: &Post, name: &str) -> Result<Option<Json>, Refused> {
    let author = scene.accounts.get(post.owner);
    let id_of = |id: u64| Json::object([("id", id.to_string().into())]);
    let shortcode = || ids::shortcode(post.id);
    Ok(match name {
        "media_product_type" => Some("THREADS".into()),
        "media_type" => Some(post.draft.kind.media_type().into()),
        "permalink" => Some(
            permalink(
                &scene.settings.threads_web_url,
                &author.public.username,
                post,
            )
            .into(),
        ),
        "owner" => (!post.is_reply()).then(|| id_of(author.user_id)),
        "username" => Some(author.public.username.as_str().into()),
        "text" => Some(shown_text(post, scene.settings.threads.text_echo))
            .filter(|text| !text.is_empty())
            .map(Json::from),
        "timestamp" => Some(time::timestamp(post.created_ms).into()),
        "shortcode" => Some(shortcode().into()),
        "is_quote_post" => Some(post.draft.quoted.is_some().into()),
        "quoted_post" => post.draft.quoted.map(id_of),
        "has_replies" => Some(post.has_replies.into()),
        "reply_audience" => Some(
            post.draft
                .reply_control
                .as_deref()
                .unwrap_or("everyone")
                .to_uppercase()
                .into(),
        ),
        "link_attachment_url" => post.draft.link_attachment.clone().map(Json::from),
        "topic_tag" => post.draft.topic_tag.clone().map(Json::from),
        "is_verified" => Some(false.into()),
        "root_post" => post.is_reply().then(|| id_of(post.root)),
        "replied_to" => post.draft.reply_to.map(id_of),
        "is_reply" => Some(post.is_reply().into()),
        "is_reply_owned_by_me" => Some(post.is_reply().into()),
        "hide_status" => Some("NOT_HUSHED".into()),
        "children" => (!post.children.is_empty()).then(|| {
            let children = post.children.iter().map(|&id| id_of(id));
            Json::object([("data", children.collect::<Vec<_>>().into())])
        }),
        // The CDN's, not the one that the media came from (threads.md 7.2).
        "media_url" => (post.draft.media.len() == 1)
            .then(|| format!("https://scontent.cdninstagram.com/v/{}", post.id).into()),
        "alt_text" => match &post.draft.media[..] {
            [media] => media.alt_text.clone().map(Json::from),
            _ => None,
        },
        "poll_attachment" => post.draft.poll.as_deref().map(poll),
        "is_spoiler_media" => post.is_marked("is_spoiler_media").then_some(true.into()),
        "gif_url" => gif_url(post).map(Json::from),
        "text_entities" | "text_attachment" => written(post, name),
        "ghost_post_status" => post
            .is_marked("is_ghost_post")
            .then(|| ghost_status(post, scene.now_ms).into()),
        "ghost_post_expiration_timestamp" => post
            .is_marked("is_ghost_post")
            .then(|| time::timestamp(post.created_ms + GHOST_MS).into()),
        name if AS_SENT.contains(&name) => post.draft.options.get(name).cloned().map(Json::from),
        name if EMPTY.contains(&name) => None,
        name => {
            return Err(ThreadsError::NonexistingField {
                field: name.to_owned(),
            });
        }
    })
}

/// How long a ghost post is there.
const GHOST_MS: i64 = 86_400_000;

fn ghost_status(post: &Post, now_ms: i64) -> &'static str {
    if now_ms < post.created_ms + GHOST_MS {
        "ACTIVE"
    } else {
        "ARCHIVED"
    }
}

fn poll(options: &[String]) -> Json {
    let names = ["option_a", "option_b", "option_c", "option_d"];
    let given = names.into_iter().zip(options);
    let body = given.fold(Json::object([]), |body, (name, option)| {
        body.with(name, option.as_str())
    });
    body.with("total_votes", 0_u16)
}

/// A parameter that was sent as JSON.
fn written(post: &Post, name: &str) -> Option<Json> {
    let sent = post.draft.options.get(name)?;
    let sent: serde_json::Value = serde_json::from_str(sent).ok()?;
    Some(sent.into())
}

/// `gif_attachment` is write-only (threads.md 8.1).
fn gif_url(post: &Post) -> Option<String> {
    let sent = post.draft.options.get("gif_attachment")?;
    let sent: serde_json::Value = serde_json::from_str(sent).ok()?;
    let id = sent["gif_id"].as_str()?;
    Some(format!("https://media.giphy.com/media/{id}/giphy.gif"))
}

pub(crate) fn permalink(web_url: &str, username: &str, post: &Post) -> String {
    format!("{web_url}/@{username}/post/{}", ids::shortcode(post.id))
}

/// The text as it is read back.
fn shown_text(post: &Post, echo: TextEcho) -> String {
    let sent = &*post.draft.text;
    if echo == TextEcho::AsSent {
        return sent.to_owned();
    }
    let mut shown = sent.to_owned();
    if let Some((at, _)) = text::topic_tag(sent) {
        shown.remove(at);
    }
    shown.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_their_sub_fields() {
        assert_eq!(
            names("id, owner{id},poll_attachment{a,b{c}},text"),
            ["id", "owner", "poll_attachment", "text"]
        );
        assert_eq!(asked(None), ["id"]);
        assert_eq!(asked(Some("")), ["id"]);
    }
}
