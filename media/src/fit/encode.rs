//! Writes a picture so that it has at most so many bytes.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType as PngFilter, PngEncoder};
use image::imageops::FilterType;
use image::{DynamicImage, ImageEncoder, ImageResult, Rgb, RgbImage};

use crate::Format;

/// From hardly visible to visible; below that a smaller picture looks better.
const QUALITIES: [u8; 4] = [90, 80, 70, 60];
/// A picture that still does not fit is scaled by this and tried again.
const STEP: f64 = 0.75;
/// No picture of this many pixels on its longer side is too large as a JPEG.
const SMALLEST: u32 = 64;

pub struct Encoded {
    pub bytes: Vec<u8>,
    pub format: Format,
    pub width: u32,
    pub height: u32,
    /// What was done, in words.
    pub why: Vec<String>,
}

/// A PNG where the picture can be seen through and fits so; a JPEG otherwise.
pub fn encode(image: DynamicImage, icc: Option<&[u8]>, max_bytes: u64) -> ImageResult<Encoded> {
    let mut why = Vec::new();
    let seen_through = has_transparency(&image);
    if seen_through {
        let bytes = as_png(&image, icc)?;
        if bytes.len() as u64 <= max_bytes {
            let (width, height) = (image.width(), image.height());
            return Ok(Encoded {
                bytes,
                format: Format::Png,
                width,
                height,
                why,
            });
        }
        why.push("Its transparent parts are white now, because it was too large as a PNG.".into());
    }
    let full = on_white(image);
    let mut scaled: Option<RgbImage> = None;
    loop {
        let picture = scaled.as_ref().unwrap_or(&full);
        let (width, height) = picture.dimensions();
        for quality in QUALITIES {
            let bytes = as_jpeg(picture, icc, quality)?;
            if bytes.len() as u64 > max_bytes && width.max(height) > SMALLEST {
                continue;
            }
            why.push(format!("It was saved as JPEG with quality {quality}."));
            if scaled.is_some() {
                why.push(format!("It was scaled down to {width} x {height} pixels."));
            }
            return Ok(Encoded {
                bytes,
                format: Format::Jpeg,
                width,
                height,
                why,
            });
        }
        // From the whole picture each time: what is scaled twice is blurred twice.
        let smaller = |side: u32| ((f64::from(side) * STEP).round() as u32).max(1);
        let (width, height) = (smaller(width), smaller(height));
        let filter = FilterType::CatmullRom;
        scaled = Some(image::imageops::resize(&full, width, height, filter));
    }
}

fn as_jpeg(picture: &RgbImage, icc: Option<&[u8]>, quality: u8) -> ImageResult<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    if let Some(icc) = icc {
        // Colours a little off are better than no picture.
        let _ = encoder.set_icc_profile(icc.to_vec());
    }
    encoder.encode_image(picture)?;
    Ok(bytes)
}

fn as_png(image: &DynamicImage, icc: Option<&[u8]>) -> ImageResult<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder =
        PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, PngFilter::Adaptive);
    if let Some(icc) = icc {
        let _ = encoder.set_icc_profile(icc.to_vec());
    }
    DynamicImage::ImageRgba8(image.to_rgba8()).write_with_encoder(encoder)?;
    Ok(bytes)
}

fn has_transparency(image: &DynamicImage) -> bool {
    use image::GenericImageView;
    image.color().has_alpha() && image.pixels().any(|(_, _, pixel)| pixel[3] < u8::MAX)
}

/// JPEG has no transparency; what could be seen through shows white, as on both platforms.
fn on_white(image: DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let rgba = image.into_rgba8();
    RgbImage::from_fn(rgba.width(), rgba.height(), |x, y| {
        let [r, g, b, alpha] = rgba.get_pixel(x, y).0.map(u32::from);
        let over = |colour: u32| ((colour * alpha + 255 * (255 - alpha)) / 255) as u8;
        Rgb([over(r), over(g), over(b)])
    })
}
