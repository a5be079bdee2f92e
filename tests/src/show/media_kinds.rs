//! Images, GIFs and videos on one message.

use serde_json::{Value, json};

use super::asked::{Asked, Part};
use super::files::File;
use super::kinds::{Kind, kind};
use super::stage::{Lacks, Role, Stage};

const BOTH: &[Role] = &[Role::Threads, Role::X];

pub(super) const ALL: &[Kind] = &[
    kind("an image with a description", |stage| {
        let text = stage.words("One image");
        let (file, alt) = (
            stage.image(0),
            "A red and blue pattern, \u{201C}woven\u{201D}",
        );
        let body = json!({ "text": text, "media": [file.described(alt)] });
        Asked::on(stage, BOTH, body, &[Part::text(&text).described(file, alt)])
    }),
    kind("an image without a text", |stage| {
        let file = stage.image(5);
        let body = json!({ "media": [file.named()] });
        Asked::on(stage, BOTH, body, &[Part::text("").file(file)])
    }),
    kind("two images", |stage| images(stage, "Two images", 2, BOTH)),
    kind("four images", |stage| images(stage, "Four images", 4, BOTH)),
    kind("five images, refused for X", |stage| {
        let body =
            json!({ "text": "Five images on both", "media": named(&stage.files.images[..5]) });
        Asked::refused(stage, BOTH, body, &["media x_too_many_images"])
    }),
    kind("five images, a chain of them on X", five_images),
    kind("a GIF", |stage| {
        let (text, file) = (stage.words("A GIF"), &stage.files.gif);
        let body = json!({ "text": text, "media": [file.described("It blinks")] });
        Asked::on(
            stage,
            &[Role::X],
            body,
            &[Part::text(&text).described(file, "It blinks")],
        )
    }),
    kind("a GIF, refused for Threads", |stage| {
        let body = json!({ "text": "A GIF on both", "media": [stage.files.gif.named()] });
        Asked::refused(stage, BOTH, body, &["media[0] threads_gif"])
    }),
    kind("a GIF on X, an image on Threads", |stage| {
        let text = stage.words("A GIF where it moves");
        let (gif, image) = (&stage.files.gif, stage.image(1));
        let body = json!({
            "text": text, "media": [gif.named()],
            "overrides": { "threads": { "text": text, "media": [image.named()] } },
        });
        let parts = vec![
            (Role::Threads, vec![Part::text(&text).file(image)]),
            (Role::X, vec![Part::text(&text).file(gif)]),
        ];
        Asked::each(stage, body, parts)
    }),
    kind("a video", |stage| {
        let (text, file) = (stage.words("A video"), &stage.files.video);
        let body = json!({ "text": text, "media": [file.named()] });
        Asked::on(stage, BOTH, body, &[Part::text(&text).file(file)])
    }),
    kind("a carousel of images and a video", |stage| {
        let text = stage.words("A carousel");
        let (video, image) = (&stage.files.video, stage.image(2));
        let body = json!({
            "text": text,
            "media": [image.described("First"), video.described("It moves"), stage.image(3).named()],
        });
        let part = Part::text(&text)
            .described(image, "First")
            .described(video, "It moves");
        Asked::on(stage, &[Role::Threads], body, &[part.file(stage.image(3))])
    }),
    kind("images and a video, refused for X", |stage| {
        let media = json!([stage.image(2).named(), stage.files.video.named()]);
        let body = json!({ "text": "A carousel on both", "media": media });
        Asked::refused(stage, BOTH, body, &["media x_mixed_media"])
    }),
];

fn named(files: &[File]) -> Vec<Value> {
    files.iter().map(File::named).collect()
}

fn described(files: &[File]) -> Vec<Value> {
    let files = files.iter().enumerate();
    files
        .map(|(index, file)| file.described(&alt(index)))
        .collect()
}

fn alt(index: usize) -> String {
    format!("Image {}", index + 1)
}

fn with_all(text: &str, files: &[File]) -> Part {
    let files = files.iter().enumerate();
    files.fold(Part::text(text), |part, (index, file)| {
        part.described(file, &alt(index))
    })
}

fn images(stage: &Stage, text: &str, count: usize, roles: &[Role]) -> Result<Asked, Lacks> {
    let (text, files) = (stage.words(text), &stage.files.images[..count]);
    let body = json!({ "text": text, "media": described(files) });
    Asked::on(stage, roles, body, &[with_all(&text, files)])
}

/// Threads shows them in one carousel; an override makes a chain of two messages of them on X.
fn five_images(stage: &Stage) -> Result<Asked, Lacks> {
    let (text, files) = (stage.words("Five images"), &stage.files.images[..5]);
    let rest = stage.words("And the fifth");
    let fifth = &files[4];
    let body = json!({
        "text": text,
        "media": described(files),
        "overrides": { "x": { "parts": [
            { "text": text, "media": described(&files[..4]) },
            { "text": rest, "media": [fifth.described("The last")] },
        ] } },
    });
    let on_x = vec![
        with_all(&text, &files[..4]),
        Part::text(&rest).described(fifth, "The last"),
    ];
    let on_threads = vec![with_all(&text, files)];
    Asked::each(
        stage,
        body,
        vec![(Role::Threads, on_threads), (Role::X, on_x)],
    )
}
