//! The ledger: what X charges for calls (`x.md` 4.3), in millionths of a US dollar.
//!
//! A row is written by the statement that records the call. With a budget it is there before the
//! call, reserved by the statement that claims it, and the same transaction counts the amount in
//! the window `budget` of the app's lane ([`crate::rates`]). What is not known to be carried out
//! stays reserved until it is.

mod sums;

use std::time::Duration;

use sea_orm::{ConnectionTrait, DbErr};

use crate::database::{execute, query_one};
use crate::delivery::WaitReason;
use crate::lanes::Lane;
use crate::month::Month;
use crate::text_enum::text_enum;
use crate::write::Insert;
use crate::{AccountId, Database, DeliveryId, Platform, Timestamp, UserId};

pub use sums::{Sum, app_total, of_owner};

text_enum! {
    /// What was charged for.
    pub enum ChargeKind {
        CreatePost = "create_post",
        CreatePostWithLink = "create_post_with_link",
        DescribeMedia = "describe_media",
        DeletePost = "delete_post",
        /// Each post that a read returned.
        ReadPosts = "read_posts",
    }
}

text_enum! {
    /// What is known of a charge.
    pub enum ChargeState {
        /// The call is under way, or nobody knows whether it was carried out.
        Reserved = "reserved",
        /// It was carried out.
        Settled = "settled",
        /// It was not, and costs nothing.
        Released = "released",
    }
}

/// The name of the budget's window.
pub const BUDGET: &str = "budget";

/// One call that is charged for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    pub delivery_id: DeliveryId,
    pub owner_id: UserId,
    pub account_id: AccountId,
    pub part_index: i32,
    pub what: ChargeKind,
    /// What tells it from other calls of this kind for the part: when it was made, or zero for what
    /// can be charged only once.
    pub called_at: Timestamp,
    pub micro_dollars: i64,
    pub state: ChargeState,
    /// Whose bill it is on.
    pub month: Month,
}

impl Charge {
    /// The same, with what is known of it now.
    pub fn becomes(&self, state: ChargeState) -> Self {
        Charge {
            state,
            ..self.clone()
        }
    }

    /// To be written with the step. What was settled stays so.
    pub(crate) fn row(&self, now: Timestamp) -> Insert {
        Insert {
            on_conflict: "ON CONFLICT (delivery_id, part_index, what, called_at) DO UPDATE SET
                state = CASE WHEN charges.state = 'settled' THEN charges.state ELSE excluded.state END,
                updated_at = excluded.updated_at",
            ..Insert::row(
                "charges (delivery_id, part_index, what, called_at, owner_id, account_id,
                    micro_dollars, month, state, updated_at)",
                [
                    self.delivery_id.clone().into(),
                    self.part_index.into(),
                    self.what.into(),
                    self.called_at.into(),
                    self.owner_id.clone().into(),
                    self.account_id.clone().into(),
                    self.micro_dollars.into(),
                    self.month.to_string().into(),
                    self.state.into(),
                    now.into(),
                ],
            )
        }
    }
}

/// Writes charges down that hang on no step, and counts what of them is new in the budget's window.
pub async fn book(database: &Database, charges: &[Charge], now: Timestamp) -> Result<(), DbErr> {
    if charges.is_empty() {
        return Ok(());
    }
    let transaction = database.begin().await?;
    for charge in charges {
        // Written before it is read: SQLite would refuse to write behind somebody else's write.
        let known = "UPDATE charges SET updated_at = $5 WHERE delivery_id = $1 AND part_index = $2
                     AND what = $3 AND called_at = $4 RETURNING state";
        let key = [
            charge.delivery_id.clone().into(),
            charge.part_index.into(),
            charge.what.into(),
            charge.called_at.into(),
            now.into(),
        ];
        let known = query_one(&transaction, known, key).await?;
        let known: Option<ChargeState> = known.map(|row| row.try_get("", "state")).transpose()?;
        let row = charge.row(now);
        let sql = format!(
            "INSERT INTO {} SELECT {} WHERE 1 = 1 {}",
            row.into, row.select, row.on_conflict
        );
        execute(&transaction, sql, row.values).await?;
        let is_new = known.is_none_or(|known| known == ChargeState::Released)
            && charge.state != ChargeState::Released;
        if is_new {
            count(&transaction, charge.month, charge.micro_dollars).await?;
        }
    }
    transaction.commit().await
}

/// Settles what a part's removal was reserved for, if it was: the platform says that it is gone.
pub async fn settle_removal(
    database: &Database,
    delivery: &DeliveryId,
    part_index: i32,
    now: Timestamp,
) -> Result<(), DbErr> {
    let sql = "UPDATE charges SET state = 'settled', updated_at = $1
               WHERE delivery_id = $2 AND part_index = $3 AND what = $4 AND state = 'reserved'";
    let values = [
        now.into(),
        delivery.clone().into(),
        part_index.into(),
        ChargeKind::DeletePost.into(),
    ];
    execute(database.writer(), sql, values).await.map(|_| ())
}

/// Counts an amount in the budget's window of `month`, whether it fits or not: it has been spent. Where
/// there is no budget there is no window, and nothing is counted.
pub(crate) async fn count<C: ConnectionTrait>(
    connection: &C,
    month: Month,
    micro_dollars: i64,
) -> Result<(), DbErr> {
    let sql = "UPDATE rate_windows SET
            used = CASE WHEN resets_at < $4 THEN $1 ELSE used + $1 END, resets_at = $4
         WHERE lane = $2 AND name = $3 AND resets_at <= $4";
    let values = [
        micro_dollars.into(),
        Lane::App(Platform::X).key().into(),
        BUDGET.into(),
        month.end().into(),
    ];
    execute(connection, sql, values).await.map(|_| ())
}

/// Raises the budget's window to what the ledger adds up to, at the start of a worker: a budget may be new,
/// or another than before. What the ledger forgot with its owner stays counted; X bills it. `least` is what the cheapest call costs. What waits for the budget is let go
/// where there is room, or no budget any more; it is held back again where there is not enough.
pub async fn align(
    database: &Database,
    budget: Option<i64>,
    least: i64,
    now: Timestamp,
) -> Result<(), DbErr> {
    let lane = Lane::App(Platform::X);
    let month = Month::of(now);
    let transaction = database.begin().await?;
    let used = match budget {
        None => {
            let sql = "DELETE FROM rate_windows WHERE lane = $1 AND name = $2";
            execute(&transaction, sql, [lane.key().into(), BUDGET.into()]).await?;
            0
        }
        Some(_) => {
            // The row is locked first, so that what others have under way is in the sum or is counted
            // on top of it.
            let sql = "INSERT INTO rate_windows (lane, name, used, resets_at) VALUES ($1, $2, 0, $3)
                ON CONFLICT (lane, name) DO UPDATE SET
                    used = CASE WHEN rate_windows.resets_at < $3 THEN 0 ELSE rate_windows.used END,
                    resets_at = CASE WHEN rate_windows.resets_at < $3 THEN $3 ELSE rate_windows.resets_at END";
            let values = [lane.key().into(), BUDGET.into(), month.end().into()];
            execute(&transaction, sql, values).await?;
            let total = app_total(&transaction, month).await?;
            let sql = "UPDATE rate_windows SET used = CASE WHEN used < $1 THEN $1 ELSE used END
                       WHERE lane = $2 AND name = $3 AND resets_at = $4";
            let values = [
                total.into(),
                lane.key().into(),
                BUDGET.into(),
                month.end().into(),
            ];
            execute(&transaction, sql, values).await?;
            let sql = "SELECT used FROM rate_windows WHERE lane = $1 AND name = $2";
            let row = query_one(&transaction, sql, [lane.key().into(), BUDGET.into()]).await?;
            row.map_or(Ok(0), |row| row.try_get("", "used"))?
        }
    };
    if budget.is_none_or(|budget| used + least <= budget) {
        crate::lanes::lift(&transaction, &lane, WaitReason::Budget, now).await?;
    }
    transaction.commit().await
}

/// How long until the month ends.
pub fn rest_of_month(now: Timestamp) -> Duration {
    Month::of(now).end().since(now)
}
