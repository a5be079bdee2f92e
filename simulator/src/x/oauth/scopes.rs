//! The permissions in an authorization address, separated by spaces (x.md 1.1).

/// Everything that can be asked for, but for the groups below.
const KNOWN: [&str; 23] = [
    "tweet.read",
    "tweet.write",
    "tweet.moderate.write",
    "users.read",
    "users.email",
    "follows.read",
    "follows.write",
    "offline.access",
    "space.read",
    "mute.read",
    "mute.write",
    "like.read",
    "like.write",
    "list.read",
    "list.write",
    "block.read",
    "block.write",
    "bookmark.read",
    "bookmark.write",
    "dm.read",
    "dm.write",
    "media.write",
    "timeline.read",
];

/// Groups of late 2026, whose members a publisher never asks for.
const GROUPS: [&str; 6] = [
    "calls.",
    "broadcast.",
    "developer.",
    "settings.",
    "media.library.",
    "saved_search.",
];

/// `None` when there is none, or one that X does not know.
pub(super) fn asked(value: &str) -> Option<Vec<String>> {
    let names: Vec<String> = value
        .split(' ')
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    let is_known = |name: &String| {
        KNOWN.contains(&name.as_str()) || GROUPS.iter().any(|group| name.starts_with(group))
    };
    (!names.is_empty() && names.iter().all(is_known)).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, expected: Option<usize>) {
        assert_eq!(asked(value).map(|names| names.len()), expected, "{value:?}");
    }

    #[test]
    fn spaces_separate_and_commas_do_not() {
        check("tweet.read tweet.write users.read offline.access", Some(4));
        check("tweet.read,tweet.write", None);
        check("tweet.read tweet.everything", None);
        check("", None);
    }
}
