//! What must be live of a delivery when all of it is, known from what was written.

use std::collections::BTreeMap;

use simulator::{LivePoll, LivePost, MediaKind, Platform};

use super::Key;
use super::record::Recorded;
use crate::torture::files::File;
use crate::torture::posts::{Shown, Written, WrittenPart};

/// One part as it must be live.
pub struct Expected {
    pub key: Key,
    alt_texts: Vec<Option<String>>,
    kinds: Vec<MediaKind>,
    poll: Option<LivePoll>,
    options: BTreeMap<String, String>,
}

/// The parts of a delivery.
pub fn parts(row: &Recorded, post: &Written, files: &[File]) -> Result<Vec<Expected>, String> {
    let parts = match post.split {
        None => post.parts.clone(),
        Some(numbering) => pieces(row, &post.parts[0], numbering)?,
    };
    Ok(parts
        .into_iter()
        .enumerate()
        .map(|(index, part)| expected(row, post, index, part, files))
        .collect())
}

/// Where a long text was cut, only the record tells; that nothing is missing of it is checked.
fn pieces(
    row: &Recorded,
    written: &WrittenPart,
    numbering: bool,
) -> Result<Vec<WrittenPart>, String> {
    let platform = match row.platform {
        Platform::Threads => entities::Platform::Threads,
        Platform::X => entities::Platform::X,
    };
    let cut = row.content.parts_on(platform, &row.account_id);
    let mut whole = String::new();
    for (index, piece) in cut.iter().enumerate() {
        let numbered = format!(" ({}/{})", index + 1, cut.len());
        whole += match numbering && cut.len() > 1 {
            true => piece
                .text
                .strip_suffix(&numbered)
                .ok_or_else(|| format!("without its number: {:?}", piece.text))?,
            false => &piece.text,
        };
    }
    let letters = |text: &str| text.split_whitespace().collect::<String>();
    if letters(&whole) != letters(&written.text) {
        return Err(format!("cut into another text: {cut:?}"));
    }
    let part = |text: &String| WrittenPart {
        text: text.clone(),
        files: Vec::new(),
    };
    Ok(cut.iter().map(|piece| part(&piece.text)).collect())
}

fn expected(
    row: &Recorded,
    post: &Written,
    index: usize,
    part: WrittenPart,
    files: &[File],
) -> Expected {
    let file = |shown: &Shown| &files[shown.file];
    let is_first = index == 0;
    let mut options = BTreeMap::new();
    if let Some([on_x, on_threads]) = post.replies.filter(|_| is_first) {
        let (name, word) = match row.platform {
            Platform::X => ("reply_settings", on_x),
            Platform::Threads => ("reply_control", on_threads),
        };
        options.insert(name.to_owned(), word.to_owned());
    }
    let has_poll = is_first && !post.poll.is_empty();
    Expected {
        alt_texts: part
            .files
            .iter()
            // X takes no words for a video (x.md 3.4).
            .map(|shown| match (row.platform, file(shown).kind) {
                (Platform::X, MediaKind::Video) => None,
                _ => shown.alt_text.clone(),
            })
            .collect(),
        kinds: part.files.iter().map(|shown| file(shown).kind).collect(),
        poll: has_poll.then(|| LivePoll {
            options: post.poll.clone(),
            duration_minutes: (row.platform == Platform::X).then_some(post.poll_minutes),
        }),
        options,
        key: Key {
            platform: row.platform,
            account: row.username.clone(),
            files: part
                .files
                .iter()
                .map(|shown| file(shown).sha256.clone())
                .collect(),
            text: part.text,
        },
    }
}

impl Expected {
    /// What of a live post is not as it must be, besides its text and files.
    pub fn differs(&self, live: &LivePost) -> Option<String> {
        let alt_texts: Vec<_> = live
            .media
            .iter()
            .map(|file| file.alt_text.clone())
            .collect();
        let kinds: Vec<_> = live.media.iter().map(|file| file.kind).collect();
        if alt_texts != self.alt_texts {
            return Some(format!("its files are described as {alt_texts:?}"));
        }
        if kinds != self.kinds {
            return Some(format!("its files are {kinds:?}"));
        }
        if live.poll != self.poll {
            return Some(format!("its poll is {:?}", live.poll));
        }
        (live.options != self.options).then(|| format!("its options are {:?}", live.options))
    }
}
