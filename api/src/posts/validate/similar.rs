//! Whether two texts are as good as the same.

use std::collections::HashSet;

/// How much of their three-letter pieces two texts must share.
const ALIKE: f64 = 0.9;

/// Whether a reader, or a platform that looks for repeats, would take one for the other.
pub fn are_alike(one: &str, other: &str) -> bool {
    let (one, other) = (plain(one), plain(other));
    if one.is_empty() || other.is_empty() {
        return false;
    }
    if one == other {
        return true;
    }
    let (one, other) = (pieces(&one), pieces(&other));
    let shared = one.intersection(&other).count();
    let all = one.union(&other).count();
    all > 0 && shared as f64 / all as f64 >= ALIKE
}

/// Letters and digits in lower case, words with one space between.
fn plain(text: &str) -> String {
    let kept: String = text
        .chars()
        .map(|letter| {
            if letter.is_alphanumeric() {
                letter
            } else {
                ' '
            }
        })
        .flat_map(char::to_lowercase)
        .collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn pieces(text: &str) -> HashSet<[char; 3]> {
    let letters: Vec<char> = text.chars().collect();
    letters
        .windows(3)
        .filter_map(|window| window.try_into().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::are_alike;

    #[test]
    fn case_marks_and_spaces_make_no_other_text_and_other_words_do() {
        let text = "We are hiring: two Rust engineers, remote, apply until Friday";
        assert!(are_alike(
            text,
            "we are hiring, two RUST engineers -- remote; apply until friday!"
        ));
        assert!(are_alike(text, &format!("{text}.")));
        assert!(!are_alike(
            text,
            "We are hiring: one designer, in Berlin, apply until March"
        ));
        assert!(!are_alike("", ""));
        assert!(!are_alike("Good morning", "Good evening"));
    }
}
