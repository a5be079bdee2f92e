//! What the customer wrote.

use sea_orm::entity::prelude::*;

use crate::content::Content;
use crate::misfire::Policy;
use crate::text_enum::text_enum;
use crate::{PostId, Timestamp, UserId};

text_enum! {
    /// What to do with a post whose time passed while nothing could be published.
    pub enum IfLate {
        /// Publish it late; its owner is asked when it is hours late.
        Publish = "publish",
        /// Do not publish it.
        Skip = "skip",
        /// Ask its owner.
        Ask = "ask",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "posts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PostId,
    pub owner_id: UserId,
    pub idempotency_key: Option<String>,
    /// SHA-256 of the request, to tell a repeat from another post under the same key.
    pub request_hash: Vec<u8>,
    #[sea_orm(column_type = "JsonBinary")]
    pub content: Content,
    /// None: at once.
    pub publish_at: Option<Timestamp>,
    /// IANA name, for showing times as the customer thinks of them.
    pub time_zone: Option<String>,
    pub if_late: IfLate,
    /// None: the default of `if_late`.
    pub max_lateness_s: Option<i64>,
    /// Over how many seconds its deliveries are spread.
    pub jitter_s: i64,
    /// The W3C `traceparent` of the request that submitted it.
    pub trace_parent: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// How late it may go out.
    pub fn policy(&self) -> Policy {
        Policy {
            if_late: self.if_late,
            max_lateness_s: self.max_lateness_s,
        }
    }
}
