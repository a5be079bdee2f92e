//! One row for each part that is live.

use sea_orm::entity::prelude::*;

use crate::{AccountId, DeliveryId, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "parts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub delivery_id: DeliveryId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub part_index: i32,
    pub account_id: AccountId,
    /// None only where the platform proved the part live and would not tell its id.
    pub remote_id: Option<String>,
    pub url: Option<String>,
    pub published_at: Timestamp,
    /// When it was removed from its platform at its owner's wish.
    pub removed_at: Option<Timestamp>,
    /// When it was found not to be there any more.
    pub missing_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
