//! The body of `POST /2/tweets` against its schema, which knows no other
//! properties (x.md 2.1), with messages as the gateway writes them.

use serde_json::{Map, Value};

use crate::x::{Refused, XError, snowflake};

/// A body that the schema accepts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct NewPost {
    pub(crate) text: String,
    pub(crate) reply_to: Option<u64>,
    pub(crate) quoted: Option<u64>,
    pub(crate) media_ids: Vec<String>,
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
const REPLY_SETTINGS: [&str; 4] = ["following", "mentionedUsers", "subscribers", "verified"];
const EXCLUSIVE: [&str; 5] = [
    "poll",
    "quote_tweet_id",
    "direct_message_deep_link",
    "media",
    "card_uri",
];

pub(crate) fn new_post(body: &[u8]) -> Result<NewPost, Refused> {
    let Ok(Value::Object(body)) = serde_json::from_slice(body) else {
        return Err(invalid("Request body must be a JSON object."));
    };
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
    if let Some(setting) = body.get("reply_settings")
        && !setting
            .as_str()
            .is_some_and(|setting| REPLY_SETTINGS.contains(&setting))
    {
        let values = REPLY_SETTINGS.join(", ");
        return Err(invalid(format!(
            "$.reply_settings: does not have a value in the enumeration [{values}]"
        )));
    }
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
            Some(given) => Some(id(given, "$.quote_tweet_id")?),
            None => None,
        },
        media_ids,
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
    id(parent, "$.reply.in_reply_to_tweet_id").map(Some)
}

fn media_ids(body: &Map<String, Value>) -> Result<Vec<String>, Refused> {
    let Some(given) = body.get("media").and_then(|media| media.get("media_ids")) else {
        return Ok(Vec::new());
    };
    let Value::Array(given) = given else {
        return Err(wrong_type("$.media.media_ids", given, "array"));
    };
    if given.len() > 4 {
        return Err(invalid(
            "$.media.media_ids: there must be a maximum of 4 items in the array",
        ));
    }
    let checked = given.iter().enumerate().map(|(place, given)| {
        id(given, &format!("$.media.media_ids[{place}]")).map(|id| id.to_string())
    });
    checked.collect()
}

fn only(object: &Map<String, Value>, path: &str, known: &[&str]) -> Result<(), Refused> {
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(invalid(format!(
            "{path}.{key}: is not defined in the schema and the schema does not allow additional properties"
        ))),
        None => Ok(()),
    }
}

fn id(given: &Value, path: &str) -> Result<u64, Refused> {
    let Value::String(given) = given else {
        return Err(wrong_type(path, given, "string"));
    };
    snowflake::parse(given).ok_or_else(|| XError::InvalidRequest {
        message: format!("{path}: does not match the regex pattern ^[0-9]{{1,19}}$"),
        parameter: Some((path.to_owned(), given.clone())),
    })
}

fn wrong_type(path: &str, found: &Value, expected: &str) -> Refused {
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

fn invalid(message: impl Into<String>) -> Refused {
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
        ] {
            let message = message(body);
            assert!(message.contains(expected), "{body}: {message}");
        }
    }
}
