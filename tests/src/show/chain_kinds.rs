//! Chains: several messages, each an answer to the one before.

use serde_json::json;

use super::asked::{Asked, Part};
use super::kinds::{Kind, kind};
use super::stage::{Lacks, Role, Stage};

const BOTH: &[Role] = &[Role::Threads, Role::X];

pub(super) const ALL: &[Kind] = &[
    kind("a chain of texts", |stage| {
        let texts = ["One", "Two", "Three"].map(|word| stage.words(&format!("{word} of a chain")));
        let parts: Vec<_> = texts.iter().map(|text| json!({ "text": text })).collect();
        let shown: Vec<Part> = texts.iter().map(Part::text).collect();
        Asked::on(stage, BOTH, json!({ "parts": parts }), &shown)
    }),
    kind("a chain with media on several parts", with_media),
    kind("a chain with options", with_options),
    kind("a chain of which a long part is cut", long_part),
];

fn with_media(stage: &Stage) -> Result<Asked, Lacks> {
    let [first, second, third] = ["An image", "Words alone", "A video"]
        .map(|text| stage.words(&format!("{text} in a chain")));
    let (image, video) = (stage.image(0), &stage.files.video);
    let (left, right) = (stage.image(1), stage.image(2));
    let body = json!({ "parts": [
        { "text": first, "media": [image.described("Of the first")] },
        { "text": second },
        { "text": third, "media": [video.named()] },
        { "media": [left.described("Left"), right.described("Right")] },
    ] });
    let shown = [
        Part::text(&first).described(image, "Of the first"),
        Part::text(&second),
        Part::text(&third).file(video),
        Part::text("")
            .described(left, "Left")
            .described(right, "Right"),
    ];
    Asked::on(stage, BOTH, body, &shown)
}

/// They go with the first part; what covers media and what discloses go with each.
fn with_options(stage: &Stage) -> Result<Asked, Lacks> {
    let [first, second] =
        ["First", "Second"].map(|text| stage.words(&format!("{text} with options")));
    let (left, right) = (stage.image(3), stage.image(4));
    let body = json!({
        "parts": [
            { "text": first, "media": [left.named()] },
            { "text": second, "media": [right.named()] },
        ],
        "options": {
            "threads": { "topic_tag": "chains", "reply_control": "mentioned_only", "spoiler_media": true },
            "x": { "reply_settings": "mentionedUsers", "made_with_ai": true, "paid_partnership": true },
        },
    });
    let (one, two) = (
        Part::text(&first).file(left),
        Part::text(&second).file(right),
    );
    let covered = |part: Part| part.option("is_spoiler_media", "true");
    let disclosed = |part: Part| {
        let part = part.option("made_with_ai", "true");
        part.option("paid_partnership", "true")
    };
    let on_threads = covered(one.clone())
        .option("topic_tag", "chains")
        .option("reply_control", "mentioned_only");
    let on_x = disclosed(one).option("reply_settings", "mentionedUsers");
    let parts = vec![
        (Role::Threads, vec![on_threads, covered(two.clone())]),
        (Role::X, vec![on_x, disclosed(two)]),
    ];
    Asked::each(stage, body, parts)
}

/// A part of 301 characters fits on Threads and is cut for X. Its image stays with its first piece.
fn long_part(stage: &Stage) -> Result<Asked, Lacks> {
    let head = stage.words("Begin");
    let sentence = |letter: &str| {
        let words = stage.words(letter);
        format!("{words}{}.", letter.repeat(149 - words.len()))
    };
    let (one, two) = (sentence("b"), sentence("c"));
    let (long, image) = (format!("{one} {two}"), stage.image(0));
    let body = json!({
        "split": true,
        "parts": [{ "text": head }, { "text": long, "media": [image.named()] }],
    });
    let parts = vec![
        (
            Role::Threads,
            vec![Part::text(&head), Part::text(&long).file(image)],
        ),
        (
            Role::X,
            vec![
                Part::text(&head),
                Part::text(&one).file(image),
                Part::text(&two),
            ],
        ),
    ];
    Asked::each(stage, body, parts)
}
