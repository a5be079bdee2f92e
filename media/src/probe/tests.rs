use std::path::PathBuf;
use std::time::Instant;

use tempfile::TempDir;

use super::*;
use crate::Kind;
use crate::testing::{self, Mp4Audio, Mp4Spec};

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }

    /// With a name that says nothing of what it is.
    fn file(&self, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join("upload.txt");
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

fn probed(bytes: &[u8]) -> Result<Facts, ProbeError> {
    probe(&Folder::new().file(bytes))
}

fn video(spec: &Mp4Spec) -> Facts {
    probed(&testing::mp4(spec)).unwrap()
}

fn check_picture(bytes: &[u8], format: Format, size: (u32, u32)) {
    let facts = probed(bytes).unwrap();
    assert_eq!((facts.kind, facts.format), (Kind::Image, format));
    assert_eq!((facts.width, facts.height), size);
    assert_eq!(facts.bytes, bytes.len() as u64);
    assert_eq!((facts.duration_ms, facts.moov_first), (None, None));
}

#[test]
fn pictures_are_told_by_their_content() {
    check_picture(&testing::jpeg(40, 30), Format::Jpeg, (40, 30));
    check_picture(&testing::png(40, 30), Format::Png, (40, 30));
    check_picture(&testing::png_transparent(40, 30), Format::Png, (40, 30));
    check_picture(&testing::webp(40, 30), Format::Webp, (40, 30));
}

#[test]
fn a_picture_taken_on_its_side_is_measured_as_it_is_shown() {
    check_picture(&testing::jpeg_on_its_side(40, 30), Format::Jpeg, (30, 40));
}

#[test]
fn a_gif_of_one_frame_is_a_picture_and_of_more_an_animation() {
    let still = probed(&testing::gif(20, 10, 1)).unwrap();
    assert_eq!((still.kind, still.format), (Kind::Image, Format::Gif));
    assert_eq!((still.frames, still.duration_ms), (Some(1), None));
    let moving = probed(&testing::gif(20, 10, 5)).unwrap();
    assert_eq!((moving.kind, moving.format), (Kind::Gif, Format::Gif));
    assert_eq!((moving.width, moving.height), (20, 10));
    assert_eq!((moving.frames, moving.duration_ms), (Some(5), Some(500)));
    assert_eq!(moving.frame_rate, Some(10.0));
}

#[test]
fn a_file_that_is_cut_short_is_refused_wherever_it_is_cut() {
    let whole = [
        testing::jpeg(64, 64),
        testing::png(64, 64),
        testing::webp(64, 64),
        testing::gif(64, 64, 1),
        testing::gif(64, 64, 3),
        testing::mp4(&Mp4Spec::default()),
    ];
    for bytes in whole {
        for part in [0.3, 0.6, 0.9] {
            let cut = &bytes[..(bytes.len() as f64 * part) as usize];
            let refused = probed(cut);
            assert!(
                matches!(refused, Err(ProbeError::Broken { .. })),
                "{part} of {:?}: {refused:?}",
                &bytes[..8].escape_ascii().to_string()
            );
        }
    }
}

#[test]
fn a_jpeg_without_its_last_bytes_is_refused_and_one_with_more_behind_it_is_taken() {
    let whole = testing::jpeg(64, 64);
    assert!(probed(&whole[..whole.len() - 2]).is_err());
    let with_a_film = [whole, testing::mp4(&Mp4Spec::default())].concat();
    check_picture(&with_a_film, Format::Jpeg, (64, 64));
}

#[test]
fn damaged_pixels_are_refused() {
    let mut png = testing::png(64, 64);
    let middle = png.len() / 2;
    png[middle..middle + 8].fill(0xaa);
    let refused = probed(&png).unwrap_err();
    assert!(matches!(refused, ProbeError::Broken { .. }), "{refused}");
    assert!(refused.to_string().contains("upload it again"), "{refused}");
}

#[test]
fn a_small_file_that_unfolds_to_a_huge_picture_is_refused_unopened() {
    // A PNG's size stands in its first box, under a checksum of its own.
    let mut png = testing::png(8, 8);
    png[16..20].copy_from_slice(&20_000_u32.to_be_bytes());
    png[20..24].copy_from_slice(&20_000_u32.to_be_bytes());
    let crc = crc32(&png[12..29]);
    png[29..33].copy_from_slice(&crc.to_be_bytes());
    let refused = probed(&png).unwrap_err();
    assert!(matches!(refused, ProbeError::TooLarge { .. }), "{refused}");
    assert!(refused.to_string().contains("100 megapixels"), "{refused}");
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

#[test]
fn other_files_are_named_and_told_what_is_accepted() {
    for (bytes, named) in [
        (&b"%PDF-1.7"[..], "a PDF document"),
        (b"", "an empty file"),
        (b"hello, world", "a text file"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "a HEIC picture"),
    ] {
        let refused = probed(bytes).unwrap_err();
        assert!(matches!(refused, ProbeError::Unsupported { .. }));
        let text = refused.to_string();
        assert!(
            text.contains(named) && text.contains("MP4 and MOV"),
            "{text}"
        );
    }
}

#[test]
fn a_video_is_told_by_its_index() {
    let spec = Mp4Spec::default();
    let facts = video(&spec);
    assert_eq!((facts.kind, facts.format), (Kind::Video, Format::Mp4));
    assert_eq!((facts.width, facts.height), (1280, 720));
    assert_eq!(facts.duration_ms, Some(1_000));
    assert_eq!(facts.frame_rate, Some(30.0));
    assert_eq!(facts.video_codec.as_deref(), Some("h264"));
    assert_eq!(facts.audio_codec.as_deref(), Some("aac"));
    assert_eq!(facts.audio_channels, Some(2));
    assert_eq!(facts.moov_first, Some(true));
    assert_eq!(facts.bytes, testing::mp4(&spec).len() as u64);
}

#[test]
fn every_part_of_the_index_is_read() {
    let facts = video(&Mp4Spec {
        quicktime: true,
        moov_first: false,
        on_its_side: true,
        video_codec: *b"hvc1",
        audio: Some(Mp4Audio {
            codec: *b"Opus",
            channels: 6,
        }),
        frames_per_second: 59.94,
        duration_ms: 10_500,
        ..Mp4Spec::default()
    });
    assert_eq!((facts.format, facts.moov_first), (Format::Mov, Some(false)));
    assert_eq!((facts.width, facts.height), (720, 1280));
    assert_eq!(facts.video_codec.as_deref(), Some("hevc"));
    assert_eq!(facts.audio_codec.as_deref(), Some("opus"));
    assert_eq!(facts.audio_channels, Some(6));
    assert_eq!(facts.frame_rate, Some(59.94));
    assert_eq!(facts.duration_ms, Some(10_500));
}

#[test]
fn a_silent_video_has_no_sound_and_an_unknown_codec_keeps_its_letters() {
    let facts = video(&Mp4Spec {
        audio: None,
        video_codec: *b"xyz ",
        ..Mp4Spec::default()
    });
    assert_eq!((facts.audio_codec, facts.audio_channels), (None, None));
    assert_eq!(facts.video_codec.as_deref(), Some("xyz"));
}

#[test]
fn a_recording_in_fragments_does_not_tell_its_length() {
    let facts = video(&Mp4Spec {
        fragmented: true,
        ..Mp4Spec::default()
    });
    assert_eq!((facts.duration_ms, facts.frame_rate), (None, None));
    assert_eq!((facts.width, facts.height), (1280, 720));
}

#[test]
fn bytes_after_the_end_of_a_video_do_no_harm() {
    let bytes = [testing::mp4(&Mp4Spec::default()), vec![0xff; 100]].concat();
    assert_eq!(probed(&bytes).unwrap().kind, Kind::Video);
}

#[test]
fn a_video_without_its_index_is_refused() {
    let whole = testing::mp4(&Mp4Spec {
        moov_first: false,
        ..Mp4Spec::default()
    });
    // The header of the file, and its pictures.
    let refused = probed(&whole[..20 + 16 + 64]).unwrap_err();
    assert!(refused.to_string().contains("moov"), "{refused}");
}

#[test]
fn no_damage_to_an_index_makes_the_reader_fall_over() {
    let whole = testing::mp4(&Mp4Spec::default());
    let folder = Folder::new();
    for at in 0..whole.len() {
        for value in [0x00, 0x01, 0x7f, 0xff] {
            let mut damaged = whole.clone();
            damaged[at] = value;
            // Whatever comes out, it comes out.
            let _ = probe(&folder.file(&damaged));
        }
    }
}

#[test]
fn a_video_of_five_gigabytes_takes_no_memory_to_speak_of_and_no_time() {
    for moov_first in [true, false] {
        let folder = Folder::new();
        let path = folder.0.path().join("huge");
        let spec = Mp4Spec {
            moov_first,
            padding_bytes: 5_000_000_000,
            ..Mp4Spec::default()
        };
        testing::write_mp4(&path, &spec).unwrap();
        let peak_before = peak_memory_kb();
        let begun = Instant::now();
        let facts = probe(&path).unwrap();
        assert!(begun.elapsed().as_secs() < 1);
        if let (Some(before), Some(after)) = (peak_before, peak_memory_kb()) {
            // Other tests decode pictures beside this one; the file is eight times larger.
            assert!(after - before < 600_000, "{before} kB, then {after} kB");
        }
        assert_eq!(facts.moov_first, Some(moov_first));
        assert!(facts.bytes > 5_000_000_000);
    }
}

/// The most memory that this process has ever had, where the system tells.
fn peak_memory_kb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
