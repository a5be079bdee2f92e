//! Makes a picture fit both platforms: the right way up, as JPEG or PNG, and small enough.
//!
//! Videos and moving GIFs are left alone: converting them takes other programs and minutes.

mod encode;

use std::io::{self, Write};
use std::path::Path;

use image::imageops::FilterType;
use tempfile::{NamedTempFile, TempPath};
use thiserror::Error;

use crate::intake::Size;
use crate::limits::{MAX_PICTURE_BYTES, refused_anywhere};
use crate::probe::{ProbeError, picture};
use crate::{Facts, Finding, Kind};

/// A picture that has to be written anew is scaled down to this many pixels on its longer side.
pub const MAX_SIDE: u32 = 4096;

/// A picture, written anew.
#[derive(Debug)]
pub struct Fitted {
    /// Removed when dropped, unless it is kept by [`TempPath::persist`].
    pub path: TempPath,
    pub facts: Facts,
    /// What was done, in words, a sentence each.
    pub why: Vec<String>,
}

/// Why a file was not made to fit.
#[derive(Debug, Error)]
pub enum FitError {
    /// A video or a moving GIF with something that a platform refuses.
    #[error("{what} are not converted here: {fix}")]
    NotConverted { what: &'static str, fix: String },
    /// A picture with something that converting does not change, such as its shape.
    #[error("{message}: {fix}")]
    NotFixable { message: String, fix: String },
    /// The picture is damaged or too large.
    #[error(transparent)]
    Picture(#[from] ProbeError),
    /// The picture could be read, and not written.
    #[error("the picture could not be written anew ({0}): save it as JPEG and upload it again")]
    Encode(#[from] image::ImageError),
    /// The operator's matter.
    #[error(
        "the picture could not be written ({0}): see that the folder exists, is writable and has room"
    )]
    Write(#[from] io::Error),
}

/// Makes a picture fit where a platform would refuse it. `None` where nothing is to be done. The
/// new file is made in `out_folder`; the old one is not touched. Blocks, and takes about twice
/// the memory of the decoded picture. Of videos it judges as for an account without Premium, and
/// for both platforms: where only one is posted to, look at its findings instead.
///
/// # Errors
/// When the file is none that is converted, or the trouble is none that converting cures.
pub fn fit(path: &Path, facts: &Facts, out_folder: &Path) -> Result<Option<Fitted>, FitError> {
    let refused = refused_anywhere(facts);
    let Some(first) = refused.first() else {
        return Ok(None);
    };
    match facts.kind {
        Kind::Image => {}
        Kind::Gif => {
            return Err(not_converted("moving GIFs", first));
        }
        Kind::Video => {
            return Err(not_converted("videos", first));
        }
    }
    if let Some(lasting) = refused.iter().find(|finding| !curable(finding)) {
        return Err(FitError::NotFixable {
            message: lasting.message.clone(),
            fix: lasting.fix.clone(),
        });
    }
    convert(path, facts, &refused, out_folder).map(Some)
}

fn not_converted(what: &'static str, finding: &Finding) -> FitError {
    FitError::NotConverted {
        what,
        fix: format!("{}. {}", finding.message, finding.fix),
    }
}

/// Whether writing the picture anew can help.
fn curable(finding: &Finding) -> bool {
    matches!(
        finding.code,
        "x_image_too_large" | "threads_image_too_large" | "threads_image_format"
    )
}

fn convert(
    path: &Path,
    facts: &Facts,
    refused: &[Finding],
    out_folder: &Path,
) -> Result<Fitted, FitError> {
    let mut picture = picture::decode(path, facts.format, facts.bytes)?;
    let mut why: Vec<String> = refused
        .iter()
        .map(|finding| format!("{}.", finding.message))
        .collect();
    if picture.turned {
        why.push("The picture was turned the way its camera noted.".into());
    }
    let longer = picture.image.width().max(picture.image.height());
    if longer > MAX_SIDE {
        picture.image = picture
            .image
            .resize(MAX_SIDE, MAX_SIDE, FilterType::CatmullRom);
        why.push(format!(
            "It was scaled down from {longer} to {MAX_SIDE} pixels on its longer side."
        ));
    }
    let icc_profile = picture.icc_profile.as_deref();
    let encoded = encode::encode(picture.image, icc_profile, MAX_PICTURE_BYTES)?;
    why.extend(encoded.why);
    why.push(format!(
        "It is now {} of {}, without the notes of the camera (such as the place).",
        encoded.format,
        Size(encoded.bytes.len() as u64)
    ));
    let mut file = NamedTempFile::new_in(out_folder)?;
    file.write_all(&encoded.bytes)?;
    file.flush()?;
    let (width, height) = (encoded.width, encoded.height);
    Ok(Fitted {
        path: file.into_temp_path(),
        facts: picture::facts(encoded.format, width, height, encoded.bytes.len() as u64),
        why,
    })
}

#[cfg(test)]
mod tests;
