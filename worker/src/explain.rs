//! What to tell people: a stable code, one sentence, what to do, whether a retry helps; always
//! with the platform's own words beside it.

use std::time::Duration;

use entities::delivery::{DeliveryError, PlatformSaid};
use entities::misfire::{Judgment, Policy, judge};
use entities::{Platform, Timestamp};
use platforms::{Evidence, Failure, Meaning};

/// A failure, for a person.
pub fn explain(platform: Platform, failure: &Failure) -> DeliveryError {
    let name = name(platform);
    let (code, message, action, retryable) = match &failure.meaning {
        Meaning::NotDone => (
            "platform_unreachable",
            format!("{name} could not be reached."),
            "Nothing to do: it is tried again by itself.".to_owned(),
            true,
        ),
        Meaning::Transient | Meaning::Unknown => (
            "platform_unavailable",
            format!("{name} had a problem of its own."),
            "Nothing to do: it is tried again by itself.".to_owned(),
            true,
        ),
        Meaning::Limited { .. } => (
            "rate_limited",
            format!("{name} allows no more posts for now."),
            "Nothing to do: it goes out when the limit allows it.".to_owned(),
            true,
        ),
        Meaning::Unauthorized => (
            "needs_reconnect",
            format!("{name} does not accept this account's connection any more."),
            format!("Connect the account to {name} again; what waits for it then goes out."),
            false,
        ),
        Meaning::NotFound => (
            "not_found",
            format!("{name} does not know what the request was about."),
            "Check that the account is still the one that was connected, then retry.".to_owned(),
            true,
        ),
        Meaning::BadLinkPreview => (
            "link_preview_refused",
            format!("{name} could not make a preview of the link."),
            "Check that the link opens for everyone, then retry.".to_owned(),
            true,
        ),
        Meaning::MediaUnreachable => (
            "media_unreachable",
            format!("{name} could not fetch a file of this post."),
            "Check that DUALPOSTS_PUBLIC_URL can be reached from the internet (`dualposts doctor`), then retry.".to_owned(),
            true,
        ),
        Meaning::ChildrenNotReady => (
            "media_lost",
            format!("{name} did not know the files of the carousel."),
            "Retry the delivery; nothing went out.".to_owned(),
            true,
        ),
        Meaning::UploadLost => (
            "media_lost",
            format!("{name} lost a file on its way."),
            "Retry the delivery; nothing went out.".to_owned(),
            true,
        ),
        Meaning::Duplicate => (
            "duplicate_content",
            format!("{name} has a recent post of this account with the same text."),
            "Change the text, or leave it if the earlier post is enough.".to_owned(),
            false,
        ),
        Meaning::Blocked { code } => (*code, blocked(name, code), blocked_action(code), true),
        Meaning::Rejected { code } => (
            *code,
            rejected(name, code),
            rejected_action(name, code),
            false,
        ),
    };
    DeliveryError {
        code: code.to_owned(),
        message,
        action,
        retryable,
        platform: said(&failure.evidence),
    }
}

fn blocked(name: &str, code: &str) -> String {
    match code {
        "credits_depleted" => format!("The app's credits at {name} are used up."),
        "spend_cap_reached" => format!("The app's spending limit at {name} is reached."),
        "usage_capped" => format!("The app's plan at {name} allows no more this period."),
        "account_suspended" => format!("{name} has suspended this account."),
        "account_locked" => format!("{name} has locked this account."),
        _ => format!("{name} has restricted this account or app."),
    }
}

fn blocked_action(code: &str) -> String {
    match code {
        "credits_depleted" => "Add credits in the platform's developer console; posts then go out by themselves.",
        "spend_cap_reached" => "Raise the limit in the platform's developer console, or wait for the next cycle.",
        "usage_capped" => "Upgrade the plan, or wait for the next period.",
        _ => "Open the platform in a browser and follow what it asks for; posts then go out by themselves.",
    }
    .to_owned()
}

fn rejected(name: &str, code: &str) -> String {
    match code {
        "text_too_long" => format!("{name} finds the text too long."),
        "link_limit" => format!("{name} finds too many links in the text."),
        "permission_missing" => {
            format!("The connection to {name} lacks a permission that this needs.")
        }
        "not_permitted" => format!("{name} does not permit this to the account."),
        "reply_not_allowed" => format!("{name} does not allow an answer to that post."),
        "invalid_request" => format!("{name} does not accept the request as it stands."),
        _ => format!("{name} does not accept this post."),
    }
}

fn rejected_action(name: &str, code: &str) -> String {
    match code {
        "text_too_long" => "Shorten the text and submit it again.".to_owned(),
        "link_limit" => "Take out links and submit it again.".to_owned(),
        "permission_missing" => {
            format!("Connect the account to {name} again and grant all permissions.")
        }
        _ => format!("Read what {name} says below, change the post and submit it again."),
    }
}

/// A post that was to be answered is gone.
pub fn reply_target_missing(failure: &Failure) -> DeliveryError {
    DeliveryError {
        code: "reply_target_missing".into(),
        message: "The post that this part answers is gone or not visible.".into(),
        action: "Check whether the earlier part was deleted; submit the rest as a new post.".into(),
        retryable: false,
        platform: said(&failure.evidence),
    }
}

/// Threads will not take this content into a container.
pub fn container_refused(reason: &str) -> DeliveryError {
    DeliveryError {
        code: "content_refused".into(),
        message: "Threads could not process the content.".into(),
        action: "Read the platform's reason below, change the post and submit it again.".into(),
        retryable: false,
        platform: Some(PlatformSaid {
            http_status: None,
            code: Some(reason.to_owned()),
            message: None,
        }),
    }
}

/// The platform can not use a file.
pub fn media_refused(
    platform: Platform,
    code: Option<String>,
    message: Option<String>,
) -> DeliveryError {
    DeliveryError {
        code: "media_invalid".into(),
        message: format!("{} could not use a file of this post.", name(platform)),
        action: "Read the platform's reason below, replace the file and submit the post again."
            .into(),
        retryable: false,
        platform: Some(PlatformSaid {
            http_status: None,
            code,
            message,
        }),
    }
}

/// A file came to nothing on its way.
pub fn upload_lost(platform: Platform, reason: Option<&str>) -> DeliveryError {
    DeliveryError {
        code: "media_lost".into(),
        message: format!("{} lost a file on its way.", name(platform)),
        action: "Retry the delivery; nothing went out.".into(),
        retryable: true,
        platform: reason.map(|reason| PlatformSaid {
            http_status: None,
            code: None,
            message: Some(reason.to_owned()),
        }),
    }
}

/// A file is not where it was kept.
pub fn media_missing(reason: &str) -> DeliveryError {
    DeliveryError {
        code: "media_missing".into(),
        message: format!("A file of this post could not be read: {reason}."),
        action: "Check the store (DUALPOSTS_MEDIA_STORE), or upload the file again and submit the post anew.".into(),
        retryable: true,
        platform: None,
    }
}

/// An earlier part is live, but its platform would not tell its id: nothing can answer it.
pub fn chain_cut(platform: Platform) -> DeliveryError {
    DeliveryError {
        code: "reply_target_missing".into(),
        message: format!(
            "The part before is live, but {} did not tell its id, so this one can not answer it.",
            name(platform)
        ),
        action: "Look at the account, and submit the rest as a new post.".into(),
        retryable: false,
        platform: None,
    }
}

/// Threads lost what it had prepared.
pub fn container_lost(reason: &str) -> DeliveryError {
    DeliveryError {
        code: "container_lost".into(),
        message: "Threads lost the post while preparing it.".into(),
        action: "Retry the delivery; nothing went out.".into(),
        retryable: true,
        platform: Some(PlatformSaid {
            http_status: None,
            code: Some(reason.to_owned()),
            message: None,
        }),
    }
}

/// It may be live; it is being looked for.
pub fn outcome_unknown(platform: Platform, failure: Option<&Failure>) -> DeliveryError {
    DeliveryError {
        code: "outcome_unknown".into(),
        message: format!("{} did not say whether the post went out.", name(platform)),
        action: "Nothing to do: the post is looked for, and sent again only if it is not there."
            .into(),
        retryable: false,
        platform: failure.and_then(|failure| said(&failure.evidence)),
    }
}

/// Nobody could find out.
pub fn unconfirmed(platform: Platform) -> DeliveryError {
    DeliveryError {
        code: "unconfirmed".into(),
        message: format!("It could not be found out whether the post went out on {}.", name(platform)),
        action: "Look at the account: if the post is there, leave it; if not, retry with `even_if_it_may_duplicate`.".into(),
        retryable: true,
        platform: None,
    }
}

/// Sent again and again, and proven absent each time.
pub fn never_went_out(platform: Platform) -> DeliveryError {
    DeliveryError {
        code: "platform_unavailable".into(),
        message: format!(
            "{} failed at every try; the post is not live.",
            name(platform)
        ),
        action: "Retry when the platform works again.".into(),
        retryable: true,
        platform: None,
    }
}

/// The account is not connected.
pub fn not_connected(reason: Option<&str>) -> DeliveryError {
    DeliveryError {
        code: "needs_reconnect".into(),
        message: match reason {
            Some(reason) => format!("The account must be connected again: {reason}"),
            None => "The account must be connected again.".into(),
        },
        action: "Connect the account again; what waits for it then goes out.".into(),
        retryable: false,
        platform: None,
    }
}

/// The stored token can not be read.
pub fn token_unreadable(error: &entities::vault::VaultError) -> DeliveryError {
    DeliveryError {
        code: "token_unreadable".into(),
        message: format!("The account's token can not be read: {error}."),
        action: "Put the former DUALPOSTS_SECRET_KEY back, or connect the account again.".into(),
        retryable: true,
        platform: None,
    }
}

/// Too late by its post's own policy.
pub fn too_late(policy: &Policy, due_at: Timestamp, now: Timestamp) -> DeliveryError {
    let is_asked = judge(policy, due_at, now) == Judgment::Missed;
    DeliveryError {
        code: "too_late".into(),
        message: format!(
            "When it could go out, it was {} late; {} is the most that its post allows.",
            span(now.since(due_at)),
            span(policy.max_lateness())
        ),
        action: if is_asked {
            "Publish it now by a retry, give the post a new time, or cancel it."
        } else {
            "Nothing to do: the post was to be skipped then. Submit it again if you want it after all."
        }
        .into(),
        retryable: is_asked,
        platform: None,
    }
}

/// A time span in its two largest units.
fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    let (count, unit, rest, smaller) = match seconds {
        0..60 => (seconds, "second", 0, ""),
        60..3_600 => (seconds / 60, "minute", seconds % 60, "second"),
        3_600..86_400 => (seconds / 3_600, "hour", seconds % 3_600 / 60, "minute"),
        _ => (seconds / 86_400, "day", seconds % 86_400 / 3_600, "hour"),
    };
    let words = |count: u64, unit| format!("{count} {unit}{}", if count == 1 { "" } else { "s" });
    match rest {
        0 => words(count, unit),
        _ => format!("{} {}", words(count, unit), words(rest, smaller)),
    }
}

/// An answer that fits no question.
pub fn answer_mismatch() -> DeliveryError {
    DeliveryError {
        code: "platform_unavailable".into(),
        message: "The platform's answer did not fit the question.".into(),
        action: "Nothing to do: it is tried again by itself.".into(),
        retryable: true,
        platform: None,
    }
}

/// The platform's own words, if it said any.
pub fn said(evidence: &Evidence) -> Option<PlatformSaid> {
    let nothing =
        evidence.http_status.is_none() && evidence.code.is_none() && evidence.message.is_none();
    (!nothing).then(|| PlatformSaid {
        http_status: evidence.http_status,
        code: evidence.code.clone(),
        message: evidence.message.clone(),
    })
}

fn name(platform: Platform) -> &'static str {
    match platform {
        Platform::Threads => "Threads",
        Platform::X => "X",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_span_is_told_in_its_two_largest_units() {
        for (seconds, expected) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (60, "1 minute"),
            (61, "1 minute 1 second"),
            (3_599, "59 minutes 59 seconds"),
            (6 * 3_600, "6 hours"),
            (7 * 3_600 + 120, "7 hours 2 minutes"),
            (86_400, "1 day"),
            (2 * 86_400 + 3_600 + 5, "2 days 1 hour"),
        ] {
            assert_eq!(span(Duration::from_secs(seconds)), expected);
        }
    }
}
