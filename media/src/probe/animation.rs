//! GIFs: one frame is a picture, more are an animation.

use std::fs::File;
use std::io::BufReader;
use std::num::NonZeroU64;
use std::path::Path;

use gif::{DecodeOptions, Decoder, DecodingError, MemoryLimit};

use super::{MAX_PIXELS, ProbeError, broken, picture};
use crate::{Facts, Format, Kind};

/// An animation with more pixels in all its frames is counted, not decoded: X refuses it anyway
/// (x.md 3.4), and a small file can hold so many that decoding takes hours.
const MAX_DECODED_PIXELS: u64 = 300_000_000;
/// Frames are counted up to here, far above what X takes (x.md 3.4).
const MAX_FRAMES: u32 = 100_000;

pub fn probe(path: &Path, bytes: u64) -> Result<Facts, ProbeError> {
    let (width, height, counted) = count(path)?;
    if counted.frames == 0 {
        return Err(broken(Format::Gif, "it has no picture"));
    }
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(ProbeError::TooLarge {
            format: Format::Gif,
            what: format!("{width} x {height} pixels"),
        });
    }
    if counted.pixels <= MAX_DECODED_PIXELS {
        decode_all(path)?;
    }
    let mut facts = picture::facts(Format::Gif, width, height, bytes);
    facts.frames = Some(counted.frames);
    if counted.frames > 1 {
        facts.kind = Kind::Gif;
        facts.duration_ms = Some(counted.duration_ms);
        facts.frame_rate = (counted.duration_ms > 0)
            .then(|| f64::from(counted.frames) * 1e3 / counted.duration_ms as f64);
    }
    Ok(facts)
}

#[derive(Default)]
struct Counted {
    frames: u32,
    pixels: u64,
    duration_ms: u64,
}

fn count(path: &Path) -> Result<(u32, u32, Counted), ProbeError> {
    let mut decoder = open(path, true)?;
    let mut counted = Counted::default();
    while let Some(frame) = decoder.next_frame_info().map_err(failed)? {
        counted.frames += 1;
        counted.pixels += u64::from(frame.width) * u64::from(frame.height);
        counted.duration_ms += u64::from(frame.delay) * 10;
        if counted.frames > MAX_FRAMES {
            return Err(ProbeError::TooLarge {
                format: Format::Gif,
                what: format!("more than {MAX_FRAMES} frames"),
            });
        }
    }
    let (width, height) = (decoder.width().into(), decoder.height().into());
    Ok((width, height, counted))
}

fn decode_all(path: &Path) -> Result<(), ProbeError> {
    let mut decoder = open(path, false)?;
    while decoder.read_next_frame().map_err(failed)?.is_some() {}
    Ok(())
}

fn open(path: &Path, skip: bool) -> Result<Decoder<BufReader<File>>, ProbeError> {
    let mut options = DecodeOptions::new();
    options.skip_frame_decoding(skip);
    // One frame, a byte a pixel.
    if let Some(limit) = NonZeroU64::new(MAX_PIXELS) {
        options.set_memory_limit(MemoryLimit::Bytes(limit));
    }
    options
        .read_info(BufReader::new(File::open(path)?))
        .map_err(failed)
}

fn failed(error: DecodingError) -> ProbeError {
    match error {
        DecodingError::Io(error) if error.raw_os_error().is_some() => ProbeError::Io(error),
        error => broken(Format::Gif, error),
    }
}
