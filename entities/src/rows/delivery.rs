//! A post on one account. Which values may stand together is in the schema's CHECKs; which may
//! follow one another in [`crate::delivery`].

use sea_orm::entity::prelude::*;

use crate::delivery::{Checkpoint, Container, DeliveryError, Progress, Status, WaitReason};
use crate::{AccountId, DeliveryId, Platform, PostId, Timestamp, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deliveries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DeliveryId,
    pub post_id: PostId,
    pub owner_id: UserId,
    pub account_id: AccountId,
    pub platform: Platform,
    pub status: Status,
    /// When it is due. None where only a person can move it.
    pub next_at: Option<Timestamp>,
    /// Since when it is late; see [`crate::misfire`].
    pub due_at: Timestamp,
    pub waiting_for: Option<WaitReason>,
    /// Until then it is in the queue; after that it is handed out again.
    pub handed_until: Timestamp,
    /// Goes up with every claim; a write under an older one is refused.
    pub epoch: i64,
    pub claimed_by: Option<String>,
    pub lease_until: Option<Timestamp>,
    pub checkpoint: String,
    pub part_index: i32,
    pub container_id: Option<String>,
    pub container_made_at: Option<Timestamp>,
    pub container_refused_at: Option<Timestamp>,
    pub containers_used: i32,
    pub sent_at: Option<Timestamp>,
    pub seen_live: bool,
    pub remote_id: Option<String>,
    pub looks: i32,
    pub unresolved_since: Option<Timestamp>,
    pub failing_since: Option<Timestamp>,
    pub attempt_count: i32,
    pub published_at: Option<Timestamp>,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub error: Option<Json>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// How far it got, out of the columns.
    pub fn progress(&self) -> Result<Progress, DbErr> {
        let corrupt = || {
            DbErr::Custom(format!(
                "delivery {}: checkpoint without its columns",
                self.id
            ))
        };
        let container = match (&self.container_id, self.container_made_at) {
            (Some(id), Some(made_at)) => Some(Container {
                id: id.clone(),
                made_at,
                refused_at: self.container_refused_at,
            }),
            _ => None,
        };
        let checkpoint = match self.checkpoint.as_str() {
            "start" => Checkpoint::Start,
            "preparing" => Checkpoint::Preparing {
                container: container.ok_or_else(corrupt)?,
            },
            "ready" => Checkpoint::Ready {
                container: container.ok_or_else(corrupt)?,
            },
            "sent" => Checkpoint::Sent {
                container,
                at: self.sent_at.ok_or_else(corrupt)?,
                seen_live: self.seen_live,
            },
            "live" => Checkpoint::Live {
                remote_id: self.remote_id.clone().ok_or_else(corrupt)?,
            },
            _ => return Err(corrupt()),
        };
        Ok(Progress {
            part_index: self.part_index,
            checkpoint,
            containers_used: self.containers_used,
            looks: self.looks,
            unresolved_since: self.unresolved_since,
            failing_since: self.failing_since,
        })
    }

    /// The reason of its failure or wait, if one is known.
    pub fn delivery_error(&self) -> Option<DeliveryError> {
        self.error
            .clone()
            .and_then(|json| serde_json::from_value(json).ok())
    }
}

/// The columns that [`Progress`] is kept in.
pub(crate) struct ProgressColumns {
    pub checkpoint: &'static str,
    pub container_id: Option<String>,
    pub container_made_at: Option<Timestamp>,
    pub container_refused_at: Option<Timestamp>,
    pub sent_at: Option<Timestamp>,
    pub seen_live: bool,
    pub remote_id: Option<String>,
}

impl From<&Checkpoint> for ProgressColumns {
    fn from(checkpoint: &Checkpoint) -> Self {
        let container = match checkpoint {
            Checkpoint::Preparing { container } | Checkpoint::Ready { container } => {
                Some(container)
            }
            Checkpoint::Sent { container, .. } => container.as_ref(),
            Checkpoint::Start | Checkpoint::Live { .. } => None,
        };
        let (sent_at, seen_live) = match checkpoint {
            Checkpoint::Sent { at, seen_live, .. } => (Some(*at), *seen_live),
            _ => (None, false),
        };
        let remote_id = match checkpoint {
            Checkpoint::Live { remote_id } => Some(remote_id.clone()),
            _ => None,
        };
        ProgressColumns {
            checkpoint: checkpoint.kind(),
            container_id: container.map(|container| container.id.clone()),
            container_made_at: container.map(|container| container.made_at),
            container_refused_at: container.and_then(|container| container.refused_at),
            sent_at,
            seen_live,
            remote_id,
        }
    }
}
