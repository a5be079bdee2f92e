//! Every option of X (`x.md` 2.1).

use entities::Platform;
use serde_json::{Value, json};

use super::asked::{Asked, Part};
use super::kinds::{Kind, kind};
use super::stage::{Lacks, Role, Stage, given};

pub(super) const ALL: &[Kind] = &[
    kind("X: who may answer, followed", |stage| {
        replies(stage, "following")
    }),
    kind("X: who may answer, mentioned", |stage| {
        replies(stage, "mentionedUsers")
    }),
    kind("X: who may answer, subscribers", |stage| {
        replies(stage, "subscribers")
    }),
    kind("X: who may answer, verified", |stage| {
        replies(stage, "verified")
    }),
    kind("X: a quote of an own post", |stage| {
        let quoted = stage.earlier(Platform::X)?;
        one(stage, "A quote on X", json!({ "quote": quoted }), |part| {
            part.quote(quoted)
        })
    }),
    kind("X: a poll of an hour", |stage| {
        let poll = json!({ "options": ["Yes", "No", "Perhaps"], "duration_minutes": 60 });
        one(stage, "A poll on X", json!({ "poll": poll }), |part| {
            part.poll(poll.clone())
        })
    }),
    kind("X: a poll of a day, when nothing is said", |stage| {
        let answers = ["Left", "Right"];
        let shown = json!({ "options": answers, "duration_minutes": 1440 });
        one(
            stage,
            "A poll of a day",
            json!({ "poll": { "options": answers } }),
            |part| part.poll(shown),
        )
    }),
    kind("X: in a community", |stage| {
        let id = given(&stage.community, "the id of a community on X")?;
        one(
            stage,
            "To a community",
            json!({ "community_id": id }),
            |part| part.option("community_id", id),
        )
    }),
    kind("X: in a community, shared with followers", |stage| {
        let id = given(&stage.community, "the id of a community on X")?;
        let options = json!({ "community_id": id, "share_with_followers": true });
        one(stage, "To a community and beyond", options, |part| {
            part.option("community_id", id)
                .option("share_with_followers", "true")
        })
    }),
    kind("X: made with AI", |stage| {
        one(
            stage,
            "Made with AI",
            json!({ "made_with_ai": true }),
            |part| part.option("made_with_ai", "true"),
        )
    }),
    kind("X: paid for", |stage| {
        one(
            stage,
            "Paid for",
            json!({ "paid_partnership": true }),
            |part| part.option("paid_partnership", "true"),
        )
    }),
    kind("X: an image with several options", |stage| {
        let (text, file) = (stage.words("An image with options"), stage.image(1));
        let options = json!({ "reply_settings": "following", "made_with_ai": true, "paid_partnership": true });
        let body = json!({ "text": text, "media": [file.described("Made up")], "options": { "x": options } });
        let part = Part::text(&text)
            .described(file, "Made up")
            .option("reply_settings", "following")
            .option("made_with_ai", "true")
            .option("paid_partnership", "true");
        Asked::on(stage, &[Role::X], body, &[part])
    }),
    kind("options of both platforms in one post", |stage| {
        let text = stage.words("A poll on both");
        let answers = ["Tea", "Coffee"];
        let body = json!({ "text": text, "options": {
            "x": { "poll": { "options": answers, "duration_minutes": 5 } },
            "threads": { "poll": { "options": answers }, "topic_tag": "drinks" },
        } });
        let shown = |minutes: Value| json!({ "options": answers, "duration_minutes": minutes });
        let on_threads = Part::text(&text)
            .poll(shown(Value::Null))
            .option("topic_tag", "drinks");
        let on_x = Part::text(&text).poll(shown(json!(5)));
        Asked::each(
            stage,
            body,
            vec![(Role::Threads, vec![on_threads]), (Role::X, vec![on_x])],
        )
    }),
];

/// A text with options, and how they show.
fn one(
    stage: &Stage,
    text: &str,
    options: Value,
    shown: impl FnOnce(Part) -> Part,
) -> Result<Asked, Lacks> {
    let text = stage.words(text);
    let body = json!({ "text": text, "options": { "x": options } });
    Asked::on(stage, &[Role::X], body, &[shown(Part::text(text))])
}

fn replies(stage: &Stage, who: &str) -> Result<Asked, Lacks> {
    let text = format!("Answers on X: {who}");
    one(stage, &text, json!({ "reply_settings": who }), |part| {
        part.option("reply_settings", who)
    })
}
