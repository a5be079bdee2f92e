//! Sealing all that is kept under a new key.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::database::execute;
use crate::rows::account;
use crate::vault::{Place, Vault};
use crate::{AccountId, Database, DbErr};

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
        let Some(sealed) = sealed.as_ref().filter(|sealed| !vault.is_current(sealed)) else {
            continue;
        };
        let again = vault
            .open(place, sealed)
            .and_then(|token| vault.seal(place, &token));
        let Ok(again) = again else {
            found.unreadable += 1;
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
