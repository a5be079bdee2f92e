//! What a platform says of an account's quota, when it is asked. It is asked rarely: the answer is kept,
//! and whoever comes within a minute is shown that one.

use std::time::Duration;

use sea_orm::DbErr;
use serde::{Deserialize, Serialize};

use crate::database::{execute, query_one};
use crate::{AccountId, Database, Timestamp};

/// How long an answer is good for.
pub const ASKED_AT_MOST_EVERY: Duration = Duration::from_secs(60);

/// What came of asking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// How much is used. Replies where the token may ask for them.
    Usage {
        posts: Usage,
        replies: Option<Usage>,
    },
    /// It could not be asked, or did not answer: one sentence.
    Nothing { reason: String },
}

/// One quota of a platform's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    pub used: i64,
    pub max: i64,
}

/// An answer, and when it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub asked_at: Timestamp,
    /// `None` while the first answer is awaited.
    pub said: Option<Said>,
}

/// Whether it is this caller's turn to ask. Of any number at once it is one's.
pub async fn may_ask(
    database: &Database,
    account: &AccountId,
    now: Timestamp,
) -> Result<bool, DbErr> {
    let sql = "INSERT INTO platform_quotas (account_id, asked_at) VALUES ($1, $2)
        ON CONFLICT (account_id) DO UPDATE SET asked_at = $2 WHERE platform_quotas.asked_at <= $3";
    let values = [
        account.clone().into(),
        now.into(),
        (now - ASKED_AT_MOST_EVERY).into(),
    ];
    let done = execute(database.writer(), sql, values).await?;
    Ok(done.rows_affected() == 1)
}

/// Keeps an answer to what was asked at `asked_at`, unless it has been asked anew since.
pub async fn keep(
    database: &Database,
    account: &AccountId,
    asked_at: Timestamp,
    said: &Said,
) -> Result<(), DbErr> {
    let said = serde_json::to_value(said).map_err(|error| DbErr::Json(error.to_string()))?;
    let sql = "UPDATE platform_quotas SET said = $1 WHERE account_id = $2 AND asked_at = $3";
    let values = [said.into(), account.clone().into(), asked_at.into()];
    execute(database.writer(), sql, values).await.map(|_| ())
}

/// The last answer.
pub async fn last(database: &Database, account: &AccountId) -> Result<Option<Kept>, DbErr> {
    let sql = "SELECT asked_at, said FROM platform_quotas WHERE account_id = $1";
    let row = query_one(database.reader(), sql, [account.clone().into()]).await?;
    row.map(|row| {
        let said: Option<serde_json::Value> = row.try_get("", "said")?;
        Ok(Kept {
            asked_at: row.try_get("", "asked_at")?,
            said: said.and_then(|said| serde_json::from_value(said).ok()),
        })
    })
    .transpose()
}
