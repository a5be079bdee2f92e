//! What a file is, as far as the platforms care.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a reader of a post sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A still picture; a GIF of one frame, too.
    Image,
    /// A moving GIF.
    Gif,
    Video,
}

/// How a file is written. Decided by its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    Jpeg,
    Png,
    Webp,
    Gif,
    Mp4,
    /// QuickTime
    Mov,
}

/// What is known of a file. What its format does not have, or does not say, is `None`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    pub kind: Kind,
    pub format: Format,
    /// In pixels, as it is shown: turned as the camera's note or the video's matrix says.
    pub width: u32,
    /// In pixels, as it is shown.
    pub height: u32,
    /// Of videos and moving GIFs. `None` for a video that does not say (a live recording).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Frames a second, on average. Of videos and moving GIFs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame_rate: Option<f64>,
    /// How many frames a GIF has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frames: Option<u32>,
    /// `h264`, `hevc`, `av1`, `vp9`, ..., or the four letters in the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video_codec: Option<String>,
    /// `aac`, `mp3`, `opus`, `pcm`, ..., or the four letters in the file. `None` for a silent video.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio_codec: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio_channels: Option<u16>,
    /// Whether a video's index stands before its pictures, so that it plays while it loads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moov_first: Option<bool>,
    /// The size of the file.
    pub bytes: u64,
}

impl Format {
    /// The media type to serve and to upload it as.
    pub fn mime(self) -> &'static str {
        match self {
            Format::Jpeg => "image/jpeg",
            Format::Png => "image/png",
            Format::Webp => "image/webp",
            Format::Gif => "image/gif",
            Format::Mp4 => "video/mp4",
            Format::Mov => "video/quicktime",
        }
    }

    /// The usual ending of a file's name, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Jpeg => "jpg",
            Format::Png => "png",
            Format::Webp => "webp",
            Format::Gif => "gif",
            Format::Mp4 => "mp4",
            Format::Mov => "mov",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::Jpeg => "JPEG",
            Format::Png => "PNG",
            Format::Webp => "WEBP",
            Format::Gif => "GIF",
            Format::Mp4 => "MP4",
            Format::Mov => "MOV",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_survive_json_and_leave_out_what_is_not_known() {
        let facts = Facts {
            kind: Kind::Image,
            format: Format::Jpeg,
            width: 3,
            height: 2,
            duration_ms: None,
            frame_rate: None,
            frames: None,
            video_codec: None,
            audio_codec: None,
            audio_channels: None,
            moov_first: None,
            bytes: 99,
        };
        let json = serde_json::to_string(&facts).unwrap();
        assert_eq!(
            json,
            r#"{"kind":"image","format":"jpeg","width":3,"height":2,"bytes":99}"#
        );
        assert_eq!(serde_json::from_str::<Facts>(&json).unwrap(), facts);
    }
}
