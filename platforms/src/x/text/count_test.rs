//! Counts and places beyond the conformance files: what the JavaScript reference answers, and where
//! this module differs on purpose.

use super::*;

#[track_caller]
fn check(text: &str, expected: u32) {
    assert_eq!(measure(text).weighted_length, expected, "{text}");
    let units = units(&normalize(text));
    assert_eq!(
        units.iter().map(|unit| unit.weight).sum::<u32>(),
        expected,
        "units of {text}"
    );
}

#[track_caller]
fn check_entities(text: &str, expected: &[&str]) {
    let found: Vec<&str> = entities(text)
        .into_iter()
        .map(|entity| &text[entity.range])
        .collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn a_bare_domain_counts_23_like_any_link() {
    check("example.com", 23);
    check("see example.com/a/long/path?with=query ok", 4 + 23 + 3);
    check("a.co b.co", 23 + 1 + 23);
    check("http://example.com", 23);
    check("HTTPS://EXAMPLE.COM/", 23);
    check("me@example.com", 14);
    check("README.md and main.rs", 23 + 5 + 23);
    check("e.g. this", 9);
    check("3.14", 4);
}

#[test]
fn adjacent_flags_are_two_each() {
    check("🇩🇪", 2);
    check("🇩🇪🇩🇪", 4);
    check("❤️🇩🇪", 4);
    check("🇩🇪🇫🇷🇮🇹", 6);
    // No such region, so no flag.
    check("🇦🇦", 4);
    check("🇦🇦🇨", 4);
    check("🇩", 2);
}

#[test]
fn an_emoji_sequence_is_two() {
    for emoji in [
        "😀",
        "☺",
        "☺\u{FE0F}",
        "👍🏽",
        "☝\u{FE0F}🏽",
        "⭐\u{FE0F}",
        "1\u{FE0F}\u{20E3}",
        "#\u{20E3}",
        "👨\u{200D}👩\u{200D}👧\u{200D}👦",
        "🏳\u{FE0F}\u{200D}🌈",
        "🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}",
        "👩🏽\u{200D}⚕\u{FE0F}",
        "©\u{FE0F}",
    ] {
        check(emoji, 2);
        check(&emoji.repeat(3), 6);
    }
}

#[test]
fn sequences_newer_than_the_reference_are_one_emoji_too() {
    check("👩🏽\u{200D}🤝\u{200D}👨🏿", 2);
    check("🧑\u{200D}🧑\u{200D}🧒\u{200D}🧒", 2);
    check("🐦\u{200D}🔥", 2);
    check("❤\u{FE0F}\u{200D}🔥", 2);
    check("👁\u{FE0F}\u{200D}🗨\u{FE0F}", 2);
    // Minimally qualified: only a later U+FE0F is missing.
    check("👩🏽\u{200D}⚕", 2);
}

#[test]
fn what_is_not_recommended_counts_by_its_parts() {
    // Unqualified: the first U+FE0F is missing.
    check("🏳\u{200D}🌈", 5);
    check("😀\u{200D}😀", 5);
    check("👨🏽\u{200D}🤝\u{200D}👨🏽", 8);
    check("😀\u{FE0F}", 4);
    check("☺\u{FE0E}", 4);
    check("😀🏽", 4);
    check("🏴\u{E0075}\u{E0073}\u{E007F}", 8);
    check("👨\u{200D}👩\u{200D}👧\u{200D}👦\u{200D}👦", 5);
}

#[test]
fn trade_marks_count_as_emoji_to_be_safe() {
    check("©", 2);
    check("®", 2);
    check("™", 2);
    check("©\u{FE0E}", 3);
}

#[test]
fn joiners_and_selectors_outside_emoji_count_as_characters() {
    check("a\u{200D}b", 3);
    check("a\u{FE0F}", 3);
    check("\u{202A}a\u{202C}", 5);
}

#[test]
fn a_text_is_counted_in_nfc() {
    check("e\u{301}", 1);
    check("\u{1112}\u{1161}\u{11AB}", 2);
}

#[test]
fn empty_long_and_forbidden_texts_are_invalid() {
    assert!(!measure("").valid);
    assert!(measure(" ").valid);
    assert!(measure(&"a".repeat(280)).valid);
    assert!(!measure(&"a".repeat(281)).valid);
    assert!(!measure("a\u{FEFF}").valid);
    assert!(measure("a\u{FEFF}").has_invalid_chars);
    assert_eq!(measure(&"故".repeat(200)).fits_to, 140 * "故".len());
}

#[test]
fn a_premium_account_may_write_25_000() {
    assert!(measure_within(&"故".repeat(12_500), PREMIUM_LIMIT).valid);
    assert!(!measure_within(&"故".repeat(12_501), PREMIUM_LIMIT).valid);
    assert_eq!(measure_within("a", 0).permillage, u32::MAX);
}

#[test]
fn a_unit_is_never_cut_from_within_a_link_tag_or_emoji() {
    let text = "@jack see #rust👍🏽 https://a.com/x_(y). $TSLA!";
    let parts: Vec<&str> = units(text)
        .into_iter()
        .map(|unit| &text[unit.range])
        .collect();
    let expected = [
        "@jack",
        " ",
        "s",
        "e",
        "e",
        " ",
        "#rust",
        "👍🏽",
        " ",
        "https://a.com/x_(y)",
        ".",
        " ",
        "$TSLA",
        "!",
    ];
    assert_eq!(parts, expected);
    // Here the emoji takes the last character of the mention, and the two become one unit.
    assert_eq!(units("@user1\u{20E3}").len(), 1);
}

#[test]
fn entities_do_not_overlap() {
    check_entities("http://a.com/#tag #tag", &["http://a.com/#tag", "#tag"]);
    check_entities("#あexample.com", &["#あexample"]);
    check_entities("@a/b.com", &["@a/b"]);
    check_entities("$A $B, $C", &["$A", "$B", "$C"]);
    assert_eq!(cashtag_count("$A $B, $C x$D $5"), 3);
}

#[test]
fn the_character_before_decides_whether_a_name_is_a_link() {
    check_entities("(a.com)", &["a.com"]);
    check_entities("/a.com", &[]);
    check_entities("-a.com", &[]);
    check_entities("xhttp://a.com", &[]);
    check_entities("あa.com", &["a.com"]);
    check_entities("éa.com", &["a.com"]);
    check_entities(" éa.com", &["éa.com"]);
    check_entities("\u{202A}a.com", &["a.com"]);
}

#[test]
fn a_path_ends_where_the_reference_ends_it() {
    for (text, url) in [
        ("a.com/x.", "a.com/x"),
        ("a.com/(x)", "a.com/(x)"),
        ("a.com/(x(y)z)!", "a.com/(x(y)z)"),
        ("a.com/(x(y(z)))", "a.com/"),
        ("a.com/x(y", "a.com/x"),
        ("a.com/()", "a.com/"),
        ("a.com/a,(b)", "a.com/a"),
        ("a.com/a(b)(c).", "a.com/a(b)(c)"),
        ("a.com/,(b)!c(d)!", "a.com/,(b)!c(d)"),
        ("a.com/путь/é–z", "a.com/путь/é–z"),
        ("a.com?x=1", "a.com"),
        ("http://a.com?x=1&", "http://a.com?x=1&"),
        ("http://a.com:80/", "http://a.com:80/"),
        ("a.com:80", "a.com"),
        ("a.com/@b/c,", "a.com/@b/c"),
    ] {
        let first = &entities(text)[0];
        assert_eq!(&text[first.range.clone()], url, "{text}");
    }
}
