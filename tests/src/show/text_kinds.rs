//! Texts, and what one platform or account shows instead.

use serde_json::{Value, json};

use super::asked::{Asked, Part};
use super::kinds::{Kind, kind};
use super::stage::{Lacks, Role, Stage};

pub(super) const ALL: &[Kind] = &[
    kind("a text", |stage| {
        let text = stage.words("A text and nothing else: caf\u{e9} \u{1F600} \u{6F22}\u{5B57}");
        both(stage, json!({ "text": text }), Part::text(&text))
    }),
    kind("a text with a link", |stage| {
        let text = stage.words("Read on at https://example.com/a/path?with=query");
        both(stage, json!({ "text": text }), Part::text(&text))
    }),
    kind("another text on X", override_of_a_platform),
    kind(
        "other text, media and options on one account of each",
        override_of_accounts,
    ),
    kind("a text of 281 characters, refused for X", |stage| {
        let body = json!({ "text": stage.words(&"a".repeat(281)) });
        Asked::refused(
            stage,
            &[Role::Threads, Role::X],
            body,
            &["text text_too_long"],
        )
    }),
    kind("a text of 2,000 characters with Premium", |stage| {
        let text = stage.words(&"Premium ".repeat(250));
        let text = text.trim_end().to_owned();
        Asked::on(
            stage,
            &[Role::Premium],
            json!({ "text": text }),
            &[Part::text(&text)],
        )
    }),
    kind("a text cut at sentences, numbered", |stage| cut(stage, 1)),
    kind("a text cut at sentences", |stage| cut(stage, 0)),
];

fn both(stage: &Stage, body: Value, part: Part) -> Result<Asked, Lacks> {
    Asked::on(stage, &[Role::Threads, Role::X], body, &[part])
}

fn override_of_a_platform(stage: &Stage) -> Result<Asked, Lacks> {
    let (own, for_x) = (
        stage.words("For everybody else"),
        stage.words("For X alone"),
    );
    let body = json!({ "text": own, "overrides": { "x": { "text": for_x } } });
    let parts = vec![
        (Role::Threads, vec![Part::text(&own)]),
        (Role::X, vec![Part::text(&for_x)]),
    ];
    Asked::each(stage, body, parts)
}

/// The nearest override counts: the account's, then the platform's, then the post's own.
fn override_of_accounts(stage: &Stage) -> Result<Asked, Lacks> {
    let second_x = &stage.account(Role::SecondX)?.id;
    let second_threads = &stage.account(Role::SecondThreads)?.id;
    let image = stage.image(0);
    let own = stage.words("For Threads, as written");
    let on_x = stage.words("For X");
    let on_second_x = stage.words("For one account on X");
    let body = json!({
        "text": own,
        "options": { "threads": { "topic_tag": "weather" }, "x": { "made_with_ai": true } },
        "overrides": {
            "x": { "text": on_x },
            (second_x.as_str()): {
                "text": on_second_x,
                "media": [image.described("A pattern")],
                "options": { "x": { "reply_settings": "verified" } },
            },
            (second_threads.as_str()): { "options": { "threads": { "topic_tag": "climate" } } },
        },
    });
    let second = Part::text(&on_second_x).described(image, "A pattern");
    let parts = vec![
        (
            Role::Threads,
            vec![Part::text(&own).option("topic_tag", "weather")],
        ),
        (
            Role::X,
            vec![Part::text(&on_x).option("made_with_ai", "true")],
        ),
        (
            Role::SecondThreads,
            vec![Part::text(&own).option("topic_tag", "climate")],
        ),
        (
            Role::SecondX,
            vec![second.option("reply_settings", "verified")],
        ),
    ];
    Asked::each(stage, body, parts)
}

/// Twelve sentences of 99 characters. Threads holds 500 characters: five of them, or four beside a
/// number. X holds 280: two.
fn cut(stage: &Stage, numbers: usize) -> Result<Asked, Lacks> {
    let start = stage.words(["Cut plain", "Cut with numbers"][numbers]);
    let sentence = |number: usize| {
        let words = format!("{start}, sentence {number:02}");
        format!("{words} {}.", "x".repeat(97 - words.len()))
    };
    let sentences: Vec<String> = (1..=12).map(sentence).collect();
    let pieces = |most: usize| -> Vec<Part> {
        let all = sentences.chunks(most);
        let count = all.len();
        let text = |(index, piece): (usize, &[String])| match numbers {
            0 => piece.join(" "),
            _ => format!("{} ({}/{count})", piece.join(" "), index + 1),
        };
        all.enumerate().map(text).map(Part::text).collect()
    };
    let split = if numbers == 0 {
        json!(true)
    } else {
        json!({ "numbering": true })
    };
    let body = json!({ "text": sentences.join(" "), "split": split });
    let parts = vec![(Role::Threads, pieces(5 - numbers)), (Role::X, pieces(2))];
    Asked::each(stage, body, parts)
}
