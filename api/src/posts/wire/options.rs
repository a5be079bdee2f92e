//! The options of a post, for the OpenAPI document.

use utoipa::ToSchema;

/// What the platforms offer besides text and media. Options go with the first part of a chain;
/// disclosures and `spoiler_media` with every part.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub struct OptionsBody {
    x: Option<XOptionsBody>,
    threads: Option<ThreadsOptionsBody>,
}

/// On X.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub struct XOptionsBody {
    /// Who may answer; everyone if left out.
    #[schema(value_type = Option<XReplySettingsWord>, inline)]
    reply_settings: Option<String>,
    /// The id of a post to quote. Self-serve plans may quote only posts that mention the account,
    /// or its own.
    quote: Option<String>,
    poll: Option<XPollBody>,
    /// The id of the community that it is posted in.
    community_id: Option<String>,
    /// With `community_id`: whether followers see it, too.
    share_with_followers: Option<bool>,
    made_with_ai: Option<bool>,
    paid_partnership: Option<bool>,
}

/// A poll on X.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub struct XPollBody {
    #[schema(value_type = Vec<PollAnswer>, min_items = 2, max_items = 4)]
    options: Vec<String>,
    /// How long it is open; a day if left out.
    #[schema(minimum = 5, maximum = 10080)]
    duration_minutes: Option<u32>,
}

/// On Threads.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub struct ThreadsOptionsBody {
    /// Who may answer.
    #[schema(value_type = Option<ThreadsReplyControlWord>, inline)]
    reply_control: Option<String>,
    /// 1 to 50 characters, without the `#`, `.` and `&`.
    topic_tag: Option<String>,
    /// The link to preview, in place of the first one in the text.
    link_attachment: Option<String>,
    /// The id of a post to quote.
    quote: Option<String>,
    poll: Option<ThreadsPollBody>,
    /// Cover all images and videos until they are tapped.
    spoiler_media: Option<bool>,
    /// Stretches of the text to cover.
    #[schema(max_items = 10)]
    text_spoilers: Option<Vec<SpanBody>>,
    text_attachment: Option<TextAttachmentBody>,
    gif: Option<GifBody>,
    /// Gone after 24 hours; goes with text spoilers alone.
    ghost: Option<bool>,
    /// Needs the permission `threads_location_tagging`.
    location_id: Option<String>,
    /// Two capital letters each; nobody elsewhere sees the post. For accounts that may.
    allowed_countries: Option<Vec<String>>,
    /// Answers show once they were approved.
    approve_replies: Option<bool>,
}

/// A poll on Threads.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub struct ThreadsPollBody {
    #[schema(value_type = Vec<PollAnswer>, min_items = 2, max_items = 4)]
    options: Vec<String>,
}

/// A stretch of a text, in characters.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub struct SpanBody {
    #[schema(maximum = 10000)]
    offset: u32,
    #[schema(minimum = 1, maximum = 10000)]
    length: u32,
}

/// A long text that hangs on a post.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub struct TextAttachmentBody {
    #[schema(min_length = 1, max_length = 10000)]
    plaintext: String,
    link_attachment_url: Option<String>,
    styling: Option<Vec<StylingBody>>,
}

/// How a stretch of it looks.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub struct StylingBody {
    #[schema(maximum = 10000)]
    offset: u32,
    #[schema(minimum = 1, maximum = 10000)]
    length: u32,
    #[schema(value_type = Vec<StyleWord>, min_items = 1)]
    styles: Vec<String>,
}

/// A GIF of GIPHY's.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub struct GifBody {
    id: String,
}

/// Who may answer on X.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub enum XReplySettingsWord {
    #[schema(rename = "following")]
    Following,
    #[schema(rename = "mentionedUsers")]
    MentionedUsers,
    #[schema(rename = "subscribers")]
    Subscribers,
    #[schema(rename = "verified")]
    Verified,
}

/// Who may answer on Threads.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub enum ThreadsReplyControlWord {
    Everyone,
    AccountsYouFollow,
    MentionedOnly,
    ParentPostAuthorOnly,
    FollowersOnly,
}

/// One answer of a poll.
#[derive(ToSchema)]
#[schema(min_length = 1, max_length = 25)]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub struct PollAnswer(String);

/// How a stretch of text looks.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub enum StyleWord {
    Bold,
    Italic,
    Highlight,
    Underline,
    Strikethrough,
}
