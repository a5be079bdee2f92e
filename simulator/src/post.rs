//! What the world can see.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::account::Platform;
use crate::media::{LiveMedia, MediaKind};

/// A post that is live at this moment, whatever its author was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LivePost {
    pub platform: Platform,
    /// The author's handle.
    pub account: String,
    /// The author's id on the platform.
    pub remote_user_id: String,
    pub id: String,
    /// As it was sent.
    pub text: String,
    pub created_at_ms: i64,
    /// When it was published by the machine's own time, in Unix microseconds: for measurements.
    pub measured_at_us: i64,
    /// The id of the post that it answers.
    pub reply_to: Option<String>,
    /// Threads: the container it was published from.
    pub container_id: Option<String>,
    pub url: String,
    pub kind: PostKind,
    /// In the order in which people see it.
    pub media: Vec<LiveMedia>,
    pub poll: Option<LivePoll>,
    /// The id of the post that it quotes.
    pub quote: Option<String>,
    /// What else was asked for and counts, by the platform's own names of parameters, as it was
    /// sent; a nested one has a dot, as `geo.place_id`. What the platform ignores is not here.
    pub options: BTreeMap<String, String>,
}

/// What a post is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PostKind {
    Text,
    /// Images; on Threads exactly one.
    Image,
    Gif,
    Video,
    /// Threads only.
    Carousel,
}

impl PostKind {
    pub(crate) fn of(media: &[LiveMedia]) -> Self {
        match media.first().map(|media| media.kind) {
            None => Self::Text,
            Some(MediaKind::Image) => Self::Image,
            Some(MediaKind::Gif) => Self::Gif,
            Some(MediaKind::Video) => Self::Video,
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LivePoll {
    pub options: Vec<String>,
    /// X only; on Threads, a poll lasts a day.
    pub duration_minutes: Option<u32>,
}

/// Live posts of one account with the same text and the same media.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Duplicate {
    pub platform: Platform,
    pub account: String,
    pub text: String,
    pub ids: Vec<String>,
}

/// Every text that is live more than once on one account, with the same media.
pub(crate) fn duplicates(posts: &[LivePost]) -> Vec<Duplicate> {
    type Key<'a> = (Platform, &'a str, &'a str, Vec<&'a str>);
    let mut ids = BTreeMap::<Key<'_>, Vec<String>>::new();
    for post in posts {
        let media = post.media.iter().map(|media| media.sha256.as_str());
        ids.entry((post.platform, &post.account, &post.text, media.collect()))
            .or_default()
            .push(post.id.clone());
    }
    ids.into_iter()
        .filter(|(_, ids)| ids.len() > 1)
        .map(|((platform, account, text, _), ids)| Duplicate {
            platform,
            account: account.to_owned(),
            text: text.to_owned(),
            ids,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(account: &str, text: &str, id: &str) -> LivePost {
        LivePost {
            platform: Platform::X,
            account: account.to_owned(),
            remote_user_id: "1".to_owned(),
            id: id.to_owned(),
            text: text.to_owned(),
            created_at_ms: 0,
            measured_at_us: 0,
            reply_to: None,
            container_id: None,
            url: String::new(),
            kind: PostKind::Text,
            media: Vec::new(),
            poll: None,
            quote: None,
            options: BTreeMap::new(),
        }
    }

    #[test]
    fn other_media_make_another_post_of_the_same_text() {
        let with = |id, sha256: &str| {
            let contents = crate::media::Contents {
                sha256: sha256.to_owned(),
                ..Default::default()
            };
            LivePost {
                media: vec![LiveMedia::new(MediaKind::Image, &contents, None)],
                ..post("ann", "hi", id)
            }
        };
        let posts = [
            with("1", "a"),
            with("2", "b"),
            with("3", "a"),
            post("ann", "hi", "4"),
        ];
        let found = duplicates(&posts);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].ids, ["1", "3"]);
    }

    #[test]
    fn equal_text_counts_as_a_duplicate_on_one_account_only() {
        let posts = [
            post("ann", "hi", "1"),
            post("bob", "hi", "2"),
            post("ann", "hi", "3"),
        ];
        let found = duplicates(&posts);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].ids, ["1", "3"]);
    }
}
