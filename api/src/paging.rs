//! Pages of a list: how much at most, and from where on.

use std::str::FromStr;

use crate::problem::Problem;

/// The most that a page may have.
pub const MOST: u64 = 100;

/// A page that was asked for, of a list that takes no filters.
#[derive(Debug)]
pub struct Page<Id> {
    /// The last of the page before.
    pub cursor: Option<Id>,
    pub limit: u64,
}

impl<Id: FromStr> Page<Id> {
    /// Reads a query string; it has `default`, unless asked otherwise.
    pub fn read(query: &str, default: u64) -> Result<Self, Problem> {
        let mut page = Page {
            cursor: None,
            limit: default,
        };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "cursor" => page.cursor = Some(cursor(&value)?),
                "limit" => page.limit = limit(value.parse().ok())?,
                other => return Err(unknown(other)),
            }
        }
        Ok(page)
    }
}

/// The `next_cursor` of the page before.
pub fn cursor<Id: FromStr>(text: &str) -> Result<Id, Problem> {
    let detail = "`cursor`: the `next_cursor` of an earlier page is expected.";
    text.parse().map_err(|_| Problem::bad_request(detail))
}

/// How much a page has at most; none: what stood there is no number.
pub fn limit(asked: Option<u64>) -> Result<u64, Problem> {
    let fits = asked.filter(|limit| (1..=MOST).contains(limit));
    fits.ok_or_else(|| Problem::bad_request(format!("`limit` must be 1 to {MOST}.")))
}

/// A parameter that is not known.
pub fn unknown(name: &str) -> Problem {
    let shown: String = name.chars().take(64).collect();
    Problem::bad_request(format!("There is no parameter `{shown}`."))
}

#[cfg(test)]
mod tests {
    use entities::EventId;

    use super::*;

    #[test]
    fn a_page_is_read_whatever_the_order_and_nothing_else_is() {
        let id = EventId::generate();
        let page = Page::<EventId>::read("", 50).unwrap();
        assert_eq!((page.cursor, page.limit), (None, 50));
        let page = Page::<EventId>::read(&format!("limit=100&cursor={id}"), 50).unwrap();
        assert_eq!((page.cursor, page.limit), (Some(id), 100));
        for wrong in [
            "limit=0",
            "limit=101",
            "limit=",
            "limit=-1",
            "cursor=",
            "cursor=next",
            "page=2",
        ] {
            assert!(Page::<EventId>::read(wrong, 50).is_err(), "{wrong}");
        }
    }
}
