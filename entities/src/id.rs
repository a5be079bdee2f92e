//! Ids: a prefix that says what it is, and a UUIDv7, so that they sort by time.

use std::sync::atomic::{AtomicU16, Ordering};

use uuid::Uuid;

use crate::Timestamp;

macro_rules! id {
    ($(#[$meta:meta])* $name:ident, $prefix:literal) => {
        $(#[$meta])*
        #[derive(
            Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord,
            serde::Serialize, serde::Deserialize, sea_orm::DeriveValueType,
        )]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// What every such id begins with.
            pub const PREFIX: &'static str = concat!($prefix, "_");

            /// A fresh id, later than all that this process made before.
            pub fn generate() -> Self {
                Self(format!("{}{}", Self::PREFIX, Uuid::now_v7().simple()))
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                text.strip_prefix(Self::PREFIX)
                    .filter(|rest| rest.len() == 32 && Uuid::try_parse(rest).is_ok())
                    .map(|_| Self(text.to_ascii_lowercase()))
                    .ok_or(BadId { prefix: Self::PREFIX })
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadId;

            fn try_from(text: String) -> Result<Self, BadId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl sea_orm::TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
            }
        }
    };
}

id!(
    /// Who owns posts, accounts and keys.
    UserId, "usr");
id!(
    /// What the customer wrote.
    PostId, "post");
id!(
    /// A post on one account.
    DeliveryId, "dlv");
id!(
    /// A connected profile.
    AccountId, "acc");
id!(
    /// One try at one step.
    AttemptId, "att");
id!(
    /// What we tell the customer.
    EventId, "evt");
id!(
    /// A file.
    MediaId, "med");
id!(
    /// An API key.
    KeyId, "key");
id!(
    /// Where a customer wants their events sent.
    WebhookId, "whk");
id!(
    /// One try to send an event to a webhook.
    NotificationAttemptId, "nat");

impl EventId {
    /// A fresh id of something that happened at `at`. By the product's own time, which all processes
    /// share: events are read in this order. Those of one process and one millisecond keep theirs.
    pub fn at(at: Timestamp) -> Self {
        static MADE: AtomicU16 = AtomicU16::new(0);
        let random = Uuid::new_v4().into_bytes();
        let mut rest = [0; 10];
        rest.copy_from_slice(&random[6..]);
        rest[..2].copy_from_slice(&MADE.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        Self::made(at, &rest)
    }

    /// Less than every id of what happened at `at` or later.
    pub fn before(at: Timestamp) -> Self {
        Self::made(at, &[0; 10])
    }

    fn made(at: Timestamp, rest: &[u8; 10]) -> Self {
        let ms = u64::try_from(at.as_ms()).unwrap_or_default();
        let id = uuid::Builder::from_unix_timestamp_millis(ms, rest).into_uuid();
        Self(format!("{}{}", Self::PREFIX, id.simple()))
    }
}

/// Text that is not an id of the kind asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id here is `{prefix}` and 32 hexadecimal digits")]
pub struct BadId {
    prefix: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_the_time_they_were_made() {
        let ids: Vec<PostId> = (0..1000).map(|_| PostId::generate()).collect();
        assert!(ids.is_sorted());
    }

    #[test]
    fn events_sort_by_when_they_happened_and_then_as_they_were_made() {
        let at = Timestamp::from_ms;
        let ids = [
            EventId::at(at(5)),
            EventId::at(at(1_795_000_000_000)),
            EventId::at(at(1_795_000_000_001)),
        ];
        assert!(ids.is_sorted());
        assert!(EventId::before(at(1_795_000_000_001)) < ids[2]);
        assert!(EventId::before(at(1_795_000_000_001)) > ids[1]);
        assert_eq!(ids[1].as_str().parse(), Ok(ids[1].clone()));
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        assert!(DeliveryId::generate().as_str().parse::<PostId>().is_err());
        assert!("post_".parse::<PostId>().is_err());
        assert!("post_xyz".parse::<PostId>().is_err());
        let id = PostId::generate();
        assert_eq!(id.as_str().parse(), Ok(id));
    }
}
