//! What operators watch: a few numbers, each by one query that an index answers, however many posts
//! are scheduled. What would have to be counted row by row is counted up to [`MOST`], or not at all.

use sea_orm::{DbErr, FromQueryResult};

use crate::database::{query_all, query_one};
use crate::delivery::WaitReason;
use crate::{Database, Platform, Timestamp};

/// As far as rows are counted.
pub const MOST: i64 = 10_000;

/// What is due and in nobody's hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Due {
    /// At most [`MOST`].
    pub count: i64,
    /// Since when the oldest is.
    pub oldest: Option<Timestamp>,
}

/// Deliveries of a platform whose outcome is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Open {
    pub platform: Platform,
    /// At most [`MOST`], over all platforms.
    pub count: i64,
    /// Since when the oldest is.
    pub oldest: Option<Timestamp>,
}

/// What is due now.
pub async fn due(database: &Database, now: Timestamp) -> Result<Due, DbErr> {
    let row = query_one(database.reader(), due_sql(), [now.into()]).await?;
    let none = Due {
        count: 0,
        oldest: None,
    };
    row.map_or(Ok(none), |row| Due::from_query_result(&row, ""))
}

fn due_sql() -> String {
    format!(
        "SELECT count(*) AS count, min(next_at) AS oldest FROM (
            SELECT next_at FROM deliveries
            WHERE claimed_by IS NULL AND status IN ('queued', 'processing', 'unconfirmed') AND next_at <= $1
            ORDER BY next_at, id LIMIT {MOST}
        ) AS due"
    )
}

/// What is being looked for. A platform without any is left out.
pub async fn unconfirmed(database: &Database) -> Result<Vec<Open>, DbErr> {
    query_all(database.reader(), unconfirmed_sql(), []).await
}

fn unconfirmed_sql() -> String {
    format!(
        "SELECT platform, count(*) AS count, min(unresolved_since) AS oldest FROM (
            SELECT platform, unresolved_since FROM deliveries WHERE status = 'unconfirmed' LIMIT {MOST}
        ) AS open GROUP BY platform"
    )
}

/// How many accounts and apps are paused, by the reason.
pub async fn pauses(database: &Database, now: Timestamp) -> Result<Vec<(WaitReason, i64)>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        reason: WaitReason,
        count: i64,
    }
    let rows: Vec<Row> = query_all(database.reader(), pauses_sql(), [now.into()]).await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.reason, row.count))
        .collect())
}

fn pauses_sql() -> String {
    format!(
        "SELECT reason, count(*) AS count FROM (
            SELECT reason FROM lanes WHERE paused_until > $1 ORDER BY paused_until LIMIT {MOST}
        ) AS paused GROUP BY reason"
    )
}

/// When the first token of a platform ends, of those that no refresh token renews. A platform without
/// any is left out.
pub async fn first_token_ends(database: &Database) -> Result<Vec<(Platform, Timestamp)>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        platform: Platform,
        ends: Option<Timestamp>,
    }
    let rows: Vec<Row> = query_all(database.reader(), token_sql(), []).await?;
    let known = rows.into_iter();
    Ok(known
        .filter_map(|row| Some((row.platform, row.ends?)))
        .collect())
}

fn token_sql() -> String {
    let first = |platform: &Platform| {
        format!(
            "SELECT '{platform}' AS platform, (SELECT min(token_expires_at) FROM accounts
                WHERE platform = '{platform}' AND state IN ('ok', 'degraded')
                  AND refresh_token IS NULL AND token_expires_at IS NOT NULL) AS ends"
        )
    };
    let each: Vec<String> = Platform::ALL.iter().map(first).collect();
    each.join(" UNION ALL ")
}

/// How many accounts must be connected again. A platform without any is left out.
pub async fn to_reconnect(database: &Database) -> Result<Vec<(Platform, i64)>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        platform: Platform,
        count: i64,
    }
    let rows: Vec<Row> = query_all(database.reader(), RECONNECT_SQL, []).await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.platform, row.count))
        .collect())
}

const RECONNECT_SQL: &str = "SELECT platform, count(*) AS count FROM accounts WHERE state = 'needs_reconnect' GROUP BY platform";

/// All queries of this module with `now` in the place of their one parameter, for whoever wants to
/// see how a database answers them.
pub fn queries(now: Timestamp) -> Vec<String> {
    let sql = [
        due_sql(),
        unconfirmed_sql(),
        pauses_sql(),
        token_sql(),
        RECONNECT_SQL.to_owned(),
    ];
    sql.map(|sql| sql.replace("$1", &now.as_ms().to_string()))
        .into()
}
