//! What of an owner's deliveries is still to go out, in the order in which it is due.

use sea_orm::FromQueryResult;

use crate::content::{Content, Part};
use crate::database::query_all;
use crate::delivery::Status;
use crate::{AccountId, Database, DbErr, DeliveryId, Platform, PostId, Timestamp, UserId};

/// How many are looked at: no platform takes as many in a day.
pub const MOST: usize = 2_000;

/// A delivery, and the messages that are left of it.
#[derive(Clone, Debug)]
pub struct Planned {
    pub id: DeliveryId,
    pub post_id: PostId,
    pub account_id: AccountId,
    pub platform: Platform,
    pub at: Timestamp,
    /// The first message that is still to be sent, from 0.
    pub next_part: usize,
    /// All messages of the delivery.
    pub parts: Vec<Part>,
}

impl Planned {
    /// The messages that are still to be sent.
    pub fn left(&self) -> &[Part] {
        self.parts.get(self.next_part..).unwrap_or_default()
    }
}

/// What is planned, and whether more is than is told here.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub deliveries: Vec<Planned>,
    pub is_cut: bool,
}

/// By way of the owner's accounts: those are few, and what waits on each has an index, whose words these are.
pub const OF_OWNER: &str = "SELECT d.id, d.post_id, d.account_id, d.status, d.checkpoint, d.part_index,
        d.next_at AS at, p.content
    FROM deliveries d JOIN posts p ON p.id = d.post_id
    WHERE d.account_id IN (SELECT id FROM accounts WHERE owner_id = $1 AND platform = $2)
      AND d.claimed_by IS NULL AND d.status IN ('queued', 'processing', 'unconfirmed') AND d.next_at < $3
    ORDER BY d.next_at, d.id LIMIT $4";

/// An owner's deliveries on a platform that are due before `until`, those due first before others.
pub async fn of_owner(
    database: &Database,
    owner: &UserId,
    platform: Platform,
    until: Option<Timestamp>,
) -> Result<Plan, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        id: DeliveryId,
        post_id: PostId,
        account_id: AccountId,
        status: Status,
        checkpoint: String,
        part_index: i32,
        at: Timestamp,
        content: Content,
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
    let deliveries = rows.into_iter().map(|row| {
        // What was sent or is live has been counted.
        let is_counted = row.status == Status::Unconfirmed || row.checkpoint == "live";
        let index = usize::try_from(row.part_index).unwrap_or(0);
        Planned {
            parts: row.content.parts_on(platform, &row.account_id).to_vec(),
            id: row.id,
            post_id: row.post_id,
            account_id: row.account_id,
            platform,
            at: row.at,
            next_part: index + usize::from(is_counted),
        }
    });
    Ok(Plan {
        deliveries: deliveries.collect(),
        is_cut,
    })
}
