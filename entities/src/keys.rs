//! API keys: `dp_<id>_<secret><checksum>`. Only a hash is kept; a key is shown once.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder,
};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::database::execute;
use crate::rows::api_key;
use crate::scopes::Scopes;
use crate::secret::{base62, hash, random_base62, same};
use crate::{Database, DbErr, KeyId, Timestamp, UserId};

/// How long `last_used_at` may be out of date; writing it at every request would cost a write each.
const LAST_USED_PRECISION_MS: i64 = 60_000;
const ID_LENGTH: usize = 12;
/// Letters and digits that hold 256 bits.
const SECRET_LENGTH: usize = 43;
const CHECKSUM_LENGTH: usize = 6;

/// Makes a key for `owner`. The secret is in the answer and nowhere else.
pub async fn create(
    database: &Database,
    owner: &UserId,
    name: &str,
    scopes: &Scopes,
    now: Timestamp,
) -> Result<(api_key::Model, SecretString), DbErr> {
    let key = generate();
    let row = insert(database, owner, name, scopes, &key, now).await?;
    Ok((row, key))
}

/// Takes a key that the operator chose (`DUALPOSTS_BOOTSTRAP_API_KEY`). Repeating it changes
/// nothing; one that was revoked stays so.
pub async fn ensure(
    database: &Database,
    owner: &UserId,
    name: &str,
    key: &SecretString,
    now: Timestamp,
) -> Result<(), DbErr> {
    let known = api_key::Entity::find()
        .filter(api_key::Column::Prefix.eq(prefix_of(key.expose_secret())))
        .one(database.reader())
        .await?;
    if known.is_none() {
        insert(database, owner, name, &Scopes::all(), key, now).await?;
    }
    Ok(())
}

async fn insert(
    database: &Database,
    owner: &UserId,
    name: &str,
    scopes: &Scopes,
    key: &SecretString,
    now: Timestamp,
) -> Result<api_key::Model, DbErr> {
    let row = api_key::ActiveModel {
        id: Set(KeyId::generate()),
        owner_id: Set(owner.clone()),
        name: Set(name.to_owned()),
        prefix: Set(prefix_of(key.expose_secret())),
        secret_hash: Set(hash(key)),
        scopes: Set(scopes.clone()),
        created_at: Set(now),
        last_used_at: Set(None),
        revoked_at: Set(None),
    };
    row.insert(database.writer()).await
}

/// The live key that `presented` is, if it is one. A key with a typing error is turned away
/// without a look into the database.
pub async fn find(
    database: &Database,
    presented: &SecretString,
) -> Result<Option<api_key::Model>, DbErr> {
    if Form::of(presented.expose_secret()) == Form::Mistyped {
        return Ok(None);
    }
    let row = api_key::Entity::find()
        .filter(api_key::Column::Prefix.eq(prefix_of(presented.expose_secret())))
        .filter(api_key::Column::RevokedAt.is_null())
        .one(database.reader())
        .await?;
    // Hashed and compared whether there is such a row or not: the time tells nothing.
    let kept = row.as_ref().map_or(&[0; 32][..], |row| &row.secret_hash);
    let is_right = same(kept, &hash(presented));
    Ok(row.filter(|_| is_right))
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

/// The same for whoever runs the installation: the key may be anybody's.
pub async fn revoke_anybodys(
    database: &Database,
    id: &KeyId,
    now: Timestamp,
) -> Result<bool, DbErr> {
    let sql = "UPDATE api_keys SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL";
    let done = execute(database.writer(), sql, [now.into(), id.clone().into()]).await?;
    Ok(done.rows_affected() == 1)
}

/// What a text looks like that was presented as a key.
#[derive(Debug, PartialEq, Eq)]
enum Form<'a> {
    /// One of ours; its id.
    Ours { id: &'a str },
    /// Long as one of ours, and its checksum is wrong.
    Mistyped,
    /// The operator's own choice.
    Chosen,
}

impl<'a> Form<'a> {
    fn of(key: &'a str) -> Self {
        let parts = key
            .strip_prefix("dp_")
            .and_then(|rest| rest.split_once('_'));
        let Some((id, secret)) = parts else {
            return Form::Chosen;
        };
        let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let is_ours = id.len() == ID_LENGTH
            && secret.len() == SECRET_LENGTH + CHECKSUM_LENGTH
            && is_plain(id)
            && is_plain(secret);
        if !is_ours {
            return Form::Chosen;
        }
        let (signed, checksum) = key.split_at(key.len() - CHECKSUM_LENGTH);
        if checksum_of(signed) == checksum {
            Form::Ours { id }
        } else {
            Form::Mistyped
        }
    }
}

fn generate() -> SecretString {
    let signed = format!(
        "dp_{}_{}",
        random_base62(ID_LENGTH),
        random_base62(SECRET_LENGTH)
    );
    let checksum = checksum_of(&signed);
    (signed + &checksum).into()
}

/// CRC-32 in letters and digits: tells a typing error from a wrong key, and lets scanners find
/// keys that were published by mistake.
fn checksum_of(signed: &str) -> String {
    base62(crc32fast::hash(signed.as_bytes()), CHECKSUM_LENGTH)
}

/// What is kept of a key to find it by: all but the secret, or, for a key that the operator chose
/// in another form, a short hash.
fn prefix_of(key: &str) -> String {
    match Form::of(key) {
        Form::Ours { id } => format!("dp_{id}"),
        Form::Mistyped | Form::Chosen => {
            let hash = Sha256::digest(key.as_bytes());
            format!("own_{}", URL_SAFE_NO_PAD.encode(&hash[..6]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_of_a_key_never_holds_its_secret() {
        let key = generate();
        let (_, secret) = key.expose_secret()[3..].split_once('_').unwrap();
        let prefix = prefix_of(key.expose_secret());
        assert!(prefix.starts_with("dp_") && prefix.len() == 15 && !prefix.contains(secret));
        for odd in ["", "dp_x", "dp_id_secret", "my own secret", "dp_abcdefgh_"] {
            let prefix = prefix_of(odd);
            assert!(
                prefix.starts_with("own_") && !prefix.contains("secret"),
                "{odd} {prefix}"
            );
        }
    }

    #[test]
    fn one_wrong_letter_anywhere_is_noticed() {
        let key = generate();
        let key = key.expose_secret();
        assert!(matches!(Form::of(key), Form::Ours { .. }));
        for at in (3..key.len()).filter(|at| &key[*at..=*at] != "_") {
            let other = if &key[at..=at] == "a" { "b" } else { "a" };
            let wrong = format!("{}{other}{}", &key[..at], &key[at + 1..]);
            assert_eq!(Form::of(&wrong), Form::Mistyped, "{at}");
        }
    }

    #[test]
    fn a_key_of_the_operators_choice_is_taken_as_it_is() {
        for chosen in ["secret", "dp_bootstrap_key", "dp_a_b_c", ""] {
            assert_eq!(Form::of(chosen), Form::Chosen, "{chosen}");
        }
    }
}
