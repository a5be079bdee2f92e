//! Whatever a Threads post can be told to be beside its text and media (threads.md 4.1).

/// The default says nothing, and what is not set is not sent. What goes with what is Threads'
/// rule, and repeated at each field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContainerOptions {
    pub reply_control: Option<ReplyControl>,
    /// 1 to 50 characters without `.` and `&`, and without the `#`.
    pub topic_tag: Option<String>,
    /// Text posts only: the link to preview, in place of the first one of the text.
    pub link_attachment: Option<String>,
    /// The post to quote, by its id.
    pub quote_post_id: Option<String>,
    /// Text posts only: two to four answers of 1 to 25 characters. A poll of another shape is
    /// silently dropped by Threads.
    pub poll: Option<Vec<String>>,
    /// Hides the image, the video, or every item of a carousel until it is tapped.
    pub spoiler_media: bool,
    /// The parts of the text to hide until they are tapped; at most ten.
    pub text_spoilers: Vec<TextSpan>,
    /// Text posts only, without a poll.
    pub text_attachment: Option<TextAttachment>,
    /// Text posts only.
    pub gif: Option<Gif>,
    /// Text posts only, and no reply: archived after 24 hours. Goes with text spoilers alone.
    pub ghost: bool,
    pub location_id: Option<String>,
    /// Two-letter country codes: nobody elsewhere sees the post. For accounts that may.
    pub allowlisted_country_codes: Vec<String>,
    /// Replies appear once they are approved. Not with `ghost`.
    pub enable_reply_approvals: bool,
    /// Also shows the post as a story on Instagram; that it failed does not stop the post.
    pub crossreshare_to_ig: bool,
    pub crossreshare_to_ig_dark_mode: bool,
}

/// Who may reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReplyControl {
    Everyone,
    AccountsYouFollow,
    MentionedOnly,
    ParentPostAuthorOnly,
    FollowersOnly,
}

/// A part of a text. Whether Threads counts UTF-16 units, characters or bytes is not documented
/// (threads.md 13).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextSpan {
    pub offset: u32,
    pub length: u32,
}

/// A long text, shown apart from the post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextAttachment {
    /// At most 10,000 characters.
    pub plaintext: String,
    /// Not beside [`ContainerOptions::link_attachment`].
    pub link_attachment_url: Option<String>,
    /// Without overlaps.
    pub styling: Vec<Styling>,
}

/// How a part of a [`TextAttachment`] looks. Offsets as in [`TextSpan`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Styling {
    pub offset: u32,
    pub length: u32,
    pub styling_info: Vec<TextStyle>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextStyle {
    Bold,
    Italic,
    Highlight,
    Underline,
    Strikethrough,
}

/// An animation of GIPHY, the only provider since 2026-03-31 (threads.md 4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gif {
    pub id: String,
}

pub(super) static NO_OPTIONS: ContainerOptions = ContainerOptions {
    reply_control: None,
    topic_tag: None,
    link_attachment: None,
    quote_post_id: None,
    poll: None,
    spoiler_media: false,
    text_spoilers: Vec::new(),
    text_attachment: None,
    gif: None,
    ghost: false,
    location_id: None,
    allowlisted_country_codes: Vec::new(),
    enable_reply_approvals: false,
    crossreshare_to_ig: false,
    crossreshare_to_ig_dark_mode: false,
};
