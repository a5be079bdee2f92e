//! Handing out when more is due than is handed out at once: all due accounts are looked at, however
//! long the backlog of some, and each gets as much as all others, but no more than it may have in
//! the queue and than fits into its rate windows.

use std::collections::HashMap;

use sea_orm::{DbErr, FromQueryResult, Value};

use super::{Due, FREELY, WAITING, in_order};
use crate::database::query_all;
use crate::{AccountId, Database, Platform, Timestamp};

/// How many due rows are counted, oldest first. Only what lies behind them could wait for others;
/// the number is here so that every database reads its index rather than the table.
const MOST_DUE: u64 = 1_000_000;
/// For how many accounts at most the rate windows are read at once.
const MOST_LANES: usize = 500;

/// A rate window of an account that guards its posts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountWindow {
    pub platform: Platform,
    /// Its name in `rate_windows`.
    pub name: &'static str,
    /// How many fit.
    pub max: i64,
}

/// What bounds one account's share.
#[derive(Clone, Copy, Debug)]
pub struct Share<'a> {
    /// How many of an account may be in the queue at once.
    pub most: i64,
    pub windows: &'a [AccountWindow],
}

/// What was handed out.
#[derive(Clone, Debug, Default)]
pub struct Shares {
    pub due: Vec<Due>,
    /// More is due.
    pub is_more_due: bool,
}

/// An account with what is due of it.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
struct Backlog {
    account_id: AccountId,
    platform: Platform,
    /// All that is due.
    due: i64,
    /// As much of it is in the queue.
    handed: i64,
}

/// Marks up to `limit` due deliveries of all accounts as handed out until `handed_until`.
pub async fn hand_out_shares(
    database: &Database,
    now: Timestamp,
    handed_until: Timestamp,
    share: Share<'_>,
    limit: u64,
) -> Result<Shares, DbErr> {
    let backlogs = backlogs(database, now).await?;
    let left: i64 = backlogs.iter().map(|one| one.due - one.handed).sum();
    let room = room(database, &backlogs, share, now).await?;
    let places = share_out(
        &backlogs,
        share.most,
        &room,
        i64::try_from(limit).unwrap_or(i64::MAX),
    );
    if places.is_empty() {
        return Ok(Shares {
            due: Vec::new(),
            is_more_due: left > 0,
        });
    }
    let due = take(database, &places, now, handed_until).await?;
    let taken = i64::try_from(due.len()).unwrap_or(i64::MAX);
    Ok(Shares {
        due,
        is_more_due: left > taken,
    })
}

async fn backlogs(database: &Database, now: Timestamp) -> Result<Vec<Backlog>, DbErr> {
    let sql = format!(
        "SELECT account_id, min(platform) AS platform, count(*) AS due,
            sum(CASE WHEN handed_until > $1 THEN 1 ELSE 0 END) AS handed
         FROM (
            SELECT account_id, platform, next_at, handed_until FROM deliveries
            WHERE {WAITING} AND next_at <= $1 ORDER BY next_at, id LIMIT {MOST_DUE}
         ) AS due GROUP BY account_id ORDER BY min(next_at), account_id"
    );
    query_all(database.reader(), sql, [now.into()]).await
}

/// How much fits into the rate windows of accounts that may want more than is given [`FREELY`]. Where
/// nothing does, or the lane rests, still one is let go: whoever takes it up moves the others past
/// the pause and tells them why they wait.
async fn room(
    database: &Database,
    backlogs: &[Backlog],
    share: Share<'_>,
    now: Timestamp,
) -> Result<HashMap<AccountId, i64>, DbErr> {
    #[derive(FromQueryResult)]
    struct Used {
        lane: String,
        name: String,
        used: i64,
    }
    let freely = i64::try_from(FREELY).unwrap_or(i64::MAX);
    let long: Vec<&Backlog> = backlogs
        .iter()
        .filter(|one| one.due - one.handed > freely)
        .take(MOST_LANES)
        .collect();
    if long.is_empty() {
        return Ok(HashMap::new());
    }
    let lanes = (2..long.len() + 2)
        .map(|number| format!("${number}"))
        .collect::<Vec<_>>()
        .join(", ");
    let sql = format!(
        "SELECT lane, name, used FROM rate_windows WHERE resets_at > $1 AND lane IN ({lanes})
         UNION ALL SELECT lane, '', 0 FROM lanes WHERE paused_until > $1 AND lane IN ({lanes})"
    );
    let keys = long.iter().map(|one| one.account_id.clone().into());
    let values: Vec<Value> = std::iter::once(now.into()).chain(keys).collect();
    let used: Vec<Used> = query_all(database.reader(), sql, values).await?;
    let room_of = |one: &Backlog| {
        let of_lane = || {
            used.iter()
                .filter(|used| used.lane == one.account_id.as_str())
        };
        if of_lane().any(|used| used.name.is_empty()) {
            return Some(1);
        }
        let windows = share
            .windows
            .iter()
            .filter(|window| window.platform == one.platform);
        let free = windows.map(|window| {
            let used = of_lane().find(|used| used.name == window.name);
            (window.max - used.map_or(0, |used| used.used)).max(1)
        });
        free.min()
    };
    Ok(long
        .into_iter()
        .filter_map(|one| Some((one.account_id.clone(), room_of(one)?)))
        .collect())
}

/// How many each account gets of `limit`. Counted with what it has in the queue already, each has as
/// many as any other, or all that it wants.
fn share_out(
    backlogs: &[Backlog],
    most: i64,
    room: &HashMap<AccountId, i64>,
    limit: i64,
) -> Vec<(AccountId, i64)> {
    // What an account has at most when all have `level`, beyond what it has now.
    let more = |one: &Backlog, level: i64| {
        let fits = room.get(&one.account_id).copied().unwrap_or(most);
        (one.due.min(fits).min(level) - one.handed).max(0)
    };
    let sum = |level: i64| -> i64 { backlogs.iter().map(|one| more(one, level)).sum() };
    let (mut level, mut above) = (0, most + 1);
    while above - level > 1 {
        let middle = level + (above - level) / 2;
        if sum(middle) <= limit {
            level = middle;
        } else {
            above = middle;
        }
    }
    let mut left = limit - sum(level);
    let mut places = Vec::new();
    for one in backlogs {
        let mut count = more(one, level);
        if left > 0 && level < most && more(one, level + 1) > count {
            count += 1;
            left -= 1;
        }
        if count > 0 {
            places.push((one.account_id.clone(), count));
        }
    }
    places
}

/// Takes the oldest of each account, as many as it has places, from one to the next by its index.
async fn take(
    database: &Database,
    places: &[(AccountId, i64)],
    now: Timestamp,
    handed_until: Timestamp,
) -> Result<Vec<Due>, DbErr> {
    let asked = (0..places.len())
        .map(|number| format!("(${}, ${})", 2 * number + 3, 2 * number + 4))
        .collect::<Vec<_>>()
        .join(", ");
    let free = format!("{WAITING} AND next_at <= $2 AND handed_until <= $2");
    let skip_locked = database.skip_locked();
    // Said twice, so that PostgreSQL, which cannot know how far a recursion goes, does not take the
    // whole table for the shortest way.
    let count: i64 = places.iter().map(|(_, count)| count).sum();
    let sql = format!(
        "WITH RECURSIVE asked(account_id, places) AS (VALUES {asked}),
         taken(account_id, places, next_at, id) AS (
            SELECT d.account_id, a.places, d.next_at, d.id FROM asked a JOIN deliveries d ON d.id = (
                SELECT id FROM deliveries WHERE account_id = a.account_id AND {free}
                ORDER BY next_at, id LIMIT 1)
            UNION ALL
            SELECT d.account_id, t.places - 1, d.next_at, d.id FROM taken t JOIN deliveries d ON d.id = (
                SELECT id FROM deliveries WHERE account_id = t.account_id AND {free}
                  AND (next_at, id) > (t.next_at, t.id) ORDER BY next_at, id LIMIT 1)
            WHERE t.places > 1
         )
         UPDATE deliveries SET handed_until = $1 WHERE id IN (
            SELECT id FROM deliveries WHERE id IN (SELECT id FROM taken LIMIT {count}) {skip_locked}
         ) AND handed_until <= $2 AND claimed_by IS NULL
         RETURNING id, account_id, next_at"
    );
    let mut values: Vec<Value> = vec![handed_until.into(), now.into()];
    for (account, count) in places {
        values.push(account.clone().into());
        values.push((*count).into());
    }
    Ok(in_order(query_all(database.writer(), sql, values).await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each row: due, handed, room. Tells what each account gets.
    fn shares(rows: &[(i64, i64, Option<i64>)], most: i64, limit: i64) -> Vec<i64> {
        let backlogs: Vec<Backlog> = rows
            .iter()
            .map(|(due, handed, _)| Backlog {
                account_id: AccountId::generate(),
                platform: Platform::X,
                due: *due,
                handed: *handed,
            })
            .collect();
        let room = backlogs.iter().zip(rows);
        let room = room.filter_map(|(one, (.., room))| Some((one.account_id.clone(), (*room)?)));
        let places: HashMap<_, _> = share_out(&backlogs, most, &room.collect(), limit)
            .into_iter()
            .collect();
        backlogs
            .iter()
            .map(|one| places.get(&one.account_id).copied().unwrap_or(0))
            .collect()
    }

    #[test]
    fn all_have_as_much_as_any_other_or_all_they_want() {
        assert_eq!(
            shares(&[(5_000, 0, None), (3, 0, None), (1, 0, None)], 128, 100),
            [96, 3, 1]
        );
        assert_eq!(shares(&[(50, 0, None), (50, 0, None)], 128, 21), [11, 10]);
        assert_eq!(shares(&[(9, 0, None); 4], 128, 2), [1, 1, 0, 0]);
        assert!(shares(&[], 128, 100).is_empty());
    }

    #[test]
    fn what_is_in_the_queue_counts() {
        assert_eq!(
            shares(&[(5_000, 60, None), (40, 0, None)], 128, 40),
            [0, 40]
        );
        assert_eq!(
            shares(&[(5_000, 128, None), (500, 100, None)], 128, 500),
            [0, 28]
        );
        assert_eq!(shares(&[(5_000, 300, None)], 128, 500), [0]);
    }

    #[test]
    fn no_more_than_fits_into_a_window() {
        assert_eq!(shares(&[(5_000, 8, Some(100))], 128, 500), [92]);
        assert_eq!(
            shares(&[(5_000, 1, Some(1)), (30, 0, None)], 128, 500),
            [0, 30]
        );
    }
}
