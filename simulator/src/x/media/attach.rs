//! What of the uploads can be part of a post (x.md 3.4, 10.17, 10.18).

use crate::account::AccountId;
use crate::media::{Contents, LiveMedia, MediaKind};
use crate::scene::Scene;
use crate::settings::{WrongMix, XMediaSettings};
use crate::x::media::upload::{Progress, Stage};
use crate::x::media::usable;
use crate::x::{Refused, XError};

/// One image or video of a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attached {
    pub(crate) key: String,
    pub(crate) media: LiveMedia,
}

/// The media of a post, in their order.
pub(crate) fn attach(
    scene: &mut Scene<'_>,
    caller: AccountId,
    ids: &[u64],
) -> Result<Vec<Attached>, Refused> {
    let (mut attached, mut wrong, mut too_long) = (Vec::new(), Vec::new(), false);
    for id in ids {
        match ready(scene, caller, *id) {
            Some((one, contents)) => {
                too_long |= one.media.kind == MediaKind::Video
                    && is_too_long(&scene.settings.x.media, &contents);
                attached.push(one);
            }
            None => wrong.push(id.to_string()),
        }
    }
    if !wrong.is_empty() {
        return Err(XError::InvalidMedia { ids: wrong });
    }
    // Four images, or one of anything else.
    let moving = |one: &Attached| one.media.kind != MediaKind::Image;
    if attached.len() > 1 && attached.iter().any(moving) {
        return Err(match scene.settings.x.media.wrong_mix {
            WrongMix::InvalidMedia => XError::InvalidMedia {
                ids: ids.iter().map(u64::to_string).collect(),
            },
            WrongMix::NotPermitted => XError::NotPermitted,
        });
    }
    if too_long && !scene.accounts.get(caller).premium {
        return Err(XError::VideoTooLong);
    }
    Ok(attached)
}

/// An upload that is whole, processed and meant for posts.
fn ready(scene: &mut Scene<'_>, caller: AccountId, id: u64) -> Option<(Attached, Contents)> {
    let now_ms = scene.now_ms;
    let (_, upload) = usable(scene, caller, &id.to_string()).ok()?;
    let kind = upload.category.kind()?;
    let Stage::Done(done) = &upload.stage else {
        return None;
    };
    match upload.progress(now_ms)? {
        Progress::None | Progress::Succeeded => {}
        Progress::Pending { .. } | Progress::Working { .. } | Progress::Failed(_) => {
            return None;
        }
    }
    let attached = Attached {
        key: format!("{}_{id}", upload.category.prefix()),
        media: LiveMedia::new(kind, &done.contents, upload.alt_text.clone()),
    };
    Some((attached, done.contents.clone()))
}

fn is_too_long(settings: &XMediaSettings, contents: &Contents) -> bool {
    let told_ms = settings.video_seconds.map(|s| u64::from(s) * 1_000);
    let duration_ms = told_ms.or(contents.duration_ms);
    duration_ms.is_some_and(|ms| ms > u64::from(settings.longest_video_seconds) * 1_000)
}
