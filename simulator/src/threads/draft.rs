//! What is going to be published, and the parameters that it is read from (threads.md 4.1, 4.2).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::lags::Work;
use crate::media::LiveMedia;
use crate::post::PostKind;
use crate::request::Request;
use crate::threads::{Refused, ThreadsError, attachments, ids, text};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) kind: Kind,
    pub(crate) text: Arc<str>,
    pub(crate) reply_to: Option<u64>,
    pub(crate) quoted: Option<u64>,
    pub(crate) topic_tag: Option<String>,
    pub(crate) link_attachment: Option<String>,
    pub(crate) reply_control: Option<String>,
    /// The options of a poll.
    pub(crate) poll: Option<Vec<String>>,
    /// Every other parameter that counts, as it was sent.
    pub(crate) options: BTreeMap<String, String>,
    pub(crate) media: Vec<LiveMedia>,
}

/// `media_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Kind {
    #[default]
    Text,
    Image,
    Video,
    Carousel,
}

impl Kind {
    pub(crate) fn seen(self) -> PostKind {
        match self {
            Self::Text => PostKind::Text,
            Self::Image => PostKind::Image,
            Self::Video => PostKind::Video,
            Self::Carousel => PostKind::Carousel,
        }
    }

    /// As posts are read back (threads.md 8.1).
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Text => "TEXT_POST",
            Self::Image => "IMAGE",
            Self::Video => "VIDEO",
            Self::Carousel => "CAROUSEL_ALBUM",
        }
    }

    fn read(request: &Request) -> Result<Self, Refused> {
        let given = request.param("media_type");
        Ok(match given {
            Some("TEXT") => Self::Text,
            Some("IMAGE") => Self::Image,
            Some("VIDEO") => Self::Video,
            Some("CAROUSEL") => Self::Carousel,
            Some(_) => {
                return Err(ThreadsError::parameter(
                    "Param media_type must be one of {TEXT, IMAGE, VIDEO, CAROUSEL}.",
                ));
            }
            None => {
                return Err(ThreadsError::parameter(
                    "The parameter media_type is required.",
                ));
            }
        })
    }
}

impl Draft {
    pub(crate) fn work(&self) -> Work {
        match self.kind {
            Kind::Image => Work::Image,
            Kind::Video => Work::Video,
            Kind::Carousel => Work::Carousel,
            Kind::Text if self.link_attachment.is_some() || text::has_link(&self.text) => {
                Work::Link
            }
            Kind::Text => Work::Text,
        }
    }

    /// The parameters, each judged for itself; the media are still to come.
    pub(crate) fn read(request: &Request) -> Result<Self, Refused> {
        let kind = Kind::read(request)?;
        let text = request.param("text").unwrap_or_default();
        let link_attachment = request
            .param("link_attachment")
            .filter(|link| !link.is_empty());
        if kind == Kind::Text && text.trim().is_empty() && link_attachment.is_none() {
            return Err(ThreadsError::parameter("The parameter text is required."));
        }
        if text::length(text) > 500 {
            return Err(ThreadsError::parameter(
                "Param text must be at most 500 characters long.",
            ));
        }
        if link_attachment.is_some_and(|link| !text::has_link(link)) {
            return Err(ThreadsError::InvalidLinkAttachment);
        }
        let attachments = attachments::read(request, kind)?;
        let attached = link_attachment.or(attachments.link.as_deref());
        if text::unique_links(text, attached) > 5 {
            return Err(ThreadsError::TooManyLinks);
        }
        Ok(Self {
            kind,
            text: Arc::from(text),
            reply_to: match request.param("reply_to_id") {
                Some(id) => Some(ids::parse(id).filter(|_| ids::is_media(id)).ok_or_else(
                    || ThreadsError::parameter("Param reply_to_id is not a valid threads_media ID"),
                )?),
                None => None,
            },
            quoted: match request.param("quote_post_id") {
                Some(id) => Some(ids::parse(id).ok_or_else(|| {
                    ThreadsError::parameter("Param quote_post_id is not a valid threads_media ID")
                })?),
                None => None,
            },
            topic_tag: topic_tag(request.param("topic_tag"), text)?,
            link_attachment: link_attachment.map(str::to_owned),
            reply_control: reply_control(request.param("reply_control"))?,
            poll: attachments.poll,
            options: attachments.options,
            media: Vec::new(),
        })
    }
}

const REPLY_CONTROLS: [&str; 5] = [
    "everyone",
    "accounts_you_follow",
    "mentioned_only",
    "parent_post_author_only",
    "followers_only",
];

/// The parameter, or else the first tag of the text.
fn topic_tag(given: Option<&str>, text: &str) -> Result<Option<String>, Refused> {
    let Some(tag) = given else {
        return Ok(text::topic_tag(text).map(|(_, tag)| tag.to_owned()));
    };
    let length = tag.chars().count();
    if !(1..=50).contains(&length) || tag.contains(['.', '&']) {
        return Err(ThreadsError::parameter("Param topic_tag is invalid."));
    }
    Ok(Some(tag.to_owned()))
}

fn reply_control(given: Option<&str>) -> Result<Option<String>, Refused> {
    match given {
        Some(control) if !REPLY_CONTROLS.contains(&control) => {
            Err(ThreadsError::parameter(format!(
                "Param reply_control must be one of {{{}}}",
                REPLY_CONTROLS.join(", ")
            )))
        }
        control => Ok(control.map(str::to_owned)),
    }
}
