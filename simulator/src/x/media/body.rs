//! The body of an upload: raw bytes in a multipart part, or base64 in JSON (x.md 3.1).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::Value;

use crate::request::{JSON, MULTIPART, Request};
use crate::x::media::category::Category;
use crate::x::schema::{invalid, undefined};
use crate::x::{Refused, snowflake};

/// The content, and what is said about it.
pub(crate) struct Sent {
    pub(crate) media: Bytes,
    texts: Vec<(String, String)>,
}

/// Reads the body; a field that is neither `media` nor one of `known` is refused, as the schema
/// has it. So is the whole form of the v1.1 call (x.md 3.3).
pub(crate) fn read(request: &Request, known: &[&str]) -> Result<Sent, Refused> {
    let (media, texts) = match request.kind.as_str() {
        MULTIPART => multipart(request),
        JSON => json(&request.body)?,
        _ => (None, request.fields().to_vec()),
    };
    if let Some((name, _)) = texts
        .iter()
        .find(|(name, _)| !known.contains(&name.as_str()))
    {
        return Err(undefined("$", name));
    }
    match media {
        Some(media) => Ok(Sent { media, texts }),
        None => Err(invalid("media parameter is missing.")),
    }
}

fn multipart(request: &Request) -> (Option<Bytes>, Vec<(String, String)>) {
    let (media, others): (Vec<_>, Vec<_>) = request
        .parts()
        .iter()
        .partition(|part| part.name == "media");
    let texts = others.into_iter().map(|part| {
        part.field()
            .unwrap_or_else(|| (part.name.clone(), String::new()))
    });
    (
        media.first().map(|part| part.bytes.clone()),
        texts.collect(),
    )
}

type Fields = (Option<Bytes>, Vec<(String, String)>);

fn json(body: &[u8]) -> Result<Fields, Refused> {
    let Ok(Value::Object(fields)) = serde_json::from_slice(body) else {
        return Err(invalid("Request body must be a JSON object."));
    };
    let (mut media, mut texts) = (None, Vec::new());
    for (name, value) in fields {
        match (name.as_str(), value) {
            ("media", Value::String(encoded)) => {
                let decoded = STANDARD.decode(encoded);
                let decoded = decoded.map_err(|_| invalid("$.media: is not valid base64"))?;
                media = Some(Bytes::from(decoded));
            }
            (_, Value::String(text)) => texts.push((name, text)),
            (_, other) => texts.push((name, other.to_string())),
        }
    }
    Ok((media, texts))
}

impl Sent {
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let found = self.texts.iter().find(|(given, _)| given == name);
        found.map(|(_, text)| text.as_str())
    }

    /// `media_category`, which must be there; `amplify_video` goes up in pieces alone.
    pub(crate) fn category(&self) -> Result<Category, Refused> {
        let Some(name) = self.text("media_category") else {
            return Err(invalid("$.media_category: is missing but it is required"));
        };
        Category::named(name)
            .filter(|category| *category != Category::AmplifyVideo)
            .ok_or_else(unknown_category)
    }

    /// `additional_owners`: a comma list here (x.md 3.1).
    pub(crate) fn additional_owners(&self) -> Result<Vec<u64>, Refused> {
        let list = self.text("additional_owners").unwrap_or_default();
        let ids = list.split(',').map(str::trim).filter(|id| !id.is_empty());
        ids.map(|id| {
            snowflake::parse(id).ok_or_else(|| {
                invalid("$.additional_owners: does not match the regex pattern ^[0-9]{1,19}$")
            })
        })
        .collect()
    }
}

pub(crate) fn unknown_category() -> Refused {
    let known: Vec<&str> = Category::names().collect();
    invalid(format!(
        "$.media_category: does not have a value in the enumeration [{}]",
        known.join(", ")
    ))
}
