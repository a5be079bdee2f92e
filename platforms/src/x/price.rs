//! What X charges pay-per-use apps (x.md 4.3: prices of 2026-08-13), in millionths of a US dollar. The
//! one list of prices: forecasts, the ledger and the budget all read it.
//!
//! A reply to one's own post is billed as a post (x.md 2.9); the $0.010 for summoned replies are not for
//! us. Upload calls are not in X's list. Refused calls are free, by what a third party says.

use super::text::{EntityKind, entities};

/// Creating a post without a link.
pub const CREATE_POST: i64 = 15_000;
/// Creating a post with a link in its text.
pub const CREATE_POST_WITH_LINK: i64 = 200_000;
/// Deleting a post.
pub const DELETE_POST: i64 = 10_000;
/// Saying what a file shows.
pub const DESCRIBE_MEDIA: i64 = 5_000;
/// Each post that a read returns. X charges a post that is read again on the same day (UTC) only once,
/// but does not promise it, so that each is counted here. The $0.001 for owned reads are for the app's
/// owner alone (x.md 2.6).
pub const READ_POST: i64 = 5_000;

/// Whether creating a post with this text costs [`CREATE_POST_WITH_LINK`]. Of a thread, each part costs by
/// itself.
///
/// Whether a bare `example.com` is a link for the bill is not known; it is counted as one, so that
/// nobody pays more than they were told.
#[must_use]
pub fn has_link(text: &str) -> bool {
    entities(text)
        .iter()
        .any(|entity| entity.kind == EntityKind::Url)
}

/// The price of creating a post with this text.
#[must_use]
pub fn create_post(text: &str) -> i64 {
    if has_link(text) {
        CREATE_POST_WITH_LINK
    } else {
        CREATE_POST
    }
}

#[cfg(test)]
mod tests {
    use super::create_post;

    fn check(text: &str, expected: i64) {
        assert_eq!(create_post(text), expected, "{text:?}");
    }

    #[test]
    fn a_post_without_a_link_costs_a_cent_and_a_half() {
        for text in [
            "",
            "hello",
            "@you #tag $CASH",
            "a.b",
            "v1.2.3",
            "me@example.com",
        ] {
            check(text, 15_000);
        }
    }

    #[test]
    fn a_link_makes_it_twenty_cents() {
        for text in [
            "https://example.com/a",
            "see (http://example.com).",
            "see example.com",
            "見てhttps://example.com/x",
            "a.com b.com c.com",
        ] {
            check(text, 200_000);
        }
    }
}
