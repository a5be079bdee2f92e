//! Reading what a customer says of a webhook.

use std::time::Duration;

use entities::rows::event::EventKind;
use entities::rows::webhook::EventKinds;
use entities::webhooks::WebhookChange;
use serde_json::{Map, Value};
use webhooks::{Reach, target};

use crate::fields::{Fields, Violations};
use crate::problem::Problem;

const LONGEST_DESCRIPTION: usize = 200;
/// How long a former secret signs on, unless said otherwise.
const FORMER_S: i64 = 24 * 3600;
const LONGEST_FORMER_S: i64 = 7 * 24 * 3600;

/// The URL, if it is there.
pub fn url(fields: &mut Fields<'_>, reach: Reach, violations: &mut Violations) -> Option<String> {
    let text = fields.text("url", violations)?;
    match target::parse(text, reach) {
        Ok(url) => Some(url.into()),
        Err(wrong) => {
            for one in wrong {
                violations.add("url", one.code(), one.to_string());
            }
            None
        }
    }
}

/// The kinds of event; none: all.
pub fn events(fields: &mut Fields<'_>, violations: &mut Violations) -> Option<EventKinds> {
    let words = fields.texts("events", violations)?;
    if words.is_empty() {
        let message = "Name a kind of event, or leave this out for all of them.";
        violations.add("events", "missing", message);
    }
    let mut kinds = Vec::new();
    for (index, word) in words.into_iter().enumerate() {
        match word.map(str::parse::<EventKind>) {
            Some(Ok(kind)) => kinds.push(kind),
            Some(Err(_)) => {
                let known: Vec<&str> = EventKind::ALL.iter().map(|kind| kind.as_str()).collect();
                let message = format!(
                    "There is no such kind of event; known: {}.",
                    known.join(", ")
                );
                violations.add(format!("events[{index}]"), "event_unknown", message);
            }
            None => {}
        }
    }
    Some(EventKinds::of(kinds))
}

/// What its owner calls it.
pub fn description(fields: &mut Fields<'_>, violations: &mut Violations) -> Option<String> {
    let text = fields.text("description", violations)?.trim();
    let fits = (1..=LONGEST_DESCRIPTION).contains(&text.chars().count());
    if !fits || text.chars().any(char::is_control) {
        let message = "A description is 1 to 200 characters on one line.";
        violations.add("description", "invalid_description", message);
    }
    Some(text.to_owned())
}

/// A change; everything that is wrong with it.
pub fn change(object: &Map<String, Value>, reach: Reach) -> Result<WebhookChange, Problem> {
    let mut violations = Violations::default();
    let mut fields = Fields::root(object);
    let says = |name| object.contains_key(name);
    let url = url(&mut fields, reach, &mut violations);
    let kinds = events(&mut fields, &mut violations);
    let description = description(&mut fields, &mut violations);
    let enabled = fields.flag("enabled", &mut violations);
    for name in ["url", "enabled"] {
        if says(name) && fields.lacks(name) {
            violations.add(name, "wrong_type", "This can not be null.");
        }
    }
    fields.refuse_others(&mut violations);
    violations.into_result()?;
    Ok(WebhookChange {
        url,
        description: says("description").then_some(description),
        kinds: says("events").then_some(kinds),
        enabled,
    })
}

/// How long a former secret signs on.
pub fn former_valid_for(object: &Map<String, Value>) -> Result<Duration, Problem> {
    let mut violations = Violations::default();
    let mut fields = Fields::root(object);
    let range = (0, LONGEST_FORMER_S);
    let seconds = fields.number("former_valid_for_s", range, &mut violations);
    fields.refuse_others(&mut violations);
    violations.into_result()?;
    let seconds = u64::try_from(seconds.unwrap_or(FORMER_S)).unwrap_or(0);
    Ok(Duration::from_secs(seconds))
}
