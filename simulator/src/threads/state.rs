//! What Threads holds.

use std::collections::HashMap;
use std::sync::Arc;

use crate::account::AccountId;
use crate::limits::Rolling;
use crate::threads::container::Container;
use crate::threads::draft::Draft;
use crate::threads::ids::Ids;

#[derive(Debug, Default)]
pub(crate) struct Threads {
    pub(crate) ids: Ids,
    containers: HashMap<u64, Container>,
    posts: HashMap<u64, Post>,
    users: HashMap<AccountId, User>,
}

/// A published post or reply.
#[derive(Debug, Clone)]
pub(crate) struct Post {
    pub(crate) id: u64,
    pub(crate) owner: AccountId,
    /// `None` when it was created and published in one call.
    pub(crate) container: Option<u64>,
    pub(crate) draft: Arc<Draft>,
    /// The ids of the items of a carousel: not those of their containers (threads.md 0.4).
    pub(crate) children: Vec<u64>,
    pub(crate) created_ms: i64,
    pub(crate) measured_us: i64,
    pub(crate) listed_from_ms: i64,
    pub(crate) repliable_from_ms: i64,
    /// The first post of the chain; for such a post, its own id.
    pub(crate) root: u64,
    pub(crate) has_replies: bool,
    pub(crate) deleted: Option<Deleted>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Deleted {
    /// Until then the lists still show it (threads.md 7.4).
    pub(crate) unlisted_from_ms: i64,
}

#[derive(Debug, Default)]
pub(crate) struct User {
    /// Its posts and replies, oldest first.
    posts: Vec<u64>,
    pub(crate) published: Rolling,
    pub(crate) replied: Rolling,
    pub(crate) deleted: Rolling,
    cooling_down_until_ms: i64,
}

impl Post {
    pub(crate) fn is_live(&self) -> bool {
        self.deleted.is_none()
    }

    pub(crate) fn is_reply(&self) -> bool {
        self.draft.reply_to.is_some()
    }

    /// Whether a flag was set when it was made.
    pub(crate) fn is_marked(&self, flag: &str) -> bool {
        self.draft.options.contains_key(flag)
    }

    pub(crate) fn is_listed(&self, now_ms: i64) -> bool {
        now_ms >= self.listed_from_ms
            && self
                .deleted
                .is_none_or(|deleted| now_ms < deleted.unlisted_from_ms)
    }
}

impl Threads {
    /// Forgets everything but how far the ids have come.
    pub(crate) fn clear(&mut self) {
        *self = Self {
            ids: std::mem::take(&mut self.ids),
            ..Self::default()
        };
    }

    pub(crate) fn container_mut(&mut self, id: u64) -> Option<&mut Container> {
        self.containers.get_mut(&id)
    }

    pub(crate) fn add_container(&mut self, id: u64, container: Container) {
        self.containers.insert(id, container);
    }

    pub(crate) fn post(&self, id: u64) -> Option<&Post> {
        self.posts.get(&id)
    }

    pub(crate) fn live_post(&self, id: u64) -> Option<&Post> {
        self.post(id).filter(|post| post.is_live())
    }

    pub(crate) fn post_mut(&mut self, id: u64) -> Option<&mut Post> {
        self.posts.get_mut(&id)
    }

    pub(crate) fn add_post(&mut self, post: Post) {
        if let Some(parent) = post.draft.reply_to.and_then(|id| self.posts.get_mut(&id)) {
            parent.has_replies = true;
        }
        self.user(post.owner).posts.push(post.id);
        self.posts.insert(post.id, post);
    }

    /// The posts and replies of a user, newest first.
    pub(crate) fn posts_of(&self, owner: AccountId) -> impl Iterator<Item = &Post> {
        let ids = self.users.get(&owner).map_or(&[][..], |user| &user.posts);
        ids.iter().rev().filter_map(|id| self.posts.get(id))
    }

    pub(crate) fn posts(&self) -> impl Iterator<Item = &Post> {
        self.posts.values()
    }

    pub(crate) fn user(&mut self, owner: AccountId) -> &mut User {
        self.users.entry(owner).or_default()
    }

    pub(crate) fn text_of(&self, id: u64) -> Option<&Arc<str>> {
        let container = self
            .containers
            .get(&id)
            .map(|container| &container.draft.text);
        container.or_else(|| self.posts.get(&id).map(|post| &post.draft.text))
    }

    pub(crate) fn is_cooling_down(&self, owner: AccountId, now_ms: i64) -> bool {
        self.users
            .get(&owner)
            .is_some_and(|user| now_ms < user.cooling_down_until_ms)
    }

    pub(crate) fn cool_down(&mut self, owner: AccountId, until_ms: i64) {
        self.user(owner).cooling_down_until_ms = until_ms;
    }
}
