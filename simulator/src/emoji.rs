//! Where a run of characters is one emoji. Coarse on purpose: the newest
//! sequences are counted differently by every library anyway (x.md 5.3).

const JOINER: char = '\u{200D}';
const EMOJI_STYLE: char = '\u{FE0F}';
const KEYCAP: char = '\u{20E3}';

/// The length in bytes of the emoji that `text` begins with, or 0.
pub(crate) fn leading(text: &str) -> usize {
    let mut chars = text.char_indices().peekable();
    let Some((_, first)) = chars.next() else {
        return 0;
    };
    if first.is_ascii_digit() || matches!(first, '#' | '*') {
        return keycap(text);
    }
    if is_flag_letter(first) {
        let second = chars.next().filter(|&(_, next)| is_flag_letter(next));
        return first.len_utf8() + second.map_or(0, |(_, next)| next.len_utf8());
    }
    let styled = chars.peek().is_some_and(|&(_, next)| next == EMOJI_STYLE);
    let starts = is_pictograph(first) || (styled && may_be_styled(first));
    if !starts {
        return 0;
    }
    let mut end = first.len_utf8();
    while let Some((at, next)) = chars.next() {
        match next {
            EMOJI_STYLE | '\u{1F3FB}'..='\u{1F3FF}' | '\u{E0020}'..='\u{E007F}' => {
                end = at + next.len_utf8();
            }
            JOINER => match chars.next() {
                Some((at, joined)) if is_pictograph(joined) || may_be_styled(joined) => {
                    end = at + joined.len_utf8();
                }
                _ => break,
            },
            _ => break,
        }
    }
    end
}

fn keycap(text: &str) -> usize {
    let rest = &text[1..];
    let styled = rest.strip_prefix(EMOJI_STYLE).unwrap_or(rest);
    if styled.starts_with(KEYCAP) {
        text.len() - styled.len() + KEYCAP.len_utf8()
    } else {
        0
    }
}

fn is_flag_letter(c: char) -> bool {
    matches!(c, '\u{1F1E6}'..='\u{1F1FF}')
}

/// Shown as a picture without being asked to.
fn is_pictograph(c: char) -> bool {
    matches!(c,
        '\u{1F000}'..='\u{1F0FF}' | '\u{1F18E}' | '\u{1F191}'..='\u{1F19A}' | '\u{1F201}'..='\u{1F265}'
        | '\u{1F300}'..='\u{1FAFF}' | '\u{231A}' | '\u{231B}' | '\u{23E9}'..='\u{23F3}'
        | '\u{25FD}' | '\u{25FE}' | '\u{2614}' | '\u{2615}' | '\u{2648}'..='\u{2653}' | '\u{267F}'
        | '\u{2693}' | '\u{26A1}' | '\u{26AA}' | '\u{26AB}' | '\u{26BD}' | '\u{26BE}' | '\u{26C4}'
        | '\u{26C5}' | '\u{26CE}' | '\u{26D4}' | '\u{26EA}' | '\u{26F2}' | '\u{26F3}' | '\u{26F5}'
        | '\u{26FA}' | '\u{26FD}' | '\u{2705}' | '\u{270A}' | '\u{270B}' | '\u{2728}' | '\u{274C}'
        | '\u{274E}' | '\u{2753}'..='\u{2755}' | '\u{2757}' | '\u{2764}' | '\u{2795}'..='\u{2797}'
        | '\u{27B0}' | '\u{27BF}' | '\u{2B1B}' | '\u{2B1C}' | '\u{2B50}' | '\u{2B55}')
}

/// A sign that the emoji style turns into a picture.
fn may_be_styled(c: char) -> bool {
    matches!(c, '\u{A9}' | '\u{AE}' | '\u{203C}'..='\u{3299}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(&text[..leading(text)], expected, "of {text:?}");
    }

    #[test]
    fn sequences_are_taken_whole() {
        check("👍🏽 yes", "👍🏽");
        check("👨‍👩‍👧‍👦x", "👨‍👩‍👧‍👦");
        check("🇩🇪🇫🇷", "🇩🇪");
        check("❤️a", "❤️");
        check("1️⃣2", "1️⃣");
        check("©️", "©️");
    }

    #[test]
    fn ordinary_signs_are_no_emoji() {
        for text in ["", "a", "1", "#tag", "© 2026", "日本", "→"] {
            check(text, "");
        }
    }
}
