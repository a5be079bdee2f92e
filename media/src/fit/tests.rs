use std::path::PathBuf;

use tempfile::TempDir;

use super::*;
use crate::testing::{self, Mp4Spec};
use crate::{Format, check_threads, check_x, probe};

struct Case {
    folder: TempDir,
    path: PathBuf,
    facts: Facts,
}

fn case(bytes: &[u8]) -> Case {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("original");
    std::fs::write(&path, bytes).unwrap();
    let facts = probe(&path).unwrap();
    Case {
        folder,
        path,
        facts,
    }
}

fn fitted(bytes: &[u8]) -> (Fitted, Case) {
    let case = case(bytes);
    let fitted = fit(&case.path, &case.facts, case.folder.path()).unwrap();
    let fitted = fitted.expect("something is to be done");
    assert_eq!(probe(&fitted.path).unwrap(), fitted.facts);
    assert_eq!(
        std::fs::read(&case.path).unwrap(),
        bytes,
        "the original is untouched"
    );
    (fitted, case)
}

fn refused(bytes: &[u8]) -> String {
    let case = case(bytes);
    let error = fit(&case.path, &case.facts, case.folder.path()).unwrap_err();
    error.to_string()
}

/// Whatever is left, it is no refusal.
fn fits_both(facts: &Facts) {
    let mut findings = check_x(facts, false);
    findings.extend(check_threads(facts));
    findings.retain(|finding| finding.severity == crate::Severity::Refused);
    assert_eq!(findings, []);
}

#[test]
fn what_fits_is_left_alone() {
    for bytes in [
        testing::jpeg(640, 480),
        testing::png(640, 480),
        testing::png_transparent(5000, 600),
        testing::jpeg_on_its_side(640, 480),
        testing::mp4(&Mp4Spec::default()),
    ] {
        let case = case(&bytes);
        let fitted = fit(&case.path, &case.facts, case.folder.path()).unwrap();
        assert!(fitted.is_none());
    }
}

#[test]
fn a_webp_and_a_gif_of_one_frame_become_jpegs() {
    for bytes in [testing::webp(640, 480), testing::gif(640, 480, 1)] {
        let (fitted, _case) = fitted(&bytes);
        assert_eq!(fitted.facts.format, Format::Jpeg);
        assert_eq!((fitted.facts.width, fitted.facts.height), (640, 480));
        fits_both(&fitted.facts);
        let why = fitted.why.join(" ");
        assert!(
            why.contains("JPEG and PNG") && why.contains("quality 90"),
            "{why}"
        );
    }
}

#[test]
fn a_webp_that_can_be_seen_through_becomes_a_png() {
    let transparent = image::load_from_memory(&testing::png_transparent(64, 64)).unwrap();
    let mut webp = Vec::new();
    let format = image::ImageFormat::WebP;
    transparent
        .write_to(&mut io::Cursor::new(&mut webp), format)
        .unwrap();
    let (fitted, _case) = fitted(&webp);
    assert_eq!(fitted.facts.format, Format::Png);
    let pixel = image::ImageReader::open(&fitted.path)
        .unwrap()
        .with_guessed_format()
        .unwrap()
        .decode()
        .unwrap()
        .to_rgba8()
        .get_pixel(0, 0)
        .0;
    assert_eq!(pixel[3], 0x40);
}

#[test]
fn a_large_png_becomes_a_jpeg_that_x_takes() {
    let bytes = testing::png_noise(1500, 1500);
    assert!(bytes.len() > 5_000_000);
    let (fitted, _case) = fitted(&bytes);
    assert_eq!(fitted.facts.format, Format::Jpeg);
    assert!(fitted.facts.bytes <= MAX_PICTURE_BYTES);
    fits_both(&fitted.facts);
}

#[test]
fn a_huge_picture_is_scaled_down() {
    let mut bytes = testing::jpeg(5000, 1000);
    // Bytes after its end make it too large, and not the picture.
    bytes.resize(5_000_001, 0);
    let (fitted, _case) = fitted(&bytes);
    assert_eq!((fitted.facts.width, fitted.facts.height), (4096, 819));
    assert!(fitted.why.join(" ").contains("from 5000 to 4096"));
}

#[test]
fn a_picture_on_its_side_is_turned() {
    let mut bytes = testing::jpeg_on_its_side(400, 300);
    bytes.resize(5_000_001, 0);
    let (fitted, _case) = fitted(&bytes);
    assert_eq!((fitted.facts.width, fitted.facts.height), (300, 400));
    assert!(fitted.why.join(" ").contains("turned"));
}

#[test]
fn a_picture_that_hardly_shrinks_is_scaled_until_it_fits() {
    let noise = image::load_from_memory(&testing::png_noise(400, 400)).unwrap();
    let whole = encode::encode(noise.clone(), None, u64::MAX).unwrap();
    assert_eq!((whole.width, whole.height), (400, 400));
    let tight = encode::encode(noise, None, 20_000).unwrap();
    assert!(tight.bytes.len() <= 20_000 && tight.width < 400);
    assert!(tight.why.join(" ").contains("scaled down to"));
}

#[test]
fn what_can_be_seen_through_turns_white_where_a_png_is_too_large() {
    let picture = image::load_from_memory(&testing::png_transparent(400, 400)).unwrap();
    let encoded = encode::encode(picture, None, 1_000).unwrap();
    assert_eq!(encoded.format, Format::Jpeg);
    assert!(encoded.why.join(" ").contains("white"));
}

#[test]
fn a_shape_is_not_cured() {
    let text = refused(&testing::png(1001, 100));
    assert!(text.contains("10:1") && text.contains("Crop it"), "{text}");
}

#[test]
fn videos_and_moving_gifs_are_told_what_to_do() {
    let text = refused(&testing::gif(20, 20, 2));
    assert!(
        text.contains("not converted") && text.contains("Save it as MP4"),
        "{text}"
    );
    let text = refused(&testing::mp4(&Mp4Spec {
        moov_first: false,
        ..Mp4Spec::default()
    }));
    assert!(
        text.contains("not converted") && text.contains("faststart"),
        "{text}"
    );
}

#[test]
fn a_fitted_picture_vanishes_when_it_is_not_kept() {
    let (fitted, case) = fitted(&testing::webp(64, 64));
    drop(fitted);
    assert_eq!(std::fs::read_dir(case.folder.path()).unwrap().count(), 1);
}
