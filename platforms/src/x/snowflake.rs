//! X's ids carry their time (x.md 2.2).

/// 2010-11-04T01:42:54.657Z in Unix milliseconds.
const EPOCH_MS: i64 = 1_288_834_974_657;
const SEQUENCE_BITS: u32 = 22;

/// The smallest id that a post of this time could have: as `since_id`, everything since then
/// (x.md 2.6).
pub(super) fn at(unix_ms: i64) -> i64 {
    let since_epoch_ms = unix_ms.saturating_sub(EPOCH_MS).max(0);
    // Forty-one bits of milliseconds fit, until 2080.
    let id = since_epoch_ms.min(i64::MAX >> SEQUENCE_BITS) << SEQUENCE_BITS;
    id.max(1)
}

/// When the post with this id was made, in Unix milliseconds.
pub(super) fn time_ms(id: &str) -> Option<i64> {
    let id: i64 = id.parse().ok().filter(|id| *id > 0)?;
    Some((id >> SEQUENCE_BITS) + EPOCH_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_its_time() {
        // Recorded on 2026-09-20 at 16:37 UTC (x.md 2.2).
        let time_ms = time_ms("2101712260468977783").unwrap();
        let time = chrono::DateTime::from_timestamp_millis(time_ms).unwrap();
        assert_eq!(time.format("%F %H:%M").to_string(), "2026-09-20 16:37");
    }

    #[test]
    fn a_time_makes_the_first_id_of_its_millisecond() {
        let id = at(1_789_000_000_123);
        assert_eq!(time_ms(&id.to_string()), Some(1_789_000_000_123));
        assert_eq!(time_ms(&(id - 1).to_string()), Some(1_789_000_000_122));
    }

    #[test]
    fn times_outside_the_range_stay_valid_ids() {
        assert_eq!(at(0), 1);
        assert_eq!(at(i64::MIN), 1);
        assert!(at(i64::MAX) > 0);
        assert_eq!(time_ms("x"), None);
        assert_eq!(time_ms("-1"), None);
    }
}
