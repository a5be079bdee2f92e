//! The files of the posts, made on the spot, so that every run has the same.

use media::testing::{Mp4Spec, gif, jpeg, mp4, png};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::client::{Client, id};

/// A file that was uploaded.
#[derive(Clone, Debug)]
pub struct File {
    /// `med_...`
    pub id: String,
    /// `image`, `gif` or `video`
    pub kind: &'static str,
    /// Of its bytes, in hexadecimal.
    pub sha256: String,
}

/// All of them.
#[derive(Clone, Debug)]
pub struct Files {
    /// Six different ones, of sizes that neither platform changes.
    pub images: Vec<File>,
    /// It moves.
    pub gif: File,
    /// Larger than X takes in one stretch.
    pub video: File,
}

impl File {
    /// As a request names it.
    pub fn named(&self) -> Value {
        json!({ "id": self.id })
    }

    /// The same with a description.
    pub fn described(&self, alt_text: &str) -> Value {
        json!({ "id": self.id, "alt_text": alt_text })
    }
}

impl Files {
    /// Uploads them. The last image is of a size by `number`, since X refuses one without a text
    /// that it had before.
    pub async fn upload(client: &Client, number: u32) -> Self {
        let pictures = [
            jpeg(800, 600),
            png(640, 480),
            jpeg(500, 500),
            png(600, 400),
            jpeg(900, 600),
            png(400 + number % 1_000, 400 + number / 1_000 % 1_000),
        ];
        let mut images = Vec::new();
        for picture in pictures {
            images.push(upload(client, "image", picture).await);
        }
        let video = mp4(&Mp4Spec {
            padding_bytes: 6_000_000,
            ..Mp4Spec::default()
        });
        Files {
            images,
            gif: upload(client, "gif", gif(320, 240, 5)).await,
            video: upload(client, "video", video).await,
        }
    }
}

async fn upload(client: &Client, kind: &'static str, bytes: Vec<u8>) -> File {
    let digest = Sha256::digest(&bytes);
    let sha256 = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let answer = client.upload("/v1/media", bytes).await;
    // 200: it was there already.
    assert!(answer.status.is_success(), "{:#}", answer.body);
    File {
        id: id(&answer.body).to_owned(),
        kind,
        sha256,
    }
}
