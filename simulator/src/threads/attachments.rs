//! What a post may have besides its text and its media (threads.md 4.1). The texts of the
//! refusals are not recorded; their code is.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::request::Request;
use crate::threads::draft::Kind;
use crate::threads::{Refused, ThreadsError, text};

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Attachments {
    pub(crate) poll: Option<Vec<String>>,
    /// The link of the text attachment.
    pub(crate) link: Option<String>,
    /// The parameters that count, as they were sent.
    pub(crate) options: BTreeMap<String, String>,
}

/// Refused with anything but a text.
const TEXT_ONLY: [&str; 6] = [
    "link_attachment",
    "poll_attachment",
    "text_attachment",
    "gif_attachment",
    "is_ghost_post",
    "auto_publish_text",
];

/// Refused in a ghost post: it has no feature but spoilers in its text.
const NOT_IN_A_GHOST: [&str; 8] = [
    "reply_to_id",
    "link_attachment",
    "poll_attachment",
    "text_attachment",
    "gif_attachment",
    "quote_post_id",
    "location_id",
    "enable_reply_approvals",
];

/// Taken as they are.
const PLAIN: [&str; 6] = [
    "reply_control",
    "topic_tag",
    "link_attachment",
    "location_id",
    "allowlisted_country_codes",
    "crossreshare_to_ig_dark_mode",
];

const FLAGS: [&str; 4] = [
    "is_spoiler_media",
    "is_ghost_post",
    "enable_reply_approvals",
    "crossreshare_to_ig",
];

pub(crate) fn read(request: &Request, kind: Kind) -> Result<Attachments, Refused> {
    let has = |name: &&&str| is_given(request, name);
    if kind != Kind::Text
        && let Some(name) = TEXT_ONLY.iter().find(has)
    {
        return Err(wrong(name, "is only supported for media type TEXT."));
    }
    if kind == Kind::Text && request.flag("is_spoiler_media") {
        return Err(wrong(
            "is_spoiler_media",
            "is not supported for media type TEXT.",
        ));
    }
    if request.flag("is_ghost_post")
        && let Some(name) = NOT_IN_A_GHOST.iter().find(has)
    {
        return Err(wrong(name, "is not supported for ghost posts."));
    }
    let mut found = Attachments {
        poll: request.param("poll_attachment").and_then(poll),
        ..Attachments::default()
    };
    if let Some(given) = given(request, "text_attachment") {
        found.link = text_attachment(request, given)?;
        found.keep("text_attachment", given);
    }
    if let Some(given) = given(request, "gif_attachment") {
        gif(given)?;
        found.keep("gif_attachment", given);
    }
    if let Some(given) = given(request, "text_entities") {
        entities(given)?;
        found.keep("text_entities", given);
    }
    for name in PLAIN {
        if let Some(given) = given(request, name) {
            found.keep(name, given);
        }
    }
    for name in FLAGS.into_iter().filter(|name| request.flag(name)) {
        found.keep(name, "true");
    }
    Ok(found)
}

impl Attachments {
    fn keep(&mut self, name: &str, given: &str) {
        self.options.insert(name.to_owned(), given.to_owned());
    }
}

fn given<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.param(name).filter(|given| !given.is_empty())
}

/// A flag that says no is as good as absent.
fn is_given(request: &Request, name: &str) -> bool {
    given(request, name).is_some_and(|given| !matches!(given, "false" | "0"))
}

fn wrong(name: &str, why: &str) -> Refused {
    ThreadsError::parameter(format!("Param {name} {why}"))
}

fn object(given: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(given).ok()
}

/// `None` for a malformed one: it is dropped without a word (threads.md 4.1).
fn poll(given: &str) -> Option<Vec<String>> {
    let given = object(given)?;
    let names = ["option_a", "option_b", "option_c", "option_d"];
    let options: Vec<String> = names
        .iter()
        .map_while(|name| given.get(*name))
        .map(|option| option.as_str().map(str::to_owned))
        .collect::<Option<_>>()?;
    let fits = options
        .iter()
        .all(|option| (1..=25).contains(&option.chars().count()));
    let whole = options.len() >= 2 && options.len() == given.len();
    (fits && whole).then_some(options)
}

fn gif(given: &str) -> Result<(), Refused> {
    let given = object(given).unwrap_or_default();
    let text = |name: &str| given.get(name).and_then(Value::as_str).unwrap_or_default();
    // Tenor ended on 2026-03-31.
    if text("gif_id").is_empty() || text("provider") != "GIPHY" {
        return Err(wrong(
            "gif_attachment",
            "must have a gif_id and the provider GIPHY.",
        ));
    }
    Ok(())
}

fn entities(given: &str) -> Result<(), Refused> {
    let entities: Option<Vec<Map<String, Value>>> = serde_json::from_str(given).ok();
    let is_spoiler = |entity: &Map<String, Value>| {
        let number = |name: &str| entity.get(name).and_then(Value::as_u64);
        let kind = entity.get("entity_type").and_then(Value::as_str);
        kind.is_some_and(|kind| kind.eq_ignore_ascii_case("SPOILER"))
            && number("offset").is_some()
            && number("length").is_some_and(|length| length > 0)
    };
    match entities {
        Some(entities) if entities.len() > 10 => {
            Err(wrong("text_entities", "must have at most 10 elements."))
        }
        Some(entities) if entities.iter().all(is_spoiler) => Ok(()),
        _ => Err(wrong("text_entities", "must be a list of spoilers.")),
    }
}

const STYLES: [&str; 5] = ["bold", "italic", "highlight", "underline", "strikethrough"];

/// The link in it.
fn text_attachment(request: &Request, given: &str) -> Result<Option<String>, Refused> {
    let refuse = |why| Err(wrong("text_attachment", why));
    let given = object(given).unwrap_or_default();
    let plain = given.get("plaintext").and_then(Value::as_str);
    let length = plain.map_or(0, |text| text.chars().count());
    if !(1..=10_000).contains(&length) {
        return refuse("must have a plaintext of at most 10000 characters.");
    }
    let link = given.get("link_attachment_url").and_then(Value::as_str);
    if is_given(request, "poll_attachment") {
        return refuse("cannot be used with a poll.");
    }
    if link.is_some() && is_given(request, "link_attachment") {
        return refuse("with a link cannot be used with link_attachment.");
    }
    if link.is_some_and(|link| !text::has_link(link)) {
        return Err(ThreadsError::InvalidLinkAttachment);
    }
    let styled = given.get("text_with_styling_info");
    match styled.map_or(Some(Vec::new()), ranges) {
        Some(mut ranges) => {
            ranges.sort_unstable();
            let apart = ranges.windows(2).all(|two| two[0].1 <= two[1].0);
            if apart {
                Ok(link.map(str::to_owned))
            } else {
                refuse("has ranges of style that overlap.")
            }
        }
        None => refuse("has a style that is not valid."),
    }
}

/// Where each style begins and ends.
fn ranges(styled: &Value) -> Option<Vec<(u64, u64)>> {
    let range = |one: &Value| {
        let (offset, length) = (one["offset"].as_u64()?, one["length"].as_u64()?);
        let styles = one["styling_info"].as_array()?;
        let known = |style: &Value| style.as_str().is_some_and(|style| STYLES.contains(&style));
        styles
            .iter()
            .all(known)
            .then_some((offset, offset + length))
    };
    styled.as_array()?.iter().map(range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_malformed_poll_is_none() {
        let options = |given| poll(given).map(|options| options.len());
        assert_eq!(options(r#"{"option_a":"yes","option_b":"no"}"#), Some(2));
        for given in [
            r#"{"option_a":"yes"}"#,
            r#"{"option_a":"yes","option_c":"no"}"#,
            r#"{"option_a":"yes","option_b":""}"#,
            r#"{"option_a":"yes","option_b":"12345678901234567890123456"}"#,
            r#"{"options":["yes","no"]}"#,
            r#"["yes","no"]"#,
            "yes,no",
        ] {
            assert_eq!(options(given), None, "{given}");
        }
    }

    #[test]
    fn ranges_of_style_need_known_styles() {
        let read = |given: &str| ranges(&serde_json::from_str(given).expect("JSON"));
        let bold = r#"[{"offset":0,"length":5,"styling_info":["bold"]}]"#;
        assert_eq!(read(bold), Some(vec![(0, 5)]));
        assert_eq!(
            read(r#"[{"offset":0,"length":5,"styling_info":["loud"]}]"#),
            None
        );
    }
}
