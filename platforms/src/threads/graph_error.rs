//! The error of the Graph, whichever call it answers.

use serde_json::Value;

use crate::wire::integer;

/// The `error` object; everything in it is optional, and codes may be negative or have seven
/// digits (threads.md 5.1).
#[derive(Default)]
pub(super) struct GraphError {
    pub code: Option<i64>,
    pub subcode: Option<i64>,
    pub is_transient: bool,
    pub message: Option<String>,
    pub trace_id: Option<String>,
}

impl GraphError {
    pub fn read(error: &Value) -> Self {
        let string = |key| error.get(key).and_then(Value::as_str).map(str::to_owned);
        Self {
            code: error.get("code").and_then(integer),
            subcode: error.get("error_subcode").and_then(integer),
            is_transient: error.get("is_transient").and_then(Value::as_bool) == Some(true),
            message: string("message").or_else(|| error.as_str().map(str::to_owned)),
            trace_id: string("fbtrace_id"),
        }
    }

    pub fn says(&self, words: &str) -> bool {
        self.message
            .as_deref()
            .is_some_and(|message| message.contains(words))
    }

    pub fn label(&self) -> Option<String> {
        match (self.code, self.subcode) {
            (Some(code), Some(subcode)) => Some(format!("{code}/{subcode}")),
            (code, subcode) => code.or(subcode).map(|code| code.to_string()),
        }
    }
}
