//! A copy of the database file, made while it is in use. A copy carries a mark, by which whoever
//! opens it knows that it does not know what came after it.

use std::path::Path;

use sea_orm::{ConnectionTrait, DbBackend, DbErr};

use crate::Database;
use crate::database::{execute, query_one};

/// `PRAGMA user_version` of a copy; the database itself has 0.
const COPY: i64 = 0x4450_4243;

/// Copies the database as it is at this moment into a file that must not exist.
///
/// # Errors
/// On PostgreSQL, which has tools of its own for that; when the file can not be written.
pub async fn copy_to(database: &Database, path: &Path) -> Result<(), DbErr> {
    if database.backend() != DbBackend::Sqlite {
        let text = "only a database file can be copied; use pg_dump with PostgreSQL";
        return Err(DbErr::Custom(text.to_owned()));
    }
    let path = path.display().to_string();
    execute(database.reader(), "VACUUM INTO $1", [path.into()]).await?;
    Ok(())
}

/// Says of a database that it is a copy, and finds out whether it is whole.
pub async fn mark_as_copy(copy: &Database) -> Result<(), DbErr> {
    let row = query_one(copy.writer(), "PRAGMA integrity_check", []).await?;
    let found: String = row.map_or(Ok(String::new()), |row| row.try_get_by_index(0))?;
    if found != "ok" {
        return Err(DbErr::Custom(format!("the copy is damaged: {found}")));
    }
    set_mark(copy, COPY).await
}

/// Whether this is a copy that nobody has looked through yet.
pub async fn is_copy(database: &Database) -> Result<bool, DbErr> {
    if database.backend() != DbBackend::Sqlite {
        return Ok(false);
    }
    let row = query_one(database.reader(), "PRAGMA user_version", []).await?;
    let mark: i64 = row.map_or(Ok(0), |row| row.try_get_by_index(0))?;
    Ok(mark == COPY)
}

/// From now on it is the database itself.
pub async fn take_into_use(database: &Database) -> Result<(), DbErr> {
    match database.backend() {
        DbBackend::Sqlite => set_mark(database, 0).await,
        _ => Ok(()),
    }
}

async fn set_mark(database: &Database, mark: i64) -> Result<(), DbErr> {
    let sql = format!("PRAGMA user_version = {mark}");
    database.writer().execute_unprepared(&sql).await.map(|_| ())
}
