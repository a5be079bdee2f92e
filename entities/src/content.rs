//! What the customer wrote, and what one account shows of it.

mod options;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use options::{
    Gif, Options, Poll, Span, Styling, TextAttachment, ThreadsOptions, ThreadsReplyControl,
    XOptions, XReplySettings,
};

use crate::text_enum::text_enum;
use crate::{AccountId, MediaId, Platform};

/// A post as it was written: its parts, and what differs from platform to platform and from
/// account to account.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, sea_orm::FromJsonQueryResult,
)]
pub struct Content {
    /// The messages of a chain, in order; a plain post has one.
    pub parts: Vec<Part>,
    /// Whether parts that are too long are cut into more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<Split>,
    /// What one platform shows instead.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub overrides: BTreeMap<Platform, Override>,
    /// What one account shows instead.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub account_overrides: BTreeMap<AccountId, Override>,
    /// What the platforms offer besides text and media.
    #[serde(default, skip_serializing_if = "Options::is_empty")]
    pub options: Options,
    /// How long after publishing to see whether it is still there, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify_after_s: Option<u32>,
    /// What each account shows, where it is not what was written: long parts, cut when the post
    /// was submitted.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub cuts: BTreeMap<AccountId, Vec<Part>>,
}

/// How long parts are cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// Whether each part says which one it is, and of how many.
    pub numbering: bool,
}

/// One message of a chain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The text, as written.
    pub text: String,
    /// What hangs on it, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<PartMedia>,
}

impl Part {
    /// A text and nothing else.
    pub fn of(text: impl Into<String>) -> Self {
        Part {
            text: text.into(),
            media: Vec::new(),
        }
    }
}

text_enum! {
    /// What a file is to the platforms.
    pub enum MediaKind {
        Image = "image",
        /// An animated GIF.
        Gif = "gif",
        Video = "video",
    }
}

/// A file on a part. What publishing needs of it is kept with the post, so that no step has to ask
/// for it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartMedia {
    pub id: MediaId,
    /// What it shows, for those who can not see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alt_text: Option<String>,
    pub kind: MediaKind,
    /// `image/jpeg`, ...
    pub mime: String,
    pub bytes: u64,
    /// Where its bytes are in the store.
    pub key: String,
}

/// What one platform or account shows instead of the post's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// Parts that stand in place of the post's; none: the post's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// Options that stand in place of the post's for this platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<Options>,
}

impl Content {
    /// The parts as `account` on `platform` shows them.
    pub fn parts_on(&self, platform: Platform, account: &AccountId) -> &[Part] {
        self.cuts
            .get(account)
            .map_or_else(|| self.written_for(platform, account), |cut| cut.as_slice())
    }

    /// The same before long parts were cut.
    pub fn written_for(&self, platform: Platform, account: &AccountId) -> &[Part] {
        let overrides = [
            self.account_overrides.get(account),
            self.overrides.get(&platform),
        ];
        overrides
            .into_iter()
            .flatten()
            .map(|instead| instead.parts.as_slice())
            .find(|parts| !parts.is_empty())
            .unwrap_or(&self.parts)
    }

    /// The options of `account` on `platform`.
    pub fn options_on(&self, platform: Platform, account: &AccountId) -> &Options {
        let overrides = [
            self.account_overrides.get(account),
            self.overrides.get(&platform),
        ];
        overrides
            .into_iter()
            .flatten()
            .find_map(|instead| instead.options.as_ref())
            .unwrap_or(&self.options)
    }

    /// Every file that the post names anywhere, without repeats.
    pub fn media(&self) -> std::collections::BTreeSet<&MediaId> {
        let overrides = self
            .overrides
            .values()
            .chain(self.account_overrides.values());
        self.parts
            .iter()
            .chain(overrides.flat_map(|instead| &instead.parts))
            .flat_map(|part| &part.media)
            .map(|media| &media.id)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instead(text: &str) -> Override {
        Override {
            parts: vec![Part::of(text)],
            options: None,
        }
    }

    #[test]
    fn the_nearest_override_stands_in_place_of_the_parts() {
        let (one, other) = (AccountId::generate(), AccountId::generate());
        let mut content = Content {
            parts: vec![Part::of("both")],
            overrides: [(Platform::X, instead("x only"))].into(),
            account_overrides: [(one.clone(), instead("one only"))].into(),
            ..Content::default()
        };
        let shown = |content: &Content, platform, account| {
            content.parts_on(platform, account)[0].text.clone()
        };
        assert_eq!(shown(&content, Platform::X, &one), "one only");
        assert_eq!(shown(&content, Platform::X, &other), "x only");
        assert_eq!(shown(&content, Platform::Threads, &other), "both");
        content.cuts.insert(other.clone(), vec![Part::of("x")]);
        assert_eq!(shown(&content, Platform::X, &other), "x");
    }

    #[test]
    fn an_override_of_options_alone_leaves_the_parts() {
        let account = AccountId::generate();
        let options = Options {
            x: XOptions {
                made_with_ai: true,
                ..XOptions::default()
            },
            ..Options::default()
        };
        let content = Content {
            parts: vec![Part::of("both")],
            account_overrides: [(
                account.clone(),
                Override {
                    parts: Vec::new(),
                    options: Some(options.clone()),
                },
            )]
            .into(),
            ..Content::default()
        };
        assert_eq!(content.parts_on(Platform::X, &account)[0].text, "both");
        assert_eq!(content.options_on(Platform::X, &account), &options);
    }

    #[test]
    fn what_was_stored_before_there_were_media_is_still_read() {
        let stored = r#"{"parts":[{"text":"a"}],"overrides":{"x":{"parts":[{"text":"b"}]}}}"#;
        let content: Content = serde_json::from_str(stored).unwrap();
        assert_eq!(content.parts, [Part::of("a")]);
        assert_eq!(serde_json::to_string(&content).unwrap(), stored);
    }
}
