//! What of an owner's deliveries is still to go out, in the order in which it is due.

use std::collections::HashMap;

use sea_orm::FromQueryResult;

use crate::content::{Content, Part};
use crate::database::query_all;
use crate::delivery::Status;
use crate::places::{padded, places};
use crate::{AccountId, Database, DbErr, DeliveryId, Platform, PostId, Timestamp, UserId};

/// How many are looked at: no platform takes as many in a day.
pub const MOST: usize = 2_000;

/// How many posts' contents are in memory at once: each may be half a megabyte.
const READ_AT_ONCE: usize = 100;

/// A delivery, and what is to be known of the messages that are left of it.
#[derive(Clone, Debug)]
pub struct Planned<T> {
    pub id: DeliveryId,
    pub post_id: PostId,
    pub account_id: AccountId,
    pub platform: Platform,
    pub at: Timestamp,
    /// The first message that is still to be sent, from 0.
    pub next_part: usize,
    /// The messages that are still to be sent.
    pub left: Vec<T>,
}

/// What is planned, and whether more is than is told here.
#[derive(Clone, Debug)]
pub struct Plan<T> {
    pub deliveries: Vec<Planned<T>>,
    pub is_cut: bool,
}

/// By way of the owner's accounts: those are few, and what waits on each has an index, whose words these are.
pub const OF_OWNER: &str = "SELECT d.id, d.post_id, d.account_id, d.status, d.checkpoint, d.part_index,
        d.next_at AS at
    FROM deliveries d
    WHERE d.account_id IN (SELECT id FROM accounts WHERE owner_id = $1 AND platform = $2)
      AND d.claimed_by IS NULL AND d.status IN ('queued', 'processing', 'unconfirmed') AND d.next_at < $3
    ORDER BY d.next_at, d.id LIMIT $4";

/// An owner's deliveries on a platform that are due before `until`, those due first before others.
/// `known` is what is kept of each message.
pub async fn of_owner<T>(
    database: &Database,
    owner: &UserId,
    platform: Platform,
    until: Option<Timestamp>,
    known: impl Fn(&Part) -> T,
) -> Result<Plan<T>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        id: DeliveryId,
        post_id: PostId,
        account_id: AccountId,
        status: Status,
        checkpoint: String,
        part_index: i32,
        at: Timestamp,
    }
    let most = i64::try_from(MOST + 1).unwrap_or(i64::MAX);
    let values = [
        owner.clone().into(),
        platform.into(),
        until.unwrap_or(Timestamp::from_ms(i64::MAX)).into(),
        most.into(),
    ];
    let mut rows: Vec<Row> = query_all(database.reader(), OF_OWNER, values).await?;
    let is_cut = rows.len() > MOST;
    rows.truncate(MOST);
    let mut posts: Vec<&PostId> = rows.iter().map(|row| &row.post_id).collect();
    posts.sort();
    posts.dedup();
    let mut left: HashMap<DeliveryId, (usize, Vec<T>)> = HashMap::new();
    for some in posts.chunks(READ_AT_ONCE) {
        let contents = contents(database, some).await?;
        for row in &rows {
            let Some(content) = contents.get(&row.post_id) else {
                continue;
            };
            // What was sent or is live has been counted.
            let is_counted = row.status == Status::Unconfirmed || row.checkpoint == "live";
            let next_part = usize::try_from(row.part_index).unwrap_or(0) + usize::from(is_counted);
            let parts = content.parts_on(platform, &row.account_id).iter();
            let messages = parts.skip(next_part).map(&known).collect();
            left.insert(row.id.clone(), (next_part, messages));
        }
    }
    let deliveries = rows.into_iter().filter_map(|row| {
        let (next_part, left) = left.remove(&row.id)?;
        Some(Planned {
            id: row.id,
            post_id: row.post_id,
            account_id: row.account_id,
            platform,
            at: row.at,
            next_part,
            left,
        })
    });
    Ok(Plan {
        deliveries: deliveries.collect(),
        is_cut,
    })
}

/// Each post's content, once, however many accounts it goes to.
async fn contents(
    database: &Database,
    posts: &[&PostId],
) -> Result<HashMap<PostId, Content>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        id: PostId,
        content: Content,
    }
    let ids = padded(posts.iter().map(|id| (*id).clone().into()));
    let sql = format!(
        "SELECT id, content FROM posts WHERE id IN ({})",
        places(1, ids.len())
    );
    let rows: Vec<Row> = query_all(database.reader(), sql, ids).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.content)).collect())
}
