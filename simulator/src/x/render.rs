//! A post as it is read back: links become t.co, three signs are escaped,
//! and each dialect has its own names (x.md 2.2, 2.6, 2.7).

use crate::json::Json;
use crate::links;
use crate::media::MediaKind;
use crate::random::{BASE62, Random, mix};
use crate::scene::Scene;
use crate::x::fields::Fields;
use crate::x::{Post, X, text};

/// The text that X shows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) text: String,
    pub(crate) urls: Vec<Url>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Url {
    /// In characters of the shown text.
    start: usize,
    end: usize,
    short: String,
    expanded: String,
    display: String,
}

fn shown(sent: &str, id: u64) -> Shown {
    let mut random = Random::new(mix(id));
    let mut shown = Shown {
        text: String::with_capacity(sent.len()),
        urls: Vec::new(),
    };
    let mut done = 0;
    for link in links::find(sent) {
        escape(&sent[done..link.start], &mut shown.text);
        done = link.end;
        let written = &sent[link];
        let short = format!("https://t.co/{}", random.text(BASE62, 10));
        let start = shown.text.chars().count();
        shown.text.push_str(&short);
        shown.urls.push(Url {
            start,
            end: start + short.len(),
            short,
            expanded: expanded(written),
            display: display(written),
        });
    }
    escape(&sent[done..], &mut shown.text);
    shown
}

/// The text of a post; with media, a link to them may follow.
pub(crate) fn shown_post(scene: &Scene<'_>, post: &Post) -> Shown {
    let mut shown = shown(&post.text, post.id);
    let Some(first) = post.media.first() else {
        return shown;
    };
    if scene.settings.x.media.link_in_text {
        let author = &scene.accounts.get(post.author).public.username;
        let kind = match first.kind {
            MediaKind::Image => "photo",
            MediaKind::Gif | MediaKind::Video => "video",
        };
        shown.add_media(post.id, author, kind);
    }
    shown
}

impl Shown {
    fn add_media(&mut self, id: u64, author: &str, kind: &str) {
        let code = Random::new(mix(!id)).text(BASE62, 10);
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        let start = self.text.chars().count();
        let short = format!("https://t.co/{code}");
        self.text.push_str(&short);
        self.urls.push(Url {
            start,
            end: start + short.len(),
            short,
            expanded: format!("https://x.com/{author}/status/{id}/{kind}/1"),
            display: format!("pic.x.com/{code}"),
        });
    }
}

fn escape(text: &str, into: &mut String) {
    for c in text.chars() {
        match c {
            '&' => into.push_str("&amp;"),
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            c => into.push(c),
        }
    }
}

/// A bare domain gets a scheme, so the text does not come back as it was sent.
fn expanded(link: &str) -> String {
    if has_scheme(link) {
        link.to_owned()
    } else {
        format!("http://{link}")
    }
}

fn has_scheme(link: &str) -> bool {
    link.split_once("://").is_some()
}

fn display(link: &str) -> String {
    let bare = link.split_once("://").map_or(link, |(_, bare)| bare);
    let bare = bare.strip_prefix("www.").unwrap_or(bare);
    if bare.chars().count() <= 26 {
        return bare.to_owned();
    }
    bare.chars().take(26).chain(['…']).collect()
}

impl Url {
    fn json(&self) -> Json {
        Json::object([
            ("start", self.start.into()),
            ("end", self.end.into()),
            ("url", self.short.as_str().into()),
            ("expanded_url", self.expanded.as_str().into()),
            ("display_url", self.display.as_str().into()),
        ])
    }
}

pub(crate) fn post(scene: &Scene<'_>, post: &Post, fields: &Fields) -> Json {
    let whole = shown_post(scene, post);
    let long = text::weighted_length(&post.text) > 280;
    // A long post is cut, and whole only in its note (x.md 2.6).
    let cut = if long {
        cut(&whole.text)
    } else {
        whole.text.clone()
    };
    let note = Json::object([("text", whole.text.as_str().into())]);
    let urls: Vec<Json> = whole.urls.iter().map(Url::json).collect();
    let parent = post.reply_to.and_then(|id| scene.x.post(id));
    let author_of = |post: &Post| {
        scene
            .accounts
            .get(post.author)
            .public
            .remote_user_id
            .clone()
    };
    let references = references(post);
    let (edits, note_name) = match fields.modern() {
        false => ("edit_history_tweet_ids", "note_tweet"),
        true => ("edit_history_post_ids", "note_post"),
    };
    let references_name = fields.references();
    let when = |wanted: bool, value: Json| wanted.then_some(value);
    Json::object([
        ("id", post.id.to_string().into()),
        ("text", cut.into()),
        (edits, vec![post.id.to_string().into()].into()),
    ])
    .with_some(
        "created_at",
        when(fields.has("created_at"), created_at(post.created_ms).into()),
    )
    .with_some(
        "author_id",
        when(fields.has("author_id"), author_of(post).into()),
    )
    .with_some(
        "conversation_id",
        when(
            fields.has("conversation_id"),
            post.conversation.to_string().into(),
        ),
    )
    .with_some(
        "in_reply_to_user_id",
        parent
            .filter(|_| fields.has("in_reply_to_user_id"))
            .map(author_of),
    )
    .with_some(
        references_name,
        when(
            fields.has(references_name) && !references.is_empty(),
            references.into(),
        ),
    )
    .with_some(
        "entities",
        when(
            fields.has("entities") && !urls.is_empty(),
            Json::object([("urls", urls.into())]),
        ),
    )
    .with_some(note_name, when(fields.has(note_name) && long, note))
    .with_some(
        "attachments",
        when(
            fields.has("attachments") && !post.media_keys.is_empty(),
            Json::object([("media_keys", keys(post).into())]),
        ),
    )
    .with_some(
        "public_metrics",
        when(fields.has("public_metrics"), metrics(scene.x, post, fields)),
    )
}

fn keys(post: &Post) -> Vec<Json> {
    let keys = post.media_keys.iter();
    keys.map(|key| key.as_str().into()).collect()
}

fn references(post: &Post) -> Vec<Json> {
    let reference =
        |kind: &str, id: u64| Json::object([("type", kind.into()), ("id", id.to_string().into())]);
    let parent = post.reply_to.map(|id| reference("replied_to", id));
    let quoted = post.quoted.map(|id| reference("quoted", id));
    parent.into_iter().chain(quoted).collect()
}

fn metrics(x: &X, post: &Post, fields: &Fields) -> Json {
    let answers = x.posts_of(post.author);
    let replies = answers
        .filter(|other| other.reply_to == Some(post.id) && !other.deleted)
        .count();
    let reposts = if fields.modern() {
        "repost_count"
    } else {
        "retweet_count"
    };
    Json::object([
        (reposts, 0_u16.into()),
        ("reply_count", replies.into()),
        ("like_count", 0_u16.into()),
        ("quote_count", 0_u16.into()),
        ("bookmark_count", 0_u16.into()),
        ("impression_count", 0_u16.into()),
    ])
}

fn cut(text: &str) -> String {
    text.chars().take(276).chain(['…']).collect()
}

fn created_at(at_ms: i64) -> String {
    let at = chrono::DateTime::from_timestamp_millis(at_ms).unwrap_or_default();
    at.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_shortened_and_three_signs_escaped() {
        let shown = shown("a < b & see example.com/x!", 42);
        let url = &shown.urls[0];
        assert_eq!(shown.text, format!("a &lt; b &amp; see {}!", url.short));
        assert_eq!(url.expanded, "http://example.com/x");
        assert_eq!(url.display, "example.com/x");
        let taken: String = shown
            .text
            .chars()
            .skip(url.start)
            .take(url.end - url.start)
            .collect();
        assert_eq!(taken, url.short);
    }

    #[test]
    fn the_same_post_always_has_the_same_short_links() {
        assert_eq!(shown("https://a.example", 7), shown("https://a.example", 7));
        assert_ne!(shown("https://a.example", 7), shown("https://a.example", 8));
    }
}
