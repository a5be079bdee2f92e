//! Character classes of twitter-text. Letter case folds for ASCII only, as in the Java reference;
//! the JavaScript one also folds a few letters outside ASCII by accident of its regex engine.

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// Never allowed in a post: one of them makes the whole text invalid.
pub(super) fn is_invalid(c: char) -> bool {
    matches!(c, '\u{FFFE}' | '\u{FEFF}' | '\u{FFFF}')
}

/// Bidirectional controls: allowed in a post, and they end a host.
fn is_directional(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

pub(super) fn is_space(c: char) -> bool {
    matches!(
        c,
        '\u{09}'..='\u{0D}'
            | '\u{20}'
            | '\u{85}'
            | '\u{A0}'
            | '\u{1680}'
            | '\u{180E}'
            | '\u{2000}'..='\u{200A}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{202F}'
            | '\u{205F}'
            | '\u{3000}'
    )
}

/// ASCII punctuation without `"` and the backtick, which twitter-text counts among letters.
pub(super) fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation() && !matches!(c, '"' | '`')
}

/// May begin, end and fill a label of a host; `-` and `_` may only fill.
pub(super) fn is_label_char(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || !(is_punctuation(c) || is_space(c) || is_invalid(c) || is_directional(c))
}

/// May stand anywhere in a dotted host.
pub(super) fn is_host_char(c: char) -> bool {
    matches!(c, '.' | '-' | '_') || is_label_char(c)
}

/// Accented Latin letters and combining accents: part of a bare domain and of a path.
pub(super) fn is_accented_latin(c: char) -> bool {
    matches!(
        c,
        '\u{C0}'..='\u{D6}'
            | '\u{D8}'..='\u{F6}'
            | '\u{F8}'..='\u{24F}'
            | '\u{253}'
            | '\u{254}'
            | '\u{256}'
            | '\u{257}'
            | '\u{259}'
            | '\u{25B}'
            | '\u{263}'
            | '\u{268}'
            | '\u{26F}'
            | '\u{272}'
            | '\u{289}'
            | '\u{28B}'
            | '\u{2BB}'
            | '\u{300}'..='\u{36F}'
            | '\u{1E00}'..='\u{1EFF}'
    )
}

/// May stand in a bare domain, one written without `http://`.
pub(super) fn is_bare_host_char(c: char) -> bool {
    c == '-' || c.is_ascii_alphanumeric() || is_accented_latin(c)
}

/// May stand directly before a URL.
pub(super) fn may_precede_url(c: char) -> bool {
    !(c.is_ascii_alphanumeric() || is_at(c) || is_hash(c) || c == '$' || is_invalid(c))
}

pub(super) fn is_at(c: char) -> bool {
    matches!(c, '@' | '＠')
}

pub(super) fn is_hash(c: char) -> bool {
    matches!(c, '#' | '＃')
}

/// A letter or mark: a hashtag needs at least one.
pub(super) fn is_hashtag_letter(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphabetic();
    }
    matches!(
        c.general_category_group(),
        GeneralCategoryGroup::Letter | GeneralCategoryGroup::Mark
    )
}

/// Letters, marks, decimal digits and the joiners and dots which twitter-text allows in a hashtag.
pub(super) fn is_hashtag_char(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || c == '_';
    }
    is_hashtag_letter(c)
        || c.general_category() == GeneralCategory::DecimalNumber
        || matches!(
            c,
            '\u{200C}'
                | '\u{200D}'
                | '\u{A67E}'
                | '\u{05BE}'
                | '\u{05F3}'
                | '\u{05F4}'
                | '\u{FF5E}'
                | '\u{301C}'
                | '\u{309B}'
                | '\u{309C}'
                | '\u{30A0}'
                | '\u{30FB}'
                | '\u{3003}'
                | '\u{0F0B}'
                | '\u{0F0C}'
                | '\u{B7}'
        )
}
