//! What a file is, by its first bytes alone: what it is called or claimed to be is not asked.

/// The kinds of file that X lists (x.md 3.1), and the one that phones send instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Jpeg,
    Png,
    Gif,
    Webp,
    Bmp,
    Tiff,
    /// HEIC and AVIF: neither platform takes them.
    Heif,
    Mp4,
    Quicktime,
    Webm,
    MpegTs,
}

impl Format {
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
            Self::Bmp => "image/bmp",
            Self::Tiff => "image/tiff",
            Self::Heif => "image/heif",
            Self::Mp4 => "video/mp4",
            Self::Quicktime => "video/quicktime",
            Self::Webm => "video/webm",
            Self::MpegTs => "video/mp2t",
        }
    }
}

pub(crate) fn of(head: &[u8]) -> Option<Format> {
    let starts = |magic: &[u8]| head.starts_with(magic);
    let at = |place: usize, magic: &[u8]| head.get(place..).is_some_and(|at| at.starts_with(magic));
    Some(if starts(b"\xFF\xD8\xFF") {
        Format::Jpeg
    } else if starts(b"\x89PNG\r\n\x1a\n") {
        Format::Png
    } else if starts(b"GIF87a") || starts(b"GIF89a") {
        Format::Gif
    } else if starts(b"RIFF") && at(8, b"WEBP") {
        Format::Webp
    } else if starts(b"BM") {
        Format::Bmp
    } else if starts(b"II*\0") || starts(b"MM\0*") {
        Format::Tiff
    } else if at(4, b"ftyp") {
        let brand = head.get(8..12).unwrap_or_default();
        match brand {
            b"qt  " => Format::Quicktime,
            b"heic" | b"heix" | b"hevc" | b"mif1" | b"msf1" | b"avif" | b"avis" => Format::Heif,
            _ => Format::Mp4,
        }
    } else if starts(b"\x1A\x45\xDF\xA3") {
        Format::Webm
    } else if starts(b"G") && at(188, b"G") {
        Format::MpegTs
    } else {
        return None;
    })
}

/// Width and height in pixels, where they are cheap to find.
pub(crate) fn size(format: Format, head: &[u8]) -> Option<(u32, u32)> {
    match format {
        Format::Png => Some((big_32(head, 16)?, big_32(head, 20)?)),
        Format::Gif => {
            let little = |at: usize| {
                let two = head.get(at..at + 2)?;
                Some(u32::from(u16::from_le_bytes([two[0], two[1]])))
            };
            Some((little(6)?, little(8)?))
        }
        Format::Jpeg => jpeg_size(head),
        _ => None,
    }
}

/// Walks over the segments to the one that begins a frame.
fn jpeg_size(head: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        let marker = head.get(at..at + 4).filter(|marker| marker[0] == 0xFF)?;
        let begins_frame =
            matches!(marker[1], 0xC0..=0xCF) && !matches!(marker[1], 0xC4 | 0xC8 | 0xCC);
        if begins_frame {
            return Some((big_16(head, at + 7)?, big_16(head, at + 5)?));
        }
        at += 2 + usize::from(u16::from_be_bytes([marker[2], marker[3]]));
    }
}

/// What the header of an MP4 says, when it comes before the content.
pub(crate) fn duration_ms(format: Format, head: &[u8]) -> Option<u64> {
    if !matches!(format, Format::Mp4 | Format::Quicktime) {
        return None;
    }
    let at = head.windows(4).position(|four| four == b"mvhd")? + 4;
    let (scale, units) = match head.get(at)? {
        0 => (big_32(head, at + 12)?, u64::from(big_32(head, at + 16)?)),
        _ => {
            let high = u64::from(big_32(head, at + 24)?) << 32;
            (
                big_32(head, at + 20)?,
                high | u64::from(big_32(head, at + 28)?),
            )
        }
    };
    units.checked_mul(1_000)?.checked_div(u64::from(scale))
}

fn big_32(head: &[u8], at: usize) -> Option<u32> {
    let four = head.get(at..at + 4)?;
    Some(u32::from_be_bytes([four[0], four[1], four[2], four[3]]))
}

fn big_16(head: &[u8], at: usize) -> Option<u32> {
    let two = head.get(at..at + 2)?;
    Some(u32::from(u16::from_be_bytes([two[0], two[1]])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell_the_format() {
        for (head, expected) in [
            (&b"\xFF\xD8\xFF\xE0"[..], Some(Format::Jpeg)),
            (b"GIF89a", Some(Format::Gif)),
            (b"RIFF\0\0\0\0WEBPVP8 ", Some(Format::Webp)),
            (b"\0\0\0\x18ftypisom", Some(Format::Mp4)),
            (b"\0\0\0\x18ftypqt  ", Some(Format::Quicktime)),
            (b"\0\0\0\x18ftypheic", Some(Format::Heif)),
            (b"<html>", None),
            (b"", None),
        ] {
            assert_eq!(of(head), expected, "{head:?}");
        }
    }

    #[test]
    fn the_size_of_a_jpeg_stands_behind_its_other_segments() {
        let head = b"\xFF\xD8\xFF\xE0\0\x04ab\xFF\xC0\0\x11\x08\x01\x02\x03\x04";
        assert_eq!(size(Format::Jpeg, head), Some((0x304, 0x102)));
        assert_eq!(size(Format::Jpeg, &head[..10]), None);
        assert_eq!(size(Format::Gif, b"GIF89a\x03\0\x02\0"), Some((3, 2)));
    }

    #[test]
    fn the_duration_of_a_video_stands_in_its_header() {
        let mut head = b"\0\0\0\x18ftypisom....mvhd\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
        head.extend(600_u32.to_be_bytes());
        head.extend(90_000_u32.to_be_bytes());
        assert_eq!(duration_ms(Format::Mp4, &head), Some(150_000));
        assert_eq!(duration_ms(Format::Mp4, b"\0\0\0\x18ftypisom"), None);
    }
}
