//! Ids: a prefix that says what it is, and a UUIDv7, so that they sort by time.

use uuid::Uuid;

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
    fn an_id_of_another_kind_is_refused() {
        assert!(DeliveryId::generate().as_str().parse::<PostId>().is_err());
        assert!("post_".parse::<PostId>().is_err());
        assert!("post_xyz".parse::<PostId>().is_err());
        let id = PostId::generate();
        assert_eq!(id.as_str().parse(), Ok(id));
    }
}
