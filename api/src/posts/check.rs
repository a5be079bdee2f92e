//! The rules: whether the platforms will take a post. Every violation is found before anything
//! is stored.

mod files;
mod options;
mod shown;
pub mod texts;

use std::collections::HashSet;
use std::time::Duration;

use entities::content::Content;
use entities::rows::account;
use entities::{AccountId, Timestamp, UserId};

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

/// A draft that was looked at whole.
pub struct Checked {
    /// Where it goes, in the order in which the accounts were named.
    pub accounts: Vec<account::Model>,
    /// What it shows, with all that publishing needs of its files, and long parts cut.
    pub content: Content,
    /// What will be changed or may be refused, although it breaks no rule.
    pub warnings: Vec<Warning>,
}

/// Something that its author may want to know before it goes out.
pub struct Warning {
    pub field: String,
    pub code: &'static str,
    pub message: String,
}

/// Checks a draft, finds its accounts and files, and cuts what is to be cut.
pub async fn check(
    state: &State,
    owner: &UserId,
    draft: &Draft,
    moment: Moment,
    violations: &mut Violations,
) -> Result<Checked, Problem> {
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
    let mut content = draft.content.clone();
    let facts = files::fill_in(state, owner, &mut content, draft, violations).await?;
    let warnings = shown::check(draft, &mut content, &accounts, &facts, violations);
    Ok(Checked {
        accounts,
        content,
        warnings,
    })
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
    if draft.accounts_are_kept && found.len() < wanted.len() {
        found.extend(entities::accounts::disconnected(&state.database, owner).await?);
    }
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
