//! `"options": {"x": {...}, "threads": {...}}`, read field by field.

use entities::content::{
    Gif, Options, Poll, Span, Styling, TextAttachment, ThreadsOptions, ThreadsReplyControl,
    XOptions, XReplySettings,
};

use crate::fields::{Fields, Violations};

/// How long a poll on X is open when nothing is said: a day.
const POLL_MINUTES: i64 = 1_440;

/// Reads them; `None`: there are none.
pub fn read_options(fields: &mut Fields<'_>, violations: &mut Violations) -> Option<Options> {
    let mut options = fields.object("options", violations)?;
    let x = options
        .object("x", violations)
        .map(|fields| read_x(fields, violations));
    let threads = options
        .object("threads", violations)
        .map(|fields| read_threads(fields, violations));
    options.refuse_others(violations);
    Some(Options {
        x: x.unwrap_or_default(),
        threads: threads.unwrap_or_default(),
    })
}

fn read_x(mut fields: Fields<'_>, violations: &mut Violations) -> XOptions {
    let words: Vec<_> = XReplySettings::ALL
        .iter()
        .map(|word| (word.as_str(), *word))
        .collect();
    let options = XOptions {
        reply_settings: fields.word("reply_settings", &words, violations),
        quote: text(&mut fields, "quote", violations),
        poll: read_poll(&mut fields, true, violations),
        community_id: text(&mut fields, "community_id", violations),
        share_with_followers: fields.flag("share_with_followers", violations),
        made_with_ai: flag(&mut fields, "made_with_ai", violations),
        paid_partnership: flag(&mut fields, "paid_partnership", violations),
    };
    fields.refuse_others(violations);
    options
}

fn read_threads(mut fields: Fields<'_>, violations: &mut Violations) -> ThreadsOptions {
    let words: Vec<_> = ThreadsReplyControl::ALL
        .iter()
        .map(|word| (word.as_str(), *word))
        .collect();
    let countries = fields.texts("allowed_countries", violations);
    let spoilers = fields
        .objects("text_spoilers", violations)
        .unwrap_or_default();
    if spoilers.len() > 10 {
        let message = "Threads takes 10 spoilers in a text.";
        violations.add(fields.path("text_spoilers"), "too_many_spoilers", message);
    }
    let options = ThreadsOptions {
        reply_control: fields.word("reply_control", &words, violations),
        topic_tag: text(&mut fields, "topic_tag", violations),
        link_attachment: text(&mut fields, "link_attachment", violations),
        quote: text(&mut fields, "quote", violations),
        poll: read_poll(&mut fields, false, violations),
        spoiler_media: flag(&mut fields, "spoiler_media", violations),
        text_spoilers: spoilers
            .into_iter()
            .map(|span| read_span(span, violations))
            .collect(),
        text_attachment: fields
            .object("text_attachment", violations)
            .map(|attachment| read_attachment(attachment, violations)),
        gif: fields
            .object("gif", violations)
            .map(|gif| read_gif(gif, violations)),
        ghost: flag(&mut fields, "ghost", violations),
        location_id: text(&mut fields, "location_id", violations),
        allowed_countries: countries
            .unwrap_or_default()
            .into_iter()
            .flatten()
            .map(str::to_owned)
            .collect(),
        approve_replies: flag(&mut fields, "approve_replies", violations),
    };
    fields.refuse_others(violations);
    options
}

fn read_poll(
    fields: &mut Fields<'_>,
    has_duration: bool,
    violations: &mut Violations,
) -> Option<Poll> {
    let mut poll = fields.object("poll", violations)?;
    if poll.lacks("options") {
        let message = "A poll needs 2 to 4 `options`.";
        violations.add(poll.path("options"), "missing", message);
    }
    let options = poll.texts("options", violations).unwrap_or_default();
    let fits = |answer: &Option<&str>| {
        answer.is_none_or(|answer| (1..=25).contains(&answer.chars().count()))
    };
    let is_right = (2..=4).contains(&options.len()) && options.iter().all(fits);
    if !(poll.lacks("options") || is_right) {
        let message = "A poll has 2 to 4 answers of 1 to 25 characters.";
        violations.add(poll.path("options"), "invalid_poll", message);
    }
    let minutes = if has_duration {
        // `x.md` 2.1
        let given = poll.number("duration_minutes", (5, 10_080), violations);
        given.unwrap_or(POLL_MINUTES)
    } else {
        0
    };
    poll.refuse_others(violations);
    Some(Poll {
        options: options.into_iter().flatten().map(str::to_owned).collect(),
        duration_minutes: u32::try_from(minutes).unwrap_or(0),
    })
}

fn read_attachment(mut fields: Fields<'_>, violations: &mut Violations) -> TextAttachment {
    if fields.lacks("plaintext") {
        let message = "A text attachment needs a `plaintext`.";
        violations.add(fields.path("plaintext"), "missing", message);
    }
    let styling = fields.objects("styling", violations).unwrap_or_default();
    let attachment = TextAttachment {
        plaintext: text(&mut fields, "plaintext", violations).unwrap_or_default(),
        link_attachment_url: text(&mut fields, "link_attachment_url", violations),
        styling: styling
            .into_iter()
            .map(|styling| read_styling(styling, violations))
            .collect(),
    };
    let length = attachment.plaintext.chars().count();
    if !fields.lacks("plaintext") && !(1..=10_000).contains(&length) {
        let message = "A text attachment has 1 to 10,000 characters.";
        violations.add(fields.path("plaintext"), "text_too_long", message);
    }
    fields.refuse_others(violations);
    attachment
}

fn read_styling(mut fields: Fields<'_>, violations: &mut Violations) -> Styling {
    const STYLES: &[&str] = &["bold", "italic", "highlight", "underline", "strikethrough"];
    let given = fields.texts("styles", violations).unwrap_or_default();
    let styles: Vec<String> = given.into_iter().flatten().map(str::to_owned).collect();
    if styles.is_empty() || styles.iter().any(|style| !STYLES.contains(&style.as_str())) {
        let message = format!("`styles` must be some of: {}.", STYLES.join(", "));
        violations.add(fields.path("styles"), "unknown_word", message);
    }
    let span = read_offsets(&mut fields, violations);
    fields.refuse_others(violations);
    Styling { span, styles }
}

fn read_span(mut fields: Fields<'_>, violations: &mut Violations) -> Span {
    let span = read_offsets(&mut fields, violations);
    fields.refuse_others(violations);
    span
}

fn read_offsets(fields: &mut Fields<'_>, violations: &mut Violations) -> Span {
    let most = 10_000;
    for name in ["offset", "length"] {
        if fields.lacks(name) {
            let message = "Say where it begins (`offset`) and how long it is (`length`).";
            violations.add(fields.path(name), "missing", message);
        }
    }
    let offset = fields.number("offset", (0, most), violations).unwrap_or(0);
    let length = fields.number("length", (1, most), violations).unwrap_or(1);
    Span {
        offset: u32::try_from(offset).unwrap_or(0),
        length: u32::try_from(length).unwrap_or(1),
    }
}

fn read_gif(mut fields: Fields<'_>, violations: &mut Violations) -> Gif {
    if fields.lacks("id") {
        let message = "Name the GIF by its `id` at GIPHY.";
        violations.add(fields.path("id"), "missing", message);
    }
    let id = text(&mut fields, "id", violations).unwrap_or_default();
    fields.refuse_others(violations);
    Gif { id }
}

fn text<'a>(fields: &mut Fields<'a>, name: &'a str, violations: &mut Violations) -> Option<String> {
    fields.text(name, violations).map(str::to_owned)
}

fn flag<'a>(fields: &mut Fields<'a>, name: &'a str, violations: &mut Violations) -> bool {
    fields.flag(name, violations).unwrap_or(false)
}
