//! Whether the files of a post are there, and whether a platform takes them.

use std::collections::HashMap;

use entities::content::{Content, Part};
use entities::rows::account;
use entities::{MediaId, Platform, UserId};
use media::limits::{self, Finding, Severity};

use super::shown::Place;
use super::{Draft, Warning};
use crate::fields::Violations;
use crate::problem::Problem;
use crate::state::State;

/// What is known of each file that a post names.
pub type Facts = HashMap<MediaId, media::Facts>;

/// Finds the files of a draft among the owner's, and keeps with the post what publishing needs of
/// them.
pub async fn fill_in(
    state: &State,
    owner: &UserId,
    content: &mut Content,
    draft: &Draft,
    violations: &mut Violations,
) -> Result<Facts, Problem> {
    let ids: Vec<MediaId> = content.media().into_iter().cloned().collect();
    let rows = entities::media::find_all(&state.database, owner, &ids).await?;
    let mut facts = Facts::new();
    for row in &rows {
        let known = serde_json::from_value(row.facts.clone())
            .map_err(|error| entities::DbErr::Json(error.to_string()))?;
        facts.insert(row.id.clone(), known);
    }
    let rows: HashMap<&MediaId, _> = rows.iter().map(|row| (&row.id, row)).collect();
    let overrides = content
        .overrides
        .iter_mut()
        .map(|(platform, instead)| (platform.to_string(), &mut instead.parts));
    let of_accounts = content
        .account_overrides
        .iter_mut()
        .map(|(account, instead)| (account.to_string(), &mut instead.parts));
    let all = std::iter::once((String::new(), &mut content.parts))
        .chain(overrides)
        .chain(of_accounts);
    for (name, parts) in all {
        let place = Place::of(draft, name);
        for (index, part) in parts.iter_mut().enumerate() {
            for (position, item) in part.media.iter_mut().enumerate() {
                match rows.get(&item.id) {
                    Some(row) => {
                        item.kind = row.kind;
                        item.mime.clone_from(&row.mime);
                        item.bytes = u64::try_from(row.bytes).unwrap_or(0);
                        item.key.clone_from(&row.key);
                    }
                    None => violations.add(
                        place.field(index, &format!("media[{position}].id")),
                        "media_unknown",
                        "You have no such file; POST /v1/media takes it first.",
                    ),
                }
            }
        }
    }
    Ok(facts)
}

/// Whether an account's platform takes the files of a part, one by one and together.
pub fn check_files(
    account: &account::Model,
    place: &Place,
    index: usize,
    part: &Part,
    facts: &Facts,
    violations: &mut Violations,
) -> Vec<Warning> {
    if part.media.is_empty() {
        return Vec::new();
    }
    let mut warnings = Vec::new();
    let mut tell = |field: String, findings: Vec<Finding>, violations: &mut Violations| {
        for finding in findings {
            let message = format!("{} {}", finding.message, finding.fix);
            match finding.severity {
                Severity::Refused => violations.add(field.clone(), finding.code, message),
                Severity::Warning => warnings.push(Warning {
                    field: field.clone(),
                    code: finding.code,
                    message,
                }),
            }
        }
    };
    let known: Vec<_> = part.media.iter().map(|item| facts.get(&item.id)).collect();
    for (position, facts) in known.iter().enumerate() {
        let Some(facts) = facts else { continue };
        let field = place.field(index, &format!("media[{position}]"));
        let findings = match account.platform {
            Platform::X => limits::check_x(facts, account.is_premium),
            Platform::Threads => limits::check_threads(facts),
        };
        tell(field, findings, violations);
    }
    let kinds: Vec<_> = known.iter().flatten().map(|facts| facts.kind).collect();
    let together = match account.platform {
        Platform::X => limits::check_mix_x(&kinds),
        Platform::Threads => limits::check_mix_threads(&kinds),
    };
    tell(place.field(index, "media"), together, violations);
    let may_upload = account.platform != Platform::X
        || account.scopes.is_empty()
        || account
            .scopes
            .split(' ')
            .any(|scope| scope == "media.write");
    if !may_upload {
        let message = "The connection to X lacks the permission `media.write`: connect the account again and grant it.";
        violations.add(place.field(index, "media"), "permission_missing", message);
    }
    warnings
}
