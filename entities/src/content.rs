//! What the customer wrote, and what one account shows of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Platform;

/// A post as it was written: its parts, and what differs from platform to platform.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, sea_orm::FromJsonQueryResult,
)]
pub struct Content {
    /// The messages of a chain, in order; a plain post has one.
    pub parts: Vec<Part>,
    /// What one platform shows instead.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub overrides: BTreeMap<Platform, Override>,
}

/// One message of a chain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The text, as written.
    pub text: String,
}

/// What one platform shows instead of the parts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// Parts that stand in place of the post's own.
    pub parts: Vec<Part>,
}

impl Content {
    /// The parts as `platform` shows them.
    pub fn parts_on(&self, platform: Platform) -> &[Part] {
        self.overrides
            .get(&platform)
            .map_or(&self.parts, |instead| &instead.parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_override_stands_in_place_of_the_parts_on_its_platform_alone() {
        let part = |text: &str| Part { text: text.into() };
        let content = Content {
            parts: vec![part("both")],
            overrides: [(
                Platform::X,
                Override {
                    parts: vec![part("x only")],
                },
            )]
            .into(),
        };
        assert_eq!(content.parts_on(Platform::X), [part("x only")]);
        assert_eq!(content.parts_on(Platform::Threads), [part("both")]);
    }
}
