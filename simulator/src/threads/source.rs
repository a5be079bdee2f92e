//! Where the images and videos of a container come from: an address that is looked at, or the
//! children of a carousel (threads.md 4.3, 4.5).

use crate::account::AccountId;
use crate::media::{Contents, Fetched, Format, LiveMedia, MediaKind};
use crate::request::Request;
use crate::scene::Scene;
use crate::threads::container::Fate;
use crate::threads::draft::Kind;
use crate::threads::{Refused, ThreadsError, ids};

const LARGEST_IMAGE: u64 = 8 << 20;
const LARGEST_VIDEO: u64 = 1 << 30;
const LONGEST_VIDEO_MS: u64 = 300_000;

/// The address that a container of this kind is made from, and how much may be there.
pub(crate) fn address(kind: Kind, request: &Request) -> Result<Option<(&str, u64)>, Refused> {
    let (name, most_bytes) = match kind {
        Kind::Image => ("image_url", LARGEST_IMAGE),
        Kind::Video => ("video_url", LARGEST_VIDEO),
        Kind::Text | Kind::Carousel => return Ok(None),
    };
    match request.param(name).filter(|given| !given.is_empty()) {
        Some(url) => Ok(Some((url, most_bytes))),
        None => Err(ThreadsError::parameter(format!(
            "The parameter {name} is required."
        ))),
    }
}

/// `alt_text` of an image or a video.
pub(crate) fn alt_text(request: &Request) -> Result<Option<String>, Refused> {
    match request.param("alt_text") {
        Some(text) if text.chars().count() > 1_000 => Err(ThreadsError::parameter(
            "Param alt_text must be at most 1000 characters long.",
        )),
        text => Ok(text.filter(|text| !text.is_empty()).map(str::to_owned)),
    }
}

/// An image that is not as it should be refuses the call; a video, only the container: its
/// `error_message` tells.
pub(crate) fn judge(
    kind: Kind,
    url: &str,
    fetched: Option<&Fetched>,
    alt_text: Option<String>,
) -> Result<(LiveMedia, Fate), Refused> {
    let nothing = Contents::default();
    let (contents, is_there) = match fetched {
        Some(Fetched::Whole(contents)) => (contents, true),
        Some(Fetched::TooLarge | Fetched::Failed) => (&nothing, false),
        // Addresses are not looked at.
        None => {
            let media = LiveMedia::new(shown(kind), &nothing, alt_text);
            return Ok((media, Fate::Ordinary));
        }
    };
    let fate = match (kind, is_there, contents.format) {
        (Kind::Image, true, Some(Format::Jpeg | Format::Png)) => Fate::Ordinary,
        (Kind::Image, ..) => {
            return Err(ThreadsError::MediaDownloadFailed {
                url: url.to_owned(),
            });
        }
        (_, false, _) => Fate::Fails("FAILED_DOWNLOADING_VIDEO".to_owned()),
        (_, true, Some(Format::Mp4 | Format::Quicktime)) => match contents.duration_ms {
            Some(ms) if ms > LONGEST_VIDEO_MS => Fate::Fails("INVALID_DURATION".to_owned()),
            _ => Fate::Ordinary,
        },
        (_, true, _) => Fate::Fails("FAILED_PROCESSING_VIDEO".to_owned()),
    };
    Ok((LiveMedia::new(shown(kind), contents, alt_text), fate))
}

fn shown(kind: Kind) -> MediaKind {
    match kind {
        Kind::Video => MediaKind::Video,
        Kind::Text | Kind::Image | Kind::Carousel => MediaKind::Image,
    }
}

/// What the children of a carousel are made of, in their order. Each must be an own container
/// that was made as an item, is FINISHED and is known to the server that is asked; a refusal
/// names those that are not.
pub(crate) fn children(
    scene: &mut Scene<'_>,
    caller: AccountId,
    request: &Request,
) -> Result<Vec<LiveMedia>, Refused> {
    let given: Vec<&str> = request
        .param("children")
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|id| !id.is_empty())
        .collect();
    if !(2..=20).contains(&given.len()) {
        return Err(ThreadsError::parameter(
            "Param children must have 2 to 20 elements.",
        ));
    }
    let now_ms = scene.now_ms;
    let (mut media, mut wrong) = (Vec::new(), Vec::new());
    for id in given {
        let child = ids::parse(id).and_then(|id| scene.threads.container_mut(id));
        let child = child.filter(|child| child.owner == caller);
        let joins = child.as_ref().is_some_and(|child| child.can_join(now_ms));
        match child {
            Some(child) if joins => media.extend(child.draft.media.iter().cloned()),
            Some(child) => {
                let seen = child.seen(now_ms);
                child.was_seen(&seen);
                wrong.push(id.to_owned());
            }
            None => wrong.push(id.to_owned()),
        }
    }
    if wrong.is_empty() {
        Ok(media)
    } else {
        Err(ThreadsError::InvalidChildren { ids: wrong })
    }
}
