//! Links, mentions and tags of a text, as X would link them.

use std::ops::Range;

use super::{tags, url};

/// What kind of thing X makes clickable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntityKind {
    /// A URL with protocol, or a bare domain with or without path.
    Url,
    /// `@name`
    Mention,
    /// `@name/list`
    List,
    /// `#tag`
    Hashtag,
    /// `$TAG`
    Cashtag,
}

/// A clickable part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    pub kind: EntityKind,
    /// Its place in the text, in bytes, with its `@`, `#` or `$`.
    pub range: Range<usize>,
}

/// All entities of the text as it is given (not normalized), ascending and without overlaps: of two
/// that overlap the one that begins first stays, as in twitter-text.
#[must_use]
pub fn entities(text: &str) -> Vec<Entity> {
    let of = |kind| move |range| Entity { kind, range };
    let mut found: Vec<Entity> = url::urls(text)
        .into_iter()
        .map(of(EntityKind::Url))
        .collect();
    found.extend(tags::mentions(text).into_iter().map(|mention| {
        let kind = if mention.is_list {
            EntityKind::List
        } else {
            EntityKind::Mention
        };
        Entity {
            kind,
            range: mention.range,
        }
    }));
    found.extend(
        tags::hashtags(text)
            .into_iter()
            .map(of(EntityKind::Hashtag)),
    );
    found.extend(
        tags::cashtags(text)
            .into_iter()
            .map(of(EntityKind::Cashtag)),
    );
    found.sort_by_key(|entity| entity.range.start);
    let mut end = 0;
    found.retain(|entity| {
        let free = entity.range.start >= end;
        if free {
            end = entity.range.end;
        }
        free
    });
    found
}
