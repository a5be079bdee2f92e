//! What an upload is meant for.

use crate::media::{Format, MediaKind};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Category {
    TweetImage,
    TweetGif,
    TweetVideo,
    AmplifyVideo,
    DmImage,
    DmGif,
    DmVideo,
    Subtitles,
}

/// By their names in `media_category`; the one-shot call knows no `amplify_video` (x.md 3.1).
const NAMES: [(&str, Category); 8] = [
    ("amplify_video", Category::AmplifyVideo),
    ("tweet_gif", Category::TweetGif),
    ("tweet_image", Category::TweetImage),
    ("tweet_video", Category::TweetVideo),
    ("dm_gif", Category::DmGif),
    ("dm_image", Category::DmImage),
    ("dm_video", Category::DmVideo),
    ("subtitles", Category::Subtitles),
];

impl Category {
    pub(crate) fn named(name: &str) -> Option<Self> {
        let found = NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, category)| *category)
    }

    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _)| *name)
    }

    /// Of an upload that says only which type it has.
    pub(crate) fn of_type(media_type: &str) -> Option<Self> {
        match media_type.split_once('/')? {
            ("image", "gif") => Some(Self::TweetGif),
            ("image", _) => Some(Self::TweetImage),
            ("video", _) => Some(Self::TweetVideo),
            ("text", _) => Some(Self::Subtitles),
            _ => None,
        }
    }

    /// Whether a type belongs to it. A GIF can be a still image as well.
    pub(crate) fn takes_type(self, media_type: &str) -> bool {
        let class = media_type.split('/').next().unwrap_or_default();
        match self {
            Self::TweetImage | Self::DmImage => class == "image",
            Self::TweetGif | Self::DmGif => media_type == "image/gif",
            Self::TweetVideo | Self::AmplifyVideo | Self::DmVideo => class == "video",
            Self::Subtitles => class == "text",
        }
    }

    /// Whether the content, whatever it was called, is of this kind. HEIC is no image to X.
    pub(crate) fn takes(self, format: Option<Format>) -> bool {
        match self {
            Self::Subtitles => format.is_none(),
            _ => format.is_some_and(|format| {
                format != Format::Heif && self.takes_type(format.content_type())
            }),
        }
    }

    /// What of a post it can be part of.
    pub(crate) fn kind(self) -> Option<MediaKind> {
        match self {
            Self::TweetImage => Some(MediaKind::Image),
            Self::TweetGif => Some(MediaKind::Gif),
            Self::TweetVideo | Self::AmplifyVideo => Some(MediaKind::Video),
            Self::DmImage | Self::DmGif | Self::DmVideo | Self::Subtitles => None,
        }
    }

    /// Whether it is processed after the upload: every GIF and every video is (x.md 3.2).
    pub(crate) fn is_processed(self) -> bool {
        !matches!(self, Self::TweetImage | Self::DmImage | Self::Subtitles)
    }

    pub(crate) fn is_video(self) -> bool {
        matches!(self, Self::TweetVideo | Self::AmplifyVideo | Self::DmVideo)
    }

    /// In bytes (x.md 3.4); that of subtitles is a guess.
    pub(crate) fn limit(self) -> u64 {
        match self {
            Self::TweetImage | Self::DmImage => 5 << 20,
            Self::TweetGif | Self::DmGif => 15 << 20,
            Self::TweetVideo | Self::AmplifyVideo | Self::DmVideo => 512 << 20,
            Self::Subtitles => 1 << 20,
        }
    }

    /// What a `media_key` begins with (x.md 3.1); that of subtitles is a guess.
    pub(crate) fn prefix(self) -> u8 {
        match self {
            Self::TweetImage | Self::DmImage => 3,
            Self::TweetVideo | Self::DmVideo => 7,
            Self::AmplifyVideo => 13,
            Self::TweetGif | Self::DmGif => 16,
            Self::Subtitles => 17,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_takes_what_it_is_for() {
        assert!(Category::TweetImage.takes(Some(Format::Webp)));
        assert!(!Category::TweetImage.takes(Some(Format::Heif)));
        assert!(!Category::TweetImage.takes(Some(Format::Mp4)));
        assert!(Category::TweetGif.takes(Some(Format::Gif)));
        assert!(!Category::TweetGif.takes(Some(Format::Png)));
        assert!(Category::TweetVideo.takes(Some(Format::Quicktime)));
        assert!(!Category::TweetVideo.takes(None));
    }

    #[test]
    fn every_category_is_found_by_its_name() {
        for name in Category::names() {
            assert!(Category::named(name).is_some(), "{name}");
        }
        assert_eq!(Category::named("tweet_audio"), None);
    }
}
