//! Each limit with both counts, of which the stricter holds.

use std::time::Duration;

use entities::quota::platform_says::{Said, Usage};
use entities::quota::{Counted, Counts, Limit, rolling_times};
use entities::rows::account;
use entities::spend::BUDGET;
use entities::{Database, DbErr, Timestamp};

use super::wire::{CountBody, WindowBody};

/// The window that a plan of X's may have, and only its headers tell of (`x.md` 2.3, 4.2).
const USERS_DAY: Duration = Duration::from_secs(24 * 3600);

/// All windows of an account, its app's among them.
pub async fn of(
    database: &Database,
    limits: &[Limit],
    account: &account::Model,
    counted: &[Counted],
    said: Option<&Said>,
    now: Timestamp,
) -> Result<Vec<WindowBody>, DbErr> {
    let mut windows = Vec::new();
    let of_platform = |limit: &&Limit| limit.platform == account.platform;
    for limit in limits.iter().filter(of_platform) {
        let lane = limit.lane(&account.id).key();
        let row = counted
            .iter()
            .find(|row| row.lane == lane && row.name == limit.name);
        windows.push(if limit.is_rolling {
            let (id, counts, window) = (&account.id, limit.counts, limit.window);
            let went_out = rolling_times(database, id, counts, window, now).await?;
            rolling(
                limit,
                &went_out,
                row,
                said.and_then(|said| usage(said, counts)),
            )
        } else {
            fixed(limit, row)
        });
    }
    let is_known =
        |row: &&Counted| row.name == BUDGET || limits.iter().any(|limit| limit.name == row.name);
    let others = counted.iter().filter(|row| !is_known(row));
    windows.extend(others.filter_map(told_by_headers));
    Ok(windows)
}

fn usage(said: &Said, counts: Counts) -> Option<Usage> {
    match (said, counts) {
        (Said::Usage { replies, .. }, Counts::Replies) => *replies,
        (Said::Usage { posts, .. }, Counts::Posts | Counts::PostsAndReplies) => Some(*posts),
        (Said::Nothing { .. }, _) => None,
    }
}

fn rolling(
    limit: &Limit,
    went_out: &[Timestamp],
    row: Option<&Counted>,
    said: Option<Usage>,
) -> WindowBody {
    let live = i64::try_from(went_out.len()).unwrap_or(i64::MAX);
    // What is under way, or was sent and has no outcome yet, is counted though it is not live.
    let used = row.map_or(live, |row| live.max(row.used));
    let frees_at = went_out
        .first()
        .map(|oldest| *oldest + limit.window)
        .or_else(|| row.filter(|row| row.used > 0).map(|row| row.resets_at));
    let said = said.map(|said| CountBody {
        used: said.used,
        max: said.max,
    });
    strictest(limit, used, said, frees_at)
}

fn fixed(limit: &Limit, row: Option<&Counted>) -> WindowBody {
    let used = row.map_or(0, |row| row.used);
    let frees_at = row.filter(|row| row.used > 0).map(|row| row.resets_at);
    strictest(limit, used, row.and_then(by_headers), frees_at)
}

fn by_headers(row: &Counted) -> Option<CountBody> {
    let (max, left) = row.said_limit.zip(row.said_left)?;
    Some(CountBody {
        used: (max - left).max(0),
        max,
    })
}

fn strictest(
    limit: &Limit,
    used: i64,
    said: Option<CountBody>,
    frees_at: Option<Timestamp>,
) -> WindowBody {
    let ours = CountBody {
        used,
        max: limit.max,
    };
    let (held_against, source) = match said {
        Some(said) if said.left() < ours.left() => (said, "platform"),
        _ => (ours, "our_count"),
    };
    WindowBody {
        name: limit.name.to_owned(),
        counts: limit.counts.as_str(),
        scope: match limit.of {
            entities::quota::LimitOf::Account => "account",
            entities::quota::LimitOf::App => "app",
        },
        window_s: limit.window.as_secs(),
        used: held_against.used,
        max: held_against.max,
        left: held_against.left(),
        frees_at,
        source,
        our_count: Some(ours),
        platform: said,
    }
}

/// A window that is in no table.
fn told_by_headers(row: &Counted) -> Option<WindowBody> {
    let said = by_headers(row)?;
    Some(WindowBody {
        name: row.name.clone(),
        counts: Counts::PostsAndReplies.as_str(),
        scope: match row.lane.starts_with("app:") {
            true => "app",
            false => "account",
        },
        window_s: USERS_DAY.as_secs(),
        used: said.used,
        max: said.max,
        left: said.left(),
        frees_at: Some(row.resets_at),
        source: "platform",
        our_count: None,
        platform: Some(said),
    })
}

#[cfg(test)]
mod tests {
    use entities::Platform;
    use entities::quota::LimitOf;

    use super::*;

    const NOON: Timestamp = Timestamp::from_ms(1_800_000_000_000);

    fn limit(is_rolling: bool) -> Limit {
        Limit {
            platform: Platform::Threads,
            counts: Counts::Posts,
            of: LimitOf::Account,
            name: "publishing",
            max: 250,
            window: USERS_DAY,
            is_rolling,
        }
    }

    fn row(used: i64, said: Option<(i64, i64)>) -> Counted {
        Counted {
            lane: "acc_1".into(),
            name: "publishing".into(),
            used,
            resets_at: NOON,
            said_limit: said.map(|said| said.0),
            said_left: said.map(|said| said.1),
            said_at: said.map(|_| NOON),
        }
    }

    #[test]
    fn the_stricter_count_holds_and_both_are_shown() {
        let ours = rolling(
            &limit(true),
            &[NOON],
            None,
            Some(Usage { used: 0, max: 250 }),
        );
        assert_eq!((ours.used, ours.left, ours.source), (1, 249, "our_count"));
        assert_eq!(ours.platform, Some(CountBody { used: 0, max: 250 }));
        // Another app posts on the same profile.
        let theirs = rolling(
            &limit(true),
            &[NOON],
            None,
            Some(Usage { used: 9, max: 250 }),
        );
        assert_eq!(
            (theirs.used, theirs.left, theirs.source),
            (9, 241, "platform")
        );
        assert_eq!(theirs.our_count, Some(CountBody { used: 1, max: 250 }));
        let smaller = fixed(&limit(false), Some(&row(3, Some((17, 2)))));
        assert_eq!(
            (smaller.max, smaller.left, smaller.source),
            (17, 2, "platform")
        );
    }

    #[test]
    fn a_rolling_window_frees_when_its_oldest_leaves_it() {
        let later = NOON + Duration::from_secs(60);
        let window = rolling(&limit(true), &[NOON, later], None, None);
        assert_eq!(window.frees_at, Some(NOON + USERS_DAY));
        // Sent, and nobody knows yet whether it is live.
        let window = rolling(&limit(true), &[], Some(&row(1, None)), None);
        assert_eq!((window.used, window.frees_at), (1, Some(NOON)));
        assert_eq!(rolling(&limit(true), &[], None, None).frees_at, None);
    }
}
