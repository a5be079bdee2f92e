//! What each account will show, and whether its platform takes that.

use std::collections::HashSet;

use entities::Platform;
use entities::content::{Content, Part};
use entities::rows::account;
use platforms::split::{Counting, Numbering, Rule, split};

use super::files::{Facts, check_files};
use super::options::check_options;
use super::texts::{Measure, check_characters, check_text};
use super::{Draft, Warning};
use crate::fields::Violations;

/// The most messages that a chain may have.
pub const MOST_PARTS: usize = 25;

/// Where in the request something was written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// Empty for the post's own, or the name of an override.
    name: String,
    short: bool,
}

impl Place {
    pub fn of(draft: &Draft, name: String) -> Self {
        let short = draft.short.contains(&name);
        Place { name, short }
    }

    /// What `leaf` of a part is called in the request.
    pub fn field(&self, part: usize, leaf: &str) -> String {
        let before = match self.name.as_str() {
            "" => String::new(),
            name => format!("overrides.{name}."),
        };
        if self.short {
            format!("{before}{leaf}")
        } else {
            format!("{before}parts[{part}].{leaf}")
        }
    }
}

/// Checks what every account will show, and cuts what is to be cut.
pub fn check(
    draft: &Draft,
    content: &mut Content,
    accounts: &[account::Model],
    facts: &Facts,
    violations: &mut Violations,
) -> Vec<Warning> {
    check_words(draft, content, violations);
    let mut warnings = Vec::new();
    let mut seen = HashSet::new();
    for account in accounts {
        let (place, written) = written_for(draft, content, account);
        let measure = Measure::of(account);
        let is_new = seen.insert((place.clone(), measure));
        // What was found once is not told again for each account of the same kind.
        let mut unheard = Violations::default();
        let told = if is_new {
            &mut *violations
        } else {
            &mut unheard
        };
        let (parts, origins) = cut(content, &place, &written, measure, told);
        if parts.len() > MOST_PARTS {
            let message = format!(
                "A chain has {MOST_PARTS} parts at most; on {} this has {}.",
                account.platform,
                parts.len()
            );
            told.add(place.field(0, "text"), "too_many_parts", message);
        }
        let is_split = content.split.is_some();
        for (part, origin) in parts.iter().zip(&origins) {
            let field = place.field(*origin, "text");
            check_text(measure, &field, &part.text, is_split, told);
        }
        for (index, part) in written.iter().enumerate() {
            let found = check_files(account, &place, index, part, facts, told);
            if is_new {
                warnings.extend(found);
            }
        }
        check_options(content, account, &place, &parts, told);
        if parts != written {
            content.cuts.insert(account.id.clone(), parts);
        }
    }
    warnings
}

/// What holds on every platform, whether or not an account shows it.
fn check_words(draft: &Draft, content: &Content, violations: &mut Violations) {
    let overrides = content
        .overrides
        .iter()
        .map(|(platform, instead)| (platform.to_string(), &instead.parts));
    let of_accounts = content
        .account_overrides
        .iter()
        .map(|(account, instead)| (account.to_string(), &instead.parts));
    let all = std::iter::once((String::new(), &content.parts))
        .chain(overrides)
        .chain(of_accounts);
    for (name, parts) in all {
        let place = Place::of(draft, name);
        for (index, part) in parts.iter().enumerate() {
            let field = place.field(index, "text");
            check_characters(&field, &part.text, !part.media.is_empty(), violations);
        }
    }
    for account in content.account_overrides.keys() {
        let named = draft
            .accounts
            .iter()
            .flatten()
            .any(|named| named.eq_ignore_ascii_case(account.as_str()));
        if !named {
            let field = format!("overrides.{account}");
            let message = "The post does not go to this account; add it to `accounts`.";
            violations.add(field, "account_not_named", message);
        }
    }
}

fn written_for(draft: &Draft, content: &Content, account: &account::Model) -> (Place, Vec<Part>) {
    let written = content.written_for(account.platform, &account.id).to_vec();
    let own = content.account_overrides.get(&account.id);
    let of_platform = content.overrides.get(&account.platform);
    let name = match (own, of_platform) {
        (Some(instead), _) if !instead.parts.is_empty() => account.id.to_string(),
        (_, Some(instead)) if !instead.parts.is_empty() => account.platform.to_string(),
        _ => String::new(),
    };
    (Place::of(draft, name), written)
}

/// The parts that are shown, and which written part each came of. Files stay with the first piece
/// of their part.
fn cut(
    content: &Content,
    place: &Place,
    written: &[Part],
    measure: Measure,
    violations: &mut Violations,
) -> (Vec<Part>, Vec<usize>) {
    let Some(how) = content.split else {
        return (written.to_vec(), (0..written.len()).collect());
    };
    let rule = Rule {
        counting: match measure.platform {
            Platform::Threads => Counting::Threads {
                limit: measure.limit,
            },
            Platform::X => Counting::X {
                limit: measure.limit,
            },
        },
        numbering: how.numbering.then_some(Numbering::IndexOfTotal),
        most_parts: MOST_PARTS,
    };
    let (mut parts, mut origins) = (Vec::new(), Vec::new());
    for (index, part) in written.iter().enumerate() {
        let texts = match split(&part.text, &rule) {
            Ok(texts) => texts,
            Err(error) => {
                let field = place.field(index, "text");
                violations.add(field, "can_not_be_split", error.to_string());
                vec![]
            }
        };
        for (piece, text) in texts.into_iter().enumerate() {
            let media = if piece == 0 {
                part.media.clone()
            } else {
                vec![]
            };
            parts.push(Part { text, media });
            origins.push(index);
        }
    }
    (parts, origins)
}
