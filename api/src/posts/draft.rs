//! What a request asks for, read but not yet checked against the rules of the platforms.

use actix_web::HttpRequest;
use entities::content::{Content, Override, Part};
use entities::misfire::Policy;
use entities::posts::PostView;
use entities::rows::post::IfLate;
use entities::{Platform, Timestamp};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::fields::{Fields, Violations};

/// How late a post may be allowed to go out: ten years, as far as it may be scheduled ahead.
const MOST_LATENESS_S: i64 = 10 * 366 * 24 * 3600;

/// A post as it was asked for.
pub struct Draft {
    pub content: Content,
    /// As given, `None` for what is no text; whether they exist is checked later.
    pub accounts: Vec<Option<String>>,
    pub publish_at: Option<Timestamp>,
    pub time_zone: Option<String>,
    /// What of it was left out is the default.
    pub policy: Policy,
    /// What the parts are called in the request: `text` or `parts[i].text`.
    pub short_form: bool,
}

impl Draft {
    /// Reads the body of `POST /v1/posts`.
    pub fn read(object: &Map<String, Value>, violations: &mut Violations) -> Self {
        let mut fields = Fields::root(object);
        let (parts, short_form) = read_parts(&mut fields, violations);
        let accounts = fields.texts("accounts", violations);
        if fields.lacks("accounts") || accounts.as_ref().is_some_and(Vec::is_empty) {
            violations.add(
                "accounts",
                "missing",
                "Name at least one account, as in GET /v1/accounts.",
            );
        }
        let draft = Draft {
            content: Content {
                parts: parts.unwrap_or_default(),
                overrides: read_overrides(&mut fields, violations).unwrap_or_default(),
            },
            accounts: accounts
                .unwrap_or_default()
                .into_iter()
                .map(|id| id.map(str::to_owned))
                .collect(),
            publish_at: fields.time("publish_at", violations),
            time_zone: fields.text("time_zone", violations).map(str::to_owned),
            policy: Policy {
                if_late: read_if_late(&mut fields, violations).unwrap_or(IfLate::Publish),
                max_lateness_s: read_max_lateness(&mut fields, violations),
            },
            short_form,
        };
        if fields.lacks("text") && fields.lacks("parts") {
            violations.add("text", "missing", "Write the post in `text`.");
        }
        fields.refuse_others(violations);
        draft
    }

    /// Tells this request from another under the same key, whatever the order of its fields.
    pub fn hash(&self) -> Vec<u8> {
        let meant = json!([
            self.content,
            self.accounts,
            self.publish_at,
            self.time_zone,
            self.policy.if_late,
            self.policy.max_lateness_s,
        ]);
        Sha256::digest(meant.to_string()).to_vec()
    }
}

/// What `PATCH /v1/posts/{id}` asks for.
pub struct DraftEdit {
    parts: Option<Vec<Part>>,
    overrides: Option<std::collections::BTreeMap<Platform, Override>>,
    /// `Some(None)`: at once.
    pub publish_at: Option<Option<Timestamp>>,
    pub time_zone: Option<Option<String>>,
    pub if_late: Option<IfLate>,
    /// `Some(None)`: the default of `if_late`.
    pub max_lateness_s: Option<Option<i64>>,
    short_form: bool,
}

impl DraftEdit {
    /// Reads the body. What is absent stays as it is; `null` takes a time or zone away, or is the
    /// default.
    pub fn read(object: &Map<String, Value>, violations: &mut Violations) -> Self {
        let mut fields = Fields::root(object);
        let (parts, short_form) = read_parts(&mut fields, violations);
        let overrides = read_overrides(&mut fields, violations);
        let publish_at = fields.time("publish_at", violations);
        let time_zone = fields.text("time_zone", violations).map(str::to_owned);
        let if_late = read_if_late(&mut fields, violations);
        let max_lateness_s = read_max_lateness(&mut fields, violations);
        let edit = DraftEdit {
            parts,
            overrides,
            publish_at: fields.has("publish_at").then_some(publish_at),
            time_zone: fields.has("time_zone").then_some(time_zone),
            if_late: fields
                .has("if_late")
                .then_some(if_late.unwrap_or(IfLate::Publish)),
            max_lateness_s: fields.has("max_lateness_s").then_some(max_lateness_s),
            short_form,
        };
        fields.refuse_others(violations);
        edit
    }

    /// The post as it would be with this edit.
    pub fn applied_to(&self, view: &PostView) -> Draft {
        let content = &view.post.content;
        Draft {
            content: Content {
                parts: self.parts.clone().unwrap_or_else(|| content.parts.clone()),
                overrides: self
                    .overrides
                    .clone()
                    .unwrap_or_else(|| content.overrides.clone()),
            },
            accounts: view
                .deliveries
                .iter()
                .map(|view| Some(view.delivery.account_id.to_string()))
                .collect(),
            publish_at: self.publish_at.unwrap_or(view.post.publish_at),
            time_zone: self
                .time_zone
                .clone()
                .unwrap_or_else(|| view.post.time_zone.clone()),
            policy: Policy {
                if_late: self.if_late.unwrap_or(view.post.if_late),
                max_lateness_s: self.max_lateness_s.unwrap_or(view.post.max_lateness_s),
            },
            short_form: self.short_form,
        }
    }
}

fn read_if_late(fields: &mut Fields<'_>, violations: &mut Violations) -> Option<IfLate> {
    let word = fields.text("if_late", violations)?;
    let if_late = word.parse().ok();
    if if_late.is_none() {
        let message = "Say `publish`, `skip` or `ask`.";
        violations.add(fields.path("if_late"), "if_late_unknown", message);
    }
    if_late
}

fn read_max_lateness(fields: &mut Fields<'_>, violations: &mut Violations) -> Option<i64> {
    fields.number("max_lateness_s", (0, MOST_LATENESS_S), violations)
}

/// `text`, or `parts`, but not both.
fn read_parts(fields: &mut Fields<'_>, violations: &mut Violations) -> (Option<Vec<Part>>, bool) {
    let text = fields.text("text", violations);
    let parts = fields.objects("parts", violations).map(|parts| {
        parts
            .into_iter()
            .map(|part| read_part(part, violations))
            .collect::<Vec<_>>()
    });
    match (text, parts) {
        (Some(_), Some(_)) => {
            violations.add(
                fields.path("parts"),
                "text_and_parts",
                "Give `text` or `parts`, not both.",
            );
            (None, true)
        }
        (Some(text), None) => (
            Some(vec![Part {
                text: text.to_owned(),
            }]),
            true,
        ),
        (None, Some(parts)) => {
            if parts.is_empty() {
                violations.add(fields.path("parts"), "missing", "Give one part.");
            }
            (Some(parts), false)
        }
        (None, None) => (None, true),
    }
}

fn read_part(mut fields: Fields<'_>, violations: &mut Violations) -> Part {
    let text = fields
        .text("text", violations)
        .unwrap_or_default()
        .to_owned();
    if fields.lacks("text") {
        violations.add(fields.path("text"), "missing", "A part needs a `text`.");
    }
    fields.refuse_others(violations);
    Part { text }
}

fn read_overrides(
    fields: &mut Fields<'_>,
    violations: &mut Violations,
) -> Option<std::collections::BTreeMap<Platform, Override>> {
    let mut overrides = fields.object("overrides", violations)?;
    let mut read = std::collections::BTreeMap::new();
    for platform in Platform::ALL {
        let Some(mut instead) = overrides.object(platform.as_str(), violations) else {
            continue;
        };
        let text = instead.text("text", violations);
        if instead.lacks("text") {
            violations.add(
                instead.path("text"),
                "missing",
                "An override needs a `text`.",
            );
        }
        instead.refuse_others(violations);
        if let Some(text) = text {
            read.insert(
                *platform,
                Override {
                    parts: vec![Part {
                        text: text.to_owned(),
                    }],
                },
            );
        }
    }
    overrides.refuse_others(violations);
    Some(read)
}

/// The header, when it is there.
pub fn idempotency_key(request: &HttpRequest, violations: &mut Violations) -> Option<String> {
    let value = request.headers().get("Idempotency-Key")?;
    let key = value.to_str().ok().filter(|key| {
        (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
    });
    if key.is_none() {
        let message =
            "The Idempotency-Key must be 1 to 255 visible ASCII characters without spaces.";
        violations.add("Idempotency-Key", "invalid_key", message);
    }
    key.map(str::to_owned)
}
