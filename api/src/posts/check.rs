//! The rules: whether the platforms will take a post. Every violation is found before anything
//! is stored.

use std::collections::HashSet;
use std::time::Duration;

use entities::content::Part;
use entities::rows::account;
use entities::{AccountId, Platform, Timestamp, UserId};
use platforms::{threads, x};

use super::draft::Draft;
use crate::fields::Violations;
use crate::problem::Problem;
use crate::state::State;

/// The most accounts a post may go to.
const MAX_ACCOUNTS: usize = 50;
/// How late a time may be and still mean "now": clocks differ, and requests take their time.
const TOLERANCE: Duration = Duration::from_secs(60);
/// How far ahead a post may be scheduled: ten years.
const HORIZON: Duration = Duration::from_secs(10 * 366 * 24 * 3600);

/// Whether the time of a post is new, and so must not be past.
#[derive(Clone, Copy)]
pub enum Moment {
    New(Timestamp),
    Kept,
}

/// Checks a draft and finds its accounts, in the order in which they were named.
pub async fn check(
    state: &State,
    owner: &UserId,
    draft: &Draft,
    moment: Moment,
    violations: &mut Violations,
) -> Result<Vec<account::Model>, Problem> {
    if let (Moment::New(now), Some(at)) = (moment, draft.publish_at) {
        check_time(at, now, violations);
    }
    if let Some(zone) = &draft.time_zone
        && zone.parse::<chrono_tz::Tz>().is_err()
    {
        violations.add(
            "time_zone",
            "invalid_time_zone",
            "This must be an IANA name such as Europe/Berlin.",
        );
    }
    let accounts = find_accounts(state, owner, draft, violations).await?;
    check_content(draft, &accounts, violations);
    Ok(accounts)
}

fn check_time(at: Timestamp, now: Timestamp, violations: &mut Violations) {
    if at + TOLERANCE < now {
        let message =
            format!("This time has passed; it is {now} now. Leave it out to publish at once.");
        violations.add("publish_at", "publish_at_past", message);
    } else if at > now + HORIZON {
        violations.add(
            "publish_at",
            "publish_at_too_far",
            "A post can be scheduled up to ten years ahead.",
        );
    }
}

async fn find_accounts(
    state: &State,
    owner: &UserId,
    draft: &Draft,
    violations: &mut Violations,
) -> Result<Vec<account::Model>, Problem> {
    if draft.accounts.len() > MAX_ACCOUNTS {
        let message = format!(
            "A post can go to {MAX_ACCOUNTS} accounts at most; this names {}.",
            draft.accounts.len()
        );
        violations.add("accounts", "too_many_accounts", message);
        return Ok(Vec::new());
    }
    let named = draft
        .accounts
        .iter()
        .enumerate()
        .filter_map(|(index, id)| Some((index, id.as_ref()?)));
    let ids: Vec<(usize, Option<AccountId>)> =
        named.map(|(index, id)| (index, id.parse().ok())).collect();
    let wanted: Vec<AccountId> = ids.iter().filter_map(|(_, id)| id.clone()).collect();
    let mut found = if wanted.is_empty() {
        Vec::new()
    } else {
        entities::accounts::find_all(&state.database, owner, &wanted).await?
    };
    let mut seen = HashSet::new();
    let mut accounts = Vec::with_capacity(ids.len());
    for (index, id) in ids {
        let field = format!("accounts[{index}]");
        let position = id
            .as_ref()
            .and_then(|id| found.iter().position(|row| row.id == *id));
        match (id, position) {
            (Some(id), _) if !seen.insert(id.clone()) => {
                violations.add(field, "account_twice", "This account is named twice.");
            }
            (_, Some(position)) => accounts.push(found.swap_remove(position)),
            _ => violations.add(
                field,
                "account_unknown",
                "You have no such account; GET /v1/accounts lists yours.",
            ),
        }
    }
    Ok(accounts)
}

fn check_content(draft: &Draft, accounts: &[account::Model], violations: &mut Violations) {
    let content = &draft.content;
    let shown_on = |platform: Platform| accounts.iter().any(|account| account.platform == platform);
    if content.parts.len() > 1 {
        violations.add(
            "parts",
            "too_many_parts",
            "A post has one part; chains are not offered yet.",
        );
    }
    for (index, part) in content.parts.iter().enumerate() {
        let field = if draft.short_form {
            "text".to_owned()
        } else {
            format!("parts[{index}].text")
        };
        check_characters(&field, part, violations);
        for platform in Platform::ALL.iter().filter(|platform| shown_on(**platform)) {
            if !content.overrides.contains_key(platform) {
                check_part(*platform, &field, part, accounts, violations);
            }
        }
    }
    for (platform, instead) in &content.overrides {
        for part in &instead.parts {
            let field = format!("overrides.{platform}.text");
            check_characters(&field, part, violations);
            check_part(*platform, &field, part, accounts, violations);
        }
    }
}

fn check_characters(field: &str, part: &Part, violations: &mut Violations) {
    if part.text.trim().is_empty() {
        violations.add(field, "text_empty", "The text must not be empty.");
    } else if part.text.contains('\0') {
        violations.add(
            field,
            "invalid_character",
            "The text must not hold the character U+0000.",
        );
    }
}

fn check_part(
    platform: Platform,
    field: &str,
    part: &Part,
    accounts: &[account::Model],
    violations: &mut Violations,
) {
    match platform {
        Platform::Threads => check_threads(field, &part.text, violations),
        Platform::X => {
            // The shortest limit of the accounts it goes to counts.
            let all_premium = accounts
                .iter()
                .filter(|account| account.platform == Platform::X)
                .all(|account| account.is_premium);
            let has_any = accounts
                .iter()
                .any(|account| account.platform == Platform::X);
            let limit = if all_premium && has_any {
                x::text::PREMIUM_LIMIT
            } else {
                x::text::LIMIT
            };
            check_x(field, &part.text, limit, violations);
        }
    }
}

/// `threads.md` 4.1 and 4.2.
fn check_threads(field: &str, text: &str, violations: &mut Violations) {
    let length = threads::text::length(text);
    if length > threads::text::LIMIT {
        let message = format!(
            "Threads takes {} characters (an emoji counts as its UTF-8 bytes); this has {length}.",
            threads::text::LIMIT
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
fn check_x(field: &str, text: &str, limit: u32, violations: &mut Violations) {
    let measure = x::text::measure_within(text, limit);
    if measure.weighted_length > limit {
        let message = format!(
            "X takes {limit} (a link counts 23, an emoji or a wide character 2); this has {}.",
            measure.weighted_length
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
