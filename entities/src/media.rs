//! The files that an owner uploaded.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::database::{execute, query_all, query_one};
use crate::rows::media::{Column, Entity, Model};
use crate::write::Insert;
use crate::{Database, DbErr, MediaId, PostId, UserId};

/// Keeps a file. The same bytes are kept once for each owner: then it is the earlier row that is
/// answered, and `false`.
pub async fn keep(database: &Database, new: Model) -> Result<(Model, bool), DbErr> {
    let sql = "INSERT INTO media (id, owner_id, sha256, key, kind, mime, bytes, facts, file_name, converted, created_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
               ON CONFLICT (owner_id, sha256) DO NOTHING";
    let values = [
        new.id.clone().into(),
        new.owner_id.clone().into(),
        new.sha256.clone().into(),
        new.key.clone().into(),
        new.kind.into(),
        new.mime.clone().into(),
        new.bytes.into(),
        new.facts.clone().into(),
        new.file_name.clone().into(),
        new.converted.clone().into(),
        new.created_at.into(),
    ];
    let kept = execute(database.writer(), sql, values).await?;
    if kept.rows_affected() == 1 {
        return Ok((new, true));
    }
    let earlier = find_same(database, &new.owner_id, &new.sha256).await?;
    let earlier = earlier.ok_or_else(|| DbErr::RecordNotFound("the same file".into()))?;
    Ok((earlier, false))
}

/// The owner's file with these bytes.
pub async fn find_same(
    database: &Database,
    owner: &UserId,
    sha256: &[u8],
) -> Result<Option<Model>, DbErr> {
    Entity::find()
        .filter(Column::OwnerId.eq(owner.clone()))
        .filter(Column::Sha256.eq(sha256))
        .one(database.writer())
        .await
}

/// One file of the owner's.
pub async fn find(
    database: &Database,
    owner: &UserId,
    id: &MediaId,
) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id.clone())
        .filter(Column::OwnerId.eq(owner.clone()))
        .one(database.reader())
        .await
}

/// Whosever it is: for a link that was signed by us.
pub async fn find_signed(database: &Database, id: &MediaId) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id.clone()).one(database.reader()).await
}

/// Those of `ids` that are the owner's, in no order.
pub async fn find_all(
    database: &Database,
    owner: &UserId,
    ids: &[MediaId],
) -> Result<Vec<Model>, DbErr> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Entity::find()
        .filter(Column::OwnerId.eq(owner.clone()))
        .filter(Column::Id.is_in(ids.iter().cloned()))
        .all(database.reader())
        .await
}

/// The owner's files, newest first, from before `before` on.
pub async fn list(
    database: &Database,
    owner: &UserId,
    before: Option<&MediaId>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let mut query = Entity::find().filter(Column::OwnerId.eq(owner.clone()));
    if let Some(before) = before {
        query = query.filter(Column::Id.lt(before.clone()));
    }
    query
        .order_by_desc(Column::Id)
        .limit(limit)
        .all(database.reader())
        .await
}

/// What came of a wish to delete.
#[derive(Debug, PartialEq, Eq)]
pub enum Deleted {
    /// The row is gone; its bytes may go.
    Gone(Box<Model>),
    /// This post still needs it.
    Needed(PostId),
    /// The owner has no such file.
    Unknown,
}

/// Forgets a file that no unsettled post names.
pub async fn delete(database: &Database, owner: &UserId, id: &MediaId) -> Result<Deleted, DbErr> {
    let Some(row) = find(database, owner, id).await? else {
        return Ok(Deleted::Unknown);
    };
    let sql =
        format!("DELETE FROM media WHERE id = $1 AND owner_id = $2 AND NOT EXISTS ({NEEDED})");
    let values = [id.clone().into(), owner.clone().into()];
    let deleted = execute(database.writer(), sql, values).await?;
    if deleted.rows_affected() == 1 {
        let sql = "DELETE FROM media_uses WHERE media_id = $1";
        execute(database.writer(), sql, [id.clone().into()]).await?;
        return Ok(Deleted::Gone(Box::new(row)));
    }
    let needed = query_one(
        database.writer(),
        format!("{NEEDED} LIMIT 1"),
        [id.clone().into()],
    )
    .await?;
    let by = needed.map(|row| row.try_get("", "post_id")).transpose()?;
    Ok(by.map_or(Deleted::Unknown, Deleted::Needed))
}

/// Posts that name the file and are not over.
const NEEDED: &str = "SELECT u.post_id FROM media_uses u JOIN deliveries d ON d.post_id = u.post_id
    WHERE u.media_id = $1 AND d.status NOT IN ('published', 'failed', 'canceled')";

/// Notes that a post names a file.
pub(crate) fn uses(post: &PostId, media: &MediaId) -> Insert {
    Insert::row(
        "media_uses (media_id, post_id)",
        [media.clone().into(), post.clone().into()],
    )
}

/// Forgets all files of an owner, whatever names them.
pub async fn forget_all(database: &Database, owner: &UserId) -> Result<(), DbErr> {
    let sql = "DELETE FROM media WHERE owner_id = $1";
    execute(database.writer(), sql, [owner.clone().into()])
        .await
        .map(|_| ())
}

/// Every key of an owner's files, for whoever takes all of them away.
pub async fn keys(database: &Database, owner: &UserId) -> Result<Vec<String>, DbErr> {
    #[derive(sea_orm::FromQueryResult)]
    struct Key {
        key: String,
    }
    let sql = "SELECT key FROM media WHERE owner_id = $1";
    let rows: Vec<Key> = query_all(database.reader(), sql, [owner.clone().into()]).await?;
    Ok(rows.into_iter().map(|row| row.key).collect())
}
