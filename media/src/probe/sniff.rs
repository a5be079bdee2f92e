//! The kind of a file by its first bytes.

use crate::Format;

/// How many first bytes are looked at.
pub const HEAD: usize = 512;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sniffed {
    Picture(Format),
    Gif,
    Movie(Format),
    /// Nothing that is taken; named with its article.
    Other(&'static str),
}

pub fn sniff(head: &[u8]) -> Sniffed {
    use Sniffed::{Gif, Movie, Other, Picture};
    match head {
        [] => Other("an empty file"),
        [0xff, 0xd8, 0xff, ..] => Picture(Format::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Picture(Format::Png),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Gif,
        [b'R', b'I', b'F', b'F', _, _, _, _, form @ ..] => match form {
            [b'W', b'E', b'B', b'P', ..] => Picture(Format::Webp),
            [b'A', b'V', b'I', b' ', ..] => Other("an AVI video"),
            [b'W', b'A', b'V', b'E', ..] => Other("a WAV sound file"),
            _ => Other("a RIFF file of another kind"),
        },
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => by_brand(brand),
        // QuickTime files older than brands begin with any of these.
        [_, _, _, _, kind @ ..] if QUICKTIME.iter().any(|known| kind.starts_with(*known)) => {
            Movie(Format::Mov)
        }
        [0x1a, 0x45, 0xdf, 0xa3, ..] => Other("a WebM or Matroska video"),
        [b'%', b'P', b'D', b'F', ..] => Other("a PDF document"),
        [b'B', b'M', ..] => Other("a BMP picture"),
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Other("a TIFF or raw camera picture"),
        [0xff, 0x0a, ..] | [0, 0, 0, 12, b'J', b'X', b'L', b' ', ..] => Other("a JPEG XL picture"),
        [b'8', b'B', b'P', b'S', ..] => Other("a Photoshop document"),
        [b'I', b'D', b'3', ..] | [0xff, 0xfb | 0xf3 | 0xf2, ..] => Other("an MP3 sound file"),
        [b'O', b'g', b'g', b'S', ..] => Other("an Ogg file"),
        [b'f', b'L', b'a', b'C', ..] => Other("a FLAC sound file"),
        [b'F', b'L', b'V', 1, ..] => Other("a Flash video"),
        [0x30, 0x26, 0xb2, 0x75, ..] => Other("a Windows Media file"),
        [0, 0, 1, 0xba | 0xb3, ..] => Other("an MPEG-1 or MPEG-2 video"),
        [b'P', b'K', 3, 4, ..] => Other("a ZIP archive"),
        _ => by_text(head),
    }
}

const QUICKTIME: [&[u8; 4]; 5] = [b"moov", b"mdat", b"wide", b"free", b"skip"];

fn by_brand(brand: &[u8]) -> Sniffed {
    match brand {
        [b'q', b't', b' ', b' ', ..] => Sniffed::Movie(Format::Mov),
        [b'h', b'e', b'i' | b'v', ..]
        | [b'm', b'i', b'f', b'1', ..]
        | [b'm', b's', b'f', b'1', ..] => Sniffed::Other("a HEIC picture (save it as JPEG)"),
        [b'a', b'v', b'i', b'f' | b's', ..] => Sniffed::Other("an AVIF picture"),
        [b'M', b'4', b'A' | b'B' | b'P', ..] => Sniffed::Other("an M4A sound file"),
        [b'c', b'r', b'x', ..] => Sniffed::Other("a raw camera picture"),
        _ => Sniffed::Movie(Format::Mp4),
    }
}

fn by_text(head: &[u8]) -> Sniffed {
    // The last character may be cut in the middle.
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return Sniffed::Other("a file of an unknown kind"),
    };
    if text.contains('\0') {
        return Sniffed::Other("a file of an unknown kind");
    }
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let starts = |with: &str| {
        text.get(..with.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(with))
    };
    if text.contains("<svg") {
        Sniffed::Other("an SVG drawing (save it as PNG)")
    } else if starts("<!doctype html") || starts("<html") {
        Sniffed::Other("a web page")
    } else {
        Sniffed::Other("a text file")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(head: &[u8], expected: Sniffed) {
        assert_eq!(sniff(head), expected, "{}", head.escape_ascii());
    }

    #[test]
    fn a_kind_is_told_by_its_first_bytes() {
        use Sniffed::{Gif, Movie, Other, Picture};
        check(b"\xff\xd8\xff\xe0", Picture(Format::Jpeg));
        check(b"\x89PNG\r\n\x1a\n....", Picture(Format::Png));
        check(b"GIF89a", Gif);
        check(b"GIF87a", Gif);
        check(b"RIFF\0\0\0\0WEBPVP8 ", Picture(Format::Webp));
        check(b"\0\0\0\x18ftypisom", Movie(Format::Mp4));
        check(b"\0\0\0\x18ftypmp42", Movie(Format::Mp4));
        check(b"\0\0\0\x14ftypqt  ", Movie(Format::Mov));
        check(b"\0\0\0\x08wide\0\0", Movie(Format::Mov));
        check(b"\0\0\x10\0moov\0\0", Movie(Format::Mov));
        check(b"", Other("an empty file"));
        check(
            b"\0\0\0\x18ftypheic",
            Other("a HEIC picture (save it as JPEG)"),
        );
        check(b"\0\0\0\x18ftypavif", Other("an AVIF picture"));
        check(b"\0\0\0\x18ftypM4A ", Other("an M4A sound file"));
        check(b"\x1a\x45\xdf\xa3\x01", Other("a WebM or Matroska video"));
        check(b"RIFF\0\0\0\0AVI LIST", Other("an AVI video"));
        check(b"%PDF-1.7", Other("a PDF document"));
        check(
            b"<?xml version='1.0'?><svg>",
            Other("an SVG drawing (save it as PNG)"),
        );
        check(b"\xef\xbb\xbf<!DOCTYPE HTML>", Other("a web page"));
        check(b"hello", Other("a text file"));
        check(
            &"é".repeat(300).as_bytes()[..HEAD - 1],
            Other("a text file"),
        );
        check(b"\0\0\0\0\0\0", Other("a file of an unknown kind"));
        check(b"\xfe\xed\xfa\xce", Other("a file of an unknown kind"));
    }
}
