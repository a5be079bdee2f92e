//! Everything of a new post besides its text, its parent and its media (x.md 2.1).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::post::LivePoll;
use crate::x::Refused;
use crate::x::schema::{check_id, ids, invalid, only, wrong_type};

const FLAGS: [&str; 5] = [
    "made_with_ai",
    "paid_partnership",
    "share_with_followers",
    "for_super_followers_only",
    "nullcast",
];
const MEDIA_FIELDS: [&str; 7] = [
    "media_ids",
    "tagged_user_ids",
    "title",
    "description",
    "embeddable",
    "preview_media_id",
    "call_to_actions",
];
const REPLY_SETTINGS: [&str; 4] = ["following", "mentionedUsers", "subscribers", "verified"];

/// The options that are set, by their names in the schema; a nested one has a dot.
pub(crate) fn read(body: &Map<String, Value>) -> Result<BTreeMap<String, String>, Refused> {
    let mut options = Options::default();
    for name in FLAGS {
        options.flag(body, "$", "", name)?;
    }
    if let Some(given) = body.get("reply_settings") {
        options.keep("reply_settings", reply_settings(given, "$.reply_settings")?);
    }
    if let Some(given) = body.get("community_id") {
        check_id(given, "$.community_id")?;
        options.keep("community_id", given.as_str().unwrap_or_default());
    }
    for name in ["direct_message_deep_link", "card_uri"] {
        options.text(body, "$", "", name)?;
    }
    if let Some(geo) = part(body, "geo", &["place_id"])? {
        options.text(geo, "$.geo", "geo.", "place_id")?;
    }
    if let Some(reply) = body.get("reply").and_then(Value::as_object) {
        let excluded = ids(reply, "exclude_reply_user_ids", "$.reply")?;
        options.list("reply.exclude_reply_user_ids", &excluded);
    }
    if let Some(media) = part(body, "media", &MEDIA_FIELDS)? {
        let tagged = ids(media, "tagged_user_ids", "$.media")?;
        if tagged.len() > 10 {
            return Err(at_most("$.media.tagged_user_ids", 10));
        }
        options.list("media.tagged_user_ids", &tagged);
        for name in ["title", "description"] {
            options.text(media, "$.media", "media.", name)?;
        }
        options.flag(media, "$.media", "media.", "embeddable")?;
        if let Some(given) = media.get("preview_media_id") {
            check_id(given, "$.media.preview_media_id")?;
            options.keep("media.preview_media_id", given.as_str().unwrap_or_default());
        }
        let actions = ["app_install", "visit_site", "watch_now"];
        if let Some(actions) = part_at(media, "$.media", "call_to_actions", &actions)? {
            let written = Value::Object(actions.clone()).to_string();
            options.keep("media.call_to_actions", &written);
        }
    }
    Ok(options.0)
}

#[derive(Default)]
struct Options(BTreeMap<String, String>);

impl Options {
    fn keep(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    /// `false` is as good as absent.
    fn flag(
        &mut self,
        object: &Map<String, Value>,
        path: &str,
        prefix: &str,
        name: &str,
    ) -> Result<(), Refused> {
        match object.get(name) {
            Some(Value::Bool(true)) => self.keep(&format!("{prefix}{name}"), "true"),
            None | Some(Value::Bool(false)) => {}
            Some(other) => return Err(wrong_type(&format!("{path}.{name}"), other, "boolean")),
        }
        Ok(())
    }

    fn text(
        &mut self,
        object: &Map<String, Value>,
        path: &str,
        prefix: &str,
        name: &str,
    ) -> Result<(), Refused> {
        match object.get(name) {
            Some(Value::String(text)) => self.keep(&format!("{prefix}{name}"), text),
            None => {}
            Some(other) => return Err(wrong_type(&format!("{path}.{name}"), other, "string")),
        }
        Ok(())
    }

    fn list(&mut self, name: &str, ids: &[u64]) {
        if !ids.is_empty() {
            let ids: Vec<String> = ids.iter().map(u64::to_string).collect();
            self.keep(name, &ids.join(","));
        }
    }
}

fn part<'a>(
    body: &'a Map<String, Value>,
    name: &str,
    known: &[&str],
) -> Result<Option<&'a Map<String, Value>>, Refused> {
    part_at(body, "$", name, known)
}

fn part_at<'a>(
    object: &'a Map<String, Value>,
    path: &str,
    name: &str,
    known: &[&str],
) -> Result<Option<&'a Map<String, Value>>, Refused> {
    let path = format!("{path}.{name}");
    match object.get(name) {
        None => Ok(None),
        Some(Value::Object(part)) => {
            only(part, &path, known)?;
            Ok(Some(part))
        }
        Some(other) => Err(wrong_type(&path, other, "object")),
    }
}

fn reply_settings<'a>(given: &'a Value, path: &str) -> Result<&'a str, Refused> {
    let known = given.as_str().filter(|word| REPLY_SETTINGS.contains(word));
    known.ok_or_else(|| {
        let values = REPLY_SETTINGS.join(", ");
        invalid(format!(
            "{path}: does not have a value in the enumeration [{values}]"
        ))
    })
}

pub(crate) fn at_most(path: &str, count: usize) -> Refused {
    invalid(format!(
        "{path}: there must be a maximum of {count} items in the array"
    ))
}

/// `poll`, whose own `reply_settings` are accepted and dropped.
pub(crate) fn poll(body: &Map<String, Value>) -> Result<Option<LivePoll>, Refused> {
    let known = ["options", "duration_minutes", "reply_settings"];
    let Some(poll) = part(body, "poll", &known)? else {
        return Ok(None);
    };
    let missing = |name| invalid(format!("$.poll.{name}: is missing but it is required"));
    let options = poll.get("options").ok_or_else(|| missing("options"))?;
    let Value::Array(options) = options else {
        return Err(wrong_type("$.poll.options", options, "array"));
    };
    if options.len() < 2 {
        return Err(invalid(
            "$.poll.options: there must be a minimum of 2 items in the array",
        ));
    }
    if options.len() > 4 {
        return Err(at_most("$.poll.options", 4));
    }
    let options = options.iter().enumerate().map(|(place, option)| {
        let path = format!("$.poll.options[{place}]");
        let Value::String(option) = option else {
            return Err(wrong_type(&path, option, "string"));
        };
        match option.chars().count() {
            0 => Err(invalid(format!(
                "{path}: must be at least 1 characters long"
            ))),
            1..=25 => Ok(option.clone()),
            _ => Err(invalid(format!("{path}: may only be 25 characters long"))),
        }
    });
    let options = options.collect::<Result<_, _>>()?;
    let minutes = poll
        .get("duration_minutes")
        .ok_or_else(|| missing("duration_minutes"))?;
    let path = "$.poll.duration_minutes";
    let Some(minutes) = minutes.as_i64() else {
        return Err(wrong_type(path, minutes, "integer"));
    };
    if minutes < 5 {
        return Err(invalid(format!("{path}: must have a minimum value of 5")));
    }
    if minutes > 10_080 {
        return Err(invalid(format!(
            "{path}: must have a maximum value of 10080"
        )));
    }
    if let Some(given) = poll.get("reply_settings") {
        reply_settings(given, "$.poll.reply_settings")?;
    }
    Ok(Some(LivePoll {
        options,
        duration_minutes: u32::try_from(minutes).ok(),
    }))
}

/// `edit_options`: the post that is to be changed.
pub(crate) fn edits(body: &Map<String, Value>) -> Result<Option<u64>, Refused> {
    let Some(edit) = part(body, "edit_options", &["previous_post_id"])? else {
        return Ok(None);
    };
    match edit.get("previous_post_id") {
        Some(id) => check_id(id, "$.edit_options.previous_post_id").map(Some),
        None => Err(invalid(
            "$.edit_options.previous_post_id: is missing but it is required",
        )),
    }
}
