//! Consents that were asked of a platform's user and have not come back yet. Each belongs to the
//! caller who began it and can be finished once.

use std::time::Duration;

use secrecy::SecretString;

use crate::database::{execute, query_one};
use crate::secret::hash;
use crate::vault::{Place, Vault};
use crate::{Database, DbErr, Platform, Timestamp, UserId};

/// How long a person may take over the platform's consent page.
pub const LIFE: Duration = Duration::from_secs(30 * 60);

/// A consent that was asked for.
pub struct Authorization {
    pub platform: Platform,
    pub redirect_uri: String,
    /// PKCE; the platform's page was given its hash.
    pub code_verifier: Option<SecretString>,
}

/// What came of finishing one.
pub enum Finished {
    /// It is used up now.
    Ours(Authorization),
    /// Nobody began it, or it was finished before.
    Unknown,
    /// It was begun by somebody else: whoever sent the person here may not be who they seem.
    AnotherCallers,
    /// The person took too long.
    Expired,
}

/// Notes that `owner` was sent to a platform with `state`.
pub async fn begin(
    database: &Database,
    vault: &Vault,
    owner: &UserId,
    state: &SecretString,
    authorization: &Authorization,
    now: Timestamp,
) -> Result<(), DbErr> {
    let state_hash = hash(state);
    let verifier = authorization
        .code_verifier
        .as_ref()
        .map(|verifier| vault.seal(Place::CodeVerifier(&state_hash), verifier))
        .transpose()
        .map_err(|error| DbErr::Custom(error.to_string()))?;
    let forget = "DELETE FROM authorizations WHERE expires_at <= $1";
    execute(database.writer(), forget, [(now - LIFE).into()]).await?;
    let sql = "INSERT INTO authorizations (state_hash, owner_id, platform, redirect_uri, code_verifier, created_at, expires_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let values = [
        state_hash.into(),
        owner.clone().into(),
        authorization.platform.into(),
        authorization.redirect_uri.clone().into(),
        verifier.into(),
        now.into(),
        (now + LIFE).into(),
    ];
    execute(database.writer(), sql, values).await.map(|_| ())
}

/// Uses up what was begun with `state`, whoever asks: a state that has been shown to the wrong
/// caller is worth nothing any more.
pub async fn finish(
    database: &Database,
    vault: &Vault,
    owner: &UserId,
    state: &SecretString,
    now: Timestamp,
) -> Result<Finished, DbErr> {
    let state_hash = hash(state);
    let sql = "DELETE FROM authorizations WHERE state_hash = $1
               RETURNING owner_id, platform, redirect_uri, code_verifier, expires_at";
    let values = [state_hash.clone().into()];
    let Some(row) = query_one(database.writer(), sql, values).await? else {
        return Ok(Finished::Unknown);
    };
    let begun_by: UserId = row.try_get("", "owner_id")?;
    if begun_by != *owner {
        return Ok(Finished::AnotherCallers);
    }
    let expires_at: Timestamp = row.try_get("", "expires_at")?;
    if expires_at <= now {
        return Ok(Finished::Expired);
    }
    let verifier: Option<Vec<u8>> = row.try_get("", "code_verifier")?;
    // One that can not be opened is as good as none: the person is asked to begin anew.
    let place = Place::CodeVerifier(&state_hash);
    let code_verifier = verifier.and_then(|sealed| vault.open(place, &sealed).ok());
    Ok(Finished::Ours(Authorization {
        platform: row.try_get("", "platform")?,
        redirect_uri: row.try_get("", "redirect_uri")?,
        code_verifier,
    }))
}
