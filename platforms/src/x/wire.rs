//! The JSON of X. Answers come in two vocabularies, and both are read (x.md 2.7).

mod create_post;
mod media;

use chrono::DateTime;
use serde::Deserialize;

use super::snowflake;
use super::unescape::unescape;
use crate::remote::{Attached, Deletion, Profile, RemotePost};
use crate::wire::WireId;

pub(super) use create_post::{CreatePost, Created};
pub(super) use media::{DescribeMedia, Described, InitializeUpload, Upload};

/// `GET /2/users/{id}/tweets`.
#[derive(Deserialize)]
#[serde(try_from = "TimelineBody")]
pub(super) struct Timeline {
    posts: Vec<Post>,
    goes_on: bool,
}

#[derive(Deserialize)]
struct TimelineBody {
    data: Option<Vec<Post>>,
    #[serde(default)]
    meta: Meta,
}

#[derive(Deserialize, Default)]
struct Meta {
    result_count: Option<u64>,
    next_token: Option<String>,
}

impl TryFrom<TimelineBody> for Timeline {
    type Error = &'static str;

    /// An empty timeline has no `data`, but a count of zero (x.md 2.6). An answer with neither
    /// proves nothing, and is not taken for an empty one.
    fn try_from(body: TimelineBody) -> Result<Self, Self::Error> {
        let goes_on = body.meta.next_token.is_some();
        match (body.data, body.meta.result_count) {
            (Some(posts), _) => Ok(Self { posts, goes_on }),
            (None, Some(0)) => Ok(Self {
                posts: Vec::new(),
                goes_on,
            }),
            (None, _) => Err("neither posts nor a count of zero"),
        }
    }
}

impl Timeline {
    /// Whether the platform names a further page. Excluded rows are taken out after the page is
    /// cut, so a page may be short, even empty, and yet not the last.
    pub fn goes_on(&self) -> bool {
        self.goes_on
    }

    pub fn into_posts(self) -> Vec<RemotePost> {
        self.posts.into_iter().map(RemotePost::from).collect()
    }
}

/// `GET /2/tweets/{id}`.
#[derive(Deserialize)]
pub(super) struct OnePost {
    data: Post,
}

impl From<OnePost> for RemotePost {
    fn from(post: OnePost) -> Self {
        post.data.into()
    }
}

/// `DELETE /2/tweets/{id}` (x.md 2.8).
#[derive(Deserialize)]
pub(super) struct Deleted {
    data: DeletedPost,
}

#[derive(Deserialize)]
struct DeletedPost {
    deleted: bool,
}

impl From<Deleted> for Deletion {
    fn from(deleted: Deleted) -> Self {
        if deleted.data.deleted {
            Deletion::Deleted
        } else {
            Deletion::WasGone
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Post {
    id: WireId,
    #[serde(default)]
    text: String,
    created_at: Option<String>,
    entities: Option<Entities>,
    note_tweet: Option<Note>,
    note_post: Option<Note>,
    referenced_tweets: Option<Vec<Reference>>,
    referenced_posts: Option<Vec<Reference>>,
    attachments: Option<Attachments>,
}

#[derive(Deserialize)]
struct Attachments {
    media_keys: Option<Vec<String>>,
}

impl Attachments {
    /// `3_1880028106020515840`: a kind, and the upload's id (x.md 3.1).
    fn uploads(self) -> Option<Vec<String>> {
        let keys = self.media_keys?.into_iter();
        Some(
            keys.map(|key| match key.split_once('_') {
                Some((_, id)) => id.to_owned(),
                None => key,
            })
            .collect(),
        )
    }
}

/// The whole of a long post, whose `text` is cut (x.md 2.6).
#[derive(Deserialize)]
struct Note {
    text: String,
    entities: Option<Entities>,
}

#[derive(Deserialize)]
struct Entities {
    #[serde(default)]
    urls: Vec<Link>,
}

#[derive(Deserialize)]
struct Link {
    url: String,
    expanded_url: Option<String>,
    /// Set where the link stands for attached media, which the author did not write.
    media_key: Option<String>,
}

#[derive(Deserialize)]
struct Reference {
    #[serde(rename = "type")]
    kind: String,
    id: WireId,
}

impl From<Post> for RemotePost {
    fn from(post: Post) -> Self {
        let created_at = post.created_at.as_deref();
        let created_at = created_at.and_then(|at| DateTime::parse_from_rfc3339(at).ok());
        let (text, entities) = match post.note_tweet.or(post.note_post) {
            Some(note) => (note.text, note.entities.or(post.entities)),
            None => (post.text, post.entities),
        };
        let uploads = post.attachments.and_then(Attachments::uploads);
        RemotePost {
            attached: uploads.map_or(Attached::Unsaid, Attached::Uploads),
            created_at_ms: created_at
                .map(|at| at.timestamp_millis())
                .or_else(|| snowflake::time_ms(&post.id.0)),
            id: post.id.0,
            text: written_text(&text, entities.map(|e| e.urls).unwrap_or_default()),
            url: None,
            reply_to: post
                .referenced_tweets
                .or(post.referenced_posts)
                .unwrap_or_default()
                .into_iter()
                .find(|reference| reference.kind == "replied_to")
                .map(|reference| reference.id.0),
        }
    }
}

/// The text as the author wrote it. Expanded links are not escaped, so they are put in last.
fn written_text(stored: &str, mut links: Vec<Link>) -> String {
    let mut text = unescape(stored);
    // The longest first: one short link may be the beginning of another.
    links.sort_by_key(|link| std::cmp::Reverse(link.url.len()));
    for link in links.iter().filter(|link| !link.url.is_empty()) {
        match (&link.media_key, &link.expanded_url) {
            (Some(_), _) => text = text.replace(&link.url, ""),
            (None, Some(expanded)) => text = text.replace(&link.url, expanded),
            (None, None) => {}
        }
    }
    text.trim().to_owned()
}

/// `GET /2/users/me` (x.md 2.7).
#[derive(Deserialize)]
pub(super) struct Me {
    data: User,
}

#[derive(Deserialize)]
struct User {
    id: WireId,
    username: String,
    name: Option<String>,
    profile_image_url: Option<String>,
    subscription_type: Option<String>,
    verified_type: Option<String>,
}

impl From<Me> for Profile {
    fn from(me: Me) -> Self {
        let user = me.data;
        // The subscription is told to its owner alone; the blue mark, to everybody.
        let is_premium = match user.subscription_type.as_deref() {
            Some(subscription) => Some(!subscription.eq_ignore_ascii_case("none")),
            None => (user.verified_type.as_deref() == Some("blue")).then_some(true),
        };
        Profile {
            remote_user_id: user.id.0,
            username: user.username,
            display_name: user.name.filter(|name| !name.is_empty()),
            picture_url: user.profile_image_url,
            is_premium,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(url: &str, expanded_url: &str) -> Link {
        Link {
            url: url.to_owned(),
            expanded_url: Some(expanded_url.to_owned()),
            media_key: None,
        }
    }

    #[test]
    fn short_links_are_expanded_after_unescaping() {
        let links = vec![
            link("https://t.co/a", "https://example.com/?a=1&lt=2"),
            link("https://t.co/ab", "https://example.org/"),
        ];
        assert_eq!(
            written_text("x &amp; https://t.co/ab https://t.co/a", links),
            "x & https://example.org/ https://example.com/?a=1&lt=2"
        );
    }

    #[test]
    fn a_link_to_attached_media_is_not_the_authors() {
        let media = Link {
            media_key: Some("3_1".to_owned()),
            ..link("https://t.co/m", "https://x.com/u/status/1/photo/1")
        };
        assert_eq!(written_text("cat https://t.co/m", vec![media]), "cat");
    }
}
