//! The parts of a post as a request writes them: `text` and `media`, short for one part, or
//! `parts`.

use entities::MediaId;
use entities::content::{MediaKind, Part, PartMedia};

use crate::fields::{Fields, Violations};

/// The longest description of a file, in characters (`x.md` 3.4, `threads.md` 4.1).
const MOST_ALT_TEXT: usize = 1_000;

/// What was written, in one of the two forms.
#[derive(Clone, Debug)]
pub enum Written {
    /// One part; what of it was left out stays, where there is something to stay.
    Short {
        text: Option<String>,
        media: Option<Vec<PartMedia>>,
    },
    Parts(Vec<Part>),
}

impl Default for Written {
    fn default() -> Self {
        Written::Short {
            text: None,
            media: None,
        }
    }
}

impl Written {
    /// The parts, and whether they were written in the short form.
    pub fn parts(self) -> (Vec<Part>, bool) {
        match self {
            Written::Short {
                text: None,
                media: None,
            } => (Vec::new(), true),
            Written::Short { text, media } => {
                let part = Part {
                    text: text.unwrap_or_default(),
                    media: media.unwrap_or_default(),
                };
                (vec![part], true)
            }
            Written::Parts(parts) => (parts, false),
        }
    }

    /// Changes parts that were written before; answers whether the form is short. A text alone
    /// leaves the media of a single part where they are, and the other way round.
    pub fn change(&self, parts: &mut Vec<Part>) -> bool {
        match (self, parts.as_slice()) {
            (Written::Short { text, media }, [before]) => {
                *parts = vec![Part {
                    text: text.clone().unwrap_or_else(|| before.text.clone()),
                    media: media.clone().unwrap_or_else(|| before.media.clone()),
                }];
                true
            }
            (written, _) => {
                let (changed, is_short) = written.clone().parts();
                *parts = changed;
                is_short
            }
        }
    }
}

/// `text` and `media`, or `parts`, but not both forms; `None`: neither.
pub fn read_written(fields: &mut Fields<'_>, violations: &mut Violations) -> Option<Written> {
    let text = fields.text("text", violations).map(str::to_owned);
    let media = read_media(fields, violations);
    let parts = fields.objects("parts", violations).map(|parts| {
        parts
            .into_iter()
            .map(|part| read_part(part, violations))
            .collect::<Vec<_>>()
    });
    match (text, media, parts) {
        (None, None, None) => None,
        (text, media, None) => Some(Written::Short { text, media }),
        (None, None, Some(parts)) => {
            if parts.is_empty() {
                violations.add(fields.path("parts"), "missing", "Give one part.");
            }
            Some(Written::Parts(parts))
        }
        (_, _, Some(_)) => {
            violations.add(
                fields.path("parts"),
                "text_and_parts",
                "Give `text` and `media`, or `parts`, not both.",
            );
            None
        }
    }
}

fn read_part(mut fields: Fields<'_>, violations: &mut Violations) -> Part {
    let text = fields.text("text", violations);
    let text = text.unwrap_or_default().to_owned();
    let media = read_media(&mut fields, violations).unwrap_or_default();
    if fields.lacks("text") && media.is_empty() {
        let message = "A part needs a `text`, or `media`.";
        violations.add(fields.path("text"), "missing", message);
    }
    fields.refuse_others(violations);
    Part { text, media }
}

/// What hangs on a part. Whether there are such files is checked later, and what else is to be
/// known of them filled in.
fn read_media(fields: &mut Fields<'_>, violations: &mut Violations) -> Option<Vec<PartMedia>> {
    let list = fields.objects("media", violations)?;
    let mut media = Vec::with_capacity(list.len());
    for mut item in list {
        let id = item.text("id", violations);
        let parsed: Option<MediaId> = id.and_then(|id| id.parse().ok());
        if parsed.is_none() {
            let message = "Name a file by its id, `med_...`, as POST /v1/media answers it.";
            violations.add(item.path("id"), "media_unknown", message);
        }
        let alt_text = item.text("alt_text", violations);
        if let Some(text) = alt_text {
            check_alt_text(text, &item.path("alt_text"), violations);
        }
        let alt_text = alt_text
            .map(str::to_owned)
            .filter(|text| !text.trim().is_empty());
        item.refuse_others(violations);
        media.extend(parsed.map(|id| PartMedia {
            id,
            alt_text,
            kind: MediaKind::Image,
            mime: String::new(),
            bytes: 0,
            key: String::new(),
        }));
    }
    Some(media)
}

fn check_alt_text(text: &str, field: &str, violations: &mut Violations) {
    let length = text.chars().count();
    if length > MOST_ALT_TEXT {
        let message = format!("The platforms take {MOST_ALT_TEXT} characters; this has {length}.");
        violations.add(field, "alt_text_too_long", message);
    }
    if text.contains('\0') {
        let message = "The text must not hold the character U+0000.";
        violations.add(field, "invalid_character", message);
    }
}
