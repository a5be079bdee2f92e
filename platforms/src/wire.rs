//! Habits of both platforms' JSON.

use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

/// An id as our strings have it, though the platform may write a number (threads.md 0 point 5,
/// x.md 11 point 9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WireId(pub String);

impl<'de> Deserialize<'de> for WireId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(id) if !id.trim().is_empty() => Ok(WireId(id)),
            Value::Number(id) if id.is_u64() => Ok(WireId(id.to_string())),
            _ => Err(de::Error::custom(
                "an id is neither text nor a whole number",
            )),
        }
    }
}

/// An integer that may come as text.
pub(crate) fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}
