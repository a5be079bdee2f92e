//! What a request asks for, read but not yet checked against the rules of the platforms.

mod options;
mod overrides;
mod parts;

use actix_web::HttpRequest;
use entities::content::{Content, Options, Split};
use entities::misfire::Policy;
use entities::posts::PostView;
use entities::rows::post::IfLate;
use entities::{Timestamp, jitter};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::fields::{Fields, Violations};
use options::read_options;
use overrides::{Overrides, read_overrides};
use parts::{Written, read_written};

/// How late a post may be allowed to go out: ten years, as far as it may be scheduled ahead.
const MOST_LATENESS_S: i64 = 10 * 366 * 24 * 3600;

/// A post as it was asked for.
pub struct Draft {
    pub content: Content,
    /// As given, `None` for what is no text; whether they exist is checked later.
    pub accounts: Vec<Option<String>>,
    /// They are those of a post that is there, and may have been disconnected since: what is scheduled
    /// on them waits, and may be changed meanwhile.
    pub accounts_are_kept: bool,
    pub publish_at: Option<Timestamp>,
    pub time_zone: Option<String>,
    /// What of it was left out is the default.
    pub policy: Policy,
    /// Over how many seconds its deliveries are spread.
    pub jitter_s: i64,
    /// Which texts are called `text` in the request, and not `parts[i].text`: the post's own has
    /// the name "", overrides have theirs.
    pub short: Vec<String>,
}

impl Draft {
    /// Reads the body of `POST /v1/posts`.
    pub fn read(object: &Map<String, Value>, violations: &mut Violations) -> Self {
        let mut fields = Fields::root(object);
        let written = read_written(&mut fields, violations);
        let accounts = fields.texts("accounts", violations);
        if fields.lacks("accounts") || accounts.as_ref().is_some_and(Vec::is_empty) {
            violations.add(
                "accounts",
                "missing",
                "Name at least one account, as in GET /v1/accounts.",
            );
        }
        let Overrides {
            platforms,
            accounts: of_accounts,
            mut short,
        } = read_overrides(&mut fields, violations).unwrap_or_default();
        let (parts, is_short) = written.unwrap_or_default().parts();
        if is_short {
            short.push(String::new());
        }
        let draft = Draft {
            content: Content {
                parts,
                split: read_split(&mut fields, violations).flatten(),
                overrides: platforms,
                account_overrides: of_accounts,
                options: read_options(&mut fields, violations).unwrap_or_default(),
                verify_after_s: read_verify_after(&mut fields, violations),
                cuts: Default::default(),
            },
            accounts: accounts
                .unwrap_or_default()
                .into_iter()
                .map(|id| id.map(str::to_owned))
                .collect(),
            accounts_are_kept: false,
            publish_at: fields.time("publish_at", violations),
            time_zone: fields.text("time_zone", violations).map(str::to_owned),
            policy: Policy {
                if_late: read_if_late(&mut fields, violations).unwrap_or(IfLate::Publish),
                max_lateness_s: read_max_lateness(&mut fields, violations),
            },
            jitter_s: read_jitter(&mut fields, violations).unwrap_or(0),
            short,
        };
        if fields.lacks("text") && fields.lacks("parts") && fields.lacks("media") {
            violations.add("text", "missing", "Write the post in `text`.");
        }
        fields.refuse_others(violations);
        draft
    }

    /// Tells this request from another under the same key, whatever the order of its fields.
    pub fn hash(&self) -> Vec<u8> {
        let mut meant = vec![
            json!(self.content),
            json!(self.accounts),
            json!(self.publish_at),
            json!(self.time_zone),
            json!(self.policy.if_late),
            json!(self.policy.max_lateness_s),
        ];
        // What was submitted before there was such a field has the hash that it had.
        if self.jitter_s > 0 {
            meant.push(json!({ "jitter_s": self.jitter_s }));
        }
        Sha256::digest(Value::from(meant).to_string()).to_vec()
    }
}

/// What `PATCH /v1/posts/{id}` asks for.
pub struct DraftEdit {
    written: Option<Written>,
    /// `Some(None)`: nothing is cut.
    split: Option<Option<Split>>,
    overrides: Option<Overrides>,
    options: Option<Options>,
    /// `Some(None)`: not at all.
    verify_after_s: Option<Option<u32>>,
    /// `Some(None)`: at once.
    pub publish_at: Option<Option<Timestamp>>,
    pub time_zone: Option<Option<String>>,
    pub if_late: Option<IfLate>,
    /// `Some(None)`: the default of `if_late`.
    pub max_lateness_s: Option<Option<i64>>,
    pub jitter_s: Option<i64>,
}

impl DraftEdit {
    /// Reads the body. What is absent stays as it is; `null` takes a time or zone away, or is the
    /// default.
    pub fn read(object: &Map<String, Value>, violations: &mut Violations) -> Self {
        let mut fields = Fields::root(object);
        let written = read_written(&mut fields, violations);
        let split = read_split(&mut fields, violations);
        let options = read_options(&mut fields, violations);
        let verify_after_s = read_verify_after(&mut fields, violations);
        let overrides = read_overrides(&mut fields, violations);
        let publish_at = fields.time("publish_at", violations);
        let time_zone = fields.text("time_zone", violations).map(str::to_owned);
        let if_late = read_if_late(&mut fields, violations);
        let max_lateness_s = read_max_lateness(&mut fields, violations);
        let jitter_s = read_jitter(&mut fields, violations);
        let edit = DraftEdit {
            written,
            split,
            overrides,
            options,
            verify_after_s: fields.has("verify_after_s").then_some(verify_after_s),
            publish_at: fields.has("publish_at").then_some(publish_at),
            time_zone: fields.has("time_zone").then_some(time_zone),
            if_late: fields
                .has("if_late")
                .then_some(if_late.unwrap_or(IfLate::Publish)),
            max_lateness_s: fields.has("max_lateness_s").then_some(max_lateness_s),
            jitter_s: fields.has("jitter_s").then_some(jitter_s.unwrap_or(0)),
        };
        fields.refuse_others(violations);
        edit
    }

    /// The post as it would be with this edit.
    pub fn applied_to(&self, view: &PostView) -> Draft {
        let mut content = view.post.content.clone();
        content.cuts.clear();
        let mut short = Vec::new();
        if let Some(written) = &self.written {
            let is_short = written.change(&mut content.parts);
            short.extend(is_short.then(String::new));
        }
        if let Some(split) = self.split {
            content.split = split;
        }
        if let Some(after_s) = self.verify_after_s {
            content.verify_after_s = after_s;
        }
        if let Some(options) = &self.options {
            content.options = options.clone();
        }
        if let Some(overrides) = &self.overrides {
            content.overrides = overrides.platforms.clone();
            content.account_overrides = overrides.accounts.clone();
            short.extend(overrides.short.iter().cloned());
        }
        Draft {
            content,
            accounts: view
                .deliveries
                .iter()
                .map(|view| Some(view.delivery.account_id.to_string()))
                .collect(),
            accounts_are_kept: true,
            publish_at: self.publish_at.unwrap_or(view.post.publish_at),
            time_zone: self
                .time_zone
                .clone()
                .unwrap_or_else(|| view.post.time_zone.clone()),
            policy: Policy {
                if_late: self.if_late.unwrap_or(view.post.if_late),
                max_lateness_s: self.max_lateness_s.unwrap_or(view.post.max_lateness_s),
            },
            jitter_s: self.jitter_s.unwrap_or(view.post.jitter_s),
            short,
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

fn read_jitter(fields: &mut Fields<'_>, violations: &mut Violations) -> Option<i64> {
    fields.number("jitter_s", (0, jitter::MOST_S), violations)
}

/// From a minute to a week.
fn read_verify_after(fields: &mut Fields<'_>, violations: &mut Violations) -> Option<u32> {
    let after_s = fields.number("verify_after_s", (60, 604_800), violations)?;
    u32::try_from(after_s).ok()
}

/// `split`: true, false, or how. `Some(None)`: nothing is cut.
fn read_split(fields: &mut Fields<'_>, violations: &mut Violations) -> Option<Option<Split>> {
    if !fields.has("split") {
        fields.known("split");
        return None;
    }
    if fields.lacks("split") {
        fields.known("split");
        return Some(None);
    }
    if fields.is_object("split") {
        let mut how = fields.object("split", violations)?;
        let numbering = how.flag("numbering", violations).unwrap_or(false);
        how.refuse_others(violations);
        return Some(Some(Split { numbering }));
    }
    let split = fields.flag("split", violations)?;
    Some(split.then(Split::default))
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
