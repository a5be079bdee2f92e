//! What the platforms do wrong about images and videos (threads.md 4.3, 4.5, 4.6; x.md 3.2, 3.3).

use std::collections::BTreeMap;

use super::{Behaviour, Effect, always, once};
use crate::account::Platform;
use crate::call::Operation::{
    self, CreateCarousel, CreateChild, CreateContainer, XCreate, XMediaAppend, XMediaFinalize,
    XMediaMetadata, XMediaStatus, XMediaUpload,
};
use crate::fault::{ContainerFate, Fault, FaultBody, LagOf, MediaFate, When};
use crate::threads::ThreadsError;
use crate::x::XError;

/// The calls that make Threads look at a file.
const FETCHING: [Operation; 2] = [CreateContainer, CreateChild];
/// The calls after which a file of X is whole.
const WHOLE: [Operation; 2] = [XMediaUpload, XMediaFinalize];

fn at_each(
    platform: Platform,
    name: &str,
    effect: Effect,
    operations: &[Operation],
    fault: &Fault,
) -> Behaviour {
    let new = Behaviour::new(platform, name, effect);
    operations
        .iter()
        .fold(new, |all, at| all.at(*at, vec![once(*at, fault.clone())]))
}

fn for_ever(
    platform: Platform,
    name: &str,
    effect: Effect,
    operations: &[Operation],
    fault: &Fault,
) -> Behaviour {
    let new = Behaviour::new(platform, format!("{name}_for_ever"), effect);
    operations
        .iter()
        .fold(new, |all, at| all.at(*at, vec![always(*at, fault.clone())]))
}

pub(super) fn threads() -> Vec<Behaviour> {
    let refused = |error| Fault::ThreadsError {
        when: When::Before,
        error,
    };
    let download = refused(ThreadsError::MediaDownloadFailed {
        url: "https://media.example/1".to_owned(),
    });
    let children = refused(ThreadsError::InvalidChildren {
        ids: vec!["17000000000000001".to_owned()],
    });
    let mut all = Vec::new();
    for (name, at, fault) in [
        ("media_download_failed", &FETCHING[..], &download),
        ("invalid_children", &[CreateCarousel], &children),
    ] {
        let platform = Platform::Threads;
        all.push(at_each(platform, name, Effect::NotDone, at, fault));
        all.push(for_ever(platform, name, Effect::NotDone, at, fault));
    }
    let made = [CreateContainer, CreateCarousel];
    for (name, error) in [
        ("feature_not_available", ThreadsError::FeatureNotAvailable),
        ("invalid_country_codes", ThreadsError::InvalidCountryCodes),
    ] {
        let fault = refused(error);
        let refusal = at_each(Platform::Threads, name, Effect::NotDone, &made, &fault);
        all.push(refusal);
    }
    let done = |name: String, at: &[Operation], fault: Fault| {
        at_each(Platform::Threads, &name, Effect::Done, at, &fault)
    };
    for seconds in [5, 30, 100] {
        let what = LagOf::Child;
        let name = format!("child_joins_after_{seconds}_s");
        all.push(done(name, &[CreateChild], Fault::Lag { what, seconds }));
    }
    let what = LagOf::VideoReply;
    let seconds = 40;
    let name = "video_reply_is_lost_for_40_s".to_owned();
    all.push(done(name, &[CreateContainer], Fault::Lag { what, seconds }));
    for (name, message) in [
        ("video_is_not_fetched", "FAILED_DOWNLOADING_VIDEO"),
        ("video_is_not_understood", "FAILED_PROCESSING_VIDEO"),
        ("video_is_too_long", "INVALID_DURATION"),
    ] {
        let becomes = ContainerFate::Error(message.to_owned());
        all.push(done(
            name.to_owned(),
            &FETCHING,
            Fault::Container { becomes },
        ));
    }
    all
}

pub(super) fn x() -> Vec<Behaviour> {
    let mut all = Vec::new();
    for (name, becomes) in [
        (
            "media_fails",
            MediaFate::Fails("Unsupported video format".to_owned()),
        ),
        ("media_expires", MediaFate::Expires),
    ] {
        let fault = Fault::Media { becomes };
        all.push(at_each(Platform::X, name, Effect::Done, &WHOLE, &fault));
        all.push(for_ever(Platform::X, name, Effect::Done, &WHOLE, &fault));
    }
    for seconds in [5, 60, 1_200] {
        let what = LagOf::Processing;
        let fault = Fault::Lag { what, seconds };
        let name = format!("media_processed_after_{seconds}_s");
        all.push(at_each(Platform::X, &name, Effect::Done, &WHOLE, &fault));
    }
    let named = [XMediaAppend, XMediaFinalize, XMediaStatus, XMediaMetadata];
    let refusals: [(&str, XError, &[Operation]); 4] = [
        ("unknown_media", XError::UnknownMedia, &named),
        (
            "segments_do_not_add_up",
            XError::SegmentsDoNotAddUp,
            &[XMediaFinalize],
        ),
        (
            "media_too_large",
            XError::MediaTooLarge,
            &[XMediaUpload, XMediaAppend],
        ),
        ("video_too_long", XError::VideoTooLong, &[XCreate]),
    ];
    for (name, error, at) in refusals {
        let when = When::Before;
        let fault = Fault::XError { when, error };
        all.push(at_each(Platform::X, name, Effect::NotDone, at, &fault));
    }
    // Seen in place of 413 (x.md 3.3).
    let too_large = Fault::Status {
        when: When::Before,
        status: 431,
        body: FaultBody::Empty,
        headers: BTreeMap::new(),
    };
    let name = "media_too_large_as_431";
    all.push(at_each(
        Platform::X,
        name,
        Effect::NotDone,
        &[XMediaAppend],
        &too_large,
    ));
    all
}
