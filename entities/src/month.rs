//! A month in UTC: what X's bills and budgets go by (`x.md` 4.3).

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use crate::Timestamp;

/// A month, shown as `2026-11`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    year: i32,
    month: u32,
}

impl Month {
    /// The month that a moment falls into.
    pub fn of(at: Timestamp) -> Self {
        let at = DateTime::<Utc>::from_timestamp_millis(at.as_ms()).unwrap_or_default();
        Month {
            year: at.year(),
            month: at.month(),
        }
    }

    /// Its first moment.
    pub fn start(self) -> Timestamp {
        let midnight = NaiveDate::from_ymd_opt(self.year, self.month, 1)
            .and_then(|day| day.and_hms_opt(0, 0, 0))
            .unwrap_or_default();
        midnight.and_utc().into()
    }

    /// The first moment after it.
    pub fn end(self) -> Timestamp {
        self.next().start()
    }

    /// This month and all after it, with `last`.
    pub fn until(self, last: Self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self), |month| Some(month.next()))
            .take_while(move |month| *month <= last)
    }

    fn next(self) -> Self {
        match self.month {
            12 => Month {
                year: self.year + 1,
                month: 1,
            },
            month => Month {
                month: month + 1,
                ..self
            },
        }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// Not a month such as `2026-11`.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a month is written like 2026-11")]
pub struct NotAMonth;

impl FromStr for Month {
    type Err = NotAMonth;

    fn from_str(text: &str) -> Result<Self, NotAMonth> {
        let is_plain = |part: &str, length| {
            part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        let (year, month) = text.split_once('-').ok_or(NotAMonth)?;
        if !is_plain(year, 4) || !is_plain(month, 2) {
            return Err(NotAMonth);
        }
        let year = year.parse().map_err(|_| NotAMonth)?;
        let month = month.parse().map_err(|_| NotAMonth)?;
        match (year, month) {
            (1970.., 1..=12) => Ok(Month { year, month }),
            _ => Err(NotAMonth),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_begins_where_the_one_before_it_ends() {
        let december: Month = "2026-12".parse().unwrap();
        assert_eq!(december.start().to_string(), "2026-12-01T00:00:00.000Z");
        assert_eq!(december.end().to_string(), "2027-01-01T00:00:00.000Z");
        let last = Timestamp::from_ms(december.end().as_ms() - 1);
        assert_eq!(Month::of(last), december);
        assert_eq!(Month::of(december.end()).to_string(), "2027-01");
    }

    #[test]
    fn only_a_month_reads_as_one() {
        for wrong in [
            "",
            "2026",
            "2026-13",
            "2026-00",
            "2026-1",
            "26-11",
            "2026-11-01",
            "+026-11",
        ] {
            assert_eq!(wrong.parse::<Month>(), Err(NotAMonth), "{wrong:?}");
        }
    }
}
