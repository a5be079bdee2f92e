//! Browsers that are signed in without Clerk: a one-time link makes a session, a cookie carries it.

use std::time::Duration;

use secrecy::SecretString;

use crate::database::{execute, query_one};
use crate::secret::{hash, random};
use crate::{Database, DbErr, Timestamp, UserId};

/// How long a link can be opened that nobody opened.
pub const LINK_LIFE: Duration = Duration::from_secs(24 * 3600);
/// How long a session lasts that is not used.
pub const SESSION_LIFE: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long `last_used_at` may be out of date.
const LAST_USED_PRECISION: Duration = Duration::from_secs(3600);

/// Makes a link that signs `owner` in once. What comes back is in no table.
pub async fn make_link(
    database: &Database,
    owner: &UserId,
    now: Timestamp,
) -> Result<SecretString, DbErr> {
    let secret = random();
    let forget = "DELETE FROM sign_in_links WHERE expires_at <= $1";
    execute(database.writer(), forget, [now.into()]).await?;
    let sql = "INSERT INTO sign_in_links (secret_hash, owner_id, expires_at) VALUES ($1, $2, $3)";
    let values = [
        hash(&secret).into(),
        owner.clone().into(),
        (now + LINK_LIFE).into(),
    ];
    execute(database.writer(), sql, values).await?;
    Ok(secret)
}

/// Uses a link up. `None` when it is unknown, used or too old.
pub async fn redeem_link(
    database: &Database,
    link: &SecretString,
    now: Timestamp,
) -> Result<Option<SecretString>, DbErr> {
    let transaction = database.begin().await?;
    let sql = "DELETE FROM sign_in_links WHERE secret_hash = $1 RETURNING owner_id, expires_at";
    let Some(row) = query_one(&transaction, sql, [hash(link).into()]).await? else {
        transaction.rollback().await?;
        return Ok(None);
    };
    let owner: UserId = row.try_get("", "owner_id")?;
    let expires_at: Timestamp = row.try_get("", "expires_at")?;
    if expires_at <= now {
        transaction.commit().await?;
        return Ok(None);
    }
    let secret = random();
    let forget = "DELETE FROM sessions WHERE last_used_at <= $1";
    execute(&transaction, forget, [(now - SESSION_LIFE).into()]).await?;
    let sql = "INSERT INTO sessions (secret_hash, owner_id, created_at, last_used_at) VALUES ($1, $2, $3, $3)";
    let values = [hash(&secret).into(), owner.into(), now.into()];
    execute(&transaction, sql, values).await?;
    transaction.commit().await?;
    Ok(Some(secret))
}

/// Whose session it is, if it is a live one. Using it prolongs it.
pub async fn find(
    database: &Database,
    session: &SecretString,
    now: Timestamp,
) -> Result<Option<UserId>, DbErr> {
    let sql =
        "SELECT owner_id, last_used_at FROM sessions WHERE secret_hash = $1 AND last_used_at > $2";
    let secret_hash = hash(session);
    let values = [secret_hash.clone().into(), (now - SESSION_LIFE).into()];
    let Some(row) = query_one(database.reader(), sql, values).await? else {
        return Ok(None);
    };
    let last_used_at: Timestamp = row.try_get("", "last_used_at")?;
    if now.since(last_used_at) >= LAST_USED_PRECISION {
        let sql = "UPDATE sessions SET last_used_at = $1 WHERE secret_hash = $2";
        // A database that only reads can still show posts.
        if let Err(error) = execute(database.writer(), sql, [now.into(), secret_hash.into()]).await
        {
            tracing::warn!(%error, "that a session was used could not be noted");
        }
    }
    row.try_get("", "owner_id").map(Some)
}

/// Signs a browser out.
pub async fn end(database: &Database, session: &SecretString) -> Result<(), DbErr> {
    let sql = "DELETE FROM sessions WHERE secret_hash = $1";
    execute(database.writer(), sql, [hash(session).into()])
        .await
        .map(|_| ())
}
