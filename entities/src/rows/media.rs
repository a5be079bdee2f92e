//! A file that somebody uploaded. Its bytes are in the store, under `key`.

use sea_orm::entity::prelude::*;

use crate::content::MediaKind;
use crate::{MediaId, Timestamp, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "media")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MediaId,
    pub owner_id: UserId,
    /// Of the bytes as they are stored: the same file is kept once for each owner.
    pub sha256: Vec<u8>,
    pub key: String,
    pub kind: MediaKind,
    pub mime: String,
    pub bytes: i64,
    /// What was found in it: size, length, codecs.
    #[sea_orm(column_type = "JsonBinary")]
    pub facts: Json,
    pub file_name: Option<String>,
    /// What was done to it so that the platforms take it, in words; none: nothing.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub converted: Option<Json>,
    pub created_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
