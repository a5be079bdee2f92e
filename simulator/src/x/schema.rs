//! The body of `POST /2/tweets` against its schema, which knows no other
//! properties (x.md 2.1), with messages as the gateway writes them.

mod options;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::post::LivePoll;
use crate::x::{Refused, XError, snowflake};

/// A body that the schema accepts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct NewPost {
    pub(crate) text: String,
    pub(crate) reply_to: Option<u64>,
    pub(crate) quoted: Option<u64>,
    pub(crate) media_ids: Vec<u64>,
    pub(crate) poll: Option<LivePoll>,
    /// The post that this one takes the place of.
    pub(crate) edits: Option<u64>,
    pub(crate) options: BTreeMap<String, String>,
}

const FIELDS: [&str; 16] = [
    "text",
    "media",
    "poll",
    "reply",
    "quote_tweet_id",
    "reply_settings",
    "edit_options",
    "made_with_ai",
    "paid_partnership",
    "community_id",
    "share_with_followers",
    "for_super_followers_only",
    "nullcast",
    "direct_message_deep_link",
    "card_uri",
    "geo",
];
const REPLY_FIELDS: [&str; 3] = [
    "in_reply_to_tweet_id",
    "exclude_reply_user_ids",
    "auto_populate_reply_metadata",
];
const EXCLUSIVE: [&str; 5] = [
    "poll",
    "quote_tweet_id",
    "direct_message_deep_link",
    "media",
    "card_uri",
];

pub(crate) fn new_post(body: &[u8]) -> Result<NewPost, Refused> {
    let body = object(body)?;
    only(&body, "$", &FIELDS)?;
    let text = match body.get("text") {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => return Err(wrong_type("$.text", other, "string")),
    };
    if EXCLUSIVE
        .iter()
        .filter(|name| body.contains_key(**name))
        .count()
        > 1
    {
        return Err(invalid(
            "You can only provide one of poll or quote_tweet_id or direct_message_deep_link or media or card_uri.",
        ));
    }
    let options = options::read(&body)?;
    let media_ids = media_ids(&body)?;
    if text.trim().is_empty() && media_ids.is_empty() {
        return Err(invalid(
            "Required to provide at least one of text or media.",
        ));
    }
    Ok(NewPost {
        text,
        reply_to: reply_to(&body)?,
        quoted: match body.get("quote_tweet_id") {
            Some(given) => Some(check_id(given, "$.quote_tweet_id")?),
            None => None,
        },
        media_ids,
        poll: options::poll(&body)?,
        edits: options::edits(&body)?,
        options,
    })
}

fn reply_to(body: &Map<String, Value>) -> Result<Option<u64>, Refused> {
    let Some(reply) = body.get("reply") else {
        return Ok(None);
    };
    let Value::Object(reply) = reply else {
        return Err(wrong_type("$.reply", reply, "object"));
    };
    only(reply, "$.reply", &REPLY_FIELDS)?;
    let Some(parent) = reply.get("in_reply_to_tweet_id") else {
        return Err(invalid(
            "$.reply.in_reply_to_tweet_id: is missing but it is required",
        ));
    };
    check_id(parent, "$.reply.in_reply_to_tweet_id").map(Some)
}

fn media_ids(body: &Map<String, Value>) -> Result<Vec<u64>, Refused> {
    let Some(media) = body.get("media").and_then(Value::as_object) else {
        return Ok(Vec::new());
    };
    let path = "$.media.media_ids";
    let Some(given) = media.get("media_ids") else {
        return Err(invalid(format!("{path}: is missing but it is required")));
    };
    match given.as_array().map(Vec::len) {
        Some(0) => Err(invalid(format!(
            "{path}: there must be a minimum of 1 items in the array"
        ))),
        Some(5..) => Err(options::at_most(path, 4)),
        _ => ids(media, "media_ids", "$.media"),
    }
}

/// A list of ids; none, when it is absent.
pub(crate) fn ids(
    object: &Map<String, Value>,
    name: &str,
    path: &str,
) -> Result<Vec<u64>, Refused> {
    let path = format!("{path}.{name}");
    match object.get(name) {
        None => Ok(Vec::new()),
        Some(Value::Array(given)) => {
            let given = given.iter().enumerate();
            given
                .map(|(place, given)| check_id(given, &format!("{path}[{place}]")))
                .collect()
        }
        Some(other) => Err(wrong_type(&path, other, "array")),
    }
}

pub(crate) fn object(body: &[u8]) -> Result<Map<String, Value>, Refused> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(body)) => Ok(body),
        _ => Err(invalid("Request body must be a JSON object.")),
    }
}

pub(crate) fn only(object: &Map<String, Value>, path: &str, known: &[&str]) -> Result<(), Refused> {
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(undefined(path, key)),
        None => Ok(()),
    }
}

pub(crate) fn undefined(path: &str, key: &str) -> Refused {
    invalid(format!(
        "{path}.{key}: is not defined in the schema and the schema does not allow additional properties"
    ))
}

pub(crate) fn check_id(given: &Value, path: &str) -> Result<u64, Refused> {
    let Value::String(given) = given else {
        return Err(wrong_type(path, given, "string"));
    };
    snowflake::parse(given).ok_or_else(|| XError::InvalidRequest {
        message: format!("{path}: does not match the regex pattern ^[0-9]{{1,19}}$"),
        parameter: Some((path.to_owned(), given.clone())),
    })
}

pub(crate) fn wrong_type(path: &str, found: &Value, expected: &str) -> Refused {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    invalid(format!("{path}: {found} found, {expected} expected"))
}

pub(crate) fn invalid(message: impl Into<String>) -> Refused {
    XError::InvalidRequest {
        message: message.into(),
        parameter: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(body: &str) -> String {
        match new_post(body.as_bytes()) {
            Err(XError::InvalidRequest { message, .. }) => message,
            other => panic!("{body}: {other:?}"),
        }
    }

    #[test]
    fn a_reply_is_read() {
        let read = new_post(br#"{"text":"hi","reply":{"in_reply_to_tweet_id":"12"}}"#);
        let expected = NewPost {
            text: "hi".to_owned(),
            reply_to: Some(12),
            ..NewPost::default()
        };
        assert_eq!(read, Ok(expected));
    }

    #[test]
    fn every_fault_of_a_body_is_named_as_the_gateway_names_it() {
        for (body, expected) in [
            ("[1]", "must be a JSON object"),
            ("{", "must be a JSON object"),
            ("{}", "at least one of text or media"),
            (r#"{"text":5}"#, "$.text: number found, string expected"),
            (
                r#"{"text":"a","txet":1}"#,
                "$.txet: is not defined in the schema",
            ),
            (
                r#"{"text":"a","reply":{"id":"1"}}"#,
                "$.reply.id: is not defined",
            ),
            (
                r#"{"text":"a","reply":{"in_reply_to_tweet_id":"x1"}}"#,
                "$.reply.in_reply_to_tweet_id: does not match the regex pattern ^[0-9]{1,19}$",
            ),
            (r#"{"text":"a","reply_settings":"everyone"}"#, "enumeration"),
            (
                r#"{"text":"a","poll":{},"quote_tweet_id":"1"}"#,
                "You can only provide one of",
            ),
            (
                r#"{"media":{"media_ids":["1","2","3","4","5"]}}"#,
                "a maximum of 4 items",
            ),
            (r#"{"media":{"media_ids":[]}}"#, "a minimum of 1 items"),
            (
                r#"{"text":"a","media":{"media_ids":["7_1"]}}"#,
                "$.media.media_ids[0]: does not match the regex pattern",
            ),
            (
                r#"{"text":"a","media":{"media_ids":["1"],"alt":"b"}}"#,
                "$.media.alt: is not defined",
            ),
            (
                r#"{"text":"a","poll":{"options":["b"],"duration_minutes":5}}"#,
                "$.poll.options: there must be a minimum of 2 items",
            ),
            (
                r#"{"text":"a","poll":{"options":["b","abcdefghijklmnopqrstuvwxyz"],"duration_minutes":5}}"#,
                "$.poll.options[1]: may only be 25 characters long",
            ),
            (
                r#"{"text":"a","poll":{"options":["b","c"],"duration_minutes":4}}"#,
                "must have a minimum value of 5",
            ),
            (
                r#"{"text":"a","poll":{"options":["b","c"],"duration_minutes":10081}}"#,
                "must have a maximum value of 10080",
            ),
            (
                r#"{"text":"a","made_with_ai":"yes"}"#,
                "$.made_with_ai: string found, boolean expected",
            ),
            (
                r#"{"text":"a","community_id":"c1"}"#,
                "$.community_id: does not match the regex pattern",
            ),
        ] {
            let message = message(body);
            assert!(message.contains(expected), "{body}: {message}");
        }
    }
}
