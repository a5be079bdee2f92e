//! What a post on X costs.

use super::text::{EntityKind, entities};

const PLAIN: u64 = 15_000;
const WITH_LINK: u64 = 200_000;

/// The price of creating a post with this text, in millionths of a US dollar: $0.015, and $0.200
/// with a link in it (x.md 4.3, prices of 2026-08-13). Of a thread, each part costs by itself.
///
/// Whether a bare `example.com` is a link for the bill is not known; it is counted as one, so that
/// nobody pays more than they were told.
#[must_use]
pub fn price_microdollars(text: &str) -> u64 {
    let has_link = entities(text)
        .iter()
        .any(|entity| entity.kind == EntityKind::Url);
    if has_link { WITH_LINK } else { PLAIN }
}

#[cfg(test)]
mod tests {
    use super::price_microdollars;

    fn check(text: &str, expected: u64) {
        assert_eq!(price_microdollars(text), expected, "{text:?}");
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
