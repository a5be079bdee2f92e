//! Who owns everything else.

use sea_orm::entity::prelude::*;

use crate::{Timestamp, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UserId,
    /// Clerk's `user_...`; none for the owner of a machine without sign-in.
    pub clerk_user_id: Option<String>,
    pub created_at: Timestamp,
    /// Clerk said that the user is gone; nobody signs in as them any more.
    pub deleted_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
