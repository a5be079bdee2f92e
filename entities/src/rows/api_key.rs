//! A key for programs. Only a hash of its secret is kept.

use sea_orm::entity::prelude::*;

use crate::scopes::Scopes;
use crate::{KeyId, Timestamp, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: KeyId,
    pub owner_id: UserId,
    pub name: String,
    /// The first part of the key, shown in lists and used to find it.
    pub prefix: String,
    /// SHA-256 of the whole key, whose secret is 256 bits of randomness: nothing to slow down for.
    pub secret_hash: Vec<u8>,
    /// What it may do, space-separated; see [`crate::scopes`].
    pub scopes: Scopes,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
