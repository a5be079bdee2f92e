//! The options of a post in the platforms' own words.

use entities::content::{
    MediaKind, Options, Poll, ThreadsOptions, ThreadsReplyControl, XOptions, XReplySettings,
};
use platforms::threads::{self, ContainerOptions, ReplyControl, TextSpan, TextStyle};
use platforms::x::{self, MediaCategory, PostOptions, ReplySettings};

/// What of the options goes with the part `part_index` on X: the whole with the first, what
/// discloses how it was made with each.
pub fn on_x(options: &Options, part_index: i32) -> PostOptions {
    let XOptions {
        reply_settings,
        quote,
        poll,
        community_id,
        share_with_followers,
        made_with_ai,
        paid_partnership,
    } = options.x.clone();
    let disclosed = PostOptions {
        made_with_ai,
        paid_partnership,
        ..PostOptions::default()
    };
    if part_index > 0 {
        return disclosed;
    }
    PostOptions {
        reply_settings: reply_settings.map(|settings| match settings {
            XReplySettings::Following => ReplySettings::Following,
            XReplySettings::MentionedUsers => ReplySettings::MentionedUsers,
            XReplySettings::Subscribers => ReplySettings::Subscribers,
            XReplySettings::Verified => ReplySettings::Verified,
        }),
        quote,
        poll: poll.map(
            |Poll {
                 options,
                 duration_minutes,
             }| x::Poll {
                options,
                duration_minutes,
            },
        ),
        community_id,
        share_with_followers,
        ..disclosed
    }
}

/// The same on Threads: only the cover of images and videos goes with each part.
pub fn on_threads(options: &Options, part_index: i32, has_media: bool) -> ContainerOptions {
    let ThreadsOptions {
        reply_control,
        topic_tag,
        link_attachment,
        quote,
        poll,
        spoiler_media,
        text_spoilers,
        text_attachment,
        gif,
        ghost,
        location_id,
        allowed_countries,
        approve_replies,
    } = options.threads.clone();
    let covered = ContainerOptions {
        spoiler_media: spoiler_media && has_media,
        ..ContainerOptions::default()
    };
    if part_index > 0 {
        return covered;
    }
    ContainerOptions {
        reply_control: reply_control.map(|control| match control {
            ThreadsReplyControl::Everyone => ReplyControl::Everyone,
            ThreadsReplyControl::AccountsYouFollow => ReplyControl::AccountsYouFollow,
            ThreadsReplyControl::MentionedOnly => ReplyControl::MentionedOnly,
            ThreadsReplyControl::ParentPostAuthorOnly => ReplyControl::ParentPostAuthorOnly,
            ThreadsReplyControl::FollowersOnly => ReplyControl::FollowersOnly,
        }),
        topic_tag,
        link_attachment,
        quote_post_id: quote,
        poll: poll.map(|poll| poll.options),
        text_spoilers: text_spoilers
            .into_iter()
            .map(|span| TextSpan {
                offset: span.offset,
                length: span.length,
            })
            .collect(),
        text_attachment: text_attachment.map(|attachment| threads::TextAttachment {
            plaintext: attachment.plaintext,
            link_attachment_url: attachment.link_attachment_url,
            styling: attachment
                .styling
                .into_iter()
                .map(|styling| threads::Styling {
                    offset: styling.span.offset,
                    length: styling.span.length,
                    styling_info: styling
                        .styles
                        .iter()
                        .filter_map(|word| style(word))
                        .collect(),
                })
                .collect(),
        }),
        gif: gif.map(|gif| threads::Gif { id: gif.id }),
        ghost,
        location_id,
        allowlisted_country_codes: allowed_countries,
        enable_reply_approvals: approve_replies,
        ..covered
    }
}

/// Words that are none were refused when the post was submitted.
fn style(word: &str) -> Option<TextStyle> {
    match word {
        "bold" => Some(TextStyle::Bold),
        "italic" => Some(TextStyle::Italic),
        "highlight" => Some(TextStyle::Highlight),
        "underline" => Some(TextStyle::Underline),
        "strikethrough" => Some(TextStyle::Strikethrough),
        _ => None,
    }
}

/// What a file is called on X.
pub fn category(kind: MediaKind) -> MediaCategory {
    match kind {
        MediaKind::Image => MediaCategory::Image,
        MediaKind::Gif => MediaCategory::Gif,
        MediaKind::Video => MediaCategory::Video,
    }
}
