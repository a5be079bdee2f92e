//! What is read back from a platform, in one form for both.

/// Whose token it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    pub remote_user_id: String,
    /// Without the `@`.
    pub username: String,
    pub display_name: Option<String>,
    pub picture_url: Option<String>,
    /// X: whether the account may write long posts (x.md 2.7); `None` where the platform does not
    /// say or has no such thing.
    pub is_premium: Option<bool>,
}

/// A post as the platform shows it to its author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemotePost {
    pub id: String,
    /// As a reader sees it: HTML un-escaped, short links expanded, the whole of a long post.
    pub text: String,
    /// The public address where the list carries it (Threads); see [`crate::x::post_url`] for X.
    pub url: Option<String>,
    /// Unix milliseconds.
    pub created_at_ms: Option<i64>,
    /// The post that this one answers.
    pub reply_to: Option<String>,
    pub attached: Attached,
}

/// What hangs on a post, as far as its platform tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Attached {
    /// It did not say.
    #[default]
    Unsaid,
    Nothing,
    /// X: the ids of the uploads.
    Uploads(Vec<String>),
    /// Threads.
    Image,
    Video,
    Carousel,
}

/// What became of a post that was to be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletion {
    Deleted,
    /// The platform knows no such post of this profile: deleted before, or never there.
    WasGone,
}
