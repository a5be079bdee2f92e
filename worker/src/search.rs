//! Finding a post among an account's recent ones, to learn whether a send took effect.

use entities::{Platform, Timestamp};
use platforms::{Attached, RemotePost};

/// What a look at the account's list brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// The post, if it is there.
    pub found: Option<RemotePost>,
    /// Whether the list reached back to the send: only then does not finding it mean anything.
    pub complete: bool,
}

/// How far before the send a post may be dated: platforms' clocks and ours differ a little.
pub const CLOCK_SKEW_MS: i64 = 5_000;

/// What is looked for.
#[derive(Clone, Debug, Default)]
pub struct Sought<'a> {
    pub text: &'a str,
    /// The post that it answers.
    pub reply_to: Option<&'a str>,
    /// What hangs on it, in its platform's terms.
    pub attached: Attached,
}

impl Sought<'_> {
    /// A list that leaves out what hangs on a post can not speak against it.
    fn hangs_on(&self, post: &RemotePost) -> bool {
        post.attached == Attached::Unsaid || post.attached == self.attached
    }
}

/// Those of `listed` that can be the part that was sent at `sent_at`, oldest first: the same text
/// and files, an answer to the same post, made after it was sent.
pub fn candidates(
    platform: Platform,
    listed: Vec<RemotePost>,
    sought: &Sought<'_>,
    sent_at: Timestamp,
) -> Vec<RemotePost> {
    let (text, reply_to) = (sought.text, sought.reply_to);
    let same_text = match platform {
        Platform::Threads => platforms::threads::same_text,
        Platform::X => platforms::x::same_text,
    };
    let earliest_ms = sent_at.as_ms() - CLOCK_SKEW_MS;
    let mut candidates: Vec<RemotePost> = listed
        .into_iter()
        .filter(|post| post.created_at_ms.is_none_or(|ms| ms >= earliest_ms))
        // A list that leaves out what a post answers can not speak against it.
        .filter(|post| post.reply_to.is_none() || post.reply_to.as_deref() == reply_to)
        .filter(|post| sought.hangs_on(post))
        .filter(|post| same_text(text, &post.text))
        .collect();
    candidates.sort_by_key(|post| post.created_at_ms);
    candidates
}

/// The first candidate that no other part has claimed.
pub fn choose(candidates: Vec<RemotePost>, adopted: &[String], complete: bool) -> Search {
    let found = candidates
        .into_iter()
        .find(|post| !adopted.contains(&post.id));
    Search { found, complete }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(id: &str, text: &str, ms: i64, reply_to: Option<&str>) -> RemotePost {
        RemotePost {
            id: id.into(),
            text: text.into(),
            url: None,
            created_at_ms: Some(ms),
            reply_to: reply_to.map(str::to_owned),
            attached: Attached::Nothing,
        }
    }

    fn sought(reply_to: Option<&'static str>) -> Sought<'static> {
        Sought {
            text: "hi",
            reply_to,
            attached: Attached::Nothing,
        }
    }

    fn ids(posts: &[RemotePost]) -> Vec<&str> {
        posts.iter().map(|post| post.id.as_str()).collect()
    }

    #[test]
    fn an_equal_text_from_before_the_send_is_another_post() {
        let listed = vec![
            post("new", "hi", 100_000, None),
            post("old", "hi", 90_000, None),
        ];
        let found = candidates(
            Platform::X,
            listed,
            &sought(None),
            Timestamp::from_ms(100_000),
        );
        assert_eq!(ids(&found), ["new"]);
    }

    #[test]
    fn an_equal_text_that_answers_another_post_is_another_post() {
        let listed = vec![
            post("a", "hi", 100_000, Some("p1")),
            post("b", "hi", 100_001, Some("p2")),
        ];
        let found = candidates(
            Platform::Threads,
            listed,
            &sought(Some("p2")),
            Timestamp::from_ms(100_000),
        );
        assert_eq!(ids(&found), ["b"]);
    }

    #[test]
    fn two_equal_posts_are_adopted_one_each_the_older_first() {
        let at = Timestamp::from_ms(100_000);
        let listed = || {
            vec![
                post("second", "hi", 100_009, None),
                post("first", "hi", 100_001, None),
            ]
        };
        let found = candidates(Platform::X, listed(), &sought(None), at);
        assert_eq!(choose(found, &[], true).found.unwrap().id, "first");
        let found = candidates(Platform::X, listed(), &sought(None), at);
        assert_eq!(
            choose(found, &["first".into()], true).found.unwrap().id,
            "second"
        );
        let found = candidates(Platform::X, listed(), &sought(None), at);
        assert_eq!(
            choose(found, &["first".into(), "second".into()], true).found,
            None
        );
    }

    #[test]
    fn equal_texts_with_other_files_are_other_posts() {
        let with = |id: &str, attached| RemotePost {
            attached,
            ..post(id, "hi", 100_000, None)
        };
        let uploads = |ids: &[&str]| Attached::Uploads(ids.iter().map(|id| (*id).into()).collect());
        let listed = || {
            vec![
                with("text", Attached::Nothing),
                with("other", uploads(&["7"])),
                with("same", uploads(&["1", "2"])),
                with("unsaid", Attached::Unsaid),
            ]
        };
        let of = |attached| Sought {
            attached,
            ..sought(None)
        };
        let at = Timestamp::from_ms(100_000);
        let found = |sought| ids(&candidates(Platform::X, listed(), &sought, at)).join(" ");
        assert_eq!(found(of(uploads(&["1", "2"]))), "same unsaid");
        assert_eq!(found(of(Attached::Nothing)), "text unsaid");
    }
}
