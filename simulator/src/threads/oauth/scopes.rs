//! The list of permissions in an authorization address (threads.md 2.1, 2.2).

use super::errors::Refused;

/// Everything that can be asked for.
pub(super) const KNOWN: [&str; 12] = [
    "threads_basic",
    "threads_content_publish",
    "threads_manage_replies",
    "threads_read_replies",
    "threads_manage_insights",
    "threads_delete",
    "threads_keyword_search",
    "threads_manage_mentions",
    "threads_location_tagging",
    "threads_profile_discovery",
    "threads_share_to_instagram",
    "threads_trending_topics",
];

/// The scopes that are asked for. Commas separate them; spaces only when `lenient`, or the whole
/// value is one scope that nobody knows. The error's code is the generic one, its words are not
/// recorded (threads.md 11).
pub(super) fn asked(value: &str, lenient: bool) -> Result<Vec<String>, Refused> {
    let separates = |c: char| c == ',' || (lenient && matches!(c, ' ' | '+'));
    let names: Vec<String> = value
        .split(separates)
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    if let Some(unknown) = names.iter().find(|name| !KNOWN.contains(&name.as_str())) {
        return Err(Refused::window(1, format!("Invalid Scopes: {unknown}.")));
    }
    if !names.iter().any(|name| name == "threads_basic") {
        return Err(Refused::window(
            1,
            "Invalid Scopes: threads_basic is required.",
        ));
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, lenient: bool, expected: Option<usize>) {
        let count = asked(value, lenient).ok().map(|names| names.len());
        assert_eq!(count, expected, "{value:?}");
    }

    #[test]
    fn commas_separate_and_spaces_do_not_unless_told() {
        check("threads_basic,threads_content_publish", false, Some(2));
        check("threads_basic threads_content_publish", false, None);
        check("threads_basic+threads_content_publish", false, None);
        check("threads_basic threads_content_publish", true, Some(2));
        check("threads_basic+threads_content_publish", true, Some(2));
    }

    #[test]
    fn the_basic_scope_is_required_and_an_unknown_one_is_refused() {
        check("threads_content_publish", false, None);
        check("threads_basic,threads_everything", false, None);
        check("", false, None);
    }
}
