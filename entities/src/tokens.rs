//! Tokens of connected accounts: who may renew one, what came of it, and when the next is due.
//!
//! A token is known by its account and `token_epoch`. Whatever is learned of a token is written
//! only while the account still has that one.

use std::time::Duration;

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use secrecy::SecretString;
use serde_json::json;

use crate::database::{execute, query_one};
use crate::events::{NewEvent, append};
use crate::rows::account::{self, AccountState};
use crate::rows::event::EventKind;
use crate::vault::{Place, Vault};
use crate::{AccountId, Database, DbErr, Platform, Timestamp, UserId};

/// Threads: a token lives 60 days and can renew itself after one; a week is early enough for
/// eight weeks of trying (`threads.md` 2.4).
const RENEW_THREADS_AFTER: Duration = Duration::from_secs(7 * 24 * 3600);
/// X: access tokens are renewed when they are needed; a refresh token that nobody needs dies after
/// about six months (`x.md` 1.1).
const RENEW_X_AFTER: Duration = Duration::from_secs(60 * 24 * 3600);

/// One token of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenOf {
    pub account_id: AccountId,
    pub owner_id: UserId,
    pub epoch: i64,
}

/// A pair of tokens that a platform has given.
pub struct NewTokens {
    pub access_token: SecretString,
    /// `None`: the one before goes on.
    pub refresh_token: Option<SecretString>,
    pub expires_at: Option<Timestamp>,
}

/// When a token that was issued at `issued_at` is renewed although nobody needs it then.
pub fn renew_at(
    platform: Platform,
    has_refresh_token: bool,
    issued_at: Timestamp,
    expires_at: Option<Timestamp>,
) -> Option<Timestamp> {
    match platform {
        // Without an end it is no long-lived token of ours: somebody pasted it in.
        Platform::Threads => expires_at.map(|_| issued_at + RENEW_THREADS_AFTER),
        Platform::X => has_refresh_token.then_some(issued_at + RENEW_X_AFTER),
    }
}

/// Stands in a lease that nobody works under: it was kept so that nobody tries before its end.
const REST: &str = "rest";

/// The name of the lease under which Clerk is asked about a user: two questions at the same moment
/// harm each other, whoever asks.
pub fn clerk_lease(clerk_user_id: &str) -> String {
    format!("clerk:{clerk_user_id}")
}

/// What came of asking for a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lease {
    Ours,
    /// Somebody is at it; they will be done at any moment.
    Busy,
    /// It failed for somebody, and is to be left alone until then.
    Resting {
        until: Timestamp,
    },
}

/// Takes the lease on a token's name for `holder`, or prolongs it.
pub async fn take_lease(
    database: &Database,
    name: &str,
    holder: &str,
    now: Timestamp,
    lease: Duration,
) -> Result<Lease, DbErr> {
    let sql = "INSERT INTO token_leases (name, holder, lease_until) VALUES ($1, $2, $3)
               ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, lease_until = excluded.lease_until
               WHERE token_leases.lease_until <= $4 OR token_leases.holder = excluded.holder";
    let values = [name.into(), holder.into(), (now + lease).into(), now.into()];
    let done = execute(database.writer(), sql, values).await?;
    if done.rows_affected() == 1 {
        return Ok(Lease::Ours);
    }
    let sql = "SELECT lease_until FROM token_leases WHERE name = $1 AND holder = $2";
    let resting = query_one(database.writer(), sql, [name.into(), REST.into()]).await?;
    match resting {
        Some(row) => Ok(Lease::Resting {
            until: row.try_get("", "lease_until")?,
        }),
        None => Ok(Lease::Busy),
    }
}

/// Turns `holder`'s lease into a rest for everybody.
pub async fn rest(
    database: &Database,
    name: &str,
    holder: &str,
    until: Timestamp,
) -> Result<(), DbErr> {
    let sql =
        "UPDATE token_leases SET holder = $1, lease_until = $2 WHERE name = $3 AND holder = $4";
    let values = [REST.into(), until.into(), name.into(), holder.into()];
    execute(database.writer(), sql, values).await.map(|_| ())
}

/// Gives a lease back, if it is still `holder`'s.
pub async fn end_lease(database: &Database, name: &str, holder: &str) -> Result<(), DbErr> {
    let sql = "DELETE FROM token_leases WHERE name = $1 AND holder = $2";
    execute(database.writer(), sql, [name.into(), holder.into()])
        .await
        .map(|_| ())
}

/// The account as it is now: whoever waited for a lease looks again before acting.
pub async fn account(database: &Database, id: &AccountId) -> Result<Option<account::Model>, DbErr> {
    // Not from a reader that may lag behind the write of another connection.
    account::Entity::find()
        .filter(account::Column::Id.eq(id.clone()))
        .one(database.writer())
        .await
}

/// Accounts whose tokens are to be renewed now, the longest due first.
pub async fn due(
    database: &Database,
    now: Timestamp,
    most: u64,
) -> Result<Vec<account::Model>, DbErr> {
    account::Entity::find()
        .filter(account::Column::RenewAt.lte(now))
        .filter(account::Column::State.is_in([AccountState::Ok, AccountState::Degraded]))
        .order_by_asc(account::Column::RenewAt)
        .limit(most)
        .all(database.reader())
        .await
}

/// Saves a renewed token. `false` when the account has another by now: then that one counts.
pub async fn renewed(
    database: &Database,
    vault: &Vault,
    before: &account::Model,
    tokens: &NewTokens,
    now: Timestamp,
) -> Result<bool, DbErr> {
    let seal = |place, token: &SecretString| {
        vault
            .seal(place, token)
            .map_err(|error| DbErr::Custom(error.to_string()))
    };
    let id = &before.id;
    let access = seal(Place::AccessToken(id), &tokens.access_token)?;
    let refresh = tokens
        .refresh_token
        .as_ref()
        .map(|token| seal(Place::RefreshToken(id), token))
        .transpose()?;
    let has_refresh = refresh.is_some() || before.refresh_token.is_some();
    let renew_at = renew_at(before.platform, has_refresh, now, tokens.expires_at);
    let sql = "UPDATE accounts SET access_token = $1, refresh_token = coalesce($2, refresh_token),
            token_expires_at = $3, token_issued_at = $4, token_epoch = token_epoch + 1, renew_at = $5,
            renewal_failing_since = NULL, state = 'ok', state_reason = NULL, updated_at = $4
         WHERE id = $6 AND token_epoch = $7 AND token_source = 'own' AND state <> 'disconnected'";
    let values = [
        access.into(),
        refresh.into(),
        tokens.expires_at.into(),
        now.into(),
        renew_at.into(),
        id.clone().into(),
        before.token_epoch.into(),
    ];
    let done = execute(database.writer(), sql, values).await?;
    Ok(done.rows_affected() == 1)
}

/// What to say of an account whose token can not be renewed at the moment.
pub struct Postponed {
    /// When to try again.
    pub until: Timestamp,
    /// One sentence; `Some`: it is time that the owner knows.
    pub degraded: Option<String>,
}

/// Notes that renewing failed for now. Nothing of the token is touched.
pub async fn postpone(
    database: &Database,
    token: &TokenOf,
    postponed: &Postponed,
    now: Timestamp,
) -> Result<(), DbErr> {
    let sql = "UPDATE accounts SET renew_at = CASE WHEN renew_at IS NOT NULL THEN $1 END,
            renewal_failing_since = coalesce(renewal_failing_since, $2), updated_at = $2
         WHERE id = $3 AND token_epoch = $4";
    let values = [
        postponed.until.into(),
        now.into(),
        token.account_id.clone().into(),
        token.epoch.into(),
    ];
    execute(database.writer(), sql, values).await?;
    let Some(reason) = &postponed.degraded else {
        return Ok(());
    };
    let transaction = database.begin().await?;
    let sql = "UPDATE accounts SET state = 'degraded', state_reason = $1, updated_at = $2
               WHERE id = $3 AND token_epoch = $4 AND state = 'ok'";
    tell_once(
        &transaction,
        sql,
        EventKind::AccountDegraded,
        token,
        reason,
        now,
    )
    .await?;
    transaction.commit().await
}

/// Notes that an account whose token could not be had has one again.
pub async fn recovered(database: &Database, token: &TokenOf, now: Timestamp) -> Result<(), DbErr> {
    let sql = "UPDATE accounts SET state = 'ok', state_reason = NULL, renewal_failing_since = NULL, updated_at = $1
               WHERE id = $2 AND token_epoch = $3 AND state IN ('ok', 'degraded')";
    let values = [
        now.into(),
        token.account_id.clone().into(),
        token.epoch.into(),
    ];
    execute(database.writer(), sql, values).await.map(|_| ())
}

/// Notes that a token is dead, and tells its owner once.
pub async fn is_dead(
    database: &Database,
    token: &TokenOf,
    reason: &str,
    now: Timestamp,
) -> Result<(), DbErr> {
    let transaction = database.begin().await?;
    mark_needs_reconnect(&transaction, token, reason, now).await?;
    transaction.commit().await
}

/// [`is_dead`] inside a transaction.
pub(crate) async fn mark_needs_reconnect<C: ConnectionTrait>(
    connection: &C,
    token: &TokenOf,
    reason: &str,
    now: Timestamp,
) -> Result<(), DbErr> {
    let sql = "UPDATE accounts SET state = 'needs_reconnect', state_reason = $1, updated_at = $2
               WHERE id = $3 AND token_epoch = $4 AND state IN ('ok', 'degraded')";
    let kind = EventKind::AccountNeedsReconnect;
    tell_once(connection, sql, kind, token, reason, now).await
}

/// Notes that the platform refused an access token which can be renewed: it counts as expired.
pub async fn expire<C: ConnectionTrait>(
    connection: &C,
    token: &TokenOf,
    now: Timestamp,
) -> Result<(), DbErr> {
    let sql = "UPDATE accounts SET token_expires_at = $1, updated_at = $1
               WHERE id = $2 AND token_epoch = $3 AND state IN ('ok', 'degraded')";
    let values = [
        now.into(),
        token.account_id.clone().into(),
        token.epoch.into(),
    ];
    execute(connection, sql, values).await.map(|_| ())
}

/// Changes an account's state by `sql` and, if that changed something, writes the event.
async fn tell_once<C: ConnectionTrait>(
    connection: &C,
    sql: &str,
    kind: EventKind,
    token: &TokenOf,
    reason: &str,
    now: Timestamp,
) -> Result<(), DbErr> {
    let values = [
        reason.into(),
        now.into(),
        token.account_id.clone().into(),
        token.epoch.into(),
    ];
    if execute(connection, sql, values).await?.rows_affected() == 0 {
        return Ok(());
    }
    let event = NewEvent {
        kind,
        owner_id: token.owner_id.clone(),
        post_id: None,
        delivery_id: None,
        account_id: Some(token.account_id.clone()),
        data: json!({ "reason": reason }),
    };
    append(connection, vec![event], now).await
}

impl TokenOf {
    /// The token that an account has.
    pub fn of(account: &account::Model) -> Self {
        TokenOf {
            account_id: account.id.clone(),
            owner_id: account.owner_id.clone(),
            epoch: account.token_epoch,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_renewed_long_before_they_end() {
        let at = Timestamp::from_ms;
        let day = 24 * 3_600_000;
        let threads = renew_at(Platform::Threads, false, at(0), Some(at(60 * day)));
        assert_eq!(threads, Some(at(7 * day)));
        assert_eq!(renew_at(Platform::Threads, false, at(0), None), None);
        let x = renew_at(Platform::X, true, at(0), Some(at(7_200_000)));
        assert_eq!(x, Some(at(60 * day)));
        assert_eq!(renew_at(Platform::X, false, at(0), Some(at(1))), None);
    }
}
