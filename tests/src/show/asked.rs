//! A request, and what must be live when it was done.

use std::collections::BTreeMap;

use entities::Platform;
use serde_json::{Value, json};

use super::files::File;
use super::stage::{Account, Lacks, Role, Stage};

/// A request to `POST /v1/posts` and what must come of it.
#[derive(Clone, Debug)]
pub struct Asked {
    pub body: Value,
    pub wanted: Wanted,
}

/// What must come of a request.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// What each account shows.
    Live(Vec<Shown>),
    /// Violations, as `field code`.
    Refused(Vec<&'static str>),
}

/// What one account shows: its messages, each an answer to the one before.
#[derive(Clone, Debug)]
pub struct Shown {
    pub account: Account,
    pub parts: Vec<Part>,
}

/// One live message, in the words of the simulator's `GET /_sim/posts`.
#[derive(Clone, Debug, Default)]
pub struct Part {
    pub text: String,
    pub media: Vec<Attached>,
    pub poll: Option<Value>,
    pub quote: Option<String>,
    /// By the platform's own names; what is no text is compared as JSON.
    pub options: BTreeMap<&'static str, Value>,
}

/// A file on a message.
#[derive(Clone, Debug)]
pub struct Attached {
    pub file: File,
    pub alt_text: Option<String>,
}

impl Asked {
    /// The same parts on each account.
    pub fn on(stage: &Stage, roles: &[Role], body: Value, parts: &[Part]) -> Result<Self, Lacks> {
        let each = roles.iter().map(|role| (*role, parts.to_vec()));
        Self::each(stage, body, each.collect())
    }

    /// Other parts on other accounts.
    pub fn each(
        stage: &Stage,
        mut body: Value,
        parts: Vec<(Role, Vec<Part>)>,
    ) -> Result<Self, Lacks> {
        let mut shown = Vec::new();
        for (role, parts) in parts {
            let account = stage.account(role)?.clone();
            shown.push(Shown { account, parts });
        }
        let ids: Vec<&str> = shown.iter().map(|one| one.account.id.as_str()).collect();
        body["accounts"] = json!(ids);
        Ok(Asked {
            body,
            wanted: Wanted::Live(shown),
        })
    }

    /// A request that breaks these rules.
    pub fn refused(
        stage: &Stage,
        roles: &[Role],
        mut body: Value,
        violations: &[&'static str],
    ) -> Result<Self, Lacks> {
        let accounts: Result<Vec<_>, Lacks> =
            roles.iter().map(|role| stage.account(*role)).collect();
        let ids: Vec<&str> = accounts?.iter().map(|one| one.id.as_str()).collect();
        body["accounts"] = json!(ids);
        Ok(Asked {
            body,
            wanted: Wanted::Refused(violations.to_vec()),
        })
    }
}

impl Part {
    pub fn text(text: impl Into<String>) -> Self {
        Part {
            text: text.into(),
            ..Part::default()
        }
    }

    pub fn file(mut self, file: &File) -> Self {
        self.media.push(Attached {
            file: file.clone(),
            alt_text: None,
        });
        self
    }

    /// A file with a description.
    pub fn described(mut self, file: &File, alt_text: &str) -> Self {
        self.media.push(Attached {
            file: file.clone(),
            alt_text: Some(alt_text.to_owned()),
        });
        self
    }

    pub fn poll(self, poll: Value) -> Self {
        Part {
            poll: Some(poll),
            ..self
        }
    }

    pub fn quote(self, id: &str) -> Self {
        Part {
            quote: Some(id.to_owned()),
            ..self
        }
    }

    pub fn option(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.options.insert(name, value.into());
        self
    }

    /// What a message of these files is on a platform.
    pub fn kind(&self, platform: Platform) -> &'static str {
        match (platform, self.media.as_slice()) {
            (_, []) => "text",
            (Platform::Threads, [_, _, ..]) => "carousel",
            (_, [first, ..]) => first.file.kind,
        }
    }
}
