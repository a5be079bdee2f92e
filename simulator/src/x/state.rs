//! What X holds.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;

use crate::account::AccountId;
use crate::media::LiveMedia;
use crate::post::LivePoll;
use crate::x::limits::Windows;
use crate::x::media::Uploads;
use crate::x::snowflake::Snowflakes;

#[derive(Debug, Default)]
pub(crate) struct X {
    pub(crate) ids: Snowflakes,
    pub(crate) windows: Windows,
    /// What was charged so far, in millionths of a dollar (x.md 4.3).
    pub(crate) spent_microdollars: i64,
    pub(crate) uploads: Uploads,
    posts: HashMap<u64, Post>,
    /// Oldest first.
    by_author: HashMap<AccountId, Vec<u64>>,
    /// When each text was last posted, deleted posts included (x.md 2.6): once for the text
    /// alone, and once with its media.
    recent: HashMap<(AccountId, Arc<str>, Vec<String>), i64>,
    recent_swept_at: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct Post {
    pub(crate) id: u64,
    pub(crate) author: AccountId,
    /// As it was sent.
    pub(crate) text: Arc<str>,
    pub(crate) created_ms: i64,
    pub(crate) measured_us: i64,
    pub(crate) visible_from_ms: i64,
    pub(crate) reply_to: Option<u64>,
    pub(crate) quoted: Option<u64>,
    /// The id of the first post of the chain.
    pub(crate) conversation: u64,
    pub(crate) deleted: bool,
    pub(crate) media: Vec<LiveMedia>,
    pub(crate) media_keys: Vec<String>,
    pub(crate) poll: Option<LivePoll>,
    pub(crate) options: BTreeMap<String, String>,
}

impl X {
    /// Forgets everything but how far the ids have come.
    pub(crate) fn clear(&mut self) {
        *self = Self {
            ids: std::mem::take(&mut self.ids),
            ..Self::default()
        };
    }

    pub(crate) fn post(&self, id: u64) -> Option<&Post> {
        self.posts.get(&id)
    }

    pub(crate) fn live_post(&self, id: u64) -> Option<&Post> {
        self.post(id).filter(|post| !post.deleted)
    }

    pub(crate) fn post_mut(&mut self, id: u64) -> Option<&mut Post> {
        self.posts.get_mut(&id)
    }

    pub(crate) fn add_post(&mut self, post: Post) {
        let text = normalized(&post.text);
        let media = post.media.iter().map(|media| media.sha256.clone());
        let with_media = (post.author, Arc::clone(&text), media.collect());
        self.recent.insert(with_media, post.created_ms);
        self.recent
            .insert((post.author, text, Vec::new()), post.created_ms);
        self.by_author.entry(post.author).or_default().push(post.id);
        self.posts.insert(post.id, post);
    }

    /// Newest first.
    pub(crate) fn posts_of(&self, author: AccountId) -> impl Iterator<Item = &Post> {
        let ids = self.by_author.get(&author).map_or(&[][..], Vec::as_slice);
        ids.iter().rev().filter_map(|id| self.posts.get(id))
    }

    pub(crate) fn posts(&self) -> impl Iterator<Item = &Post> {
        self.posts.values()
    }

    /// Whether the author has posted this text within the window. With media, it must have been
    /// with the same ones: whether X looks at them is not on record, and this is assumed. Without
    /// any, the text alone counts.
    pub(crate) fn is_duplicate(
        &mut self,
        author: AccountId,
        text: &Arc<str>,
        media: &[String],
        now_ms: i64,
        window_ms: i64,
    ) -> bool {
        self.sweep(now_ms, window_ms);
        let key = (author, normalized(text), media.to_vec());
        let at_ms = self.recent.get(&key);
        at_ms.is_some_and(|at_ms| now_ms < at_ms + window_ms)
    }

    /// Forgets old texts, at a cost that is small for each post.
    fn sweep(&mut self, now_ms: i64, window_ms: i64) {
        if self.recent.len() < self.recent_swept_at.max(1_000) {
            return;
        }
        self.recent.retain(|_, at_ms| now_ms < *at_ms + window_ms);
        self.recent_swept_at = self.recent.len() * 2;
    }
}

/// NFC, sharing the text when it is so already.
pub(crate) fn normalized(text: &Arc<str>) -> Arc<str> {
    if unicode_normalization::is_nfc(text) {
        Arc::clone(text)
    } else {
        Arc::from(text.nfc().collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(id: u64, author: AccountId, text: &str) -> Post {
        Post {
            id,
            author,
            text: Arc::from(text),
            created_ms: 0,
            measured_us: 0,
            visible_from_ms: 0,
            reply_to: None,
            quoted: None,
            conversation: id,
            deleted: false,
            media: Vec::new(),
            media_keys: Vec::new(),
            poll: None,
            options: BTreeMap::new(),
        }
    }

    #[test]
    fn two_spellings_of_one_text_are_a_duplicate() {
        let mut x = X::default();
        x.add_post(post(1, 0, "caf\u{e9}"));
        assert!(x.is_duplicate(0, &Arc::from("cafe\u{301}"), &[], 10, 100));
        assert!(
            !x.is_duplicate(1, &Arc::from("caf\u{e9}"), &[], 10, 100),
            "another author"
        );
        assert!(
            !x.is_duplicate(0, &Arc::from("caf\u{e9}"), &[], 100, 100),
            "after the window"
        );
    }

    #[test]
    fn old_texts_are_forgotten() {
        let mut x = X::default();
        for id in 0..1_000 {
            x.add_post(post(id, 0, &id.to_string()));
        }
        x.is_duplicate(0, &Arc::from("other"), &[], 1_000, 100);
        assert!(x.recent.is_empty());
    }
}
