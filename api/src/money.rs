//! Money, as the API tells it.

use entities::content::{MediaKind, Part};
use platforms::x::price;

/// Millionths of a dollar as dollars, rounded up to a tenth of a cent: `0.015`.
pub fn dollars(micro_dollars: i64) -> String {
    let thousandths = u64::try_from(micro_dollars).unwrap_or(0).div_ceil(1_000);
    format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000)
}

/// What X charges for publishing a message, in millionths of a dollar.
pub fn of_part(part: &Part) -> i64 {
    price::create_post(&part.text) + of_words(part)
}

/// Of that, what it charges to be told what the files show. It takes words for images and GIFs
/// (`x.md` 3.4).
pub fn of_words(part: &Part) -> i64 {
    let described = part
        .media
        .iter()
        .filter(|media| media.alt_text.is_some() && media.kind != MediaKind::Video);
    i64::try_from(described.count()).unwrap_or(i64::MAX) * price::DESCRIBE_MEDIA
}

#[cfg(test)]
mod tests {
    use super::dollars;

    #[test]
    fn what_is_a_part_of_a_tenth_of_a_cent_is_told_as_a_whole_one() {
        for (micro_dollars, told) in [
            (0, "0.000"),
            (15_000, "0.015"),
            (1_200_001, "1.201"),
            (-5, "0.000"),
        ] {
            assert_eq!(dollars(micro_dollars), told);
        }
    }
}
