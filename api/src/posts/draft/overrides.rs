//! What one platform or one account shows instead: `"overrides": {"x": {...}, "acc_...": {...}}`.

use std::collections::BTreeMap;

use entities::content::Override;
use entities::{AccountId, Platform};

use super::options::read_options;
use super::parts::read_written;
use crate::fields::{Fields, Violations};

/// All overrides of a post.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    pub platforms: BTreeMap<Platform, Override>,
    pub accounts: BTreeMap<AccountId, Override>,
    /// The names of those that were written in the short form.
    pub short: Vec<String>,
}

/// Reads them; `None`: there are none.
pub fn read_overrides(fields: &mut Fields<'_>, violations: &mut Violations) -> Option<Overrides> {
    let mut overrides = fields.object("overrides", violations)?;
    let mut read = Overrides::default();
    for platform in Platform::ALL {
        let name = platform.as_str();
        if let Some(instead) = read_one(&mut overrides, name, &mut read.short, violations) {
            read.platforms.insert(*platform, instead);
        }
    }
    for name in overrides.names() {
        let Ok(account) = name.parse::<AccountId>() else {
            continue;
        };
        if let Some(instead) = read_one(&mut overrides, name, &mut read.short, violations) {
            read.accounts.insert(account, instead);
        }
    }
    overrides.refuse_others(violations);
    Some(read)
}

fn read_one<'a>(
    overrides: &mut Fields<'a>,
    name: &'a str,
    short: &mut Vec<String>,
    violations: &mut Violations,
) -> Option<Override> {
    let mut fields = overrides.object(name, violations)?;
    let written = read_written(&mut fields, violations);
    let options = read_options(&mut fields, violations);
    if written.is_none() && fields.lacks("text") && fields.lacks("parts") && options.is_none() {
        let message = "An override needs a `text`, `media`, `parts` or `options`.";
        violations.add(fields.path("text"), "missing", message);
    }
    fields.refuse_others(violations);
    let (parts, is_short) = written.unwrap_or_default().parts();
    if is_short {
        short.push(name.to_owned());
    }
    Some(Override { parts, options })
}
