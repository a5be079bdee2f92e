//! Every option of Threads (`threads.md` 4.1).

use entities::Platform;
use serde_json::{Value, json};

use super::asked::{Asked, Part};
use super::kinds::{Kind, kind};
use super::stage::{Lacks, Role, Stage, given};

pub(super) const ALL: &[Kind] = &[
    kind("Threads: who may answer, everyone", |stage| {
        replies(stage, "everyone")
    }),
    kind("Threads: who may answer, followed", |stage| {
        replies(stage, "accounts_you_follow")
    }),
    kind("Threads: who may answer, mentioned", |stage| {
        replies(stage, "mentioned_only")
    }),
    kind("Threads: who may answer, the author", |stage| {
        replies(stage, "parent_post_author_only")
    }),
    kind("Threads: who may answer, followers", |stage| {
        replies(stage, "followers_only")
    }),
    kind("Threads: a topic", |stage| {
        one(
            stage,
            "With a topic",
            json!({ "topic_tag": "Rust 2024" }),
            |part| part.option("topic_tag", "Rust 2024"),
        )
    }),
    kind("Threads: a link to preview", |stage| {
        let link = "https://example.com/preview";
        one(
            stage,
            "With a preview",
            json!({ "link_attachment": link }),
            |part| part.option("link_attachment", link),
        )
    }),
    kind("Threads: a quote of an own post", |stage| {
        let quoted = stage.earlier(Platform::Threads)?;
        one(
            stage,
            "A quote on Threads",
            json!({ "quote": quoted }),
            |part| part.quote(quoted),
        )
    }),
    kind("Threads: a poll", |stage| {
        let answers = ["Yes", "No", "Perhaps", "Ask me tomorrow"];
        let shown = json!({ "options": answers, "duration_minutes": null });
        one(
            stage,
            "A poll on Threads",
            json!({ "poll": { "options": answers } }),
            |part| part.poll(shown),
        )
    }),
    kind("Threads: a covered image", |stage| {
        let (text, file) = (stage.words("Covered"), stage.image(0));
        let body = json!({ "text": text, "media": [file.named()], "options": { "threads": { "spoiler_media": true } } });
        let part = Part::text(&text)
            .file(file)
            .option("is_spoiler_media", "true");
        Asked::on(stage, &[Role::Threads], body, &[part])
    }),
    kind("Threads: covered stretches of a text", |stage| {
        let spans = json!([{ "offset": 0, "length": 3 }, { "offset": 8, "length": 6 }]);
        let shown = json!([
            { "entity_type": "SPOILER", "offset": 0, "length": 3 },
            { "entity_type": "SPOILER", "offset": 8, "length": 6 },
        ]);
        one(
            stage,
            "Who was the killer",
            json!({ "text_spoilers": spans }),
            |part| part.option("text_entities", shown),
        )
    }),
    kind("Threads: a long text attached", text_attachment),
    kind("Threads: a GIF of GIPHY", |stage| {
        let id = given(&stage.giphy, "the id of a GIF at GIPHY")?;
        let shown = json!({ "gif_id": id, "provider": "GIPHY" });
        one(
            stage,
            "A GIF of GIPHY",
            json!({ "gif": { "id": id } }),
            |part| part.option("gif_attachment", shown),
        )
    }),
    kind("Threads: a ghost post", |stage| {
        one(stage, "Gone tomorrow", json!({ "ghost": true }), |part| {
            part.option("is_ghost_post", "true")
        })
    }),
    kind("Threads: answers to be approved", |stage| {
        one(
            stage,
            "Approved answers",
            json!({ "approve_replies": true }),
            |part| part.option("enable_reply_approvals", "true"),
        )
    }),
    kind("Threads: a place", |stage| {
        let place = given(&stage.location, "the id of a place on Threads")?;
        one(
            stage,
            "From a place",
            json!({ "location_id": place }),
            |part| part.option("location_id", place),
        )
    }),
    kind("Threads: for some countries", |stage| {
        let text = stage.words("For two countries");
        let body = json!({ "text": text, "options": { "threads": { "allowed_countries": ["DE", "US"] } } });
        let part = Part::text(&text).option("allowlisted_country_codes", "DE,US");
        Asked::on(stage, &[Role::Geo], body, &[part])
    }),
    kind("Threads: several options together", |stage| {
        let options = json!({ "topic_tag": "tests", "reply_control": "followers_only", "approve_replies": true,
                              "poll": { "options": ["One", "Two"] } });
        one(stage, "Several together", options, |part| {
            part.option("topic_tag", "tests")
                .option("reply_control", "followers_only")
                .option("enable_reply_approvals", "true")
                .poll(json!({ "options": ["One", "Two"], "duration_minutes": null }))
        })
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
    let body = json!({ "text": text, "options": { "threads": options } });
    Asked::on(stage, &[Role::Threads], body, &[shown(Part::text(text))])
}

fn replies(stage: &Stage, who: &str) -> Result<Asked, Lacks> {
    let text = format!("Answers: {who}");
    one(stage, &text, json!({ "reply_control": who }), |part| {
        part.option("reply_control", who)
    })
}

fn text_attachment(stage: &Stage) -> Result<Asked, Lacks> {
    let long = "A long text, of which a part is bold. ".repeat(100);
    let long = long.trim_end();
    let link = "https://example.com/long";
    let asked = json!({
        "plaintext": long,
        "link_attachment_url": link,
        "styling": [
            { "offset": 0, "length": 6, "styles": ["bold", "italic"] },
            { "offset": 7, "length": 4, "styles": ["highlight", "underline", "strikethrough"] },
        ],
    });
    let shown = json!({
        "plaintext": long,
        "link_attachment_url": link,
        "text_with_styling_info": [
            { "offset": 0, "length": 6, "styling_info": ["bold", "italic"] },
            { "offset": 7, "length": 4, "styling_info": ["highlight", "underline", "strikethrough"] },
        ],
    });
    one(
        stage,
        "With a long text",
        json!({ "text_attachment": asked }),
        |part| part.option("text_attachment", shown),
    )
}
