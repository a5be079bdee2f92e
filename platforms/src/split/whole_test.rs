//! What is never cut, what must not come together in a part, and numbering, by example.

use super::example_test::{check, numbered, threads, x};
use super::{Obstacle, Rule, split};

#[track_caller]
fn check_refused(rule: Rule, text: &str, what: Obstacle, at: usize, message: &str) {
    let why = split(text, &rule).expect_err("it can be cut");
    assert_eq!((why.what, why.at), (what, at), "{why}");
    assert_eq!(why.message, message);
}

#[test]
fn links_mentions_and_tags_stay_whole() {
    let link = "https://example.com/a/rather/long/path?with=query";
    let end = format!("{link} it is");
    check(
        x(30),
        &format!("Look here: {link} it is"),
        &["Look here:", &end],
    );
    check(
        threads(50),
        &format!("Look here: {link}"),
        &["Look here:", link],
    );
    check(x(12), "これは@some_one", &["これは", "@some_one"]);
    check(x(12), "これは #日本東京", &["これは", "#日本東京"]);
    check(x(12), "I have some $ABC.D", &["I have some", "$ABC.D"]);
}

#[test]
fn what_only_one_platform_sees_stays_whole_on_both() {
    let address = "http://localhost:80/x-y";
    check(
        x(26),
        &format!("aaaaaaaa,{address}"),
        &["aaaaaaaa,", address],
    );
    check(x(10), "これは@a.b.c.d", &["これは", "@a.b.c.d"]);
    check(threads(8), "これは #日本-東京", &["これは", "#日本-東京"]);
}

#[test]
fn letters_of_other_scripts_stay_with_their_link_if_they_can() {
    check(
        x(40),
        "百科事典にも https://ja.wikipedia.org/wiki/東京都",
        &["百科事典にも", "https://ja.wikipedia.org/wiki/東京都"],
    );
}

#[test]
fn what_is_no_link_in_the_whole_text_may_become_one_in_a_part() {
    // After the slash `a.com` is no link and counts 5; at the beginning of a part it counts 23.
    check(
        x(24),
        "aaaaaaaaaaaaaaaaaaaaaaa/a.com",
        &["aaaaaaaaaaaaaaaaaaaaaaa/", "a.com"],
    );
    let long = "/a.com".repeat(20);
    for part in split(&long, &x(40)).expect("it can be cut") {
        assert!(crate::x::text::measure_within(&part, 40).valid, "{part}");
    }
}

#[test]
fn threads_takes_five_different_links_a_part() {
    check(
        threads(500),
        "https://a.com https://b.com https://a.com www.c.com https://d.com a.co https://e.com and www.f.com.",
        &[
            "https://a.com https://b.com https://a.com www.c.com https://d.com a.co https://e.com and",
            "www.f.com.",
        ],
    );
    check(
        threads(500),
        "www.a.com,www.b.com,www.c.com,www.d.com,www.e.com,www.f.com",
        &[
            "www.a.com,www.b.com,www.c.com,www.d.com,www.e.com,",
            "www.f.com",
        ],
    );
}

#[test]
fn x_takes_one_cashtag_a_part() {
    check(
        numbered(x(280)),
        "I sold $TSLA today. So I bought $AAPL. And $AAPL again",
        &[
            "I sold $TSLA today. (1/3)",
            "So I bought $AAPL. (2/3)",
            "And $AAPL again (3/3)",
        ],
    );
    check(threads(500), "$TSLA and $AAPL", &["$TSLA and $AAPL"]);
}

#[test]
fn a_number_is_a_part_of_the_length() {
    check(
        numbered(x(12)),
        "aaaa bbbb cccc",
        &["aaaa (1/3)", "bbbb (2/3)", "cccc (3/3)"],
    );
    check(
        numbered(threads(15)),
        "aaaa bbbb cccc dddd",
        &["aaaa bbbb (1/2)", "cccc dddd (2/2)"],
    );
}

#[test]
fn ten_parts_need_more_room_than_nine() {
    let nine = split(&"aaaa ".repeat(9), &numbered(x(10))).expect("it can be cut");
    assert_eq!((nine.len(), &*nine[8]), (9, "aaaa (9/9)"));
    // With ` (1/10)` a word of four letters is too long, so there are not ten parts but twenty.
    let ten = split(&"aaaa ".repeat(10), &numbered(x(10))).expect("it can be cut");
    assert_eq!(
        (ten.len(), &*ten[0], &*ten[19]),
        (20, "aaa (1/20)", "aa (20/20)")
    );
}

#[test]
fn what_is_whole_and_longer_than_a_part_is_refused() {
    let link = format!("https://a.com/{}", "a".repeat(500));
    check_refused(
        threads(500),
        &format!("see {link}"),
        Obstacle::Link,
        4,
        "The link at byte 4 counts 514; a part has room for 500.",
    );
    check(x(30), &format!("see this: {link}"), &["see this:", &link]);
    check_refused(
        numbered(x(28)),
        &format!("see it: {link}"),
        Obstacle::Link,
        8,
        "The link at byte 8 counts 23; a part has room for 22.",
    );
    check_refused(
        x(8),
        "for @somebody",
        Obstacle::Mention,
        4,
        "The mention at byte 4 counts 9; a part has room for 8.",
    );
    check_refused(
        x(8),
        "#something",
        Obstacle::Hashtag,
        0,
        "The hashtag at byte 0 counts 10; a part has room for 8.",
    );
    check_refused(
        threads(5),
        "$ABC_D",
        Obstacle::Cashtag,
        0,
        "The cashtag at byte 0 counts 6; a part has room for 5.",
    );
    check_refused(
        threads(20),
        "oh 👨\u{200D}👩\u{200D}👧\u{200D}👦",
        Obstacle::Character,
        3,
        "The character at byte 3 counts 25; a part has room for 20.",
    );
    check_refused(
        threads(500),
        &(0..6)
            .map(|n| format!("http://here/?{n}=https://{n}.com&"))
            .collect::<String>(),
        Obstacle::Link,
        0,
        "The link at byte 0 holds more links than a post may have.",
    );
}

#[test]
fn a_text_of_too_many_parts_is_refused_with_their_number() {
    check_refused(
        numbered(x(280)),
        &"a".repeat(25_000),
        Obstacle::TooManyParts { parts: 92 },
        9 * 273 + 16 * 272,
        "The text takes 92 parts; at most 25 are allowed.",
    );
}

#[test]
fn a_long_text_of_white_space_is_refused() {
    check_refused(
        x(280),
        &" \n".repeat(200),
        Obstacle::Blank,
        0,
        "The text is longer than a post and has nothing but white space.",
    );
}
