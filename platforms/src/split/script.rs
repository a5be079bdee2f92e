//! Where words of scripts without spaces may be cut.
//!
//! For Chinese and Japanese a simple form of the line breaking rules (UAX #14): between any two
//! characters, except before closing and after opening punctuation and before small kana. For
//! Thai, Lao, Khmer and Burmese, where words can only be told by a dictionary, a weaker cut
//! between syllable-like groups. Korean has spaces.

use unicode_properties::{GeneralCategory, UnicodeEmoji, UnicodeGeneralCategory};

use super::reader::Level;

/// How good a cut is between two characters without white space between them. Each is the first
/// character of its grapheme cluster.
pub(super) fn between(before: char, after: char) -> Level {
    if divides_words(before) {
        return Level::Word;
    }
    // Tests that look a character up in a table come last, as every character is asked here.
    match (is_wide(before), is_wide(after)) {
        _ if before.is_ascii() && after.is_ascii() => Level::Grapheme,
        (false, false) if is_south_east_asian(before) && is_south_east_asian(after) => {
            if leads_syllable(before) || continues_syllable(after) {
                Level::Grapheme
            } else {
                Level::Syllable
            }
        }
        // Not before `#` or `$`: what is no tag within a word would be one after a cut.
        (true, false)
            if !(after.is_alphanumeric() || after == '@' || is_emoji(after) || opens(after)) =>
        {
            Level::Grapheme
        }
        (false, true) if !(before.is_alphanumeric() || is_emoji(before) || closes(before)) => {
            Level::Grapheme
        }
        (false, false) if !(is_emoji(before) && is_emoji(after)) => Level::Grapheme,
        _ if opens(before) || !may_begin(after) => Level::Grapheme,
        _ => Level::Word,
    }
}

/// Zero width space, and the marks between words of Tibetan and Ethiopic.
fn divides_words(c: char) -> bool {
    matches!(c, '\u{200B}' | '\u{0F0B}' | '\u{1361}')
}

/// Opening brackets and quotes.
fn opens(c: char) -> bool {
    is_among_brackets(c)
        && matches!(
            c.general_category(),
            GeneralCategory::OpenPunctuation | GeneralCategory::InitialPunctuation
        )
}

/// Closing brackets and quotes.
pub(super) fn closes(c: char) -> bool {
    is_among_brackets(c)
        && matches!(
            c.general_category(),
            GeneralCategory::ClosePunctuation | GeneralCategory::FinalPunctuation
        )
}

/// In a range that holds brackets or quotes: the quick answer for almost every letter.
fn is_among_brackets(c: char) -> bool {
    c.is_ascii_punctuation()
        || matches!(
            c,
            '«' | '»' | '\u{2018}'..='\u{2E5C}' | '\u{3008}'..='\u{301F}' | '\u{FD3E}'..='\u{FF63}'
        )
}

/// Any emoji outside ASCII, and any pictograph.
pub(super) fn is_emoji(c: char) -> bool {
    matches!(c, '\u{1F300}'..='\u{1FAFF}')
        || (c >= '\u{A9}' && !c.is_alphabetic() && c.is_emoji_char())
}

/// May stand at the beginning of a part: no closing punctuation and no small kana.
pub(super) fn may_begin(c: char) -> bool {
    if c.is_ascii() {
        return !"!%),.:;?]}".contains(c);
    }
    let is_small_or_late = matches!(
        c,
        '、' | '。' | '，' | '．' | '：' | '；' | '！' | '？' | '％' | '｡' | '､' | '・' | '･'
            | '…' | '‥' | '‼' | '⁇' | '⁈' | '⁉' | '–' | '—' | '〜' | '～' | '゠'
            | '々' | '〻' | 'ゝ' | 'ゞ' | 'ヽ' | 'ヾ' | 'ー' | 'ｰ' | '゛' | '゜' | 'ﾞ' | 'ﾟ'
            | 'ぁ' | 'ぃ' | 'ぅ' | 'ぇ' | 'ぉ' | 'っ' | 'ゃ' | 'ゅ' | 'ょ' | 'ゎ' | 'ゕ' | 'ゖ'
            | 'ァ' | 'ィ' | 'ゥ' | 'ェ' | 'ォ' | 'ッ' | 'ャ' | 'ュ' | 'ョ' | 'ヮ' | 'ヵ' | 'ヶ'
            | '\u{31F0}'..='\u{31FF}' | '\u{FF67}'..='\u{FF6F}'
    );
    !(is_small_or_late || closes(c))
}

/// Han, kana, Bopomofo and Yi, with their punctuation and the full-width forms.
fn is_wide(c: char) -> bool {
    matches!(
        c,
        '\u{2E80}'..='\u{2FDF}'
            | '\u{3001}'..='\u{312F}'
            | '\u{31A0}'..='\u{31FF}'
            | '\u{3400}'..='\u{4DBF}'
            | '\u{4E00}'..='\u{A4CF}'
            | '\u{F900}'..='\u{FAFF}'
            | '\u{FF01}'..='\u{FF9F}'
            | '\u{1B000}'..='\u{1B16F}'
            | '\u{20000}'..='\u{3FFFD}'
    )
}

/// Thai, Lao, Burmese, Khmer, Tai Le, New Tai Lue, Tai Tham, Tai Viet: UAX #14's class SA.
fn is_south_east_asian(c: char) -> bool {
    matches!(
        c,
        '\u{0E01}'..='\u{0EFF}'
            | '\u{1000}'..='\u{109F}'
            | '\u{1780}'..='\u{17FF}'
            | '\u{1950}'..='\u{19DF}'
            | '\u{1A20}'..='\u{1AAF}'
            | '\u{A9E0}'..='\u{A9FF}'
            | '\u{AA60}'..='\u{AADF}'
    )
}

/// Vowels that Thai and Lao write before their consonant.
fn leads_syllable(c: char) -> bool {
    matches!(c, '\u{0E40}'..='\u{0E44}' | '\u{0EC0}'..='\u{0EC4}')
}

/// Vowels and signs that are written after their consonant, and punctuation that ends a phrase.
fn continues_syllable(c: char) -> bool {
    matches!(
        c,
        '\u{0E2F}'
            | '\u{0E30}'
            | '\u{0E32}'
            | '\u{0E33}'
            | '\u{0E45}'
            | '\u{0E46}'
            | '\u{0E5A}'
            | '\u{0E5B}'
            | '\u{0EAF}'
            | '\u{0EB0}'
            | '\u{0EB2}'
            | '\u{0EB3}'
            | '\u{0EBD}'
            | '\u{0EC6}'
            | '\u{104A}'
            | '\u{104B}'
            | '\u{17D4}'..='\u{17DA}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_between_two_characters_is_as_good_as_their_scripts_say() {
        for (before, after, expected) in [
            ('a', 'b', Level::Grapheme),
            ('я', 'и', Level::Grapheme),
            ('한', '글', Level::Grapheme),
            ('東', '京', Level::Word),
            ('す', '。', Level::Grapheme),
            ('。', '東', Level::Word),
            ('「', '東', Level::Grapheme),
            ('東', '「', Level::Word),
            ('東', '」', Level::Grapheme),
            ('ち', 'ょ', Level::Grapheme),
            ('東', 'R', Level::Word),
            ('R', '東', Level::Word),
            ('-', '東', Level::Grapheme),
            ('東', '@', Level::Word),
            ('東', '#', Level::Grapheme),
            ('a', '😀', Level::Grapheme),
            ('😀', '🇩', Level::Word),
            ('ก', 'ข', Level::Syllable),
            ('เ', 'ก', Level::Grapheme),
            ('ก', 'า', Level::Grapheme),
            ('\u{200B}', 'ក', Level::Word),
        ] {
            assert_eq!(between(before, after), expected, "{before}|{after}");
        }
    }
}
