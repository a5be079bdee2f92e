//! What is counted at the moment.

use std::time::Duration;

use sea_orm::{DbErr, FromQueryResult};

use super::{Counts, Limit};
use crate::database::query_all;
use crate::lanes::Lane;
use crate::places::{padded, places};
use crate::{AccountId, Database, Timestamp};

/// A rate window as it stands.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Counted {
    pub lane: String,
    pub name: String,
    pub used: i64,
    pub resets_at: Timestamp,
    /// What the platform's headers said last of this window.
    pub said_limit: Option<i64>,
    pub said_left: Option<i64>,
    pub said_at: Option<Timestamp>,
}

/// The windows of these lanes that are not over.
pub async fn counted(
    database: &Database,
    lanes: &[Lane],
    now: Timestamp,
) -> Result<Vec<Counted>, DbErr> {
    if lanes.is_empty() {
        return Ok(Vec::new());
    }
    let lanes = padded(lanes.iter().map(|lane| lane.key().into()));
    let sql = format!(
        "SELECT lane, name, used, resets_at, said_limit, said_left, said_at FROM rate_windows
         WHERE resets_at > $1 AND lane IN ({}) ORDER BY lane, name",
        places(2, lanes.len())
    );
    let values = std::iter::once(now.into()).chain(lanes);
    query_all(database.reader(), sql, values).await
}

/// When what was published within `window` before `now` went out, oldest first: each leaves a rolling
/// limit so long after.
pub async fn rolling_times(
    database: &Database,
    account: &AccountId,
    counts: Counts,
    window: Duration,
    now: Timestamp,
) -> Result<Vec<Timestamp>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        published_at: Timestamp,
    }
    let of_kind = match counts {
        Counts::PostsAndReplies => "part_index >= 0",
        Counts::Posts => "part_index = 0",
        Counts::Replies => "part_index > 0",
    };
    let sql = format!(
        "SELECT published_at FROM parts WHERE account_id = $1 AND published_at > $2 AND {of_kind}
         ORDER BY published_at"
    );
    let values = [account.clone().into(), (now - window).into()];
    let rows: Vec<Row> = query_all(database.reader(), sql, values).await?;
    Ok(rows.into_iter().map(|row| row.published_at).collect())
}

/// When a place is free in a rolling limit in which this went out, oldest first; `None`: one is.
pub fn place_free_at(limit: &Limit, went_out: &[Timestamp]) -> Option<Timestamp> {
    let most = usize::try_from(limit.max).unwrap_or(usize::MAX);
    let must_leave = went_out.len().checked_sub(most)?;
    went_out.get(must_leave).map(|gone| *gone + limit.window)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Platform;
    use crate::quota::LimitOf;

    #[test]
    fn a_place_is_free_when_enough_of_what_went_out_has_left() {
        let limit = Limit {
            platform: Platform::Threads,
            counts: Counts::Posts,
            of: LimitOf::Account,
            name: "publishing",
            max: 2,
            window: Duration::from_secs(60),
            is_rolling: true,
        };
        let out: Vec<Timestamp> = [1_000, 2_000, 3_000].map(Timestamp::from_ms).into();
        assert_eq!(place_free_at(&limit, &out[..1]), None);
        let at = |ms| Some(Timestamp::from_ms(ms));
        assert_eq!(place_free_at(&limit, &out[..2]), at(61_000), "it is full");
        // More than there should be: two have to leave.
        assert_eq!(place_free_at(&limit, &out), at(62_000));
    }
}
