//! When an answer wants the next try.

use std::time::Duration;

use chrono::DateTime;

/// The longest that is listened to: a day.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Reads the header `Retry-After`, seconds or a date, as a wait from `now_ms` on.
pub fn wait(header: &str, now_ms: i64) -> Option<Duration> {
    let header = header.trim();
    let wait = match header.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let at = DateTime::parse_from_rfc2822(header).ok()?;
            let ms = at.timestamp_millis().saturating_sub(now_ms);
            Duration::from_millis(u64::try_from(ms).unwrap_or(0))
        }
    };
    Some(wait.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read() {
        // 784111777 s since 1970.
        let now_ms = 784_111_777_000 - 90_000;
        let read = |header| wait(header, now_ms).map(|wait| wait.as_secs());
        assert_eq!(read("120"), Some(120));
        assert_eq!(read(" 0 "), Some(0));
        assert_eq!(read("Sun, 06 Nov 1994 08:49:37 GMT"), Some(90));
        assert_eq!(read("Sun, 06 Nov 1983 08:49:37 GMT"), Some(0));
        assert_eq!(read("99999999999"), Some(24 * 3600));
        for nonsense in ["", "soon", "-5", "1.5", "06.11.1994"] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }
}
