//! Whether a platform takes the options of a post, and together with what (`x.md` 2.1,
//! `threads.md` 4.1).

use entities::Platform;
use entities::content::{Content, Part, Span, ThreadsOptions, XOptions};
use entities::rows::account;
use platforms::threads;

use super::shown::Place;
use crate::fields::Violations;

/// Checks the options of one account against what it shows.
pub fn check_options(
    content: &Content,
    account: &account::Model,
    place: &Place,
    parts: &[Part],
    violations: &mut Violations,
) {
    let options = content.options_on(account.platform, &account.id);
    let Some(first) = parts.first() else { return };
    let own = content
        .account_overrides
        .get(&account.id)
        .is_some_and(|instead| instead.options.is_some());
    let of_platform = content
        .overrides
        .get(&account.platform)
        .is_some_and(|instead| instead.options.is_some());
    let before = match (own, of_platform) {
        (true, _) => format!("overrides.{}.options.{}", account.id, account.platform),
        (false, true) => format!("overrides.{0}.options.{0}", account.platform),
        (false, false) => format!("options.{}", account.platform),
    };
    let mut check = Check { before, violations };
    match account.platform {
        Platform::X => check.x(&options.x, first),
        Platform::Threads => {
            check.threads(&options.threads, parts, place);
            let needs_scope = options.threads.location_id.is_some()
                && !account.scopes.is_empty()
                && !account
                    .scopes
                    .split([' ', ','])
                    .any(|scope| scope == "threads_location_tagging");
            if needs_scope {
                check.refuse(
                    "location_id",
                    "permission_missing",
                    "The connection to Threads lacks the permission `threads_location_tagging`.",
                );
            }
        }
    }
}

struct Check<'a> {
    before: String,
    violations: &'a mut Violations,
}

impl Check<'_> {
    fn refuse(&mut self, name: &str, code: &'static str, message: impl Into<String>) {
        let field = format!("{}.{name}", self.before);
        self.violations.add(field, code, message);
    }

    fn x(&mut self, options: &XOptions, first: &Part) {
        let exclusive = [
            ("poll", options.poll.is_some()),
            ("quote", options.quote.is_some()),
        ];
        let set: Vec<&str> = exclusive
            .into_iter()
            .filter(|(_, is_set)| *is_set)
            .map(|(name, _)| name)
            .collect();
        if let [name, ..] = set.as_slice()
            && set.len() + usize::from(!first.media.is_empty()) > 1
        {
            let message = "X takes one of a poll, a quote and media in one post.";
            self.refuse(name, "options_exclude_each_other", message);
        }
        if options.poll.is_some() && first.text.trim().is_empty() {
            let message = "A poll on X needs a text.";
            self.refuse("poll", "text_empty", message);
        }
        for (name, id) in [
            ("quote", &options.quote),
            ("community_id", &options.community_id),
        ] {
            let is_id = |id: &String| {
                (1..=19).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit())
            };
            if id.as_ref().is_some_and(|id| !is_id(id)) {
                let message = "This must be an id of X's: 1 to 19 digits.";
                self.refuse(name, "invalid_id", message);
            }
        }
        if options.share_with_followers.is_some() && options.community_id.is_none() {
            let message = "This says something about a community only; give `community_id`.";
            self.refuse("share_with_followers", "needs_another_option", message);
        }
    }

    fn threads(&mut self, options: &ThreadsOptions, parts: &[Part], place: &Place) {
        let Some(first) = parts.first() else { return };
        self.threads_values(options, first);
        let text_only = [
            ("poll", options.poll.is_some()),
            ("link_attachment", options.link_attachment.is_some()),
            ("text_attachment", options.text_attachment.is_some()),
            ("gif", options.gif.is_some()),
            ("ghost", options.ghost),
        ];
        for (name, is_set) in text_only {
            if is_set && !first.media.is_empty() {
                let message = "Threads takes this with a text alone, not beside images or videos.";
                self.refuse(name, "needs_text_alone", message);
            }
        }
        if options.poll.is_some() && options.text_attachment.is_some() {
            let message = "Threads takes a poll or a text attachment, not both.";
            self.refuse("text_attachment", "options_exclude_each_other", message);
        }
        let inner_link = options
            .text_attachment
            .as_ref()
            .is_some_and(|attachment| attachment.link_attachment_url.is_some());
        if inner_link && options.link_attachment.is_some() {
            let message =
                "Threads takes one link attachment: of the post, or of its text attachment.";
            self.refuse("link_attachment", "options_exclude_each_other", message);
        }
        if options.spoiler_media && parts.iter().all(|part| part.media.is_empty()) {
            let message = "There is no image or video to cover.";
            self.refuse("spoiler_media", "needs_media", message);
        }
        if options.ghost {
            self.ghost(options, parts);
        }
        let links = options.link_attachment.iter();
        let all_links: Vec<&str> = std::iter::once(first.text.as_str())
            .chain(links.map(String::as_str))
            .collect();
        if options.link_attachment.is_some()
            && threads::text::links(&all_links.join(" ")) > threads::text::MAX_LINKS
        {
            let message = format!(
                "Threads takes {} different links, the attachment among them.",
                threads::text::MAX_LINKS
            );
            self.violations
                .add(place.field(0, "text"), "too_many_links", message);
        }
    }

    fn ghost(&mut self, options: &ThreadsOptions, parts: &[Part]) {
        let plain = ThreadsOptions {
            ghost: true,
            text_spoilers: options.text_spoilers.clone(),
            ..ThreadsOptions::default()
        };
        if *options != plain {
            let message = "Threads takes a ghost post with no other option than text spoilers.";
            self.refuse("ghost", "options_exclude_each_other", message);
        }
        if parts.len() > 1 {
            let message = "A ghost post can not be a chain.";
            self.refuse("ghost", "options_exclude_each_other", message);
        }
    }

    fn threads_values(&mut self, options: &ThreadsOptions, first: &Part) {
        if let Some(tag) = &options.topic_tag
            && (!(1..=50).contains(&tag.chars().count()) || tag.contains(['.', '&', '#']))
        {
            let message = "A topic has 1 to 50 characters, without `.`, `&` and `#`.";
            self.refuse("topic_tag", "invalid_topic_tag", message);
        }
        if let Some(link) = &options.link_attachment {
            self.link("link_attachment", link);
        }
        if let Some(quote) = &options.quote
            && (quote.is_empty() || !quote.bytes().all(|byte| byte.is_ascii_digit()))
        {
            let message = "This must be the id of a post on Threads: digits.";
            self.refuse("quote", "invalid_id", message);
        }
        if options.gif.as_ref().is_some_and(|gif| gif.id.is_empty()) {
            self.refuse("gif.id", "invalid_id", "Name the GIF by its id at GIPHY.");
        }
        if options
            .allowed_countries
            .iter()
            .any(|code| code.len() != 2 || !code.bytes().all(|byte| byte.is_ascii_uppercase()))
        {
            let message = "Countries are two capital letters each, as in ISO 3166: DE, US.";
            self.refuse("allowed_countries", "invalid_country", message);
        }
        let length = first.text.chars().count();
        if !fit(options.text_spoilers.iter(), length) {
            let message = "Spoilers must lie within the text and not overlap.";
            self.refuse("text_spoilers", "invalid_span", message);
        }
        if let Some(attachment) = &options.text_attachment {
            let length = attachment.plaintext.chars().count();
            if !fit(
                attachment.styling.iter().map(|styling| &styling.span),
                length,
            ) {
                let message = "Styles must lie within the text and not overlap.";
                self.refuse("text_attachment.styling", "invalid_span", message);
            }
            if let Some(link) = &attachment.link_attachment_url {
                self.link("text_attachment.link_attachment_url", link);
            }
        }
    }

    fn link(&mut self, name: &str, link: &str) {
        let is_link = link
            .strip_prefix("https://")
            .or_else(|| link.strip_prefix("http://"))
            .is_some_and(|rest| rest.contains('.') && !rest.contains(char::is_whitespace));
        if !is_link {
            let message = "This must be an address that begins with https:// or http://.";
            self.refuse(name, "invalid_link", message);
        }
    }
}

/// Whether stretches lie within a text of `length` characters, without touching one another twice.
fn fit<'a>(spans: impl Iterator<Item = &'a Span>, length: usize) -> bool {
    let mut spans: Vec<(usize, usize)> = spans
        .map(|span| {
            let offset = usize::try_from(span.offset).unwrap_or(usize::MAX);
            let length = usize::try_from(span.length).unwrap_or(usize::MAX);
            (offset, offset.saturating_add(length))
        })
        .collect();
    spans.sort_unstable();
    spans.iter().all(|(_, end)| *end <= length)
        && spans.windows(2).all(|pair| pair[0].1 <= pair[1].0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_must_lie_within_the_text_and_not_overlap() {
        let span = |offset, length| Span { offset, length };
        assert!(fit([span(0, 2), span(2, 3)].iter(), 5));
        assert!(!fit([span(0, 3), span(2, 3)].iter(), 5));
        assert!(!fit([span(4, 2)].iter(), 5));
    }
}
