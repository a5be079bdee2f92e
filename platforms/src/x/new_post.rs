//! What a new post on X may consist of.

/// A post to be created. Nothing is sent that is not set (x.md 2.1).
#[derive(Debug, Clone, Copy)]
pub struct NewPost<'a> {
    /// May be empty beside media.
    pub text: &'a str,
    /// The post that this one answers.
    pub reply_to: Option<&'a str>,
    /// Up to four images, or one video, or one animated GIF: ids of finished uploads, in the order
    /// shown. Not beside a poll or a quote (x.md 2.1, 3.4).
    pub media_ids: &'a [String],
    pub options: &'a PostOptions,
}

/// Whatever else a post can be told to be. The default says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PostOptions {
    /// Who may reply; everyone if absent.
    pub reply_settings: Option<ReplySettings>,
    /// The post to quote, by its id. On the self-serve plans only one's own, or one that mentions
    /// the author (x.md 2.1, 2.4).
    pub quote: Option<String>,
    pub poll: Option<Poll>,
    /// The community to post to, by its id.
    pub community_id: Option<String>,
    /// With `community_id`: whether followers outside the community see it too.
    pub share_with_followers: Option<bool>,
    /// Discloses that media were made with AI.
    pub made_with_ai: bool,
    /// Discloses that the post is paid for.
    pub paid_partnership: bool,
    pub for_super_followers_only: bool,
}

/// Who may reply to a post. That everyone may is not said (x.md 11 point 16).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReplySettings {
    /// Those whom the author follows.
    Following,
    MentionedUsers,
    Subscribers,
    Verified,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Poll {
    /// Two to four, each of 1 to 25 characters.
    pub options: Vec<String>,
    /// 5 to 10,080.
    pub duration_minutes: u32,
}

static NO_OPTIONS: PostOptions = PostOptions {
    reply_settings: None,
    quote: None,
    poll: None,
    community_id: None,
    share_with_followers: None,
    made_with_ai: false,
    paid_partnership: false,
    for_super_followers_only: false,
};

impl Default for NewPost<'_> {
    fn default() -> Self {
        Self {
            text: "",
            reply_to: None,
            media_ids: &[],
            options: &NO_OPTIONS,
        }
    }
}
