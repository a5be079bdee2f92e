//! Who goes: a profile whose person wants their data deleted, a user whom Clerk has deleted. What
//! was to be published for them is called off, and their secrets and names are forgotten.

use sea_orm::{ConnectionTrait, Value};

use crate::database::{execute, query_one};
use crate::delivery::{DeliveryError, Status};
use crate::{Database, DbErr, Platform, Timestamp, UserId, webhooks};

/// Why such an account is disconnected.
pub const REASON: &str = "its data was deleted";

/// What is told of a delivery that was to go out on it.
pub fn canceled() -> DeliveryError {
    DeliveryError {
        code: "account_deleted".into(),
        message: "The account was deleted before this was published.".into(),
        action: "Nothing to do. To publish it elsewhere, submit it to another account.".into(),
        retryable: false,
        platform: None,
    }
}

/// Deletes what is kept of a platform's profile, whoever connected it, and notes it under `code`.
/// Returns how many accounts that were. What was connected after `asked_at` is the person's new
/// wish, and stays.
pub async fn erase_profile(
    database: &Database,
    platform: Platform,
    remote_user_id: &str,
    asked_at: Timestamp,
    code: &str,
    now: Timestamp,
) -> Result<u64, DbErr> {
    let transaction = database.begin().await?;
    let whose = "platform = $2 AND remote_user_id = $3 AND token_issued_at <= $4";
    let values = [platform.into(), remote_user_id.into(), asked_at.into()];
    let count = erase_accounts(&transaction, whose, &values, now).await?;
    let sql = "DELETE FROM unclaimed_tokens WHERE platform = $1 AND remote_user_id = $2 AND created_at <= $3";
    execute(&transaction, sql, values).await?;
    let sql = "INSERT INTO deletions (code, platform, account_count, completed_at) VALUES ($1, $2, $3, $4)";
    let count_kept = i32::try_from(count).unwrap_or(i32::MAX);
    let values = [code.into(), platform.into(), count_kept.into(), now.into()];
    execute(&transaction, sql, values).await?;
    transaction.commit().await?;
    Ok(count)
}

/// When the deletion with this code was done; `None`: there is no such code.
pub async fn completed_at(database: &Database, code: &str) -> Result<Option<Timestamp>, DbErr> {
    let sql = "SELECT completed_at FROM deletions WHERE code = $1";
    let row = query_one(database.reader(), sql, [code.into()]).await?;
    row.map(|row| row.try_get("", "completed_at")).transpose()
}

/// Ends everything of a user whom Clerk has deleted: their posts are called off, their accounts
/// erased, their keys and sessions ended, their webhooks gone with all that was sent to them. Repeating it changes nothing.
pub async fn erase_user(database: &Database, id: &UserId, now: Timestamp) -> Result<(), DbErr> {
    for webhook in webhooks::list(database, id).await? {
        webhooks::empty(database, &webhook.id, now).await?;
    }
    let transaction = database.begin().await?;
    erase_accounts(&transaction, "owner_id = $2", &[id.clone().into()], now).await?;
    let at_owner: [(&str, [Value; 2]); 2] = [
        (
            "UPDATE api_keys SET revoked_at = $1 WHERE owner_id = $2 AND revoked_at IS NULL",
            [now.into(), id.clone().into()],
        ),
        (
            "UPDATE users SET deleted_at = $1 WHERE id = $2 AND deleted_at IS NULL",
            [now.into(), id.clone().into()],
        ),
    ];
    for (sql, values) in at_owner {
        execute(&transaction, sql, values).await?;
    }
    for table in [
        "sessions",
        "sign_in_links",
        "authorizations",
        "webhooks",
        "charges",
    ] {
        let sql = format!("DELETE FROM {table} WHERE owner_id = $1");
        execute(&transaction, sql, [id.clone().into()]).await?;
    }
    transaction.commit().await
}

/// `whose` speaks of `$2` and on; `$1` is the time.
async fn erase_accounts<C: ConnectionTrait>(
    connection: &C,
    whose: &str,
    whom: &[Value],
    now: Timestamp,
) -> Result<u64, DbErr> {
    let error = serde_json::to_value(canceled()).map_err(|error| DbErr::Json(error.to_string()))?;
    let cancelable: Vec<String> = Status::before(Status::Canceled)
        .map(|status| format!("'{status}'"))
        .collect();
    let after = whom.len() + 2;
    let sql = format!(
        "UPDATE deliveries SET status = 'canceled', next_at = NULL, waiting_for = NULL, epoch = epoch + 1,
            handed_until = 0, error = ${after}, updated_at = $1
         WHERE account_id IN (SELECT id FROM accounts WHERE {whose})
           AND status IN ({}) AND lease_until IS NULL",
        cancelable.join(", ")
    );
    let values = std::iter::once(now.into())
        .chain(whom.iter().cloned())
        .chain([error.into()]);
    execute(connection, sql, values).await?;
    let sql = format!(
        "DELETE FROM platform_quotas WHERE asked_at <= $1
           AND account_id IN (SELECT id FROM accounts WHERE {whose})"
    );
    let values = std::iter::once(now.into()).chain(whom.iter().cloned());
    execute(connection, sql, values).await?;
    // The platform's id is what a platform's callback would find it by again.
    let sql = format!(
        "UPDATE accounts SET state = 'disconnected', state_reason = '{REASON}',
            remote_user_id = 'deleted:' || id, username = 'deleted', display_name = NULL, picture_url = NULL,
            access_token = NULL, refresh_token = NULL, token_expires_at = NULL, renew_at = NULL,
            renewal_failing_since = NULL, token_epoch = token_epoch + 1, updated_at = $1
         WHERE {whose}"
    );
    let values = std::iter::once(now.into()).chain(whom.iter().cloned());
    Ok(execute(connection, sql, values).await?.rows_affected())
}
