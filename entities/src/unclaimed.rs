//! Tokens of profiles whose owner is not known yet: Clerk asked us for a profile while a person
//! gave their consent, and only afterwards says whose it is.

use std::time::Duration;

use secrecy::SecretString;

use crate::database::{execute, query_one};
use crate::vault::{Place, Vault};
use crate::{Database, DbErr, Platform, Timestamp};

/// How long a token waits for its owner to sign in.
const LIFE: Duration = Duration::from_secs(24 * 3600);

/// A token, and until when it is good.
pub struct Unclaimed {
    pub token: SecretString,
    pub expires_at: Timestamp,
}

/// Keeps a profile's token for whoever proves to own the profile.
pub async fn keep(
    database: &Database,
    vault: &Vault,
    platform: Platform,
    remote_user_id: &str,
    unclaimed: &Unclaimed,
    now: Timestamp,
) -> Result<(), DbErr> {
    let place = Place::UnclaimedToken(platform, remote_user_id);
    let sealed = vault
        .seal(place, &unclaimed.token)
        .map_err(|error| DbErr::Custom(error.to_string()))?;
    let forget = "DELETE FROM unclaimed_tokens WHERE created_at <= $1";
    execute(database.writer(), forget, [(now - LIFE).into()]).await?;
    let sql = "INSERT INTO unclaimed_tokens (platform, remote_user_id, token, expires_at, created_at)
               VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (platform, remote_user_id) DO UPDATE
               SET token = excluded.token, expires_at = excluded.expires_at, created_at = excluded.created_at";
    let values = [
        platform.into(),
        remote_user_id.into(),
        sealed.into(),
        unclaimed.expires_at.into(),
        now.into(),
    ];
    execute(database.writer(), sql, values).await.map(|_| ())
}

/// The token that waits for a profile's owner.
pub async fn find(
    database: &Database,
    vault: &Vault,
    platform: Platform,
    remote_user_id: &str,
    now: Timestamp,
) -> Result<Option<Unclaimed>, DbErr> {
    let sql = "SELECT token, expires_at FROM unclaimed_tokens
               WHERE platform = $1 AND remote_user_id = $2 AND created_at > $3";
    let values = [platform.into(), remote_user_id.into(), (now - LIFE).into()];
    let Some(row) = query_one(database.reader(), sql, values).await? else {
        return Ok(None);
    };
    let sealed: Vec<u8> = row.try_get("", "token")?;
    let place = Place::UnclaimedToken(platform, remote_user_id);
    // One that can not be opened is none: the person can give their consent again.
    let Ok(token) = vault.open(place, &sealed) else {
        return Ok(None);
    };
    Ok(Some(Unclaimed {
        token,
        expires_at: row.try_get("", "expires_at")?,
    }))
}

/// It has its owner now, and waits no longer.
pub async fn forget(
    database: &Database,
    platform: Platform,
    remote_user_id: &str,
) -> Result<(), DbErr> {
    let sql = "DELETE FROM unclaimed_tokens WHERE platform = $1 AND remote_user_id = $2";
    execute(
        database.writer(),
        sql,
        [platform.into(), remote_user_id.into()],
    )
    .await
    .map(|_| ())
}
