//! The JSON of Threads. Empty fields are left out by the platform, not null (threads.md 1).

mod quota;

use chrono::DateTime;
use serde::Deserialize;

use super::ContainerStatus;
use crate::remote::{Attached, Profile, RemotePost};
use crate::wire::WireId;

pub(super) use quota::Quotas;

/// What creating a container and publishing one answer (threads.md 4.1, 4.5).
#[derive(Deserialize)]
pub(super) struct Created {
    pub id: WireId,
}

/// What deleting a post answers (threads.md 4.7).
#[derive(Deserialize)]
#[serde(try_from = "DeletedBody")]
pub(super) struct Deleted;

#[derive(Deserialize)]
struct DeletedBody {
    success: bool,
}

impl TryFrom<DeletedBody> for Deleted {
    type Error = &'static str;

    fn try_from(body: DeletedBody) -> Result<Self, Self::Error> {
        body.success.then_some(Self).ok_or("not a success")
    }
}

/// threads.md 4.4
#[derive(Deserialize)]
pub(super) struct Container {
    status: Status,
    error_message: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Status {
    InProgress,
    Finished,
    Published,
    Expired,
    Error,
}

impl From<Container> for ContainerStatus {
    fn from(container: Container) -> Self {
        match container.status {
            Status::InProgress => ContainerStatus::InProgress,
            Status::Finished => ContainerStatus::Finished,
            Status::Published => ContainerStatus::Published,
            Status::Expired => ContainerStatus::Expired,
            Status::Error => ContainerStatus::Error(
                container
                    .error_message
                    .unwrap_or_else(|| "UNKNOWN".to_owned()),
            ),
        }
    }
}

/// threads.md 8.1
#[derive(Deserialize)]
pub(super) struct Media {
    id: WireId,
    text: Option<String>,
    media_type: Option<String>,
    timestamp: Option<String>,
    pub permalink: Option<String>,
    replied_to: Option<Parent>,
}

#[derive(Deserialize)]
struct Parent {
    id: WireId,
}

#[derive(Deserialize)]
pub(super) struct Page {
    pub data: Vec<Media>,
    paging: Option<Paging>,
}

#[derive(Deserialize)]
struct Paging {
    next: Option<String>,
}

impl Page {
    /// Whether the platform names a further page.
    pub fn goes_on(&self) -> bool {
        self.paging
            .as_ref()
            .is_some_and(|paging| paging.next.is_some())
    }

    /// The rows that the profile wrote: a repost is somebody else's text.
    pub fn into_posts(self) -> Vec<RemotePost> {
        self.data
            .into_iter()
            .filter(|media| media.media_type.as_deref() != Some("REPOST_FACADE"))
            .map(RemotePost::from)
            .collect()
    }
}

impl From<Media> for RemotePost {
    fn from(media: Media) -> Self {
        RemotePost {
            attached: match media.media_type.as_deref() {
                Some("TEXT_POST") => Attached::Nothing,
                Some("IMAGE") => Attached::Image,
                Some("VIDEO") => Attached::Video,
                Some("CAROUSEL_ALBUM") => Attached::Carousel,
                _ => Attached::Unsaid,
            },
            id: media.id.0,
            text: media.text.unwrap_or_default(),
            url: media.permalink,
            created_at_ms: media.timestamp.as_deref().and_then(timestamp_ms),
            reply_to: media.replied_to.map(|parent| parent.id.0),
        }
    }
}

/// threads.md 3
#[derive(Deserialize)]
pub(super) struct User {
    id: WireId,
    username: String,
    name: Option<String>,
    threads_profile_picture_url: Option<String>,
}

impl From<User> for Profile {
    fn from(user: User) -> Self {
        Profile {
            remote_user_id: user.id.0,
            username: user.username,
            display_name: user.name.filter(|name| !name.is_empty()),
            picture_url: user.threads_profile_picture_url,
            is_premium: None,
        }
    }
}

/// `2023-10-17T05:42:03+0000` is not RFC 3339 (threads.md 0 point 6); the day it becomes so, that
/// is read too.
fn timestamp_ms(text: &str) -> Option<i64> {
    DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%z")
        .or_else(|_| DateTime::parse_from_rfc3339(text))
        .ok()
        .map(|time| time.timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_read_with_either_kind_of_offset() {
        for text in [
            "2023-10-17T05:42:03+0000",
            "2023-10-17T05:42:03+00:00",
            "2023-10-17T05:42:03Z",
            "2023-10-17T07:42:03+0200",
        ] {
            assert_eq!(timestamp_ms(text), Some(1_697_521_323_000), "{text}");
        }
        assert_eq!(timestamp_ms("yesterday"), None);
    }
}
