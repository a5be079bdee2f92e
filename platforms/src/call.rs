//! The calls that this crate makes.

/// Which call was made: what a failure means depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Call {
    /// Threads: prepare a post or an item of a carousel. Invisible; an orphan is harmless
    /// (threads.md 5.4).
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
    /// Threads: how much of the publishing quota is used.
    ReadQuota,
    /// Either platform: who the token belongs to.
    ReadProfile,
    /// Either platform: take a post away. To repeat it does no harm.
    DeletePost,
    /// X: create a post. Visible at once.
    CreatePost,
    /// X: read one post.
    ReadPost,
    /// X: the profile's own posts.
    ReadTimeline,
    /// X: a whole image in one request. Invisible until a post names it, like everything uploaded.
    UploadImage,
    /// X: begin an upload in parts.
    InitializeUpload,
    /// X: one part of an upload.
    AppendUpload,
    /// X: end an upload in parts; processing begins.
    FinalizeUpload,
    /// X: how far the processing of an upload got.
    UploadStatus,
    /// X: give an upload its text for those who cannot see it.
    DescribeMedia,
}

impl Call {
    /// Whether the world can see something new. After such a call a lost answer is
    /// [`Meaning::Unknown`](crate::Meaning::Unknown), never a reason to repeat it.
    pub fn publishes(self) -> bool {
        matches!(self, Call::Publish | Call::CreatePost)
    }

    /// Whether it is about an upload that an earlier call began: when the platform does not know
    /// it, only a new upload helps.
    pub(crate) fn continues_upload(self) -> bool {
        matches!(
            self,
            Call::AppendUpload | Call::FinalizeUpload | Call::UploadStatus | Call::DescribeMedia
        )
    }
}
