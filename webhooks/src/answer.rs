//! What is kept of an answer: its beginning, readable, and without what looks like a secret.

/// How much of an answer is read, in bytes.
pub const READ: usize = 1024;
/// How much of it is kept, in characters.
const KEPT: usize = 500;

/// Words that begin a secret: ours, and those that others use most.
const SECRETS: &[&str] = &["whsec_", "dp_", "sk_", "pk_", "ghp_", "xoxb-", "eyJ", "v1,"];

/// The beginning of an answer.
pub fn start_of(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut kept = String::new();
    let mut after_scheme = false;
    for word in text.split(|c: char| c.is_control() || c.is_whitespace()) {
        if word.is_empty() {
            continue;
        }
        if !kept.is_empty() {
            kept.push(' ');
        }
        kept.push_str(&match after_scheme {
            true => "[redacted]".to_owned(),
            false => redacted(word),
        });
        let last = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        after_scheme = ["bearer", "basic"].contains(&last.to_ascii_lowercase().as_str());
    }
    match kept.char_indices().nth(KEPT) {
        Some((end, _)) => format!("{}\u{2026}", &kept[..end]),
        None => kept,
    }
}

/// The word, with everything from a secret's beginning to its end taken out.
fn redacted(word: &str) -> String {
    let is_inside = |c: char| c.is_ascii_alphanumeric() || "_-+/=.,".contains(c);
    let mut clean = String::new();
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let at_start = !clean.ends_with(|c: char| c.is_ascii_alphanumeric());
        match SECRETS
            .iter()
            .find(|secret| at_start && rest.starts_with(**secret))
        {
            Some(_) => {
                clean.push_str("[redacted]");
                rest = rest.trim_start_matches(is_inside);
            }
            None => {
                clean.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_one_readable_line_of_limited_length() {
        assert_eq!(
            start_of(b"no\r\nsuch\0 thing \xff"),
            "no such thing \u{fffd}"
        );
        assert_eq!(start_of(&[b'a'; READ]).chars().count(), KEPT + 1);
        assert_eq!(start_of(b""), "");
    }

    #[test]
    fn what_looks_like_a_secret_is_taken_out() {
        for (said, kept) in [
            (
                "bad secret whsec_MfKQ9r8GKYqrTwjUPD8I=",
                "bad secret [redacted]",
            ),
            (
                "{\"key\":\"dp_abc_def\",\"ok\":false}",
                "{\"key\":\"[redacted]\",\"ok\":false}",
            ),
            (
                "Authorization: Bearer abc.def",
                "Authorization: Bearer [redacted]",
            ),
            ("signature v1,g0hM9SsE+OTP=", "signature [redacted]"),
            ("task_1 and eyes", "task_1 and eyes"),
        ] {
            assert_eq!(start_of(said.as_bytes()), kept);
        }
    }
}
