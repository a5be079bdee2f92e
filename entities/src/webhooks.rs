//! Where customers want their events sent.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, Value,
};
use secrecy::SecretString;

use crate::database::execute;
use crate::rows::webhook::{Column, DisabledWhy, Entity, EventKinds, Model};
use crate::vault::{Place, Vault, VaultError};
use crate::write::Sql;
use crate::{Database, DbErr, Timestamp, UserId, WebhookId, notifications, secret};

/// How many one owner may have.
pub const MOST: i64 = 20;

/// How much of a webhook's log one statement deletes.
const FORGOTTEN_AT_ONCE: u64 = 1_000;

/// What a customer says of a webhook.
#[derive(Clone, Debug)]
pub struct NewWebhook {
    pub url: String,
    pub description: Option<String>,
    /// None: all.
    pub kinds: Option<EventKinds>,
}

/// What is to become of a webhook; what is none stays.
#[derive(Clone, Debug, Default)]
pub struct WebhookChange {
    pub url: Option<String>,
    pub description: Option<Option<String>>,
    pub kinds: Option<Option<EventKinds>>,
    pub enabled: Option<bool>,
}

/// Why a secret could not be made or kept.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error(transparent)]
    Database(#[from] DbErr),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// Makes a webhook. `None`: the owner has as many as may be. The secret is in the answer, and
/// sealed in the row.
pub async fn create(
    database: &Database,
    vault: &Vault,
    owner: &UserId,
    new: NewWebhook,
    now: Timestamp,
) -> Result<Option<(Model, SecretString)>, SecretError> {
    let (id, secret) = (WebhookId::generate(), secret::signing_secret());
    let sealed = vault.seal(Place::WebhookSecret(&id), &secret)?;
    let sql = "INSERT INTO webhooks (id, owner_id, url, description, kinds, secret, created_at, updated_at)
               SELECT $1, $2, $3, $4, $5, $6, $7, $7
               WHERE (SELECT count(*) FROM webhooks WHERE owner_id = $2) < $8";
    let values = [
        id.clone().into(),
        owner.clone().into(),
        new.url.into(),
        new.description.into(),
        new.kinds.into(),
        sealed.into(),
        now.into(),
        MOST.into(),
    ];
    let transaction = database.begin().await?;
    // An owner's one after the other: at READ COMMITTED nobody counts what somebody else is about to
    // add. SQLite has one writer at a time.
    if database.backend() == DbBackend::Postgres {
        let sql = "SELECT 1 FROM users WHERE id = $1 FOR NO KEY UPDATE";
        execute(&transaction, sql, [owner.clone().into()]).await?;
    }
    if execute(&transaction, sql, values).await?.rows_affected() == 0 {
        transaction.rollback().await?;
        return Ok(None);
    }
    let row = find_on(&transaction, owner, &id).await?;
    transaction.commit().await?;
    Ok(row.map(|row| (row, secret)))
}

/// An owner's webhooks, oldest first.
pub async fn list(database: &Database, owner: &UserId) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::OwnerId.eq(owner.clone()))
        .order_by_asc(Column::Id)
        .all(database.reader())
        .await
}

/// One of the owner's.
pub async fn find(
    database: &Database,
    owner: &UserId,
    id: &WebhookId,
) -> Result<Option<Model>, DbErr> {
    find_on(database.reader(), owner, id).await
}

async fn find_on<C: ConnectionTrait>(
    connection: &C,
    owner: &UserId,
    id: &WebhookId,
) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id.clone())
        .filter(Column::OwnerId.eq(owner.clone()))
        .one(connection)
        .await
}

/// Changes a webhook. `None`: the owner has none such. Whose URL changes, or who is enabled again,
/// begins without its past failures.
pub async fn change(
    database: &Database,
    owner: &UserId,
    id: &WebhookId,
    change: WebhookChange,
    now: Timestamp,
) -> Result<Option<Model>, DbErr> {
    let transaction = database.begin().await?;
    let Sql { text, values } = changing(owner, id, &change, now);
    if execute(&transaction, text, values).await?.rows_affected() == 0 {
        transaction.rollback().await?;
        return Ok(None);
    }
    match change.enabled {
        Some(true) => enable(&transaction, id, now).await?,
        Some(false) => {
            disable(&transaction, id, DisabledWhy::ByOwner, now).await?;
        }
        None => {}
    }
    let row = find_on(&transaction, owner, id).await?;
    transaction.commit().await?;
    Ok(row)
}

/// Writes what is different and nothing else, so that what others change meanwhile stays; and reads
/// nothing before it, since SQLite would refuse to write then once somebody else has written.
fn changing(owner: &UserId, id: &WebhookId, change: &WebhookChange, now: Timestamp) -> Sql {
    let mut values: Vec<Value> = vec![now.into(), id.clone().into(), owner.clone().into()];
    let mut place = |value: Value| {
        values.push(value);
        format!("${}", values.len())
    };
    let mut set = String::new();
    if let Some(url) = &change.url {
        let url = place(url.clone().into());
        set += &format!(
            ", url = {url}, failing_since = CASE WHEN url = {url} THEN failing_since END,
             prompt = prompt AND url = {url}"
        );
    }
    if let Some(description) = &change.description {
        set += &format!(", description = {}", place(description.clone().into()));
    }
    if let Some(kinds) = &change.kinds {
        set += &format!(", kinds = {}", place(kinds.clone().into()));
    }
    let sql = format!("UPDATE webhooks SET updated_at = $1{set} WHERE id = $2 AND owner_id = $3");
    Sql::new(sql, values)
}

/// What was held goes out, with all its tries before it.
async fn enable<C: ConnectionTrait>(
    connection: &C,
    id: &WebhookId,
    now: Timestamp,
) -> Result<(), DbErr> {
    let sql = "UPDATE webhooks SET enabled = TRUE, disabled_why = NULL, disabled_at = NULL, failing_since = NULL,
                  prompt = FALSE, updated_at = $1
               WHERE id = $2 AND NOT enabled";
    let done = execute(connection, sql, [now.into(), id.clone().into()]).await?;
    if done.rows_affected() == 0 {
        return Ok(());
    }
    let sql =
        "UPDATE notifications SET state = 'waiting', next_at = $1, tries = 0, failing_since = NULL
               WHERE webhook_id = $2 AND state = 'held'";
    execute(connection, sql, [now.into(), id.clone().into()])
        .await
        .map(|_| ())
}

/// Sends nothing more to a webhook; what waits for it is held. `false`: it was disabled already, or
/// there is none.
pub(crate) async fn disable<C: ConnectionTrait>(
    connection: &C,
    id: &WebhookId,
    why: DisabledWhy,
    now: Timestamp,
) -> Result<bool, DbErr> {
    if !switch_off(connection, id, why, now).await? {
        return Ok(false);
    }
    // What is being sent at this moment ends by itself.
    let sql = "UPDATE notifications SET state = 'held'
               WHERE webhook_id = $1 AND state = 'waiting' AND lease_until <= $2";
    execute(connection, sql, [id.clone().into(), now.into()]).await?;
    Ok(true)
}

async fn switch_off<C: ConnectionTrait>(
    connection: &C,
    id: &WebhookId,
    why: DisabledWhy,
    now: Timestamp,
) -> Result<bool, DbErr> {
    let sql =
        "UPDATE webhooks SET enabled = FALSE, disabled_why = $1, disabled_at = $2, updated_at = $2
               WHERE id = $3 AND enabled";
    let values = [why.into(), now.into(), id.clone().into()];
    Ok(execute(connection, sql, values).await?.rows_affected() == 1)
}

/// Forgets a webhook, with all that was or was to be sent to it. `false`: the owner has none such.
/// Cut short, it leaves a webhook that is disabled, and may be repeated.
pub async fn delete(
    database: &Database,
    owner: &UserId,
    id: &WebhookId,
    now: Timestamp,
) -> Result<bool, DbErr> {
    if find_on(database.writer(), owner, id).await?.is_none() {
        return Ok(false);
    }
    empty(database, id, now).await?;
    let sql = "DELETE FROM webhooks WHERE id = $1 AND owner_id = $2";
    let values = [id.clone().into(), owner.clone().into()];
    let done = execute(database.writer(), sql, values).await?;
    Ok(done.rows_affected() == 1)
}

/// Sends nothing more to a webhook and forgets what was and was to be sent, bit by bit: with the
/// row itself it would be one statement, however much that is, and nobody's events would be told
/// before its end.
pub(crate) async fn empty(
    database: &Database,
    id: &WebhookId,
    now: Timestamp,
) -> Result<(), DbErr> {
    switch_off(database.writer(), id, DisabledWhy::ByOwner, now).await?;
    while notifications::forget_of(database, id, FORGOTTEN_AT_ONCE).await? == FORGOTTEN_AT_ONCE {}
    Ok(())
}

/// Gives a webhook a new secret; the one before signs on until `former_until`. One that is older
/// still signs no more. `None`: the owner has no such webhook.
pub async fn rotate(
    database: &Database,
    vault: &Vault,
    owner: &UserId,
    id: &WebhookId,
    former_until: Timestamp,
    now: Timestamp,
) -> Result<Option<(Model, SecretString)>, SecretError> {
    let Some(row) = find_on(database.writer(), owner, id).await? else {
        return Ok(None);
    };
    let fresh = secret::signing_secret();
    let sealed = vault.seal(Place::WebhookSecret(id), &fresh)?;
    let former = match former_until > now {
        true => {
            let former = vault.open(Place::WebhookSecret(id), &row.secret)?;
            Some(vault.seal(Place::FormerWebhookSecret(id), &former)?)
        }
        false => None,
    };
    // Compared with what was read: of two who rotate at once, one has to see the other's secret.
    let sql =
        "UPDATE webhooks SET secret = $1, former_secret = $2, former_until = $3, updated_at = $4
               WHERE id = $5 AND secret = $6";
    let values = [
        sealed.into(),
        former.clone().into(),
        former.map(|_| former_until).into(),
        now.into(),
        id.clone().into(),
        row.secret.into(),
    ];
    if execute(database.writer(), sql, values)
        .await?
        .rows_affected()
        == 0
    {
        return Ok(None);
    }
    let row = find_on(database.writer(), owner, id).await?;
    Ok(row.map(|row| (row, fresh)))
}

/// What a message to a webhook is signed with at `now`: its secret, and the former one while that
/// signs on.
pub fn signing_secrets(
    vault: &Vault,
    row: &Model,
    now: Timestamp,
) -> Result<Vec<SecretString>, VaultError> {
    let mut secrets = vec![vault.open(Place::WebhookSecret(&row.id), &row.secret)?];
    let former = row.former_secret.as_ref().zip(row.former_until);
    if let Some((former, _)) = former.filter(|(_, until)| *until > now) {
        secrets.push(vault.open(Place::FormerWebhookSecret(&row.id), former)?);
    }
    Ok(secrets)
}
