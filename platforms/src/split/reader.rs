//! Reading a text forward, and saying how good a cut is before the character that comes next.

use super::script;

/// How good a cut is, from the worst to the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// Within a word.
    Grapheme,
    /// Within a word of Thai or the like, where a syllable may begin.
    Syllable,
    /// At white space, or between characters of a script without spaces.
    Word,
    /// After a sentence.
    Sentence,
    /// At a line break.
    Line,
    /// At a blank line.
    Paragraph,
}

/// Abbreviations of several letters after which a capital letter or number is common within a
/// sentence. Those of one letter (`e.g.`, `z. B.`) are recognized by that.
const ABBREVIATIONS: [&str; 14] = [
    "Mr", "Mrs", "Ms", "Dr", "Prof", "St", "vs", "Fig", "Nr", "Abb", "ca", "bzw", "inkl", "Mme",
];

/// Whether what was read ends a sentence.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    No,
    /// If white space follows.
    BeforeSpace,
    Yes,
}

/// What was read since the last cut that white space allows. Each step takes constant time.
pub(super) struct Reader<'a> {
    text: &'a str,
    last: Option<char>,
    ending: Ending,
    /// Where the word began that was read last.
    word: Option<usize>,
    /// Letters follow a link directly, and may be a part of it which X does not see.
    after_link: bool,
    spaces: Spaces,
}

#[derive(Default)]
struct Spaces {
    any: bool,
    /// Not only such as hold words together (no-break spaces).
    can_break: bool,
    line_breaks: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            last: None,
            ending: Ending::No,
            word: None,
            after_link: false,
            spaces: Spaces::default(),
        }
    }

    /// Reads a grapheme cluster of white space.
    pub(super) fn read_space(&mut self, cluster: &str) {
        self.spaces.any = true;
        self.spaces.can_break |= !cluster.contains(['\u{A0}', '\u{2007}', '\u{202F}']);
        self.spaces.line_breaks += usize::from(cluster.contains([
            '\n', '\r', '\u{B}', '\u{C}', '\u{85}', '\u{2028}', '\u{2029}',
        ]));
    }

    /// How good a cut is here, before `next`. Any white space that was read is at the cut.
    pub(super) fn level_before(&mut self, next: char, after_link: bool) -> Level {
        let spaces = std::mem::take(&mut self.spaces);
        if spaces.any {
            let ends = self.ending != Ending::No && !next.is_lowercase();
            *self = Self::new(self.text);
            return match spaces.line_breaks {
                0 if !spaces.can_break => Level::Grapheme,
                0 if ends => Level::Sentence,
                0 => Level::Word,
                1 => Level::Line,
                _ => Level::Paragraph,
            };
        }
        self.after_link |= after_link;
        match self.last {
            _ if self.after_link && next.is_alphanumeric() => Level::Grapheme,
            _ if self.ending == Ending::Yes && script::may_begin(next) => Level::Sentence,
            Some(last) => script::between(last, next),
            None => Level::Grapheme,
        }
    }

    /// Reads a grapheme cluster that begins at byte `at` with `first` and is no white space.
    pub(super) fn read(&mut self, at: usize, first: char) {
        self.ending = match (first, self.ending) {
            ('。' | '．' | '！' | '？' | '｡', _) => Ending::Yes,
            ('.', Ending::No) if self.is_abbreviation(at) => Ending::No,
            (c, Ending::No) if is_terminator(c) => Ending::BeforeSpace,
            // After a full stop without space a straight quote may as well be the next opening one.
            ('"' | '\'', Ending::Yes) | (_, Ending::No) => Ending::No,
            (c, ending) if is_terminator(c) || is_closing(c) => ending,
            _ => Ending::No,
        };
        if first.is_alphanumeric() {
            self.word.get_or_insert(at);
        } else {
            self.word = None;
            self.after_link = false;
        }
        self.last = Some(first);
    }

    /// The word before a full stop at `dot` is one letter, a short number (`3. Oktober`), or listed.
    fn is_abbreviation(&self, dot: usize) -> bool {
        let Some(word) = self.word.map(|start| &self.text[start..dot]) else {
            return false;
        };
        let mut chars = word.chars();
        let is_one_letter = chars.next().is_some_and(char::is_alphabetic) && chars.next().is_none();
        let is_short_number = word.len() <= 2 && word.bytes().all(|c| c.is_ascii_digit());
        is_one_letter || is_short_number || ABBREVIATIONS.contains(&word)
    }
}

/// Ends a sentence if white space follows.
fn is_terminator(c: char) -> bool {
    matches!(
        c,
        '.' | '!'
            | '?'
            | '…'
            | '‼'
            | '⁇'
            | '⁈'
            | '⁉'
            | '؟'
            | '۔'
            | '।'
            | '॥'
            | '။'
            | '។'
            | '።'
            | '։'
    )
}

/// Belongs to the sentence that ended before it. The German closing quotes are opening ones
/// elsewhere, but those do not stand before white space.
fn is_closing(c: char) -> bool {
    matches!(c, '"' | '\'' | '“' | '‘' | '«') || script::closes(c) || script::is_emoji(c)
}
