//! What was told to us already: whoever sends webhooks repeats itself.

use std::time::Duration;

use crate::database::execute;
use crate::{Database, DbErr, Timestamp};

/// For much longer than a sender repeats itself.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3600);

/// Whether a message with this id was taken in before. Ask first, act, then [`keep`]: what fails
/// between is told again.
pub async fn is_known(database: &Database, id: &str) -> Result<bool, DbErr> {
    let sql = "SELECT 1 AS known FROM webhook_receipts WHERE id = $1";
    let row = crate::database::query_one(database.reader(), sql, [id.into()]).await?;
    Ok(row.is_some())
}

/// Notes that a message was taken in.
pub async fn keep(database: &Database, id: &str, now: Timestamp) -> Result<(), DbErr> {
    let forget = "DELETE FROM webhook_receipts WHERE received_at <= $1";
    execute(database.writer(), forget, [(now - KEPT).into()]).await?;
    let sql =
        "INSERT INTO webhook_receipts (id, received_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    execute(database.writer(), sql, [id.into(), now.into()])
        .await
        .map(|_| ())
}
