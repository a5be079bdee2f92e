//! Still pictures: decoded for real, within limits.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use super::{MAX_DECODED_BYTES, MAX_PICTURE_BYTES, MAX_PIXELS, ProbeError, broken};
use crate::intake::Size;
use crate::{Facts, Format, Kind};

pub fn probe(path: &Path, format: Format, bytes: u64) -> Result<Facts, ProbeError> {
    let picture = decode(path, format, bytes)?;
    Ok(facts(
        format,
        picture.image.width(),
        picture.image.height(),
        bytes,
    ))
}

/// The facts of a still picture.
pub(crate) fn facts(format: Format, width: u32, height: u32, bytes: u64) -> Facts {
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

/// A decoded picture, the right way up.
pub(crate) struct Picture {
    pub image: DynamicImage,
    /// Whether it lay on its side or was mirrored, as stored.
    pub turned: bool,
    /// What its colours mean, where they are not sRGB's.
    pub icc_profile: Option<Vec<u8>>,
}

/// Decodes a picture; of a GIF, its first frame. The picture takes at most [`MAX_DECODED_BYTES`],
/// beside the file itself and what its decoder needs.
pub(crate) fn decode(path: &Path, format: Format, bytes: u64) -> Result<Picture, ProbeError> {
    if bytes > MAX_PICTURE_BYTES {
        let what = Size(bytes).to_string();
        return Err(ProbeError::TooLarge { format, what });
    }
    let failed = |error: ImageError| failed(format, error);
    let Some(image_format) = image_format(format) else {
        return Err(broken(format, "it is a video"));
    };
    let mut reader = ImageReader::with_format(BufReader::new(File::open(path)?), image_format);
    reader.limits(limits());
    let mut decoder = reader.into_decoder().map_err(failed)?;
    let (width, height) = decoder.dimensions();
    let too_large = || ProbeError::TooLarge {
        format,
        what: format!("{width} x {height} pixels"),
    };
    if u64::from(width) * u64::from(height) > MAX_PIXELS
        || decoder.total_bytes() > MAX_DECODED_BYTES
    {
        return Err(too_large());
    }
    if format == Format::Webp && webp_moves(path)? {
        let what = "an animated WEBP (save it as GIF or MP4)".into();
        return Err(ProbeError::Unsupported { what });
    }
    if format == Format::Jpeg && !jpeg_ends(BufReader::new(File::open(path)?))? {
        return Err(broken(format, "its end is missing"));
    }
    // Neither of the two keeps a picture from being seen.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let icc_profile = decoder
        .icc_profile()
        .unwrap_or_default()
        .filter(|profile| of_rgb(profile));
    let mut image = DynamicImage::from_decoder(decoder).map_err(failed)?;
    image.apply_orientation(orientation);
    Ok(Picture {
        image,
        turned: orientation != Orientation::NoTransforms,
        icc_profile,
    })
}

/// A profile of a printer's four colours says nothing of the three that a decoder makes of them.
fn of_rgb(icc_profile: &[u8]) -> bool {
    icc_profile.get(16..20) == Some(b"RGB ")
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_DECODED_BYTES);
    limits
}

fn image_format(format: Format) -> Option<ImageFormat> {
    match format {
        Format::Jpeg => Some(ImageFormat::Jpeg),
        Format::Png => Some(ImageFormat::Png),
        Format::Webp => Some(ImageFormat::WebP),
        Format::Gif => Some(ImageFormat::Gif),
        Format::Mp4 | Format::Mov => None,
    }
}

fn failed(format: Format, error: ImageError) -> ProbeError {
    match error {
        // A cut file ends in an error of reading, too.
        ImageError::IoError(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
            match error.raw_os_error() {
                Some(_) => ProbeError::Io(error),
                None => broken(format, error),
            }
        }
        ImageError::Limits(_) => ProbeError::TooLarge {
            format,
            what: "it would fill more memory than is allowed".into(),
        },
        error => broken(format, error),
    }
}

/// Whether a WEBP has more than one picture: a flag in its extended header.
fn webp_moves(path: &Path) -> io::Result<bool> {
    let mut head = [0; 21];
    let read = File::open(path)?.read_exact(&mut head);
    Ok(read.is_ok() && head[12..16] == *b"VP8X" && head[20] & 0b10 != 0)
}

/// Whether a JPEG has its end mark. The decoder fills what is missing with grey and says nothing.
/// What comes after the end (telephones put a film there) does not matter.
fn jpeg_ends(mut file: impl BufRead) -> io::Result<bool> {
    const END: u8 = 0xd9;
    loop {
        match next_mark(&mut file)? {
            None => return Ok(false),
            Some(END) => return Ok(true),
            // These stand alone.
            Some(0x00 | 0x01 | 0xd0..=0xd8) => {}
            Some(_) => {
                let mut length = [0; 2];
                if file.read_exact(&mut length).is_err() {
                    return Ok(false);
                }
                let rest = u64::from(u16::from_be_bytes(length)).saturating_sub(2);
                io::copy(&mut file.by_ref().take(rest), &mut io::sink())?;
            }
        }
    }
}

/// The next byte after 0xff. In a picture's data every 0xff is followed by 0 or a restart mark,
/// so that marks are told apart from it.
fn next_mark(file: &mut impl BufRead) -> io::Result<Option<u8>> {
    let mut after_ff = false;
    loop {
        let buffer = file.fill_buf()?;
        if buffer.is_empty() {
            return Ok(None);
        }
        let length = buffer.len();
        for (at, byte) in buffer.iter().copied().enumerate() {
            match byte {
                0xff => after_ff = true,
                mark if after_ff => {
                    file.consume(at + 1);
                    return Ok(Some(mark));
                }
                _ => {}
            }
        }
        file.consume(length);
    }
}
