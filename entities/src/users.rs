//! Who owns everything else.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::database::execute;
use crate::rows::user;
use crate::{Database, DbErr, Timestamp, UserId};

/// The owner of a machine without sign-in, made at the first call. Processes that call it at
/// the same time get the same one.
pub async fn local_owner(database: &Database, now: Timestamp) -> Result<UserId, DbErr> {
    if let Some(id) = find_local_owner(database).await? {
        return Ok(id);
    }
    let sql = "INSERT INTO users (id, clerk_user_id, created_at) VALUES ($1, NULL, $2) ON CONFLICT DO NOTHING";
    execute(
        database.writer(),
        sql,
        [UserId::generate().into(), now.into()],
    )
    .await?;
    find_local_owner(database)
        .await?
        .ok_or_else(|| DbErr::RecordNotFound("the local owner, just made, is gone".into()))
}

async fn find_local_owner(database: &Database) -> Result<Option<UserId>, DbErr> {
    let found = user::Entity::find()
        .filter(user::Column::ClerkUserId.is_null())
        .one(database.reader())
        .await?;
    Ok(found.map(|owner| owner.id))
}
