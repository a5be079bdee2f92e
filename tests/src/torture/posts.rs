//! What is written: about half of it plain texts, the rest chains, files, polls and long texts.

use std::collections::HashSet;

use serde_json::{Value, json};
use simulator::Platform;

use super::files::{GIFS, IMAGES, VIDEOS};

/// The kinds of posts, each with its word in the report and its share in hundredths.
const KINDS: [(Kind, &str, u32); 9] = [
    (Kind::Text, "texts", 50),
    (Kind::Chain, "chains of texts", 12),
    (Kind::Image, "one image", 7),
    (Kind::Images, "two to four images", 6),
    (Kind::Gif, "a GIF, on X alone", 3),
    (Kind::Video, "a video", 5),
    (Kind::ChainWithFiles, "chains with files", 8),
    (Kind::Split, "long texts that are cut", 4),
    (Kind::Options, "polls and reply settings", 5),
];

/// What kind of post it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Text,
    Chain,
    Image,
    Images,
    Gif,
    Video,
    ChainWithFiles,
    Split,
    Options,
}

impl Kind {
    /// All of them with their words, as the report lists them.
    pub fn all() -> impl Iterator<Item = (Kind, &'static str)> {
        KINDS.into_iter().map(|(kind, word, _)| (kind, word))
    }
}

/// A file on a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Which of [`super::files::files`].
    pub file: usize,
    pub alt_text: Option<String>,
}

/// One message, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenPart {
    /// Unique, or empty beside files that no other part has in this order.
    pub text: String,
    pub files: Vec<Shown>,
}

/// A post, as it is written.
#[derive(Clone, Debug)]
pub struct Written {
    pub number: usize,
    pub kind: Kind,
    pub parts: Vec<WrittenPart>,
    /// How many tags its texts have: one a part, or one a sentence where a long text is cut.
    pub tags: usize,
    /// Whether long texts are cut, and then whether the pieces are numbered.
    pub split: Option<bool>,
    /// The options of a poll.
    pub poll: Vec<String>,
    pub poll_minutes: u32,
    /// Who may answer, in the words of X and of Threads.
    pub replies: Option<[&'static str; 2]>,
}

/// The word that one part of a post has in its text, and no other part.
pub fn tag(number: usize, part: usize) -> String {
    format!("[{number}.{part}]")
}

/// What all texts of a post have in them, and no other post's.
pub fn tag_of_any(number: usize) -> String {
    format!("[{number}.")
}

impl Written {
    /// Where it goes.
    pub fn platforms(&self) -> &'static [Platform] {
        match self.kind {
            Kind::Gif => &[Platform::X],
            _ => &[Platform::Threads, Platform::X],
        }
    }

    /// The body that submits it: `ids` are those of the files, in their order.
    pub fn body(&self, ids: &[String], accounts: &[&str]) -> Value {
        let parts: Vec<Value> = self.parts.iter().map(|part| part.body(ids)).collect();
        let mut body = match parts.as_slice() {
            [only] => only.clone(),
            _ => json!({ "parts": parts }),
        };
        body["accounts"] = json!(accounts);
        if let Some(numbering) = self.split {
            body["split"] = match numbering {
                true => json!({ "numbering": true }),
                false => json!(true),
            };
        }
        if !self.poll.is_empty() {
            body["options"]["x"]["poll"] =
                json!({ "options": self.poll, "duration_minutes": self.poll_minutes });
            body["options"]["threads"]["poll"] = json!({ "options": self.poll });
        }
        if let Some([on_x, on_threads]) = self.replies {
            body["options"]["x"]["reply_settings"] = json!(on_x);
            body["options"]["threads"]["reply_control"] = json!(on_threads);
        }
        body
    }
}

impl WrittenPart {
    fn body(&self, ids: &[String]) -> Value {
        let media: Vec<Value> = self
            .files
            .iter()
            .map(|shown| match &shown.alt_text {
                Some(words) => json!({ "id": ids[shown.file], "alt_text": words }),
                None => json!({ "id": ids[shown.file] }),
            })
            .collect();
        json!({ "text": self.text, "media": media })
    }
}

/// Writes one post after the other.
pub struct Writer {
    dice: fastrand::Rng,
    /// The rows of files that stand without a text: each once, or X would refuse the second.
    alone: HashSet<Vec<usize>>,
}

impl Writer {
    pub fn new(dice: fastrand::Rng) -> Self {
        Writer {
            dice,
            alone: HashSet::new(),
        }
    }

    /// The next post.
    pub fn write(&mut self, number: usize) -> Written {
        let kind = self.kind();
        let mut written = Written {
            number,
            kind,
            parts: Vec::new(),
            tags: 1,
            split: None,
            poll: Vec::new(),
            poll_minutes: 0,
            replies: None,
        };
        let length = match kind {
            Kind::Chain | Kind::ChainWithFiles => self.dice.usize(2..=5),
            Kind::Options => self.dice.usize(1..=2),
            _ => 1,
        };
        written.tags = length;
        // At least this part of a chain with files has some.
        let surely = self.dice.usize(0..length);
        for part in 0..length {
            let one = match kind {
                Kind::Text | Kind::Chain | Kind::Options => Vec::new(),
                Kind::Image => vec![self.dice.usize(IMAGES)],
                Kind::Images => self.row(),
                Kind::Gif => vec![self.dice.usize(GIFS)],
                Kind::Video => vec![self.dice.usize(VIDEOS)],
                Kind::ChainWithFiles if part != surely && self.dice.bool() => Vec::new(),
                Kind::ChainWithFiles => match self.dice.u8(0..5) {
                    0 => vec![self.dice.usize(VIDEOS)],
                    1 | 2 => vec![self.dice.usize(IMAGES)],
                    _ => self.row(),
                },
                Kind::Split => Vec::new(),
            };
            let part = self.part(number, part, one);
            written.parts.push(part);
        }
        match kind {
            Kind::Split => {
                written.tags = self.dice.usize(6..=24);
                written.parts[0].text = long_text(number, written.tags);
                written.split = Some(self.dice.bool());
            }
            Kind::Options => self.options(&mut written),
            _ => {}
        }
        written
    }

    fn kind(&mut self) -> Kind {
        let mut roll = self
            .dice
            .u32(0..KINDS.iter().map(|(_, _, share)| share).sum());
        for (kind, _, share) in KINDS {
            if roll < share {
                return kind;
            }
            roll -= share;
        }
        Kind::Text
    }

    fn part(&mut self, number: usize, part: usize, files: Vec<usize>) -> WrittenPart {
        let stands_alone =
            files.len() > 1 && self.dice.u8(0..3) == 0 && self.alone.insert(files.clone());
        let files = files
            .into_iter()
            .enumerate()
            .map(|(position, file)| Shown {
                file,
                alt_text: self
                    .dice
                    .bool()
                    .then(|| format!("What file {position} of [{number}.{part}] shows, \u{e4}")),
            })
            .collect();
        WrittenPart {
            text: match stands_alone {
                true => String::new(),
                false => text(number, part),
            },
            files,
        }
    }

    /// Two to four images, in any order.
    fn row(&mut self) -> Vec<usize> {
        let length = self.dice.usize(2..=4);
        let mut row: Vec<usize> = IMAGES.collect();
        self.dice.shuffle(&mut row);
        row.truncate(length);
        row
    }

    fn options(&mut self, written: &mut Written) {
        let has_poll = self.dice.bool();
        if has_poll {
            let count = self.dice.usize(2..=4);
            written.poll = (0..count)
                .map(|option| format!("No. {option} of {}", written.number))
                .collect();
            written.poll_minutes = self.dice.u32(5..=10_080);
        }
        if !has_poll || self.dice.bool() {
            let words = [
                ["following", "accounts_you_follow"],
                ["mentionedUsers", "mentioned_only"],
                ["verified", "followers_only"],
            ];
            written.replies = self.dice.choice(words);
        }
    }
}

/// A text: plain, with what platforms escape, shorten or count otherwise.
fn text(number: usize, part: usize) -> String {
    let tag = tag(number, part);
    match (number + part) % 6 {
        0 => format!("{tag} <b>bold</b> & \"quoted\" words"),
        1 => format!("{tag} see https://example.com/a?b=1&c={number} and think"),
        2 => format!(
            "{tag} \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} family, Zu\u{308}rich, \u{1f1e8}\u{1f1ed}"
        ),
        3 => format!("{tag} two lines\nand a #tag, @nobody_{number}"),
        4 => format!("{tag} example.com is bare"),
        _ => format!("{tag} plain words"),
    }
}

/// More than one post of either platform can hold, or nearly so. Every piece of it is unique,
/// wherever it is cut.
fn long_text(number: usize, sentences: usize) -> String {
    let sentence = |place: usize| {
        format!(
            "{} Sentence {place} is one of those which nobody needs, and ends with {number}/{place}.",
            tag(number, place)
        )
    };
    (0..sentences).map(sentence).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn many() -> Vec<Written> {
        let mut writer = Writer::new(fastrand::Rng::with_seed(7));
        (0..2_000).map(|number| writer.write(number)).collect()
    }

    #[test]
    fn every_kind_is_written_and_half_are_texts() {
        let all = many();
        let count = |kind| all.iter().filter(|one| one.kind == kind).count();
        for (kind, word) in Kind::all() {
            assert!(count(kind) > 20, "{word}: {}", count(kind));
        }
        assert!((900..1_100).contains(&count(Kind::Text)));
    }

    #[test]
    fn no_two_parts_are_the_same() {
        let mut seen = HashSet::new();
        for part in many().iter().flat_map(|written| &written.parts) {
            let files: Vec<usize> = part.files.iter().map(|shown| shown.file).collect();
            assert!(!part.text.is_empty() || files.len() > 1);
            assert!(seen.insert((part.text.clone(), files)), "{part:?}");
        }
    }

    #[test]
    fn the_same_dice_write_the_same_posts() {
        let parts = |all: Vec<Written>| all.into_iter().map(|one| one.parts).collect::<Vec<_>>();
        assert_eq!(parts(many()), parts(many()));
    }
}
