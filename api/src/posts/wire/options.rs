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
    /// Who may answer: `following`, `mentionedUsers`, `subscribers` or `verified`; everyone if left
    /// out.
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
    /// Of 1 to 25 characters each.
    #[schema(min_items = 2, max_items = 4)]
    options: Vec<String>,
    /// How long it is open; a day if left out.
    #[schema(minimum = 5, maximum = 10080)]
    duration_minutes: Option<u32>,
}

/// On Threads.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub struct ThreadsOptionsBody {
    /// Who may answer: `everyone`, `accounts_you_follow`, `mentioned_only`,
    /// `parent_post_author_only` or `followers_only`.
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
    /// Of 1 to 25 characters each.
    #[schema(min_items = 2, max_items = 4)]
    options: Vec<String>,
}

/// A stretch of a text, in characters.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub struct SpanBody {
    offset: u32,
    length: u32,
}

/// A long text that hangs on a post.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub struct TextAttachmentBody {
    #[schema(max_length = 10000)]
    plaintext: String,
    link_attachment_url: Option<String>,
    styling: Option<Vec<StylingBody>>,
}

/// How a stretch of it looks.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub struct StylingBody {
    offset: u32,
    length: u32,
    /// `bold`, `italic`, `highlight`, `underline`, `strikethrough`
    styles: Vec<String>,
}

/// A GIF of GIPHY's.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub struct GifBody {
    id: String,
}
