//! Telling owners, once for each window, that little is left.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};
use serde_json::json;

use super::{Limit, LimitOf};
use crate::database::{execute, query_all};
use crate::lanes::{Lane, tell_owners};
use crate::rows::event::EventKind;
use crate::{AccountId, Database, Platform, Timestamp};

/// How many windows are told of in one round.
const BATCH: usize = 200;

/// A window in which little is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Low {
    pub lane: Lane,
    /// The window's name, such as `15min`.
    pub name: &'static str,
    /// As it is named to people, such as `x.15min`.
    pub shown_as: String,
    pub max: i64,
    pub left: i64,
    pub until: Timestamp,
}

/// The most that may be left for it to be little: less than a tenth, and one in any case.
pub fn little(max: i64) -> i64 {
    ((max - 1) / 10).max(1)
}

/// Looks through the windows that stand, and tells of those in which little is left. Returns how many.
pub async fn round(
    database: &Database,
    limits: &[Limit],
    budget: Option<(&'static str, i64)>,
    now: Timestamp,
) -> Result<usize, DbErr> {
    let mut lows = Vec::new();
    // A rolling limit is told of when something goes out: its window says little of it.
    for limit in limits.iter().filter(|limit| !limit.is_rolling) {
        lows.extend(of_limit(database, limit, now).await?);
    }
    if let Some((name, max)) = budget {
        let limit = Limit {
            platform: Platform::X,
            counts: super::Counts::PostsAndReplies,
            of: LimitOf::App,
            name,
            max,
            window: std::time::Duration::ZERO,
            is_rolling: false,
        };
        lows.extend(of_limit(database, &limit, now).await?);
    }
    let mut told = 0;
    for low in &lows {
        told += usize::from(tell_now(database, low, now).await?);
    }
    Ok(told)
}

/// [`tell`] in a transaction of its own.
pub async fn tell_now(database: &Database, low: &Low, now: Timestamp) -> Result<bool, DbErr> {
    let transaction = database.begin().await?;
    let told = tell(&transaction, low, now).await?;
    transaction.commit().await?;
    Ok(told)
}

async fn of_limit(database: &Database, limit: &Limit, now: Timestamp) -> Result<Vec<Low>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        lane: String,
        used: i64,
        resets_at: Timestamp,
        said_left: Option<i64>,
    }
    let of_lane = match limit.of {
        LimitOf::Account => format!("lane LIKE '{}%'", AccountId::PREFIX),
        LimitOf::App => format!("lane = '{}'", Lane::App(limit.platform).key()),
    };
    // What the platform leaves is less than our own maximum says where its limit is smaller.
    let sql = format!(
        "SELECT lane, used, resets_at, said_left FROM rate_windows
         WHERE {of_lane} AND name = $1 AND resets_at > $2 AND told_until <= $2 AND used > 0
           AND (used >= $3 OR said_left * 10 < said_limit OR said_left <= 1)
         LIMIT {BATCH}"
    );
    let least_used = limit.max - little(limit.max);
    let values = [limit.name.into(), now.into(), least_used.into()];
    let rows: Vec<Row> = query_all(database.reader(), sql, values).await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let lane = match limit.of {
                LimitOf::App => Lane::App(limit.platform),
                LimitOf::Account => Lane::Account(row.lane.parse().ok()?),
            };
            let left = (limit.max - row.used).max(0);
            Some(Low {
                lane,
                name: limit.name,
                shown_as: limit.key(),
                max: limit.max,
                left: row.said_left.map_or(left, |said| left.min(said)),
                until: row.resets_at,
            })
        })
        .collect())
}

/// Tells of one, unless that was done; run inside a transaction. `false`: its owners know.
pub async fn tell<C: ConnectionTrait>(
    connection: &C,
    low: &Low,
    now: Timestamp,
) -> Result<bool, DbErr> {
    let sql = "INSERT INTO rate_windows (lane, name, used, resets_at, told_until) VALUES ($1, $2, 0, $4, $3)
        ON CONFLICT (lane, name) DO UPDATE SET told_until = $3 WHERE rate_windows.told_until <= $4";
    let values = [
        low.lane.key().into(),
        low.name.into(),
        low.until.into(),
        now.into(),
    ];
    if execute(connection, sql, values).await?.rows_affected() == 0 {
        return Ok(false);
    }
    let data = json!({
        "window": low.shown_as,
        "lane": low.lane.scope(),
        "max": low.max,
        "left": low.left,
        "until": low.until,
    });
    tell_owners(connection, &low.lane, EventKind::QuotaLow, &data, now).await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::little;

    #[test]
    fn little_is_less_than_a_tenth_and_one_at_least() {
        for (max, expected) in [
            (1, 1),
            (5, 1),
            (10, 1),
            (11, 1),
            (21, 2),
            (100, 9),
            (250, 24),
        ] {
            assert_eq!(little(max), expected, "{max}");
        }
        assert!(little(250) * 10 < 250);
    }
}
