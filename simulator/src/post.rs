//! What the world can see.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::account::Platform;

/// A post that is live at this moment, whatever its author was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LivePost {
    pub platform: Platform,
    /// The author's handle.
    pub account: String,
    /// The author's id on the platform.
    pub remote_user_id: String,
    pub id: String,
    /// As it was sent.
    pub text: String,
    pub created_at_ms: i64,
    /// The id of the post that it answers.
    pub reply_to: Option<String>,
    /// Threads: the container it was published from.
    pub container_id: Option<String>,
    pub url: String,
}

/// Live posts of one account with the same text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Duplicate {
    pub platform: Platform,
    pub account: String,
    pub text: String,
    pub ids: Vec<String>,
}

/// Every text that is live more than once on one account.
pub(crate) fn duplicates(posts: &[LivePost]) -> Vec<Duplicate> {
    let mut ids = BTreeMap::<(Platform, &str, &str), Vec<String>>::new();
    for post in posts {
        ids.entry((post.platform, &post.account, &post.text))
            .or_default()
            .push(post.id.clone());
    }
    ids.into_iter()
        .filter(|(_, ids)| ids.len() > 1)
        .map(|((platform, account, text), ids)| Duplicate {
            platform,
            account: account.to_owned(),
            text: text.to_owned(),
            ids,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(account: &str, text: &str, id: &str) -> LivePost {
        LivePost {
            platform: Platform::X,
            account: account.to_owned(),
            remote_user_id: "1".to_owned(),
            id: id.to_owned(),
            text: text.to_owned(),
            created_at_ms: 0,
            reply_to: None,
            container_id: None,
            url: String::new(),
        }
    }

    #[test]
    fn equal_text_counts_as_a_duplicate_on_one_account_only() {
        let posts = [
            post("ann", "hi", "1"),
            post("bob", "hi", "2"),
            post("ann", "hi", "3"),
        ];
        let found = duplicates(&posts);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].ids, ["1", "3"]);
    }
}
