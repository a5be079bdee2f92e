//! What the platforms offer besides text and media. What is not set is not sent.
//!
//! Options are about the post as a whole and go with its first part; what is said of a file or
//! discloses how the post was made goes with every part.

use serde::{Deserialize, Serialize};

use crate::text_enum::text_enum;

/// The options of a post, platform by platform.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    #[serde(skip_serializing_if = "is_default")]
    pub x: XOptions,
    #[serde(skip_serializing_if = "is_default")]
    pub threads: ThreadsOptions,
}

impl Options {
    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        is_default(self)
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

text_enum! {
    /// Who may answer on X (`x.md` 2.1).
    pub enum XReplySettings {
        Following = "following",
        MentionedUsers = "mentionedUsers",
        Subscribers = "subscribers",
        Verified = "verified",
    }
}

/// `x.md` 2.1
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct XOptions {
    #[serde(skip_serializing_if = "is_default")]
    pub reply_settings: Option<XReplySettings>,
    /// The id of the post that is quoted.
    #[serde(skip_serializing_if = "is_default")]
    pub quote: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub poll: Option<Poll>,
    #[serde(skip_serializing_if = "is_default")]
    pub community_id: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub share_with_followers: Option<bool>,
    #[serde(skip_serializing_if = "is_default")]
    pub made_with_ai: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub paid_partnership: bool,
}

/// A poll: 2 to 4 answers of 1 to 25 characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Poll {
    pub options: Vec<String>,
    /// X: how long it is open. Threads decides by itself.
    #[serde(default, skip_serializing_if = "is_default")]
    pub duration_minutes: u32,
}

text_enum! {
    /// Who may answer on Threads (`threads.md` 4.1).
    pub enum ThreadsReplyControl {
        Everyone = "everyone",
        AccountsYouFollow = "accounts_you_follow",
        MentionedOnly = "mentioned_only",
        ParentPostAuthorOnly = "parent_post_author_only",
        FollowersOnly = "followers_only",
    }
}

/// `threads.md` 4.1
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ThreadsOptions {
    #[serde(skip_serializing_if = "is_default")]
    pub reply_control: Option<ThreadsReplyControl>,
    /// Without the `#`.
    #[serde(skip_serializing_if = "is_default")]
    pub topic_tag: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub link_attachment: Option<String>,
    /// The id of the post that is quoted.
    #[serde(skip_serializing_if = "is_default")]
    pub quote: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub poll: Option<Poll>,
    /// All images and videos are covered until they are tapped.
    #[serde(skip_serializing_if = "is_default")]
    pub spoiler_media: bool,
    /// Stretches of the text that are covered until they are tapped.
    #[serde(skip_serializing_if = "is_default")]
    pub text_spoilers: Vec<Span>,
    #[serde(skip_serializing_if = "is_default")]
    pub text_attachment: Option<TextAttachment>,
    #[serde(skip_serializing_if = "is_default")]
    pub gif: Option<Gif>,
    /// Gone after 24 hours.
    #[serde(skip_serializing_if = "is_default")]
    pub ghost: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub location_id: Option<String>,
    /// ISO 3166 alpha-2: nobody elsewhere sees it.
    #[serde(skip_serializing_if = "is_default")]
    pub allowed_countries: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub approve_replies: bool,
}

/// A stretch of a text, in characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub offset: u32,
    pub length: u32,
}

/// A long text that hangs on a post.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextAttachment {
    pub plaintext: String,
    #[serde(default, skip_serializing_if = "is_default")]
    pub link_attachment_url: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub styling: Vec<Styling>,
}

/// How a stretch of it looks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Styling {
    #[serde(flatten)]
    pub span: Span,
    /// `bold`, `italic`, `highlight`, `underline`, `strikethrough`.
    pub styles: Vec<String>,
}

/// A GIF of GIPHY's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gif {
    pub id: String,
}
