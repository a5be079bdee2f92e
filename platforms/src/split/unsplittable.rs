//! Why a text cannot be cut.

use std::fmt;

/// A text cannot be cut into parts that fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsplittable {
    pub what: Obstacle,
    /// Where in the text the obstacle begins, in bytes.
    pub at: usize,
    /// A sentence for the writer of the text.
    pub message: String,
}

/// What is in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// A URL or bare domain that is longer than a part.
    Link,
    /// `@name` or `@name/list`.
    Mention,
    /// `#tag`
    Hashtag,
    /// `$TAG`
    Cashtag,
    /// An emoji sequence or a letter with its marks.
    Character,
    /// The text takes this many parts, and the rule allows fewer.
    TooManyParts { parts: usize },
    /// There is nothing but white space, and too much of it.
    Blank,
}

impl Unsplittable {
    pub(super) fn blank() -> Self {
        Self {
            what: Obstacle::Blank,
            at: 0,
            message: "The text is longer than a post and has nothing but white space.".to_owned(),
        }
    }

    pub(super) fn too_many_parts(parts: usize, most: usize, at: usize) -> Self {
        Self {
            what: Obstacle::TooManyParts { parts },
            at,
            message: format!("The text takes {parts} parts; at most {most} are allowed."),
        }
    }

    /// Something that must not be cut does not fit into a part which has this much room: it is
    /// longer by `excess`, or holds more links than a post may have.
    pub(super) fn does_not_fit(what: Obstacle, at: usize, room: u32, excess: u32) -> Self {
        let name = match what {
            Obstacle::Link => "link",
            Obstacle::Mention => "mention",
            Obstacle::Hashtag => "hashtag",
            Obstacle::Cashtag => "cashtag",
            Obstacle::Character | Obstacle::TooManyParts { .. } | Obstacle::Blank => "character",
        };
        let message = if excess == 0 {
            format!("The {name} at byte {at} holds more links than a post may have.")
        } else {
            let length = u64::from(room) + u64::from(excess);
            format!("The {name} at byte {at} counts {length}; a part has room for {room}.")
        };
        Self { what, at, message }
    }
}

impl fmt::Display for Unsplittable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Unsplittable {}
