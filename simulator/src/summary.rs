//! The counts that a test asks for first.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::account::Platform;
use crate::post::{Duplicate, LivePost, duplicates};

#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Summary {
    live: usize,
    /// By platform, then by account.
    accounts: BTreeMap<Platform, BTreeMap<String, usize>>,
    /// Posts too many: a text that is live three times counts two.
    duplicate_count: usize,
    duplicates: Vec<Duplicate>,
}

impl Summary {
    pub(crate) fn of(posts: &[LivePost]) -> Self {
        let mut accounts = BTreeMap::<Platform, BTreeMap<String, usize>>::new();
        for post in posts {
            *accounts
                .entry(post.platform)
                .or_default()
                .entry(post.account.clone())
                .or_default() += 1;
        }
        let duplicates = duplicates(posts);
        Self {
            live: posts.len(),
            accounts,
            duplicate_count: duplicates
                .iter()
                .map(|duplicate| duplicate.ids.len() - 1)
                .sum(),
            duplicates,
        }
    }
}
