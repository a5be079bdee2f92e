//! The messages of a post as JSON.

use entities::content::{Options, Override, Part, Split};
use serde::Serialize;
use utoipa::ToSchema;

use super::options::OptionsBody;

/// One message as it was written.
#[derive(Serialize, ToSchema)]
pub struct PartBody {
    text: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    media: Vec<PartMediaBody>,
}

impl PartBody {
    /// Several.
    pub fn all(parts: &[Part]) -> Vec<Self> {
        parts.iter().map(Self::of).collect()
    }

    fn of(part: &Part) -> Self {
        PartBody {
            text: part.text.clone(),
            media: part
                .media
                .iter()
                .map(|media| PartMediaBody {
                    id: media.id.to_string(),
                    alt_text: media.alt_text.clone(),
                })
                .collect(),
        }
    }
}

/// A file on a message.
#[derive(Serialize, ToSchema)]
pub struct PartMediaBody {
    /// `med_...`, as `POST /v1/media` answers it.
    id: String,
    /// What it shows, for those who can not see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1000)]
    alt_text: Option<String>,
}

/// How what is too long is cut.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum SplitBody {
    /// Whether.
    Whether(bool),
    How {
        /// Whether each piece says which one it is, and of how many.
        numbering: bool,
    },
}

impl SplitBody {
    /// As it is shown.
    pub fn of(split: Split) -> Self {
        SplitBody::How {
            numbering: split.numbering,
        }
    }
}

/// What one platform or account shows instead.
#[derive(Serialize, ToSchema)]
pub struct OverrideBody {
    /// Where there is one part without media: its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// Otherwise: its parts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<PartBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<OptionsBody>)]
    options: Option<Options>,
}

impl OverrideBody {
    /// As it is shown.
    pub fn of(instead: &Override) -> Self {
        let text = match instead.parts.as_slice() {
            [only] if only.media.is_empty() => Some(only.text.clone()),
            _ => None,
        };
        OverrideBody {
            parts: match &text {
                Some(_) => Vec::new(),
                None => PartBody::all(&instead.parts),
            },
            text,
            options: instead.options.clone(),
        }
    }
}
