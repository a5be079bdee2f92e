//! What X takes: the table in x.md 3.4, from X's `best-practices.mdx`.

use super::{Finding, RATE_SLACK, frames, refused, seconds, warning};
use crate::intake::Size;
use crate::{Facts, Kind};

pub(super) const MAX_IMAGE_BYTES: u64 = 5_000_000;
const MAX_GIF_BYTES: u64 = 15_000_000;
const MAX_GIF_SIZE: (u32, u32) = (1280, 1080);
const MAX_GIF_FRAMES: u32 = 350;
const MAX_GIF_PIXELS: u64 = 300_000_000;
const MAX_VIDEO_BYTES: u64 = 512_000_000;
const MIN_VIDEO_MS: u64 = 500;
const MAX_VIDEO_MS: u64 = 140_000;
/// Some posts with a longer video were refused (x.md 2.5), though the documents say 140 s.
const SURE_VIDEO_MS: u64 = 120_000;
const MIN_VIDEO_SIDE: u32 = 32;
/// Longer and shorter side.
const MAX_VIDEO_SIZE: (u32, u32) = (1280, 1024);
/// The same page lets subscribers upload 1080p.
const PREMIUM_VIDEO_SIZE: (u32, u32) = (1920, 1080);
const MAX_FRAME_RATE: f64 = 60.0;
const MAX_IMAGES: usize = 4;

/// What X would say to one file. `premium` is whether the account pays for a subscription.
pub fn check_x(facts: &Facts, premium: bool) -> Vec<Finding> {
    match facts.kind {
        Kind::Image => image(facts),
        Kind::Gif => gif(facts),
        Kind::Video => video(facts, premium),
    }
}

/// What X would say to these files in one post: 4 pictures, or 1 GIF, or 1 video (x.md 3.4).
pub fn check_mix_x(kinds: &[Kind]) -> Vec<Finding> {
    let count = |kind: Kind| kinds.iter().filter(|other| **other == kind).count();
    let (images, gifs, videos) = (count(Kind::Image), count(Kind::Gif), count(Kind::Video));
    if gifs + videos > 1 || (gifs + videos == 1 && images > 0) {
        let message = format!(
            "X takes up to {MAX_IMAGES} pictures, or one GIF, or one video in a post; this has {images} pictures, {gifs} GIFs and {videos} videos"
        );
        let fix = "Spread them over the parts of a thread, or keep one kind.";
        return vec![refused("x_mixed_media", message, fix)];
    }
    if images > MAX_IMAGES {
        let message = format!("X takes up to {MAX_IMAGES} pictures in a post; this has {images}");
        let fix = format!("Keep {MAX_IMAGES}, and put the others into the next part of a thread.");
        return vec![refused("x_too_many_images", message, fix)];
    }
    Vec::new()
}

fn image(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    if facts.bytes > MAX_IMAGE_BYTES {
        let message = too_many_bytes("pictures", facts.bytes, MAX_IMAGE_BYTES);
        let fix = "Save it smaller, or as JPEG.";
        findings.push(refused("x_image_too_large", message, fix));
    }
    findings
}

fn gif(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Facts { width, height, .. } = *facts;
    let frames = facts.frames.unwrap_or(1);
    let pixels = u64::from(width) * u64::from(height) * u64::from(frames);
    if facts.bytes > MAX_GIF_BYTES {
        let message = too_many_bytes("GIFs", facts.bytes, MAX_GIF_BYTES);
        let fix = "Make it shorter or smaller, or save it as MP4.";
        findings.push(refused("x_gif_too_large", message, fix));
    }
    let (max_width, max_height) = MAX_GIF_SIZE;
    if width > max_width || height > max_height {
        let message = format!(
            "X takes GIFs of up to {max_width} x {max_height} pixels; this one has {width} x {height}"
        );
        findings.push(refused("x_gif_dimensions", message, "Scale it down."));
    }
    if frames > MAX_GIF_FRAMES {
        let message =
            format!("X takes GIFs of up to {MAX_GIF_FRAMES} frames; this one has {frames}");
        let fix = "Make it shorter, or save it as MP4.";
        findings.push(refused("x_gif_too_many_frames", message, fix));
    }
    if pixels > MAX_GIF_PIXELS {
        let message = format!(
            "X takes GIFs of up to {} million pixels in all frames together; this one has {} million",
            MAX_GIF_PIXELS / 1_000_000,
            pixels.div_ceil(1_000_000)
        );
        let fix = "Scale it down or make it shorter, or save it as MP4.";
        findings.push(refused("x_gif_too_many_pixels", message, fix));
    }
    findings
}

fn video(facts: &Facts, premium: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    if facts.bytes > MAX_VIDEO_BYTES {
        let message = too_many_bytes("videos", facts.bytes, MAX_VIDEO_BYTES);
        let fix = "Save it with a lower bit rate, or cut it.";
        findings.push(refused("x_video_too_large", message, fix));
    }
    findings.extend(length(facts, premium));
    findings.extend(dimensions(facts, premium));
    if let Some(rate) = facts.frame_rate
        && rate > MAX_FRAME_RATE + RATE_SLACK
    {
        let message = format!(
            "X takes videos of up to {}; this one has {}",
            frames(MAX_FRAME_RATE),
            frames(rate)
        );
        let fix = "Save it with 30 or 60 frames a second.";
        findings.push(refused("x_video_frame_rate", message, fix));
    }
    if let Some(codec) = facts.video_codec.as_deref()
        && codec != "h264"
    {
        let message = format!("X takes videos in H.264; this one is in {codec}");
        findings.push(refused(
            "x_video_codec",
            message,
            "Save it as MP4 with H.264.",
        ));
    }
    if let Some(codec) = facts.audio_codec.as_deref()
        && codec != "aac"
    {
        let message = format!("X takes sound in AAC; this video's is in {codec}");
        findings.push(refused("x_audio_codec", message, "Save it with AAC sound."));
    }
    if let Some(channels) = facts.audio_channels
        && channels > 2
    {
        let message = format!("X takes mono and stereo; this video has {channels} channels");
        findings.push(refused("x_audio_channels", message, "Save it in stereo."));
    }
    findings
}

fn length(facts: &Facts, premium: bool) -> Option<Finding> {
    let Some(ms) = facts.duration_ms else {
        let message = "this video does not say how long it is".into();
        let fix = "Save it as an ordinary MP4: it was recorded in fragments.";
        return Some(refused("x_video_length_unknown", message, fix));
    };
    let length = seconds(ms);
    if ms < MIN_VIDEO_MS {
        let least = seconds(MIN_VIDEO_MS);
        let message = format!("X takes videos of {least} or more; this one lasts {length}");
        return Some(refused("x_video_too_short", message, "Make it longer."));
    }
    if ms > MAX_VIDEO_MS {
        let most = seconds(MAX_VIDEO_MS);
        if premium {
            let message = format!(
                "this video lasts {length}; X takes more than {most} of Premium accounts alone, and does not say how much"
            );
            let fix = "Nothing, while the subscription lasts; cut it to be sure.";
            return Some(warning("x_video_needs_premium", message, fix));
        }
        let message = format!("X takes videos of up to {most}; this one lasts {length}");
        let fix = "Cut it, or post it from a Premium account.";
        return Some(refused("x_video_too_long", message, fix));
    }
    if ms > SURE_VIDEO_MS && !premium {
        let sure = seconds(SURE_VIDEO_MS);
        let message = format!(
            "this video lasts {length}; X has refused videos of more than {sure} to accounts without Premium"
        );
        let fix = format!("Cut it to {sure} to be sure.");
        return Some(warning("x_video_long", message, fix));
    }
    None
}

fn dimensions(facts: &Facts, premium: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Facts { width, height, .. } = *facts;
    let (long, short) = (width.max(height), width.min(height));
    let within = |size: (u32, u32)| long <= size.0 && short <= size.1;
    if short < MIN_VIDEO_SIDE {
        let message = format!(
            "X takes videos of at least {MIN_VIDEO_SIDE} x {MIN_VIDEO_SIDE} pixels; this one has {width} x {height}"
        );
        findings.push(refused("x_video_too_small", message, "Scale it up."));
    }
    let (most_long, most_short) = MAX_VIDEO_SIZE;
    if !within(MAX_VIDEO_SIZE) && within(PREMIUM_VIDEO_SIZE) {
        if !premium {
            let message = format!(
                "X writes of up to {most_long} x {most_short} pixels, and of 1080p for Premium accounts; this video has {width} x {height}"
            );
            let fix = "Scale it to 1280 x 720 to be sure; X shows it no larger without Premium.";
            findings.push(warning("x_video_dimensions", message, fix));
        }
    } else if !within(MAX_VIDEO_SIZE) {
        let message = format!(
            "X takes videos of up to {most_long} x {most_short} pixels, and 1920 x 1080 of Premium accounts; this one has {width} x {height}"
        );
        let fix = "Scale it to 1280 x 720, or to 1920 x 1080.";
        findings.push(refused("x_video_dimensions", message, fix));
    }
    if u64::from(long) > 3 * u64::from(short) {
        let message =
            format!("X takes videos between 1:3 and 3:1; this one has {width} x {height} pixels");
        findings.push(refused("x_video_aspect", message, "Crop it, or add bars."));
    }
    findings
}

fn too_many_bytes(things: &str, bytes: u64, most: u64) -> String {
    format!(
        "X takes {things} of up to {}; this one has {}",
        Size(most),
        Size(bytes)
    )
}
