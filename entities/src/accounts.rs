//! Connected profiles: connecting, finding, disconnecting, and a token that died.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder,
};
use secrecy::SecretString;
use serde_json::json;

use crate::database::execute;
use crate::delivery::Claim;
use crate::record::DeadToken;
use crate::rows::account::{self, AccountState};
use crate::rows::event::EventKind;
use crate::vault::{TokenKind, Vault};
use crate::{AccountId, Database, DbErr, EventId, Platform, Timestamp, UserId};

/// A profile and the tokens that its owner gave for it.
pub struct Connection {
    pub owner_id: UserId,
    pub platform: Platform,
    pub remote_user_id: String,
    pub username: String,
    pub display_name: Option<String>,
    pub picture_url: Option<String>,
    pub is_premium: bool,
    pub access_token: SecretString,
    pub refresh_token: Option<SecretString>,
    pub token_expires_at: Option<Timestamp>,
}

/// Connects a profile, or connects it again in place: its id and all that waits on it stay, and
/// what waited for a new token is queued again.
pub async fn connect(
    database: &Database,
    vault: &Vault,
    connection: Connection,
    now: Timestamp,
) -> Result<account::Model, DbErr> {
    let transaction = database.begin().await?;
    let known = account::Entity::find()
        .filter(account::Column::OwnerId.eq(connection.owner_id.clone()))
        .filter(account::Column::Platform.eq(connection.platform))
        .filter(account::Column::RemoteUserId.eq(connection.remote_user_id.clone()))
        .one(&transaction)
        .await?;
    let id = known
        .as_ref()
        .map_or_else(AccountId::generate, |row| row.id.clone());
    let seal = |kind, token: &SecretString| {
        vault
            .seal(&id, kind, token)
            .map_err(|error| DbErr::Custom(error.to_string()))
    };
    let refresh = connection
        .refresh_token
        .as_ref()
        .map(|token| seal(TokenKind::Refresh, token));
    let row = account::Model {
        id: id.clone(),
        owner_id: connection.owner_id,
        platform: connection.platform,
        remote_user_id: connection.remote_user_id,
        username: connection.username,
        display_name: connection.display_name,
        picture_url: connection.picture_url,
        is_premium: connection.is_premium,
        state: AccountState::Ok,
        state_reason: None,
        access_token: Some(seal(TokenKind::Access, &connection.access_token)?),
        refresh_token: refresh.transpose()?,
        token_expires_at: connection.token_expires_at,
        scopes: String::new(),
        created_at: known.as_ref().map_or(now, |row| row.created_at),
        updated_at: now,
    };
    let saved = if known.is_some() {
        row.into_active_model()
            .reset_all()
            .update(&transaction)
            .await?
    } else {
        row.into_active_model().insert(&transaction).await?
    };
    requeue_what_waited(&transaction, &id, now).await?;
    transaction.commit().await?;
    Ok(saved)
}

async fn requeue_what_waited<C: ConnectionTrait>(
    connection: &C,
    id: &AccountId,
    now: Timestamp,
) -> Result<(), DbErr> {
    let sql =
        "UPDATE deliveries SET status = 'queued', next_at = $1, waiting_for = 'turn', error = NULL,
            handed_until = 0, epoch = epoch + 1, failing_since = NULL, updated_at = $1
         WHERE account_id = $2 AND status = 'needs_reconnect'";
    execute(connection, sql, [now.into(), id.clone().into()])
        .await
        .map(|_| ())
}

/// Queues again what waits for accounts that are connected: a worker may have set it aside at the
/// very moment in which its account was connected. Returns how many.
pub async fn requeue_reconnected(database: &Database, now: Timestamp) -> Result<u64, DbErr> {
    let sql =
        "UPDATE deliveries SET status = 'queued', next_at = $1, waiting_for = 'turn', error = NULL,
            handed_until = 0, epoch = epoch + 1, failing_since = NULL, updated_at = $1
         WHERE status = 'needs_reconnect'
           AND account_id IN (SELECT id FROM accounts WHERE state IN ('ok', 'degraded'))";
    Ok(execute(database.writer(), sql, [now.into()])
        .await?
        .rows_affected())
}

/// An owner's accounts, oldest first; those that were disconnected are left out.
pub async fn list(database: &Database, owner: &UserId) -> Result<Vec<account::Model>, DbErr> {
    account::Entity::find()
        .filter(account::Column::OwnerId.eq(owner.clone()))
        .filter(account::Column::State.ne(AccountState::Disconnected))
        .order_by_asc(account::Column::Id)
        .all(database.reader())
        .await
}

/// Those of `ids` that the owner has connected.
pub async fn find_all(
    database: &Database,
    owner: &UserId,
    ids: &[AccountId],
) -> Result<Vec<account::Model>, DbErr> {
    account::Entity::find()
        .filter(account::Column::OwnerId.eq(owner.clone()))
        .filter(account::Column::Id.is_in(ids.iter().cloned()))
        .filter(account::Column::State.ne(AccountState::Disconnected))
        .all(database.reader())
        .await
}

/// Takes an account away and forgets its tokens. What is scheduled on it waits for a new
/// connection. False when the owner has no such account.
pub async fn disconnect(
    database: &Database,
    owner: &UserId,
    id: &AccountId,
    now: Timestamp,
) -> Result<bool, DbErr> {
    let sql =
        "UPDATE accounts SET state = 'disconnected', state_reason = 'its owner disconnected it',
            access_token = NULL, refresh_token = NULL, token_expires_at = NULL, updated_at = $1
         WHERE id = $2 AND owner_id = $3 AND state <> 'disconnected'";
    let values = [now.into(), id.clone().into(), owner.clone().into()];
    Ok(execute(database.writer(), sql, values)
        .await?
        .rows_affected()
        == 1)
}

/// Notes that an account's token is dead and tells its owner once.
pub(crate) async fn mark_needs_reconnect<C: ConnectionTrait>(
    connection: &C,
    claim: &Claim,
    dead: &DeadToken,
    now: Timestamp,
) -> Result<(), DbErr> {
    let sql = "UPDATE accounts SET state = 'needs_reconnect', state_reason = $1, updated_at = $2
               WHERE id = $3 AND access_token = $4 AND state IN ('ok', 'degraded')";
    let values = [
        dead.reason.clone().into(),
        now.into(),
        claim.account_id.clone().into(),
        dead.sealed.clone().into(),
    ];
    if execute(connection, sql, values).await?.rows_affected() == 0 {
        return Ok(());
    }
    execute(
        connection,
        "INSERT INTO events (id, owner_id, kind, account_id, data, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        [
            EventId::generate().into(),
            claim.owner_id.clone().into(),
            EventKind::AccountNeedsReconnect.into(),
            claim.account_id.clone().into(),
            json!({ "reason": dead.reason }).into(),
            now.into(),
        ],
    )
    .await
    .map(|_| ())
}
