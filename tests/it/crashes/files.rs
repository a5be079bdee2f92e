//! The files that posts carry, uploaded once for each test, and what must then be live.

use std::collections::HashMap;
use std::sync::LazyLock;

use media::testing::{Mp4Spec, jpeg, mp4, png};
use serde_json::{Value, json};
use sha2::Digest;
use simulator::LiveMedia;
use tests::client::{Client, text};

/// What hangs on a part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Carried {
    #[default]
    Nothing,
    /// An image, and what it shows.
    Image,
    /// Another, without words: the same text with it is another post.
    OtherImage,
    /// Two of them, one with words: a carousel on Threads.
    Images,
    /// A video in one stretch.
    Clip,
    /// A video in several.
    Film,
}

/// One file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum File {
    Photo,
    Drawing,
    Clip,
    Film,
}

impl File {
    const ALL: [Self; 4] = [Self::Photo, Self::Drawing, Self::Clip, Self::Film];

    fn made(self) -> Vec<u8> {
        match self {
            File::Photo => jpeg(320, 320),
            File::Drawing => png(330, 320),
            File::Clip => mp4(&Mp4Spec::default()),
            File::Film => mp4(&Mp4Spec {
                padding_bytes: u64::try_from(platforms::x::CHUNK_BYTES).expect("a size") + 1_000,
                ..Mp4Spec::default()
            }),
        }
    }

    /// Its content, and the hash of it in hexadecimal.
    fn content(self) -> &'static (Vec<u8>, String) {
        static ALL: LazyLock<HashMap<File, (Vec<u8>, String)>> = LazyLock::new(|| {
            let hashed = |file: File| {
                let bytes = file.made();
                let hash = sha2::Sha256::digest(&bytes);
                let hash = hash.iter().map(|byte| format!("{byte:02x}")).collect();
                (file, (bytes, hash))
            };
            File::ALL.into_iter().map(hashed).collect()
        });
        &ALL[&self]
    }
}

impl Carried {
    /// The files in order, each with what it shows.
    fn files(self) -> &'static [(File, Option<&'static str>)] {
        match self {
            Carried::Nothing => &[],
            Carried::Image => &[(File::Photo, Some("A cat on a mat"))],
            Carried::OtherImage => &[(File::Drawing, None)],
            Carried::Images => &[
                (File::Drawing, None),
                (File::Photo, Some("The same, as a photo")),
            ],
            Carried::Clip => &[(File::Clip, None)],
            Carried::Film => &[(File::Film, None)],
        }
    }

    /// The hash of each file as it must be live, with the words that must be there.
    pub fn expected(self) -> Vec<(String, Option<String>)> {
        let hashed = |(file, words): &(File, Option<&str>)| {
            (file.content().1.clone(), words.map(str::to_owned))
        };
        self.files().iter().map(hashed).collect()
    }

    /// Whether the files that are live are these: whole, in order, with their words.
    pub fn is_live(self, live: &[LiveMedia]) -> bool {
        let seen = live
            .iter()
            .map(|media| (media.sha256.clone(), media.alt_text.clone()));
        seen.collect::<Vec<_>>() == self.expected()
    }
}

/// The files of one owner, by the ids that the API gave them.
#[derive(Clone)]
pub struct Shelf(HashMap<File, String>);

impl Shelf {
    /// Uploads all of them.
    pub async fn filled(client: &Client) -> Self {
        let mut ids = HashMap::new();
        for file in File::ALL {
            let bytes = file.content().0.clone();
            let reply = client.upload("/v1/media", bytes).await;
            assert!(reply.status.is_success(), "{:#}", reply.body);
            ids.insert(file, text(&reply.body["id"]).to_owned());
        }
        Shelf(ids)
    }

    /// A part of a request.
    pub fn part(&self, written: &str, carried: Carried) -> Value {
        let media: Vec<Value> = carried
            .files()
            .iter()
            .map(|(file, words)| match words {
                Some(words) => json!({ "id": self.0[file], "alt_text": words }),
                None => json!({ "id": self.0[file] }),
            })
            .collect();
        if media.is_empty() {
            json!({ "text": written })
        } else {
            json!({ "text": written, "media": media })
        }
    }
}
