//! The handful of files that are uploaded at the start and shown again and again.

use std::ops::Range;

use media::testing::{Mp4Spec, gif, jpeg, mp4, png};
use sha2::{Digest, Sha256};
use simulator::MediaKind;

/// Where in [`files`] the images are.
pub const IMAGES: Range<usize> = 0..16;
/// Where the moving GIFs are.
pub const GIFS: Range<usize> = 16..18;
/// Where the videos are.
pub const VIDEOS: Range<usize> = 18..21;

/// Between one and three stretches of an upload to X.
const VIDEO_BYTES: [u64; 3] = [1_100_000, 2_200_000, 2_900_000];

/// A file, and what must be live of it.
#[derive(Clone, Debug)]
pub struct File {
    pub bytes: Vec<u8>,
    /// In hexadecimal, as the simulator tells it.
    pub sha256: String,
    pub kind: MediaKind,
}

/// All of them, in the same order each time.
pub fn files() -> Vec<File> {
    let images = IMAGES.map(|number| {
        let width = 320 + 8 * u32::try_from(number).unwrap_or(0);
        let bytes = if number % 2 == 0 {
            jpeg(width, 320)
        } else {
            png(width, 320)
        };
        File::new(MediaKind::Image, bytes)
    });
    let gifs = (1..=GIFS.len() as u32)
        .map(|number| File::new(MediaKind::Gif, gif(80 + 20 * number, 80, 2 + number)));
    let videos = VIDEO_BYTES.map(|padding_bytes| {
        let spec = Mp4Spec {
            padding_bytes,
            ..Mp4Spec::default()
        };
        File::new(MediaKind::Video, mp4(&spec))
    });
    images.chain(gifs).chain(videos).collect()
}

impl File {
    fn new(kind: MediaKind, bytes: Vec<u8>) -> Self {
        let hash = Sha256::digest(&bytes);
        File {
            sha256: hash.iter().map(|byte| format!("{byte:02x}")).collect(),
            bytes,
            kind,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_files_are_the_same_and_each_is_where_it_is_looked_for() {
        let files = files();
        let distinct: HashSet<_> = files.iter().map(|file| &file.sha256).collect();
        assert_eq!(distinct.len(), files.len());
        assert_eq!(files.len(), VIDEOS.end);
        for (range, kind) in [
            (IMAGES, MediaKind::Image),
            (GIFS, MediaKind::Gif),
            (VIDEOS, MediaKind::Video),
        ] {
            assert!(files[range].iter().all(|file| file.kind == kind));
        }
    }
}
