//! Where a customer wants their events sent.

use sea_orm::entity::prelude::*;

use crate::rows::event::EventKind;
use crate::text_enum::text_enum;
use crate::{Timestamp, UserId, WebhookId};

text_enum! {
    /// Why nothing is sent to a webhook.
    pub enum DisabledWhy {
        /// Its owner switched it off.
        ByOwner = "by_owner",
        /// It has failed for days, and nothing else.
        Failing = "failing",
        /// It answered that it is gone for good (410).
        Gone = "gone",
    }
}

/// Which kinds of event a webhook is told of. Stored with a space before and after each word, so
/// that a query finds a whole word.
#[derive(Clone, Debug, PartialEq, Eq, DeriveValueType)]
pub struct EventKinds(String);

impl EventKinds {
    /// These, each once.
    pub fn of(kinds: impl IntoIterator<Item = EventKind>) -> Self {
        let mut kinds: Vec<EventKind> = kinds.into_iter().collect();
        kinds.sort();
        kinds.dedup();
        let words: String = kinds.iter().map(|kind| format!(" {kind}")).collect();
        EventKinds(words + " ")
    }

    /// The word for each.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.0.split_whitespace()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhooks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: WebhookId,
    pub owner_id: UserId,
    pub url: String,
    pub description: Option<String>,
    /// None: all.
    pub kinds: Option<EventKinds>,
    /// Sealed.
    pub secret: Vec<u8>,
    /// The secret before, sealed, as long as it still signs.
    pub former_secret: Option<Vec<u8>>,
    pub former_until: Option<Timestamp>,
    pub enabled: bool,
    pub disabled_why: Option<DisabledWhy>,
    pub disabled_at: Option<Timestamp>,
    /// The first failure since the last success.
    pub failing_since: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
