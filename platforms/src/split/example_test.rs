//! Where texts are cut, by example. The limits are small, so that the texts can be read.

use super::{Counting, Numbering, Rule, split};

pub(super) fn x(limit: u32) -> Rule {
    Rule {
        counting: Counting::X { limit },
        numbering: None,
        most_parts: 25,
    }
}

pub(super) fn threads(limit: u32) -> Rule {
    Rule {
        counting: Counting::Threads { limit },
        ..x(0)
    }
}

pub(super) fn numbered(rule: Rule) -> Rule {
    Rule {
        numbering: Some(Numbering::IndexOfTotal),
        ..rule
    }
}

#[track_caller]
pub(super) fn check(rule: Rule, text: &str, expected: &[&str]) {
    let parts = split(text, &rule).unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(parts, expected, "{text}");
}

#[test]
fn a_text_that_fits_stays_as_it_is() {
    for text in ["", " ", " Hello.\n\nWorld. ", "\u{FEFF}"] {
        check(numbered(x(20)), text, &[text]);
        check(numbered(threads(20)), text, &[text]);
    }
    // White space at the ends is dropped only where the text is too long with it.
    check(numbered(x(5)), "  Hello  ", &["Hello"]);
}

#[test]
fn a_blank_line_is_the_best_place() {
    check(
        x(40),
        "First thing. Done.\n\nSecond thing. Also done.\nThird.",
        &["First thing. Done.", "Second thing. Also done.\nThird."],
    );
    check(x(12), "Hello.\r\n \r\nWorld. x", &["Hello.", "World. x"]);
}

#[test]
fn a_part_is_a_third_full_before_it_ends_at_a_blank_line() {
    check(
        x(40),
        "A heading\n\nThe text below it is long. It goes on for a while.",
        &[
            "A heading\n\nThe text below it is long.",
            "It goes on for a while.",
        ],
    );
}

#[test]
fn then_a_line_break_is() {
    check(
        x(30),
        "- one. Two\n- three. Four\n- five. Six",
        &["- one. Two\n- three. Four", "- five. Six"],
    );
}

#[test]
fn then_the_end_of_a_sentence_is_with_its_quotes() {
    check(
        x(30),
        "He said: \"Stop!\" And then he went away.",
        &["He said: \"Stop!\"", "And then he went away."],
    );
    check(
        x(36),
        "Er sagte: „Halt!“ Dann ging er weg. Ganz weg.",
        &["Er sagte: „Halt!“ Dann ging er weg.", "Ganz weg."],
    );
    check(
        x(22),
        "That's it!🎉 Thanks to all of you",
        &["That's it!🎉", "Thanks to all of you"],
    );
}

#[test]
fn an_abbreviation_is_no_end_of_a_sentence() {
    for (text, expected) in [
        (
            "We like it. See e.g. Chapter three",
            ["We like it.", "See e.g. Chapter three"],
        ),
        (
            "Das geht. Nimm z. B. Rust dafür mit",
            ["Das geht.", "Nimm z. B. Rust dafür mit"],
        ),
        (
            "Sie kam an. Es war der 3. Oktober.",
            ["Sie kam an.", "Es war der 3. Oktober."],
        ),
        (
            "I was ill. I saw Dr. Miller today.",
            ["I was ill.", "I saw Dr. Miller today."],
        ),
        (
            "It is Pi. It is about 3.14 and odd",
            ["It is Pi.", "It is about 3.14 and odd"],
        ),
        (
            "It works. Really? he asked, and yes",
            ["It works.", "Really? he asked, and yes"],
        ),
    ] {
        check(x(26), text, &expected);
    }
}

#[test]
fn then_white_space_between_words_is() {
    check(
        x(20),
        "Ein langer Satz ohne jedes Zeichen bis zum Ende",
        &["Ein langer Satz ohne", "jedes Zeichen bis", "zum Ende"],
    );
    // No-break spaces hold their words together.
    check(
        x(12),
        "about 10\u{A0}000 people",
        &["about 10\u{A0}000", "people"],
    );
    check(x(10), "nearly 10\u{A0}000", &["nearly", "10\u{A0}000"]);
}

#[test]
fn a_word_is_cut_only_if_no_part_can_hold_it() {
    check(
        x(20),
        "My Donaudampfschifffahrt is on",
        &["My Donaudampfschifff", "ahrt is on"],
    );
    check(
        x(20),
        "My Dampfschifffahrtstag",
        &["My", "Dampfschifffahrtstag"],
    );
    check(
        threads(3),
        "e\u{301}e\u{301}e\u{301}",
        &["e\u{301}", "e\u{301}", "e\u{301}"],
    );
}

#[test]
fn japanese_and_chinese_are_cut_after_sentences_and_between_characters() {
    check(
        x(40),
        "今日は天気がいいです。「散歩しましょう。」と言いました。",
        &[
            "今日は天気がいいです。",
            "「散歩しましょう。」と言いました。",
        ],
    );
    check(
        x(20),
        "東京都庁前でラーメンをたべた",
        &["東京都庁前でラーメン", "をたべた"],
    );
    // Not before small kana, long marks or closing brackets.
    check(
        threads(6),
        "それはニューヨーク",
        &["それはニュー", "ヨーク"],
    );
    check(threads(4), "これはチョコ", &["これは", "チョコ"]);
    check(threads(8), "これはRust製品", &["これはRust製", "品"]);
    check(threads(5), "これはRust製", &["これは", "Rust製"]);
}

#[test]
fn thai_is_cut_at_spaces_and_else_between_syllables() {
    check(
        threads(20),
        "สวัสดีครับ ผมชื่อสมชาย ยินดีที่ได้รู้จัก",
        &["สวัสดีครับ", "ผมชื่อสมชาย", "ยินดีที่ได้รู้จัก"],
    );
    // Not after the vowel `เ`, which is written before its consonant, nor before `า`.
    check(threads(4), "กกกเกาะ", &["กกก", "เกาะ"]);
}

#[test]
fn arabic_is_cut_after_its_question_mark() {
    check(
        x(24),
        "كيف حالك اليوم؟ أنا بخير شكرا لك",
        &["كيف حالك اليوم؟", "أنا بخير شكرا لك"],
    );
}

#[test]
fn emoji_and_flags_stay_whole() {
    let family = "👨\u{200D}👩\u{200D}👧\u{200D}👦";
    check(x(4), &family.repeat(3), &[&family.repeat(2), family]);
    check(threads(50), &family.repeat(3), &[&family.repeat(2), family]);
    check(x(5), "🇩🇪🇫🇷🇮🇹", &["🇩🇪🇫🇷", "🇮🇹"]);
    check(threads(16), "🇩🇪🇫🇷🇮🇹", &["🇩🇪🇫🇷", "🇮🇹"]);
    check(x(4), "👍🏽👍🏽👍🏽", &["👍🏽👍🏽", "👍🏽"]);
}
