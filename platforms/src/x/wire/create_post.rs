//! `POST /2/tweets`. Unknown keys are refused there, so nothing is sent that need not be
//! (x.md 2.1).

use serde::{Deserialize, Serialize};

use crate::wire::WireId;
use crate::x::new_post::{NewPost, ReplySettings};

#[derive(Serialize)]
pub(in crate::x) struct CreatePost<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply: Option<Reply<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    media: Option<Media<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    poll: Option<Poll<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quote_tweet_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_settings: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    community_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    share_with_followers: Option<bool>,
    #[serde(skip_serializing_if = "is_false")]
    made_with_ai: bool,
    #[serde(skip_serializing_if = "is_false")]
    paid_partnership: bool,
    #[serde(skip_serializing_if = "is_false")]
    for_super_followers_only: bool,
}

#[derive(Serialize)]
struct Reply<'a> {
    in_reply_to_tweet_id: &'a str,
}

#[derive(Serialize)]
struct Media<'a> {
    media_ids: &'a [String],
}

#[derive(Serialize)]
struct Poll<'a> {
    options: &'a [String],
    duration_minutes: u32,
}

impl<'a> From<&NewPost<'a>> for CreatePost<'a> {
    fn from(post: &NewPost<'a>) -> Self {
        let NewPost {
            text,
            reply_to,
            media_ids,
            options,
        } = *post;
        Self {
            text: (!text.is_empty() || media_ids.is_empty()).then_some(text),
            reply: reply_to.map(|in_reply_to_tweet_id| Reply {
                in_reply_to_tweet_id,
            }),
            media: (!media_ids.is_empty()).then_some(Media { media_ids }),
            poll: options.poll.as_ref().map(|poll| Poll {
                options: &poll.options,
                duration_minutes: poll.duration_minutes,
            }),
            quote_tweet_id: options.quote.as_deref(),
            reply_settings: options.reply_settings.map(reply_settings),
            community_id: options.community_id.as_deref(),
            share_with_followers: options.share_with_followers,
            made_with_ai: options.made_with_ai,
            paid_partnership: options.paid_partnership,
            for_super_followers_only: options.for_super_followers_only,
        }
    }
}

fn reply_settings(settings: ReplySettings) -> &'static str {
    match settings {
        ReplySettings::Following => "following",
        ReplySettings::MentionedUsers => "mentionedUsers",
        ReplySettings::Subscribers => "subscribers",
        ReplySettings::Verified => "verified",
    }
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// Only `data.id`: `edit_history_tweet_ids` may be `[""]`, and the text comes changed (x.md 2.2).
#[derive(Deserialize)]
pub(in crate::x) struct Created {
    pub data: CreatedPost,
}

#[derive(Deserialize)]
pub(in crate::x) struct CreatedPost {
    pub id: WireId,
}
