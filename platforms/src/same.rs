//! What both platforms' text comparisons begin with.

use unicode_normalization::UnicodeNormalization;

/// The text in NFC, without surrounding white space, and with every run of white space as one
/// space: platforms trim, and fold line breaks.
pub(crate) fn plain(text: &str) -> String {
    let composed: String = text.nfc().collect();
    composed.split_whitespace().collect::<Vec<_>>().join(" ")
}
