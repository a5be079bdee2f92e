//! What Threads takes: the table in threads.md 4.3, from Meta's overview and posts pages.

use super::{Finding, RATE_SLACK, frames, refused, seconds, warning};
use crate::intake::Size;
use crate::{Facts, Format, Kind};

const MAX_IMAGE_BYTES: u64 = 8_000_000;
const MAX_IMAGE_ASPECT: u64 = 10;
const MIN_IMAGE_WIDTH: u32 = 320;
const MAX_IMAGE_WIDTH: u32 = 1440;
const MAX_VIDEO_BYTES: u64 = 1_000_000_000;
const MAX_VIDEO_MS: u64 = 300_000;
const MAX_VIDEO_WIDTH: u32 = 1920;
const FRAME_RATES: (f64, f64) = (23.0, 60.0);
const MAX_CAROUSEL: usize = 20;

/// What Threads would say to one file.
pub fn check_threads(facts: &Facts) -> Vec<Finding> {
    match facts.kind {
        Kind::Image => image(facts),
        Kind::Gif => vec![refused(
            "threads_gif",
            "Threads takes no GIF files".into(),
            "Save it as MP4, or post it to X alone.",
        )],
        Kind::Video => video(facts),
    }
}

/// What Threads would say to these files in one post: one, or a carousel of 2 to 20 pictures and
/// videos (threads.md 4.3). A GIF is [`check_threads`]'s matter.
pub fn check_mix_threads(kinds: &[Kind]) -> Vec<Finding> {
    if kinds.len() <= MAX_CAROUSEL {
        return Vec::new();
    }
    let message = format!(
        "Threads takes up to {MAX_CAROUSEL} pictures and videos in a post; this has {}",
        kinds.len()
    );
    let fix = format!("Keep {MAX_CAROUSEL}, and put the others into the next part of a thread.");
    vec![refused("threads_too_many_media", message, fix)]
}

fn image(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Facts { width, height, .. } = *facts;
    if !matches!(facts.format, Format::Jpeg | Format::Png) {
        let message = format!(
            "Threads takes JPEG and PNG pictures; this one is {}",
            facts.format
        );
        findings.push(refused(
            "threads_image_format",
            message,
            "Save it as JPEG or PNG.",
        ));
    }
    if facts.bytes > MAX_IMAGE_BYTES {
        let message = too_many_bytes("pictures", facts.bytes, MAX_IMAGE_BYTES);
        let fix = "Save it smaller, or as JPEG.";
        findings.push(refused("threads_image_too_large", message, fix));
    }
    let (long, short) = (width.max(height), width.min(height));
    if u64::from(long) > MAX_IMAGE_ASPECT * u64::from(short) {
        let message = format!(
            "Threads takes pictures of up to {MAX_IMAGE_ASPECT}:1; this one has {width} x {height} pixels"
        );
        findings.push(refused("threads_image_aspect", message, "Crop it."));
    }
    if !(MIN_IMAGE_WIDTH..=MAX_IMAGE_WIDTH).contains(&width) {
        let (to, edge) = match width < MIN_IMAGE_WIDTH {
            true => ("up", MIN_IMAGE_WIDTH),
            false => ("down", MAX_IMAGE_WIDTH),
        };
        let message =
            format!("Threads scales this picture {to} from {width} to {edge} pixels of width");
        let fix = format!(
            "Nothing; or save it {MIN_IMAGE_WIDTH} to {MAX_IMAGE_WIDTH} pixels wide to have it as it is."
        );
        findings.push(warning("threads_image_scaled", message, fix));
    }
    findings
}

fn video(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Facts { width, height, .. } = *facts;
    if facts.bytes > MAX_VIDEO_BYTES {
        let message = too_many_bytes("videos", facts.bytes, MAX_VIDEO_BYTES);
        let fix = "Save it with a lower bit rate, or cut it.";
        findings.push(refused("threads_video_too_large", message, fix));
    }
    findings.extend(length(facts));
    if facts.moov_first == Some(false) {
        let message = "Threads takes videos whose index stands first; this one's stands last";
        let fix =
            "Save it for the web (\"fast start\"; with ffmpeg: -c copy -movflags +faststart).";
        findings.push(refused("threads_video_index_last", message.into(), fix));
    }
    if let Some(codec) = facts.video_codec.as_deref()
        && !matches!(codec, "h264" | "hevc")
    {
        let message = format!("Threads takes videos in H.264 and HEVC; this one is in {codec}");
        findings.push(refused(
            "threads_video_codec",
            message,
            "Save it as MP4 with H.264.",
        ));
    }
    if let Some(codec) = facts.audio_codec.as_deref()
        && codec != "aac"
    {
        let message = format!("Threads takes sound in AAC; this video's is in {codec}");
        findings.push(refused(
            "threads_audio_codec",
            message,
            "Save it with AAC sound.",
        ));
    }
    if let Some(channels) = facts.audio_channels
        && channels > 2
    {
        let message = format!("Threads takes mono and stereo; this video has {channels} channels");
        findings.push(refused(
            "threads_audio_channels",
            message,
            "Save it in stereo.",
        ));
    }
    findings.extend(facts.frame_rate.and_then(frame_rate));
    if width > MAX_VIDEO_WIDTH {
        let message = format!(
            "Threads takes videos of up to {MAX_VIDEO_WIDTH} pixels of width; this one has {width}"
        );
        findings.push(refused("threads_video_too_wide", message, "Scale it down."));
    }
    // 0.01:1 to 10:1, in whole numbers.
    let (across, down) = (u64::from(width), u64::from(height));
    if across > 10 * down || 100 * across < down {
        let message = format!(
            "Threads takes videos between 0.01:1 and 10:1; this one has {width} x {height} pixels"
        );
        findings.push(refused(
            "threads_video_aspect",
            message,
            "Crop it, or add bars.",
        ));
    }
    findings
}

fn length(facts: &Facts) -> Option<Finding> {
    let Some(ms) = facts.duration_ms else {
        let message = "this video does not say how long it is".into();
        let fix = "Save it as an ordinary MP4: it was recorded in fragments.";
        return Some(refused("threads_video_length_unknown", message, fix));
    };
    if ms <= MAX_VIDEO_MS {
        return None;
    }
    let (most, length) = (seconds(MAX_VIDEO_MS), seconds(ms));
    let message = format!("Threads takes videos of up to {most}; this one lasts {length}");
    Some(refused("threads_video_too_long", message, "Cut it."))
}

fn frame_rate(rate: f64) -> Option<Finding> {
    let (least, most) = FRAME_RATES;
    if rate >= least - RATE_SLACK && rate <= most + RATE_SLACK {
        return None;
    }
    let message = format!(
        "Threads takes videos of {least} to {}; this one has {}",
        frames(most),
        frames(rate)
    );
    let fix = "Save it with 30 frames a second.";
    Some(refused("threads_video_frame_rate", message, fix))
}

fn too_many_bytes(things: &str, bytes: u64, most: u64) -> String {
    format!(
        "Threads takes {things} of up to {}; this one has {}",
        Size(most),
        Size(bytes)
    )
}
