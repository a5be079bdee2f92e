//! The calls that this crate makes.

/// Which call was made: what a failure means depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Call {
    /// Threads: prepare a post. Invisible; an orphan is harmless (threads.md 5.4).
    CreateContainer,
    /// Threads: how far a container got.
    ContainerStatus,
    /// Threads: make a container visible.
    Publish,
    /// Threads: read one post.
    ReadMedia,
    /// Threads: the profile's own posts.
    ListPosts,
    /// Threads: the profile's own replies.
    ListReplies,
    /// Either platform: who the token belongs to.
    ReadProfile,
    /// X: create a post. Visible at once.
    CreatePost,
    /// X: the profile's own posts.
    ReadTimeline,
}

impl Call {
    /// Whether the world can see the effect. After such a call a lost answer is
    /// [`Meaning::Unknown`](crate::Meaning::Unknown), never a reason to repeat it.
    pub fn publishes(self) -> bool {
        matches!(self, Call::Publish | Call::CreatePost)
    }
}
