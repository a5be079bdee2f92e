//! Whether a platform takes a text.

use entities::Platform;
use entities::rows::account;
use platforms::{threads, x};

use crate::fields::Violations;

/// How long a text may be on a platform, for one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Measure {
    pub platform: Platform,
    pub limit: u32,
}

impl Measure {
    /// The rule for an account.
    pub fn of(account: &account::Model) -> Self {
        let limit = match account.platform {
            Platform::Threads => threads::text::LIMIT,
            Platform::X if account.is_premium => x::text::PREMIUM_LIMIT,
            Platform::X => x::text::LIMIT,
        };
        Measure {
            platform: account.platform,
            limit,
        }
    }

    /// How long a text is by the platform's own counting.
    pub fn length(self, text: &str) -> u32 {
        match self.platform {
            Platform::Threads => threads::text::length(text),
            Platform::X => x::text::measure_within(text, self.limit).weighted_length,
        }
    }
}

/// What no platform takes.
pub fn check_characters(field: &str, text: &str, may_be_empty: bool, violations: &mut Violations) {
    if text.trim().is_empty() && !may_be_empty {
        violations.add(field, "text_empty", "The text must not be empty.");
    } else if text.contains('\0') {
        violations.add(
            field,
            "invalid_character",
            "The text must not hold the character U+0000.",
        );
    }
}

/// What this platform does not take. `is_split`: too long a text has been cut.
pub fn check_text(
    measure: Measure,
    field: &str,
    text: &str,
    is_split: bool,
    violations: &mut Violations,
) {
    match measure.platform {
        Platform::Threads => check_threads(field, text, is_split, violations),
        Platform::X => check_x(field, text, measure.limit, is_split, violations),
    }
}

fn hint(is_split: bool) -> &'static str {
    if is_split {
        ""
    } else {
        " `\"split\": true` makes a chain of it."
    }
}

/// `threads.md` 4.1 and 4.2.
fn check_threads(field: &str, text: &str, is_split: bool, violations: &mut Violations) {
    let length = threads::text::length(text);
    if length > threads::text::LIMIT {
        let message = format!(
            "Threads takes {} characters (an emoji counts as its UTF-8 bytes); this has {length}.{}",
            threads::text::LIMIT,
            hint(is_split)
        );
        violations.add(field, "text_too_long", message);
    }
    let links = threads::text::links(text);
    if links > threads::text::MAX_LINKS {
        let message = format!(
            "Threads takes {} different links; this has {links}.",
            threads::text::MAX_LINKS
        );
        violations.add(field, "too_many_links", message);
    }
}

/// `x.md` 5.1 and 2.4.
fn check_x(field: &str, text: &str, limit: u32, is_split: bool, violations: &mut Violations) {
    let measure = x::text::measure_within(text, limit);
    if measure.weighted_length > limit {
        let message = format!(
            "X takes {limit} (a link counts 23, an emoji or a wide character 2); this has {}.{}",
            measure.weighted_length,
            hint(is_split)
        );
        violations.add(field, "text_too_long", message);
    }
    if measure.has_invalid_chars {
        violations.add(
            field,
            "invalid_character",
            "X refuses the characters U+FFFE, U+FEFF and U+FFFF.",
        );
    }
    let cashtags = x::text::cashtag_count(text);
    if cashtags > x::text::MAX_CASHTAGS {
        let message = format!(
            "X takes {} cashtag; this has {cashtags}.",
            x::text::MAX_CASHTAGS
        );
        violations.add(field, "too_many_cashtags", message);
    }
}
