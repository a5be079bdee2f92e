//! What an account has published lately and what is scheduled on it: what a post must share the
//! platform's quota with, and when each will go out.

pub mod planned;
pub mod simulate;

use sea_orm::FromQueryResult;

use crate::content::Content;
use crate::database::query_all;
use crate::{AccountId, Database, DbErr, Platform, Timestamp};

/// How many scheduled deliveries are looked at: no platform takes as many in a day.
const MOST: i64 = 2_000;

/// How many messages fall into a stretch of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// First parts of posts.
    pub posts: i64,
    /// Parts that answer an earlier one.
    pub replies: i64,
}

/// A message that went out or will, near another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    pub at: Timestamp,
    /// The text of its first part.
    pub text: String,
}

#[derive(FromQueryResult)]
struct Row {
    content: Content,
    part_index: i32,
    at: Timestamp,
}

/// What went out, and what is scheduled to, after `from` and until `until`. A chain that is under
/// way counts with the parts that are left of it.
pub async fn load(
    database: &Database,
    account: &AccountId,
    platform: Platform,
    from: Timestamp,
    until: Timestamp,
) -> Result<Load, DbErr> {
    #[derive(FromQueryResult)]
    struct Count {
        is_reply: bool,
        count: i64,
    }
    let sql = "SELECT part_index > 0 AS is_reply, count(*) AS count FROM parts
        WHERE account_id = $1 AND published_at > $2 AND published_at <= $3 GROUP BY part_index > 0";
    let values = [account.clone().into(), from.into(), until.into()];
    let mut load = Load::default();
    for counted in query_all::<_, Count>(database.reader(), sql, values).await? {
        match counted.is_reply {
            true => load.replies += counted.count,
            false => load.posts += counted.count,
        }
    }
    for row in scheduled(database, account, from, until).await? {
        let parts = row.content.parts_on(platform, account).len();
        let parts = i64::try_from(parts).unwrap_or(i64::MAX);
        let left = parts - i64::from(row.part_index);
        let begins = i64::from(row.part_index == 0);
        load.posts += begins;
        load.replies += (left - begins).max(0);
    }
    Ok(load)
}

/// The posts of an account between two times, live or scheduled, newest first.
pub async fn neighbours(
    database: &Database,
    account: &AccountId,
    platform: Platform,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<Neighbour>, DbErr> {
    let sql = "SELECT p.content, 0 AS part_index, l.published_at AS at FROM parts l
            JOIN deliveries d ON d.id = l.delivery_id JOIN posts p ON p.id = d.post_id
        WHERE l.account_id = $1 AND l.part_index = 0 AND l.published_at > $2 AND l.published_at <= $3
        ORDER BY l.published_at DESC LIMIT 200";
    let values = [account.clone().into(), from.into(), until.into()];
    let mut rows: Vec<Row> = query_all(database.reader(), sql, values).await?;
    rows.extend(scheduled(database, account, from, until).await?);
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let first = row.content.parts_on(platform, account).first()?;
            Some(Neighbour {
                at: row.at,
                text: first.text.clone(),
            })
        })
        .collect())
}

/// What is scheduled on an account between two times. It says what waits in the words of the index.
pub const SCHEDULED: &str = "SELECT p.content, d.part_index, d.next_at AS at FROM deliveries d
        JOIN posts p ON p.id = d.post_id
    WHERE d.account_id = $1 AND d.claimed_by IS NULL AND d.status IN ('queued', 'processing', 'unconfirmed')
      AND d.next_at > $2 AND d.next_at <= $3 ORDER BY d.next_at DESC LIMIT $4";

async fn scheduled(
    database: &Database,
    account: &AccountId,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<Row>, DbErr> {
    let values = [
        account.clone().into(),
        from.into(),
        until.into(),
        MOST.into(),
    ];
    query_all(database.reader(), SCHEDULED, values).await
}
