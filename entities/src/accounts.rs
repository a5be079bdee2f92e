//! Connected profiles: connecting, finding, taking away.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, SqlErr,
};
use secrecy::SecretString;

use crate::database::{execute, query_one};
use crate::rows::account::{self, AccountState, TokenSource};
use crate::tokens::{NewTokens, renew_at};
use crate::vault::{Place, Vault};
use crate::{AccountId, Database, DbErr, Platform, Timestamp, UserId};

/// A profile and how its owner lets us act for it.
pub struct Connection {
    pub owner_id: UserId,
    pub platform: Platform,
    pub remote_user_id: String,
    pub username: String,
    pub display_name: Option<String>,
    pub picture_url: Option<String>,
    pub is_premium: bool,
    /// What the token may do, by the platform's own names, space-separated; empty: not known.
    pub scopes: String,
    pub credentials: Credentials,
}

/// Where an account's token comes from.
pub enum Credentials {
    /// We keep it, sealed.
    Own(NewTokens),
    /// Clerk keeps it, under this `eac_...`.
    Clerk { external_account_id: String },
}

impl Credentials {
    /// A token that its owner has at hand, and nothing else is known of.
    pub fn token(access_token: impl Into<SecretString>) -> Self {
        Credentials::Own(NewTokens {
            access_token: access_token.into(),
            refresh_token: None,
            expires_at: None,
        })
    }
}

/// Connects a profile, or connects it again in place: its id and all that waits on it stay, and
/// what waited for a new token is queued again.
pub async fn connect(
    database: &Database,
    vault: &Vault,
    connection: Connection,
    now: Timestamp,
) -> Result<account::Model, DbErr> {
    match connect_once(database, vault, &connection, now).await {
        // The same profile was connected for the first time at the same moment; now it is known.
        Err(error) if is_unique_violation(&error) => {
            connect_once(database, vault, &connection, now).await
        }
        connected => connected,
    }
}

fn is_unique_violation(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}

async fn connect_once(
    database: &Database,
    vault: &Vault,
    connection: &Connection,
    now: Timestamp,
) -> Result<account::Model, DbErr> {
    let transaction = database.begin().await?;
    let sql = "SELECT 1 AS gone FROM users WHERE id = $1 AND deleted_at IS NOT NULL";
    let owner = connection.owner_id.clone();
    if query_one(&transaction, sql, [owner.into()])
        .await?
        .is_some()
    {
        return Err(DbErr::RecordNotFound("the user was deleted".into()));
    }
    // Touching the row first takes its lock: a token that is renewed at this moment has another
    // epoch, and is saved before or not at all.
    let sql = "UPDATE accounts SET token_epoch = token_epoch + 1
               WHERE owner_id = $1 AND platform = $2 AND remote_user_id = $3";
    let values = [
        connection.owner_id.clone().into(),
        connection.platform.into(),
        connection.remote_user_id.clone().into(),
    ];
    execute(&transaction, sql, values).await?;
    let known = account::Entity::find()
        .filter(account::Column::OwnerId.eq(connection.owner_id.clone()))
        .filter(account::Column::Platform.eq(connection.platform))
        .filter(account::Column::RemoteUserId.eq(connection.remote_user_id.clone()))
        .one(&transaction)
        .await?;
    let row = row_of(vault, connection, known.as_ref(), now)?;
    let saved = if known.is_some() {
        row.into_active_model()
            .reset_all()
            .update(&transaction)
            .await?
    } else {
        row.into_active_model().insert(&transaction).await?
    };
    requeue_what_waited(&transaction, &saved.id, now).await?;
    transaction.commit().await?;
    Ok(saved)
}

fn row_of(
    vault: &Vault,
    connection: &Connection,
    known: Option<&account::Model>,
    now: Timestamp,
) -> Result<account::Model, DbErr> {
    let id = known.map_or_else(AccountId::generate, |row| row.id.clone());
    let mut row = account::Model {
        id: id.clone(),
        owner_id: connection.owner_id.clone(),
        platform: connection.platform,
        remote_user_id: connection.remote_user_id.clone(),
        username: connection.username.clone(),
        display_name: connection.display_name.clone(),
        picture_url: connection.picture_url.clone(),
        is_premium: connection.is_premium,
        state: AccountState::Ok,
        state_reason: None,
        token_source: TokenSource::Own,
        external_account_id: None,
        access_token: None,
        refresh_token: None,
        token_epoch: known.map_or(0, |row| row.token_epoch),
        token_issued_at: now,
        token_expires_at: None,
        renew_at: None,
        renewal_failing_since: None,
        scopes: connection.scopes.clone(),
        created_at: known.map_or(now, |row| row.created_at),
        updated_at: now,
    };
    match &connection.credentials {
        Credentials::Own(tokens) => {
            let seal = |place, token: &SecretString| {
                vault
                    .seal(place, token)
                    .map_err(|error| DbErr::Custom(error.to_string()))
            };
            let refresh = tokens
                .refresh_token
                .as_ref()
                .map(|token| seal(Place::RefreshToken(&id), token));
            row.access_token = Some(seal(Place::AccessToken(&id), &tokens.access_token)?);
            row.refresh_token = refresh.transpose()?;
            row.token_expires_at = tokens.expires_at;
            let has_refresh = row.refresh_token.is_some();
            row.renew_at = renew_at(row.platform, has_refresh, now, tokens.expires_at);
        }
        Credentials::Clerk {
            external_account_id,
        } => {
            row.token_source = TokenSource::Clerk;
            row.external_account_id = Some(external_account_id.clone());
        }
    }
    Ok(row)
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

/// One of an owner's accounts, unless it was disconnected.
pub async fn find(
    database: &Database,
    owner: &UserId,
    id: &AccountId,
) -> Result<Option<account::Model>, DbErr> {
    let found = find_all(database, owner, std::slice::from_ref(id)).await?;
    Ok(found.into_iter().next())
}

/// Takes an account away and forgets its tokens. What is scheduled on it waits for a new
/// connection. Returns the account as it was, tokens and all, so that they can be revoked;
/// `None` when the owner has no such account.
pub async fn disconnect(
    database: &Database,
    owner: &UserId,
    id: &AccountId,
    now: Timestamp,
) -> Result<Option<account::Model>, DbErr> {
    let transaction = database.begin().await?;
    // Touching the row first takes its lock: nobody renews the token between.
    let sql = "UPDATE accounts SET updated_at = $1 WHERE id = $2 AND owner_id = $3 AND state <> 'disconnected'";
    let values = [now.into(), id.clone().into(), owner.clone().into()];
    if execute(&transaction, sql, values).await?.rows_affected() == 0 {
        transaction.rollback().await?;
        return Ok(None);
    }
    let before = account::Entity::find()
        .filter(account::Column::Id.eq(id.clone()))
        .one(&transaction)
        .await?;
    let sql =
        "UPDATE accounts SET state = 'disconnected', state_reason = 'its owner disconnected it',
            access_token = NULL, refresh_token = NULL, token_expires_at = NULL, renew_at = NULL,
            renewal_failing_since = NULL, token_epoch = token_epoch + 1 WHERE id = $1";
    execute(&transaction, sql, [id.clone().into()]).await?;
    transaction.commit().await?;
    Ok(before)
}

/// An owner's accounts that were disconnected.
pub async fn disconnected(
    database: &Database,
    owner: &UserId,
) -> Result<Vec<account::Model>, DbErr> {
    account::Entity::find()
        .filter(account::Column::OwnerId.eq(owner.clone()))
        .filter(account::Column::State.eq(AccountState::Disconnected))
        .all(database.reader())
        .await
}

/// Everybody's accounts that are this profile of a platform and are not disconnected: a callback
/// of the platform names no owner.
pub async fn of_profile(
    database: &Database,
    platform: Platform,
    remote_user_id: &str,
) -> Result<Vec<account::Model>, DbErr> {
    account::Entity::find()
        .filter(account::Column::Platform.eq(platform))
        .filter(account::Column::RemoteUserId.eq(remote_user_id))
        .filter(account::Column::State.ne(AccountState::Disconnected))
        .all(database.reader())
        .await
}
