//! What the ledger adds up to.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};

use super::{ChargeKind, ChargeState};
use crate::database::{query_all, query_one};
use crate::month::Month;
use crate::{AccountId, Database, UserId};

/// One owner's charges of one kind on one account, in one state.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Sum {
    pub account_id: AccountId,
    pub what: ChargeKind,
    pub state: ChargeState,
    pub calls: i64,
    pub micro_dollars: i64,
}

/// What an owner's accounts have cost in a month, or may have.
pub async fn of_owner(
    database: &Database,
    owner: &UserId,
    month: Month,
) -> Result<Vec<Sum>, DbErr> {
    let sql = "SELECT account_id, what, state, count(*) AS calls,
            CAST(sum(micro_dollars) AS bigint) AS micro_dollars
        FROM charges WHERE owner_id = $1 AND month = $2 AND state <> 'released'
        GROUP BY account_id, what, state ORDER BY account_id, what, state";
    let values = [owner.clone().into(), month.to_string().into()];
    query_all(database.reader(), sql, values).await
}

/// What all accounts have cost in a month, or may have.
pub async fn app_total<C: ConnectionTrait>(connection: &C, month: Month) -> Result<i64, DbErr> {
    let sql = "SELECT CAST(coalesce(sum(micro_dollars), 0) AS bigint) AS total FROM charges
        WHERE month = $1 AND state <> 'released'";
    let row = query_one(connection, sql, [month.to_string().into()]).await?;
    row.map_or(Ok(0), |row| row.try_get("", "total"))
}
