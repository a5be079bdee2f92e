//! Sealing all that is kept under a new key.

use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QueryResult, QuerySelect,
    Statement,
};

use crate::database::execute;
use crate::rows::account;
use crate::vault::{Place, Vault};
use crate::{AccountId, Database, DbErr, Platform, WebhookId};

/// How many accounts are read at once.
const BATCH: u64 = 200;

/// What was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Tokens that are sealed under the new key now.
    pub tokens: u64,
    /// Tokens that no known key opens; they are left as they are.
    pub unreadable: u64,
}

/// Seals every token under the key that `vault` seals with. May run while the product runs, and
/// may be repeated: what is sealed under that key already is left alone.
pub async fn reseal(database: &Database, vault: &Vault) -> Result<Resealed, DbErr> {
    let mut found = Resealed::default();
    reseal_what_waits(database, vault, &mut found).await?;
    let mut after: Option<AccountId> = None;
    loop {
        let mut query = account::Entity::find()
            .filter(account::Column::AccessToken.is_not_null())
            .order_by_asc(account::Column::Id)
            .limit(BATCH);
        if let Some(after) = after {
            query = query.filter(account::Column::Id.gt(after));
        }
        let rows = query.all(database.writer()).await?;
        let Some(last) = rows.last() else {
            return Ok(found);
        };
        after = Some(last.id.clone());
        for row in &rows {
            reseal_row(database, vault, row, &mut found).await?;
        }
    }
}

/// How many tokens there are, and how many of them no known key opens. Changes nothing.
pub async fn look_over(database: &Database, vault: &Vault) -> Result<(u64, u64), DbErr> {
    let (mut tokens, mut unreadable) = (0, 0);
    let mut after: Option<AccountId> = None;
    loop {
        let mut query = account::Entity::find()
            .filter(account::Column::AccessToken.is_not_null())
            .order_by_asc(account::Column::Id)
            .limit(BATCH);
        if let Some(after) = after {
            query = query.filter(account::Column::Id.gt(after));
        }
        let rows = query.all(database.reader()).await?;
        let Some(last) = rows.last() else {
            return Ok((tokens, unreadable));
        };
        after = Some(last.id.clone());
        for row in &rows {
            let sealed = [
                (Place::AccessToken(&row.id), &row.access_token),
                (Place::RefreshToken(&row.id), &row.refresh_token),
            ];
            for (place, token) in sealed {
                if let Some(token) = token {
                    tokens += 1;
                    unreadable += u64::from(vault.open(place, token).is_err());
                }
            }
        }
    }
}

/// What is sealed beside accounts: few rows, and all of them at once.
async fn reseal_what_waits(
    database: &Database,
    vault: &Vault,
    found: &mut Resealed,
) -> Result<(), DbErr> {
    let sql = "SELECT platform, remote_user_id, token FROM unclaimed_tokens";
    for row in query_rows(database, sql).await? {
        let (platform, profile): (Platform, String) = (
            row.try_get("", "platform")?,
            row.try_get("", "remote_user_id")?,
        );
        let sealed: Vec<u8> = row.try_get("", "token")?;
        let place = Place::UnclaimedToken(platform, &profile);
        if let Some(again) = sealed_again(vault, place, &sealed, found) {
            let sql = "UPDATE unclaimed_tokens SET token = $1 WHERE token = $2";
            let done = execute(database.writer(), sql, [again.into(), sealed.into()]).await?;
            found.tokens += done.rows_affected();
        }
    }
    let sql =
        "SELECT state_hash, code_verifier FROM authorizations WHERE code_verifier IS NOT NULL";
    for row in query_rows(database, sql).await? {
        let state_hash: Vec<u8> = row.try_get("", "state_hash")?;
        let sealed: Vec<u8> = row.try_get("", "code_verifier")?;
        let place = Place::CodeVerifier(&state_hash);
        if let Some(again) = sealed_again(vault, place, &sealed, found) {
            let sql = "UPDATE authorizations SET code_verifier = $1 WHERE state_hash = $2";
            execute(database.writer(), sql, [again.into(), state_hash.into()]).await?;
        }
    }
    for column in ["secret", "former_secret"] {
        let sql = format!("SELECT id, {column} AS sealed FROM webhooks WHERE {column} IS NOT NULL");
        for row in query_rows(database, &sql).await? {
            let id: WebhookId = row.try_get("", "id")?;
            let sealed: Vec<u8> = row.try_get("", "sealed")?;
            let place = match column {
                "secret" => Place::WebhookSecret(&id),
                _ => Place::FormerWebhookSecret(&id),
            };
            if let Some(again) = sealed_again(vault, place, &sealed, found) {
                // One that was rotated meanwhile is sealed under the new key already.
                let sql =
                    format!("UPDATE webhooks SET {column} = $1 WHERE id = $2 AND {column} = $3");
                let values = [again.into(), id.into(), sealed.into()];
                let done = execute(database.writer(), sql, values).await?;
                found.tokens += done.rows_affected();
            }
        }
    }
    Ok(())
}

async fn query_rows(database: &Database, sql: &str) -> Result<Vec<QueryResult>, DbErr> {
    let statement = Statement::from_string(database.backend(), sql);
    database.writer().query_all_raw(statement).await
}

/// The same under the new key; `None`: it is so already, or no known key opens it.
fn sealed_again(
    vault: &Vault,
    place: Place<'_>,
    sealed: &[u8],
    found: &mut Resealed,
) -> Option<Vec<u8>> {
    if vault.is_current(sealed) {
        return None;
    }
    let opened = vault.open(place, sealed);
    let again = opened.and_then(|secret| vault.seal(place, &secret));
    if again.is_err() {
        found.unreadable += 1;
    }
    again.ok()
}

async fn reseal_row(
    database: &Database,
    vault: &Vault,
    row: &account::Model,
    found: &mut Resealed,
) -> Result<(), DbErr> {
    let columns = [
        (
            "access_token",
            Place::AccessToken(&row.id),
            &row.access_token,
        ),
        (
            "refresh_token",
            Place::RefreshToken(&row.id),
            &row.refresh_token,
        ),
    ];
    for (column, place, sealed) in columns {
        let Some(sealed) = sealed else { continue };
        let Some(again) = sealed_again(vault, place, sealed, found) else {
            continue;
        };
        // One that was renewed meanwhile is sealed under the new key already.
        let sql = format!("UPDATE accounts SET {column} = $1 WHERE id = $2 AND {column} = $3");
        let values = [again.into(), row.id.clone().into(), sealed.clone().into()];
        let done = execute(database.writer(), sql, values).await?;
        found.tokens += done.rows_affected();
    }
    Ok(())
}
