//! How each case must end. Every fault and every named error has its line here.

use simulator::{ContainerFate, Fault, MediaFate, Operation, ThreadsError, When, XError};

use super::cases::{Case, Scene, visible};

/// How a case must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Live once, on record with its id and address.
    Published,
    /// The same, but its address could not be read.
    WithoutAddress,
    /// Live once, and proven so by its container; its id could not be learned.
    WithoutId,
    /// Not live, and given up with this code.
    Failed(&'static str),
    /// Not live, and waiting for a new token.
    NeedsReconnect,
    /// Given up because nobody could tell; so many are live.
    Unconfirmed(usize),
}

/// Where in a post's life a call is made.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Before anything can be seen.
    Preparing,
    /// The visible call.
    Publishing,
    /// The post is live and known to be; only its address is read.
    Addressing,
    /// Looking for what may be live.
    Looking,
}

fn stage(case: &Case) -> Stage {
    match (case.operation, case.scene) {
        (_, Scene::Looking(_) | Scene::LookingForAnswer(_)) => Stage::Looking,
        (Operation::ReadMedia, _) => Stage::Addressing,
        (operation, _) if operation == visible(case.platform) => Stage::Publishing,
        _ => Stage::Preparing,
    }
}

/// Whether what was sent before the look is not live.
fn is_absent(case: &Case) -> bool {
    matches!(
        case.scene,
        Scene::Looking(When::Before) | Scene::LookingForAnswer(When::Before)
    )
}

/// How a case ends whose behaviour strikes as often as its rules say.
pub fn end(case: &Case) -> End {
    let Some(fault) = &case.fault else {
        // Several rules at once: whatever lags or vanishes, the post is found or sent again.
        return End::Published;
    };
    match fault {
        Fault::Status { status: 431, .. } => End::Failed(too_large(case)),
        Fault::Lost { .. }
        | Fault::Reset { .. }
        | Fault::Status { .. }
        | Fault::Delay { .. }
        | Fault::Hold { .. }
        | Fault::MalformedJson { .. }
        | Fault::TruncatedBody { .. }
        | Fault::SlowDrip { .. }
        | Fault::HugeBody { .. }
        | Fault::ErrorInOk { .. }
        | Fault::Redirect { .. }
        | Fault::ThreadsBurst { .. }
        | Fault::Lag { .. } => End::Published,
        Fault::Container { becomes } => container(becomes, case),
        Fault::Media { becomes } => media(becomes, case.lasts()),
        Fault::ThreadsError { error, .. } => threads(error, case),
        Fault::XError { error, .. } => x(error, case),
    }
}

fn container(becomes: &ContainerFate, case: &Case) -> End {
    let is_child = case.operation == Operation::CreateChild;
    match becomes {
        // A reason that names the content is the same for every container of it.
        ContainerFate::Error(reason) if reason.starts_with("INVALID_") => {
            End::Failed("content_refused")
        }
        // It was finished when it was last seen: the carousel is asked for a few times.
        ContainerFate::Vanishes if is_child => End::Failed("media_lost"),
        _ if case.lasts() && is_child => End::Failed("media_lost"),
        _ if case.lasts() => End::Failed("container_lost"),
        ContainerFate::Vanishes | ContainerFate::Error(_) | ContainerFate::Expired => {
            End::Published
        }
    }
}

fn media(becomes: &MediaFate, for_ever: bool) -> End {
    match becomes {
        MediaFate::Fails(_) => End::Failed("media_invalid"),
        MediaFate::Expires if for_ever => End::Failed("media_lost"),
        MediaFate::Expires => End::Published,
    }
}

/// Of an image, or of a stretch of a video.
fn too_large(case: &Case) -> &'static str {
    match case.operation {
        Operation::XMediaAppend => "chunk_too_large",
        _ => "media_too_large",
    }
}

/// A refusal counts before the publish and at it. What is said of a read of the address, or of a
/// look, says nothing about the post.
fn threads(error: &ThreadsError, case: &Case) -> End {
    let stage = stage(case);
    let counts = matches!(stage, Stage::Preparing | Stage::Publishing);
    match error {
        ThreadsError::MediaNotFound { .. } if case.lasts() => not_found_for_ever(case),
        ThreadsError::InvalidToken | ThreadsError::SessionExpired => dead_token(case, stage),
        // The post may be out all the same (threads.md 7.2).
        ThreadsError::MissingPermission if stage == Stage::Preparing => {
            End::Failed("permission_missing")
        }
        ThreadsError::NonexistingField { .. } | ThreadsError::InvalidParameter { .. } if counts => {
            End::Failed("invalid_request")
        }
        ThreadsError::TooManyLinks if counts => End::Failed("link_limit"),
        ThreadsError::FeatureNotAvailable if counts => End::Failed("feature_not_available"),
        ThreadsError::InvalidCountryCodes if counts => End::Failed("invalid_request"),
        ThreadsError::MediaDownloadFailed { .. } if case.lasts() => {
            End::Failed("media_unreachable")
        }
        ThreadsError::InvalidChildren { .. } if case.lasts() => End::Failed("media_lost"),
        // A code that nobody knows proves nothing about a publish.
        ThreadsError::UnknownPath { .. } if stage == Stage::Preparing => {
            End::Failed("invalid_request")
        }
        ThreadsError::MediaNotFound { .. }
        | ThreadsError::InvalidLinkAttachment
        | ThreadsError::RateLimited
        | ThreadsError::MissingPermission
        | ThreadsError::EmptyServerError
        | ThreadsError::Transient
        | ThreadsError::AccountRestricted
        | ThreadsError::SpamBlocked
        | ThreadsError::NoSuchObject { .. }
        | ThreadsError::NonexistingField { .. }
        | ThreadsError::InvalidParameter { .. }
        | ThreadsError::TooManyLinks
        | ThreadsError::MediaDownloadFailed { .. }
        | ThreadsError::InvalidChildren { .. }
        | ThreadsError::FeatureNotAvailable
        | ThreadsError::InvalidCountryCodes
        | ThreadsError::UnknownPath { .. } => End::Published,
    }
}

fn not_found_for_ever(case: &Case) -> End {
    match (case.operation, is_absent(case)) {
        (Operation::CreateContainer | Operation::CreateChild | Operation::CreateCarousel, _) => {
            End::Failed("not_found")
        }
        (Operation::ContainerStatus, _) if matches!(case.scene, Scene::Carrying(_)) => {
            End::Failed("media_lost")
        }
        (Operation::ReadMedia, _) => End::WithoutAddress,
        (Operation::ListPosts | Operation::ListReplies, false) => End::WithoutId,
        // The container says that it was not published.
        (Operation::ListPosts | Operation::ListReplies, true) => End::Published,
        (Operation::ContainerStatus, false) if stage(case) == Stage::Looking => End::Published,
        // What is refused at the publish may be live: no other takes its place.
        (Operation::Publish, _) => End::Failed("platform_unavailable"),
        _ => End::Failed("container_lost"),
    }
}

fn x(error: &XError, case: &Case) -> End {
    let stage = stage(case);
    let refused = |code| match stage {
        Stage::Preparing | Stage::Publishing => End::Failed(code),
        Stage::Addressing | Stage::Looking => End::Published,
    };
    match error {
        XError::Unauthorized => dead_token(case, stage),
        XError::MissingScope => refused("permission_missing"),
        XError::DuplicateContent => refused("duplicate_content"),
        XError::NotPermitted => refused("not_permitted"),
        XError::TooLong { .. } => refused("text_too_long"),
        XError::ReplyNotAllowed => refused("reply_not_allowed"),
        XError::ReplyParentGone => refused("reply_target_gone"),
        XError::QuoteNotAllowed => refused("quote_not_allowed"),
        XError::TooManyCashtags => refused("too_many_cashtags"),
        XError::InvalidMedia { .. } => refused("media_invalid"),
        XError::VideoTooLong => refused("video_too_long"),
        XError::InvalidRequest { .. } => refused("invalid_request"),
        // It is sent anew.
        XError::NotFound if stage == Stage::Preparing => End::Published,
        XError::NotFound => refused("invalid_request"),
        XError::MediaTooLarge => refused(too_large(case)),
        XError::CreditsDepleted { .. }
        | XError::SpendCapReached
        | XError::TooManyRequests { .. }
        | XError::ServiceUnavailable
        | XError::AccountLocked
        | XError::UnknownMedia
        | XError::SegmentsDoNotAddUp
        | XError::AccountSuspended => End::Published,
    }
}

/// What is looked for is found with the token that it was sent with; only a new send needs
/// another.
fn dead_token(case: &Case, stage: Stage) -> End {
    match stage {
        Stage::Preparing | Stage::Publishing => End::NeedsReconnect,
        Stage::Looking if is_absent(case) => End::NeedsReconnect,
        Stage::Looking | Stage::Addressing => End::Published,
    }
}

/// How a case ends whose call tells nothing, however often it is made.
pub fn end_of_lasting(case: &Case) -> End {
    let side = case.rules[0].fault.label();
    let absent = is_absent(case);
    match (stage(case), case.operation) {
        (Stage::Preparing, _) => End::Failed("platform_unavailable"),
        (Stage::Publishing, _) if side.ends_with("_before") => End::Failed("platform_unavailable"),
        (Stage::Publishing, _) => End::Published,
        (Stage::Addressing, _) => End::WithoutAddress,
        // Either way of looking is enough where the other is gone, but a list alone cannot prove
        // a post absent that has a container.
        (Stage::Looking, Operation::ContainerStatus) if absent => End::Unconfirmed(0),
        (Stage::Looking, Operation::ContainerStatus) => End::Published,
        (Stage::Looking, Operation::ListPosts | Operation::ListReplies) if absent => End::Published,
        (Stage::Looking, Operation::ListPosts | Operation::ListReplies) => End::WithoutId,
        (Stage::Looking, _) => End::Unconfirmed(usize::from(!absent)),
    }
}

/// What the struck call is written down as, when its answer says nothing about what was done.
pub fn verdicts(case: &Case) -> Option<&'static [&'static str]> {
    let tells_nothing = match case.fault.as_ref()? {
        Fault::Lost { .. }
        | Fault::Reset { .. }
        | Fault::Delay { .. }
        | Fault::Hold { .. }
        | Fault::MalformedJson { .. }
        | Fault::TruncatedBody { .. }
        | Fault::SlowDrip { .. }
        | Fault::HugeBody { .. }
        | Fault::ErrorInOk { .. }
        | Fault::Redirect { .. } => true,
        Fault::Status { status, .. } => *status >= 500,
        Fault::ThreadsError { error, .. } => matches!(
            error,
            ThreadsError::EmptyServerError | ThreadsError::Transient
        ),
        Fault::XError { error, .. } => *error == XError::ServiceUnavailable,
        Fault::ThreadsBurst { .. }
        | Fault::Container { .. }
        | Fault::Media { .. }
        | Fault::Lag { .. } => false,
    };
    tells_nothing.then_some(match stage(case) {
        Stage::Publishing => &["unknown"][..],
        // A stretch may be taken without a word; finalizing tells whether all are there.
        Stage::Preparing if case.operation == Operation::XMediaAppend => &["retry", "done"],
        Stage::Preparing => &["retry"],
        Stage::Addressing => &["wait", "done"],
        Stage::Looking => &["retry", "wait", "done", "unknown"],
    })
}
