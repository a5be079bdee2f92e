use super::*;
use crate::{Format, Kind};

fn picture(format: Format, width: u32, height: u32, bytes: u64) -> Facts {
    Facts {
        kind: Kind::Image,
        format,
        width,
        height,
        duration_ms: None,
        frame_rate: None,
        frames: None,
        video_codec: None,
        audio_codec: None,
        audio_channels: None,
        moov_first: None,
        bytes,
    }
}

fn jpeg(width: u32, height: u32) -> Facts {
    picture(Format::Jpeg, width, height, 100_000)
}

fn gif(width: u32, height: u32, frames: u32, bytes: u64) -> Facts {
    Facts {
        kind: Kind::Gif,
        frames: Some(frames),
        ..picture(Format::Gif, width, height, bytes)
    }
}

fn video() -> Facts {
    Facts {
        kind: Kind::Video,
        duration_ms: Some(10_000),
        frame_rate: Some(30.0),
        video_codec: Some("h264".into()),
        audio_codec: Some("aac".into()),
        audio_channels: Some(2),
        moov_first: Some(true),
        ..picture(Format::Mp4, 1280, 720, 10_000_000)
    }
}

fn lasting(ms: u64) -> Facts {
    Facts {
        duration_ms: Some(ms),
        ..video()
    }
}

fn sized(width: u32, height: u32) -> Facts {
    Facts {
        width,
        height,
        ..video()
    }
}

fn at(rate: f64) -> Facts {
    Facts {
        frame_rate: Some(rate),
        ..video()
    }
}

/// `codes`: one for each finding; `~` before one makes it a warning.
fn check(findings: &[Finding], codes: &[&str]) {
    let found: Vec<String> = findings
        .iter()
        .map(|finding| match finding.severity {
            Severity::Refused => finding.code.to_owned(),
            Severity::Warning => format!("~{}", finding.code),
        })
        .collect();
    assert_eq!(found, codes, "{findings:#?}");
    for finding in findings {
        assert!(
            !finding.message.is_empty() && finding.fix.ends_with('.'),
            "{finding:?}"
        );
    }
}

fn x(facts: &Facts, codes: &[&str]) {
    check(&check_x(facts, false), codes);
}

fn x_premium(facts: &Facts, codes: &[&str]) {
    check(&check_x(facts, true), codes);
}

fn threads(facts: &Facts, codes: &[&str]) {
    check(&check_threads(facts), codes);
}

#[test]
fn what_both_take_has_no_findings() {
    for facts in [
        jpeg(1200, 800),
        picture(Format::Png, 400, 400, 5_000),
        video(),
    ] {
        x(&facts, &[]);
        threads(&facts, &[]);
    }
}

#[test]
fn x_takes_pictures_of_5_mb() {
    for format in [Format::Jpeg, Format::Png, Format::Webp, Format::Gif] {
        x(&picture(format, 400, 400, 5_000_000), &[]);
        x(
            &picture(format, 400, 400, 5_000_001),
            &["x_image_too_large"],
        );
    }
}

#[test]
fn x_takes_gifs_within_four_limits() {
    x(&gif(1280, 1080, 200, 15_000_000), &[]);
    x(&gif(100, 100, 2, 15_000_001), &["x_gif_too_large"]);
    x(&gif(1281, 10, 2, 100), &["x_gif_dimensions"]);
    x(&gif(10, 1081, 2, 100), &["x_gif_dimensions"]);
    x(&gif(100, 100, 350, 100), &[]);
    x(&gif(100, 100, 351, 100), &["x_gif_too_many_frames"]);
    x(&gif(1000, 1000, 300, 100), &[]);
    x(&gif(1000, 1000, 301, 100), &["x_gif_too_many_pixels"]);
}

#[test]
fn x_takes_videos_of_half_a_second_to_140_seconds_and_longer_ones_of_premium_accounts() {
    x(&lasting(499), &["x_video_too_short"]);
    x(&lasting(500), &[]);
    x(&lasting(120_000), &[]);
    x(&lasting(120_001), &["~x_video_long"]);
    x(&lasting(140_000), &["~x_video_long"]);
    x(&lasting(140_001), &["x_video_too_long"]);
    x_premium(&lasting(499), &["x_video_too_short"]);
    x_premium(&lasting(140_000), &[]);
    x_premium(&lasting(140_001), &["~x_video_needs_premium"]);
}

#[test]
fn x_takes_videos_up_to_1280_by_1024_either_way_round() {
    x(&sized(1280, 1024), &[]);
    x(&sized(1024, 1280), &[]);
    x(&sized(1281, 1024), &["~x_video_dimensions"]);
    x(&sized(1280, 1025), &["~x_video_dimensions"]);
    x(&sized(1920, 1080), &["~x_video_dimensions"]);
    x(&sized(1080, 1920), &["~x_video_dimensions"]);
    x(&sized(1921, 1080), &["x_video_dimensions"]);
    x(&sized(1920, 1081), &["x_video_dimensions"]);
    x_premium(&sized(1920, 1080), &[]);
    x_premium(&sized(1920, 1081), &["x_video_dimensions"]);
    x(&sized(32, 32), &[]);
    x(&sized(31, 32), &["x_video_too_small"]);
    x(&sized(32, 31), &["x_video_too_small"]);
}

#[test]
fn x_takes_videos_between_1_to_3_and_3_to_1() {
    x(&sized(1200, 400), &[]);
    x(&sized(400, 1200), &[]);
    x(&sized(1201, 400), &["x_video_aspect"]);
    x(&sized(400, 1201), &["x_video_aspect"]);
}

#[test]
fn x_takes_videos_of_60_frames_in_h264_with_stereo_aac() {
    x(&at(60.0), &[]);
    x(&at(60.002), &[]);
    x(&at(60.1), &["x_video_frame_rate"]);
    x(&at(1.0), &[]);
    let mut facts = video();
    facts.bytes = 512_000_000;
    x(&facts, &[]);
    facts.bytes += 1;
    x(&facts, &["x_video_too_large"]);
    let mut facts = video();
    facts.video_codec = Some("hevc".into());
    facts.audio_codec = Some("opus".into());
    facts.audio_channels = Some(6);
    facts.moov_first = Some(false);
    x(
        &facts,
        &["x_video_codec", "x_audio_codec", "x_audio_channels"],
    );
}

#[test]
fn a_silent_video_is_taken_and_one_of_unknown_length_is_not() {
    let mut facts = video();
    facts.audio_codec = None;
    facts.audio_channels = None;
    x(&facts, &[]);
    threads(&facts, &[]);
    facts.duration_ms = None;
    facts.frame_rate = None;
    x(&facts, &["x_video_length_unknown"]);
    threads(&facts, &["threads_video_length_unknown"]);
}

#[test]
fn threads_takes_jpeg_and_png_of_8_mb() {
    threads(&picture(Format::Png, 400, 400, 8_000_000), &[]);
    threads(
        &picture(Format::Jpeg, 400, 400, 8_000_001),
        &["threads_image_too_large"],
    );
    threads(
        &picture(Format::Webp, 400, 400, 100),
        &["threads_image_format"],
    );
    threads(
        &picture(Format::Gif, 400, 400, 100),
        &["threads_image_format"],
    );
    threads(&gif(400, 400, 2, 100), &["threads_gif"]);
}

#[test]
fn threads_takes_pictures_up_to_10_to_1_and_scales_odd_widths() {
    threads(&jpeg(1000, 100), &[]);
    threads(&jpeg(1001, 100), &["threads_image_aspect"]);
    threads(&jpeg(320, 3200), &[]);
    threads(&jpeg(320, 3201), &["threads_image_aspect"]);
    threads(&jpeg(1440, 800), &[]);
    threads(&jpeg(1441, 800), &["~threads_image_scaled"]);
    threads(&jpeg(319, 300), &["~threads_image_scaled"]);
}

#[test]
fn threads_takes_videos_of_300_seconds_and_1_gb_and_1920_pixels() {
    threads(&lasting(300_000), &[]);
    threads(&lasting(300_001), &["threads_video_too_long"]);
    threads(&lasting(1), &[]);
    let mut facts = video();
    facts.bytes = 1_000_000_000;
    threads(&facts, &[]);
    facts.bytes += 1;
    threads(&facts, &["threads_video_too_large"]);
    threads(&sized(1920, 1080), &[]);
    threads(&sized(1080, 1921), &[]);
    threads(&sized(1921, 1080), &["threads_video_too_wide"]);
    threads(&sized(1000, 100), &[]);
    threads(&sized(1001, 100), &["threads_video_aspect"]);
    threads(&sized(10, 1000), &[]);
    threads(&sized(10, 1001), &["threads_video_aspect"]);
}

#[test]
fn threads_takes_videos_of_23_to_60_frames_with_the_index_first() {
    threads(&at(22.9), &["threads_video_frame_rate"]);
    threads(&at(23.0), &[]);
    threads(&at(23.976), &[]);
    threads(&at(60.0), &[]);
    threads(&at(60.1), &["threads_video_frame_rate"]);
    let mut facts = video();
    facts.video_codec = Some("hevc".into());
    threads(&facts, &[]);
    facts.video_codec = Some("av1".into());
    facts.audio_codec = Some("opus".into());
    facts.audio_channels = Some(6);
    facts.moov_first = Some(false);
    threads(
        &facts,
        &[
            "threads_video_index_last",
            "threads_video_codec",
            "threads_audio_codec",
            "threads_audio_channels",
        ],
    );
}

#[test]
fn x_takes_four_pictures_or_one_gif_or_one_video() {
    use Kind::{Gif, Image, Video};
    for taken in [&[][..], &[Image], &[Image; 4], &[Gif], &[Video]] {
        check(&check_mix_x(taken), &[]);
    }
    check(&check_mix_x(&[Image; 5]), &["x_too_many_images"]);
    for mixed in [
        [Image, Gif],
        [Image, Video],
        [Gif, Video],
        [Gif, Gif],
        [Video, Video],
    ] {
        check(&check_mix_x(&mixed), &["x_mixed_media"]);
    }
}

#[test]
fn threads_takes_twenty_of_pictures_and_videos() {
    use Kind::{Image, Video};
    for taken in [&[][..], &[Image], &[Image, Video], &[Video; 20]] {
        check(&check_mix_threads(taken), &[]);
    }
    check(
        &check_mix_threads(&[Image; 21]),
        &["threads_too_many_media"],
    );
}

#[test]
fn a_finding_tells_the_numbers() {
    let long = &check_x(&lasting(200_500), false)[0];
    assert_eq!(
        long.message,
        "X takes videos of up to 140 s; this one lasts 200.5 s"
    );
    let large = &check_x(&picture(Format::Jpeg, 9, 9, 7_340_000), false)[0];
    assert_eq!(
        large.message,
        "X takes pictures of up to 5.0 MB; this one has 7.3 MB"
    );
    let odd = &check_threads(&at(12.5))[0];
    let said =
        "Threads takes videos of 23 to 60 frames a second; this one has 12.5 frames a second";
    assert_eq!(odd.message, said);
}
