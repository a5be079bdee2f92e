//! The parameters of a container, under the names of threads.md 4.1.

use serde_json::{Map, Value, json};

use super::new_container::{ContainerKind, ItemKind, NewContainer};
use super::options::{ContainerOptions, ReplyControl, TextAttachment, TextSpan, TextStyle};

/// Names and values, to be sent in the body.
pub(super) type Form = Vec<(&'static str, String)>;

pub(super) fn container(container: &NewContainer<'_>) -> Form {
    let mut form = match container.kind {
        ContainerKind::Text => vec![("media_type", "TEXT".to_owned())],
        ContainerKind::Image { url } => media(ItemKind::Image { url }),
        ContainerKind::Video { url } => media(ItemKind::Video { url }),
        ContainerKind::Carousel { children } => vec![
            ("media_type", "CAROUSEL".to_owned()),
            ("children", children.join(",")),
        ],
    };
    let words = [
        ("text", container.text),
        ("reply_to_id", container.reply_to),
        ("alt_text", container.alt_text),
    ];
    form.extend(set(words));
    form.extend(options(container.options));
    form
}

pub(super) fn item(item: ItemKind<'_>, alt_text: Option<&str>) -> Form {
    let mut form = media(item);
    form.push(("is_carousel_item", "true".to_owned()));
    form.extend(set([("alt_text", alt_text)]));
    form
}

fn media(item: ItemKind<'_>) -> Form {
    let (media_type, name, url) = match item {
        ItemKind::Image { url } => ("IMAGE", "image_url", url),
        ItemKind::Video { url } => ("VIDEO", "video_url", url),
    };
    vec![
        ("media_type", media_type.to_owned()),
        (name, url.to_owned()),
    ]
}

fn options(options: &ContainerOptions) -> Form {
    let ContainerOptions {
        reply_control,
        topic_tag,
        link_attachment,
        quote_post_id,
        poll,
        spoiler_media,
        text_spoilers,
        text_attachment,
        gif,
        ghost,
        location_id,
        allowlisted_country_codes,
        enable_reply_approvals,
        crossreshare_to_ig,
        crossreshare_to_ig_dark_mode,
    } = options;
    let mut form: Form = set([
        ("reply_control", reply_control.map(reply_control_name)),
        ("topic_tag", topic_tag.as_deref()),
        ("link_attachment", link_attachment.as_deref()),
        ("quote_post_id", quote_post_id.as_deref()),
        ("location_id", location_id.as_deref()),
    ])
    .collect();
    if let Some(answers) = poll {
        form.push(("poll_attachment", poll_attachment(answers).to_string()));
    }
    if !text_spoilers.is_empty() {
        let spoilers: Value = text_spoilers.iter().map(spoiler).collect();
        form.push(("text_entities", spoilers.to_string()));
    }
    if let Some(attachment) = text_attachment {
        let attachment = text_attachment_json(attachment);
        form.push(("text_attachment", attachment.to_string()));
    }
    if let Some(gif) = gif {
        let gif = json!({ "gif_id": gif.id, "provider": "GIPHY" });
        form.push(("gif_attachment", gif.to_string()));
    }
    if !allowlisted_country_codes.is_empty() {
        let codes = allowlisted_country_codes.join(",");
        form.push(("allowlisted_country_codes", codes));
    }
    let flags = [
        ("is_spoiler_media", *spoiler_media),
        ("is_ghost_post", *ghost),
        ("enable_reply_approvals", *enable_reply_approvals),
        ("crossreshare_to_ig", *crossreshare_to_ig),
        (
            "crossreshare_to_ig_dark_mode",
            *crossreshare_to_ig_dark_mode,
        ),
    ];
    let raised = flags.into_iter().filter(|(_, raised)| *raised);
    form.extend(raised.map(|(name, _)| (name, "true".to_owned())));
    form
}

/// Those that are set.
fn set<const N: usize>(
    parameters: [(&'static str, Option<&str>); N],
) -> impl Iterator<Item = (&'static str, String)> {
    parameters
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?.to_owned())))
}

fn reply_control_name(control: ReplyControl) -> &'static str {
    match control {
        ReplyControl::Everyone => "everyone",
        ReplyControl::AccountsYouFollow => "accounts_you_follow",
        ReplyControl::MentionedOnly => "mentioned_only",
        ReplyControl::ParentPostAuthorOnly => "parent_post_author_only",
        ReplyControl::FollowersOnly => "followers_only",
    }
}

fn poll_attachment(answers: &[String]) -> Value {
    let answers = ('a'..='z').zip(answers);
    let answers = answers.map(|(letter, answer)| (format!("option_{letter}"), json!(answer)));
    Value::Object(answers.collect::<Map<_, _>>())
}

fn spoiler(span: &TextSpan) -> Value {
    json!({ "entity_type": "SPOILER", "offset": span.offset, "length": span.length })
}

fn text_attachment_json(attachment: &TextAttachment) -> Value {
    let mut json = json!({ "plaintext": attachment.plaintext });
    if let Some(url) = &attachment.link_attachment_url {
        json["link_attachment_url"] = json!(url);
    }
    if !attachment.styling.is_empty() {
        let styling = attachment.styling.iter().map(|styling| {
            let styles: Vec<&str> = styling.styling_info.iter().map(style_name).collect();
            json!({
                "offset": styling.offset,
                "length": styling.length,
                "styling_info": styles,
            })
        });
        json["text_with_styling_info"] = styling.collect();
    }
    json
}

fn style_name(style: &TextStyle) -> &'static str {
    match style {
        TextStyle::Bold => "bold",
        TextStyle::Italic => "italic",
        TextStyle::Highlight => "highlight",
        TextStyle::Underline => "underline",
        TextStyle::Strikethrough => "strikethrough",
    }
}
