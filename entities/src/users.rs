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

/// The user whom Clerk knows as `clerk_user_id`, made when they are first seen; `None` for one
/// whom Clerk has deleted.
pub async fn of_clerk(
    database: &Database,
    clerk_user_id: &str,
    now: Timestamp,
) -> Result<Option<UserId>, DbErr> {
    let user = match find_of_clerk(database, clerk_user_id).await? {
        Some(user) => user,
        None => make_of_clerk(database, clerk_user_id, now).await?,
    };
    Ok(user.deleted_at.is_none().then_some(user.id))
}

/// The same, whether Clerk has deleted them or not.
pub async fn ensure_of_clerk(
    database: &Database,
    clerk_user_id: &str,
    now: Timestamp,
) -> Result<UserId, DbErr> {
    let user = match find_of_clerk(database, clerk_user_id).await? {
        Some(user) => user,
        None => make_of_clerk(database, clerk_user_id, now).await?,
    };
    Ok(user.id)
}

async fn make_of_clerk(
    database: &Database,
    clerk_user_id: &str,
    now: Timestamp,
) -> Result<user::Model, DbErr> {
    let sql = "INSERT INTO users (id, clerk_user_id, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    let values = [UserId::generate().into(), clerk_user_id.into(), now.into()];
    execute(database.writer(), sql, values).await?;
    find_of_clerk(database, clerk_user_id)
        .await?
        .ok_or_else(|| DbErr::RecordNotFound("a user, just made, is gone".into()))
}

/// The same, without making one.
pub async fn find_of_clerk(
    database: &Database,
    clerk_user_id: &str,
) -> Result<Option<user::Model>, DbErr> {
    user::Entity::find()
        .filter(user::Column::ClerkUserId.eq(clerk_user_id))
        .one(database.reader())
        .await
}

/// Clerk's id of a user, if they came by Clerk.
pub async fn clerk_id(database: &Database, id: &UserId) -> Result<Option<String>, DbErr> {
    let found = user::Entity::find()
        .filter(user::Column::Id.eq(id.clone()))
        .one(database.reader())
        .await?;
    Ok(found.and_then(|user| user.clerk_user_id))
}
