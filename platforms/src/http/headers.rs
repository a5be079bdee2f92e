//! Reading answer headers leniently: what is malformed is absent.

use chrono::DateTime;
use reqwest::header::{HeaderMap, RETRY_AFTER};

pub(crate) fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

pub(crate) fn number(headers: &HeaderMap, name: &str) -> Option<i64> {
    text(headers, name)?.parse().ok()
}

/// When `Retry-After` (seconds or a date, RFC 9110 10.2.3) allows the next try, in Unix
/// milliseconds. A time that has passed says nothing.
pub(crate) fn retry_after_ms(headers: &HeaderMap, now_ms: i64) -> Option<i64> {
    let value = text(headers, RETRY_AFTER.as_str())?;
    let at = match value.parse::<i64>() {
        Ok(seconds) => now_ms.checked_add(seconds.checked_mul(1000)?)?,
        Err(_) => DateTime::parse_from_rfc2822(&value)
            .ok()?
            .timestamp_millis(),
    };
    (at > now_ms).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, expected: Option<i64>) {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, value.parse().unwrap());
        let now_ms = 1_445_412_420_000; // Wed, 21 Oct 2015 07:27:00 GMT
        assert_eq!(retry_after_ms(&headers, now_ms), expected, "{value}");
    }

    #[test]
    fn retry_after_is_read_as_seconds_or_as_a_date() {
        check("60", Some(1_445_412_480_000));
        check("Wed, 21 Oct 2015 07:28:00 GMT", Some(1_445_412_480_000));
    }

    #[test]
    fn retry_after_in_the_past_or_malformed_is_ignored() {
        check("0", None);
        check("-5", None);
        check("Wed, 21 Oct 2015 07:26:00 GMT", None);
        check("soon", None);
        check("9223372036854775807", None);
        assert_eq!(retry_after_ms(&HeaderMap::new(), 0), None);
    }
}
