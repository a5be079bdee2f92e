//! Times as Threads writes and reads them.

use chrono::{DateTime, NaiveDate, Utc};

/// `2023-10-17T05:42:03+0000`: no colon in the offset (threads.md 0.6).
pub(crate) fn timestamp(at_ms: i64) -> String {
    date(at_ms).format("%Y-%m-%dT%H:%M:%S+0000").to_string()
}

/// As in the text of an expired session.
pub(crate) fn in_words(at_ms: i64) -> String {
    date(at_ms).format("%A, %d-%b-%y %H:%M:%S UTC").to_string()
}

/// `since` and `until`: Unix seconds, or a date in words (threads.md 8.1).
pub(crate) fn seconds(written: &str) -> Option<i64> {
    let moment = |format| DateTime::parse_from_str(written, format).ok();
    written
        .parse()
        .ok()
        .or_else(|| moment("%Y-%m-%dT%H:%M:%S%z").map(|at| at.timestamp()))
        .or_else(|| {
            DateTime::parse_from_rfc3339(written)
                .ok()
                .map(|at| at.timestamp())
        })
        .or_else(|| {
            let day: NaiveDate = written.parse().ok()?;
            Some(day.and_hms_opt(0, 0, 0)?.and_utc().timestamp())
        })
}

fn date(at_ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at_ms).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_has_no_colon_in_its_offset() {
        assert_eq!(timestamp(1_697_521_323_900), "2023-10-17T05:42:03+0000");
    }

    #[test]
    fn since_is_read_in_each_of_its_forms() {
        for written in [
            "1697521323",
            "2023-10-17T05:42:03+0000",
            "2023-10-17T05:42:03Z",
        ] {
            assert_eq!(seconds(written), Some(1_697_521_323), "{written}");
        }
        assert_eq!(seconds("2023-10-17"), Some(1_697_500_800));
        assert_eq!(seconds("yesterday-ish"), None);
    }
}
