//! What is due and in nobody's hands.

mod shares;

use sea_orm::{DbErr, FromQueryResult};

use crate::database::{query_all, query_one};
use crate::{AccountId, Database, DeliveryId, Timestamp};

pub use shares::{AccountWindow, Share, Shares, hand_out_shares};

/// A delivery to be put into the queue.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Due {
    pub id: DeliveryId,
    /// Whose turn it takes.
    pub account_id: AccountId,
    /// Since when it has been due: of one account, the older goes first.
    pub next_at: Timestamp,
}

/// How many of the oldest due rows are looked at to share the turn among their accounts.
const FAIRNESS_WINDOW: u64 = 5_000;

/// How many an account is given at once without a look at what it has in the queue already, and at
/// what fits into its rate windows.
pub const FREELY: usize = 8;

/// What waits in nobody's hands; as `deliveries_due` and `deliveries_waiting` are made.
const WAITING: &str = "claimed_by IS NULL AND status IN ('queued', 'processing', 'unconfirmed')";

/// Marks up to `limit` due deliveries as handed out until `handed_until`, and returns them. Every
/// account gets its first before any gets its second, and none more than [`FREELY`]; of accounts
/// behind the oldest thousands of due rows nothing is seen here. Whoever is at either limit goes
/// on with [`hand_out_shares`]. Relays in other processes skip what this one takes.
pub async fn hand_out(
    database: &Database,
    now: Timestamp,
    handed_until: Timestamp,
    limit: u64,
) -> Result<Vec<Due>, DbErr> {
    let skip_locked = database.skip_locked();
    let sql = format!(
        "UPDATE deliveries SET handed_until = $1 WHERE id IN (
            SELECT id FROM deliveries WHERE id IN (
                SELECT id FROM (
                    SELECT id, next_at, row_number() OVER (PARTITION BY account_id ORDER BY next_at, id) AS turn
                    FROM (
                        SELECT id, account_id, next_at FROM deliveries
                        WHERE {WAITING} AND next_at <= $2 AND handed_until <= $2
                        ORDER BY next_at, id LIMIT {FAIRNESS_WINDOW}
                    ) AS oldest
                ) AS turns WHERE turn <= {FREELY} ORDER BY turn, next_at, id LIMIT $3
            ) {skip_locked}
         ) AND handed_until <= $2 AND claimed_by IS NULL
         RETURNING id, account_id, next_at"
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let values = [handed_until.into(), now.into(), limit.into()];
    Ok(in_order(query_all(database.writer(), sql, values).await?))
}

fn in_order(mut due: Vec<Due>) -> Vec<Due> {
    due.sort_by(|a, b| (a.next_at, &a.id).cmp(&(b.next_at, &b.id)));
    due
}

/// When the relay has something to do next: a delivery falls due, or a lease runs out.
pub async fn next_wake(database: &Database, now: Timestamp) -> Result<Option<Timestamp>, DbErr> {
    let sql = "SELECT min(at) AS at FROM (
            SELECT min(CASE WHEN handed_until > next_at THEN handed_until ELSE next_at END) AS at FROM (
                SELECT next_at, handed_until FROM deliveries
                WHERE claimed_by IS NULL AND status IN ('queued', 'processing', 'unconfirmed')
                  AND handed_until <= $1
                ORDER BY next_at, id LIMIT 1
            ) AS first
            UNION ALL SELECT min(lease_until) FROM deliveries WHERE claimed_by IS NOT NULL
        ) AS wakes";
    let row = query_one(database.reader(), sql, [now.into()]).await?;
    row.map_or(Ok(None), |row| row.try_get("", "at"))
}

/// Lets these be handed out again at once: they could not be put into the queue.
pub async fn hand_back(database: &Database, ids: &[DeliveryId]) -> Result<u64, DbErr> {
    let places: Vec<String> = (1..=ids.len()).map(|number| format!("${number}")).collect();
    let sql = format!(
        "UPDATE deliveries SET handed_until = 0 WHERE id IN ({}) AND claimed_by IS NULL",
        places.join(", ")
    );
    let ids = ids.iter().map(|id| id.clone().into());
    Ok(crate::database::execute(database.writer(), sql, ids)
        .await?
        .rows_affected())
}

/// Lets handed-out deliveries be handed out again at once: the queue that held them is gone.
pub async fn take_back(database: &Database) -> Result<u64, DbErr> {
    let sql = "UPDATE deliveries SET handed_until = 0
               WHERE handed_until > 0 AND claimed_by IS NULL
                 AND status IN ('queued', 'processing', 'unconfirmed')";
    Ok(crate::database::execute(database.writer(), sql, [])
        .await?
        .rows_affected())
}
