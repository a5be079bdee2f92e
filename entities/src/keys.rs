//! API keys: `dp_<prefix>_<secret>`. Only a hash is kept; a key is shown once.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::OsRng;
use chacha20poly1305::aead::rand_core::RngCore;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder,
};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::database::execute;
use crate::rows::api_key;
use crate::{Database, DbErr, KeyId, Timestamp, UserId};

/// How long `last_used_at` may be out of date; writing it at every request would cost a write each.
const LAST_USED_PRECISION_MS: i64 = 60_000;

/// Makes a key for `owner`. The secret is in the answer and nowhere else.
pub async fn create(
    database: &Database,
    owner: &UserId,
    name: &str,
    now: Timestamp,
) -> Result<(api_key::Model, SecretString), DbErr> {
    let key = SecretString::from(format!("dp_{}_{}", random(6), random(32)));
    let row = insert(database, owner, name, &key, now).await?;
    Ok((row, key))
}

/// Takes a key that the operator chose (`DUALPOSTS_BOOTSTRAP_API_KEY`). Repeating it changes
/// nothing.
pub async fn ensure(
    database: &Database,
    owner: &UserId,
    name: &str,
    key: &SecretString,
    now: Timestamp,
) -> Result<(), DbErr> {
    if find(database, key).await?.is_none() {
        insert(database, owner, name, key, now).await?;
    }
    Ok(())
}

async fn insert(
    database: &Database,
    owner: &UserId,
    name: &str,
    key: &SecretString,
    now: Timestamp,
) -> Result<api_key::Model, DbErr> {
    let row = api_key::ActiveModel {
        id: Set(KeyId::generate()),
        owner_id: Set(owner.clone()),
        name: Set(name.to_owned()),
        prefix: Set(prefix_of(key.expose_secret())),
        secret_hash: Set(hash(key)),
        created_at: Set(now),
        last_used_at: Set(None),
        revoked_at: Set(None),
    };
    row.insert(database.writer()).await
}

/// The live key that `presented` is, if it is one.
pub async fn find(
    database: &Database,
    presented: &SecretString,
) -> Result<Option<api_key::Model>, DbErr> {
    let row = api_key::Entity::find()
        .filter(api_key::Column::Prefix.eq(prefix_of(presented.expose_secret())))
        .filter(api_key::Column::RevokedAt.is_null())
        .one(database.reader())
        .await?;
    Ok(row.filter(|row| same(&row.secret_hash, &hash(presented))))
}

/// Notes that a key was used, at most once a minute.
pub async fn touch(database: &Database, key: &api_key::Model, now: Timestamp) -> Result<(), DbErr> {
    let fresh = |at: Timestamp| now.as_ms() - at.as_ms() < LAST_USED_PRECISION_MS;
    if key.last_used_at.is_some_and(fresh) {
        return Ok(());
    }
    let sql = "UPDATE api_keys SET last_used_at = $1 WHERE id = $2";
    execute(database.writer(), sql, [now.into(), key.id.clone().into()])
        .await
        .map(|_| ())
}

/// An owner's keys, newest first.
pub async fn list(database: &Database, owner: &UserId) -> Result<Vec<api_key::Model>, DbErr> {
    api_key::Entity::find()
        .filter(api_key::Column::OwnerId.eq(owner.clone()))
        .order_by_desc(api_key::Column::Id)
        .all(database.reader())
        .await
}

/// Ends a key for good; false when the owner has no such live key.
pub async fn revoke(
    database: &Database,
    owner: &UserId,
    id: &KeyId,
    now: Timestamp,
) -> Result<bool, DbErr> {
    let sql = "UPDATE api_keys SET revoked_at = $1 WHERE id = $2 AND owner_id = $3 AND revoked_at IS NULL";
    let done = execute(
        database.writer(),
        sql,
        [now.into(), id.clone().into(), owner.clone().into()],
    )
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What is kept of a key to find it by: all but the secret, or, for a key that the operator
/// chose in another form, a short hash.
fn prefix_of(key: &str) -> String {
    let mut pieces = key.splitn(3, '_');
    match (pieces.next(), pieces.next(), pieces.next()) {
        (Some("dp"), Some(prefix), Some(secret)) if prefix.len() == 8 && !secret.is_empty() => {
            format!("dp_{prefix}")
        }
        _ => format!(
            "own_{}",
            URL_SAFE_NO_PAD.encode(&Sha256::digest(key.as_bytes())[..6])
        ),
    }
}

fn random(bytes: usize) -> String {
    let mut random = vec![0; bytes];
    OsRng.fill_bytes(&mut random);
    // `_` parts the pieces of a key.
    URL_SAFE_NO_PAD.encode(random).replace('_', "-")
}

fn hash(key: &SecretString) -> Vec<u8> {
    Sha256::digest(key.expose_secret().as_bytes()).to_vec()
}

/// Compares without telling by its duration how much was alike.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |diff, (a, b)| diff | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_of_a_key_never_holds_its_secret() {
        assert_eq!(prefix_of("dp_abcdefgh_secret_with_more"), "dp_abcdefgh");
        for odd in [
            "",
            "dp_x",
            "dp_toolongprefix_secret",
            "my own key",
            "dp_abcdefgh_",
        ] {
            let prefix = prefix_of(odd);
            assert!(
                prefix.starts_with("own_") && !prefix.contains("secret"),
                "{odd} {prefix}"
            );
        }
    }

    #[test]
    fn hashes_are_compared_whole() {
        assert!(same(&[1, 2, 3], &[1, 2, 3]));
        assert!(!same(&[1, 2, 3], &[1, 2, 4]));
        assert!(!same(&[1, 2, 3], &[1, 2]));
    }
}
