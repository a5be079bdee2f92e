//! Small files for tests, made on the spot: nothing is shipped, and no other program is needed.

mod mp4;

use std::io::Cursor;

use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::{Delay, Frame, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

pub use mp4::{Mp4Audio, Mp4Spec, mp4, write_mp4};

/// A PNG without transparency.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    encoded(&picture(width, height), ImageFormat::Png)
}

/// A PNG whose left half can be seen through.
pub fn png_transparent(width: u32, height: u32) -> Vec<u8> {
    let alpha = |x: u32| if x < width / 2 { 0x40 } else { 0xff };
    let picture = RgbaImage::from_fn(width, height, |x, y| {
        Rgba([x as u8, y as u8, 128, alpha(x)])
    });
    let mut bytes = Vec::new();
    picture
        .write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png)
        .expect("a picture in memory is encoded");
    bytes
}

/// A PNG of noise, which hardly shrinks: about `width * height * 3` bytes.
pub fn png_noise(width: u32, height: u32) -> Vec<u8> {
    let mut state = 0x2545_f491_u32;
    let mut next = move || {
        // xorshift: the same picture at every call.
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    let picture = RgbImage::from_fn(width, height, |_, _| Rgb([next(), next(), next()]));
    encoded(&picture, ImageFormat::Png)
}

/// A JPEG.
pub fn jpeg(width: u32, height: u32) -> Vec<u8> {
    encoded(&picture(width, height), ImageFormat::Jpeg)
}

/// A JPEG as a camera writes it that was held on its side: stored `width` by `height`, shown
/// `height` by `width`.
pub fn jpeg_on_its_side(width: u32, height: u32) -> Vec<u8> {
    // TIFF, little endian; one entry: Orientation (0x0112), one SHORT, 6 = turn right by 90 degrees.
    let exif = [
        b'I', b'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0,
    ];
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new(&mut bytes);
    image::ImageEncoder::set_exif_metadata(&mut encoder, exif.to_vec())
        .expect("a JPEG has room for EXIF");
    encoder
        .encode_image(&picture(width, height))
        .expect("a picture in memory is encoded");
    bytes
}

/// A WEBP without loss.
pub fn webp(width: u32, height: u32) -> Vec<u8> {
    encoded(&picture(width, height), ImageFormat::WebP)
}

/// A GIF of `frames` frames, 100 ms each.
pub fn gif(width: u32, height: u32, frames: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    {
        let mut encoder = GifEncoder::new_with_speed(&mut bytes, 30);
        for number in 0..frames {
            let colour = Rgba([(number * 40) as u8, 80, 160, 255]);
            let picture = RgbaImage::from_pixel(width, height, colour);
            let delay = Delay::from_numer_denom_ms(100, 1);
            encoder
                .encode_frame(Frame::from_parts(picture, 0, 0, delay))
                .expect("a picture in memory is encoded");
        }
    }
    bytes
}

fn picture(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| Rgb([x as u8, y as u8, (x ^ y) as u8]))
}

fn encoded(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture
        .write_to(&mut Cursor::new(&mut bytes), format)
        .expect("a picture in memory is encoded");
    bytes
}
