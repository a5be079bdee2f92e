//! The error bodies of X: problem, invalid-request and legacy, in either vocabulary (x.md 2.5).

use serde_json::Value;

use crate::wire::integer;

/// What an error body says, whatever its shape. Empty for a body that is not JSON.
#[derive(Default)]
pub(super) struct Problem {
    /// The last parts of the problem types: hosts have changed, these have not.
    types: Vec<String>,
    /// The codes of the older API.
    legacy_codes: Vec<i64>,
    title: Option<String>,
    detail: Option<String>,
    /// The one line of the older upload (x.md 3.3).
    error: Option<String>,
    /// From `errors`, the most exact words first.
    messages: Vec<String>,
    /// All words in lower case.
    words: String,
}

impl Problem {
    pub fn read(body: &Value) -> Self {
        let errors = body.get("errors").and_then(Value::as_array);
        let errors: &[Value] = errors.map_or(&[], Vec::as_slice);
        let everywhere = || std::iter::once(body).chain(errors);

        let mut problem = Self {
            types: everywhere().filter_map(problem_type).collect(),
            legacy_codes: errors
                .iter()
                .filter_map(|error| integer(error.get("code")?))
                .collect(),
            title: everywhere().find_map(|part| string(part, "title")),
            detail: everywhere().find_map(|part| string(part, "detail")),
            error: string(body, "error"),
            messages: errors
                .iter()
                .filter_map(|error| string(error, "message"))
                .collect(),
            words: String::new(),
        };
        let words = everywhere().flat_map(|part| {
            ["title", "detail", "message", "reason", "error"]
                .map(|key| string(part, key).unwrap_or_default())
        });
        problem.words = words.collect::<Vec<_>>().join("\n").to_lowercase();
        problem
    }

    pub fn is(&self, types: &[&str]) -> bool {
        self.types
            .iter()
            .any(|found| types.contains(&found.as_str()))
    }

    pub fn has_code(&self, codes: &[i64]) -> bool {
        self.legacy_codes.iter().any(|found| codes.contains(found))
    }

    /// `words` in lower case.
    pub fn says(&self, words: &str) -> bool {
        self.words.contains(words)
    }

    /// The refusal without a reason, which X gives when a scope is missing (x.md 1.5).
    pub fn says_only_forbidden(&self) -> bool {
        self.detail.as_deref() == Some("Forbidden")
    }

    /// The platform's own name for it: problem type, else legacy code, else title.
    pub fn code(&self) -> Option<String> {
        let legacy = || self.legacy_codes.first().map(i64::to_string);
        let kind = self.types.first().cloned();
        kind.or_else(legacy).or_else(|| self.title.clone())
    }

    /// The platform's own words. Account numbers are left out (x.md 11 point 23).
    pub fn message(&self) -> Option<String> {
        let said = if self.messages.is_empty() {
            let short = self.title.as_ref().or(self.error.as_ref());
            self.detail.as_ref().or(short).cloned()
        } else {
            Some(self.messages.join("; "))
        };
        said.map(|said| without_account_number(&said))
    }
}

fn string(part: &Value, key: &str) -> Option<String> {
    part.get(key).and_then(Value::as_str).map(str::to_owned)
}

fn problem_type(part: &Value) -> Option<String> {
    let kind = part.get("type").and_then(Value::as_str)?;
    let (_, suffix) = kind.trim_end_matches('/').rsplit_once('/')?;
    Some(suffix.to_owned())
}

fn without_account_number(said: &str) -> String {
    let Some((before, rest)) = said.split_once("account [") else {
        return said.to_owned();
    };
    let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    format!("{before}account [..{after}")
}
