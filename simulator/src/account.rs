//! The profiles that the simulator knows.

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::random;

/// The two platforms that are imitated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    Threads,
    X,
}

/// A profile to add. [`NewAccount::new`] fills everything but its three arguments.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    pub platform: Platform,
    /// The handle, without `@`.
    pub username: String,
    /// Empty: the handle.
    #[serde(default)]
    pub display_name: String,
    pub access_token: String,
    /// What the token may do, by the platform's own names; empty: everything
    /// (threads.md 2.2, x.md 1.1).
    #[serde(default)]
    pub scopes: Vec<String>,
    /// X Premium: 25,000 characters in place of 280 (x.md 5.1), long videos, and edits.
    #[serde(default)]
    pub premium: bool,
    /// Threads: may choose the countries in which a post is shown (threads.md 4.1).
    #[serde(default)]
    pub geo_gating: bool,
}

impl NewAccount {
    #[must_use]
    pub fn new(
        platform: Platform,
        username: impl Into<String>,
        access_token: impl Into<String>,
    ) -> Self {
        Self {
            platform,
            username: username.into(),
            display_name: String::new(),
            access_token: access_token.into(),
            scopes: Vec::new(),
            premium: false,
            geo_gating: false,
        }
    }
}

impl fmt::Debug for NewAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewAccount")
            .field("platform", &self.platform)
            .field("username", &self.username)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

/// A profile as it exists on the simulated platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SimAccount {
    pub platform: Platform,
    pub username: String,
    pub display_name: String,
    /// A decimal string beyond 2^53 on both platforms, so that a client
    /// which reads it as a float is caught (threads.md 0.5, x.md 11.9).
    pub remote_user_id: String,
}

/// Place of an account in [`Accounts`].
pub(crate) type AccountId = usize;

#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) public: SimAccount,
    pub(crate) user_id: u64,
    pub(crate) premium: bool,
    pub(crate) geo_gating: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Accounts {
    all: Vec<Account>,
    by_name: HashMap<(Platform, String), AccountId>,
    by_user_id: HashMap<(Platform, u64), AccountId>,
}

impl Accounts {
    /// Adds a profile, or finds it again by platform and handle.
    pub(crate) fn add(&mut self, seed: u64, new: &NewAccount) -> AccountId {
        let name = (new.platform, new.username.clone());
        if let Some(&id) = self.by_name.get(&name) {
            return id;
        }
        let user_id = user_id(seed, new.platform, &new.username);
        let id = self.all.len();
        let display_name = if new.display_name.is_empty() {
            new.username.clone()
        } else {
            new.display_name.clone()
        };
        let public = SimAccount {
            platform: new.platform,
            username: new.username.clone(),
            display_name,
            remote_user_id: user_id.to_string(),
        };
        self.by_name.insert(name, id);
        self.by_user_id.insert((new.platform, user_id), id);
        self.all.push(Account {
            public,
            user_id,
            premium: new.premium,
            geo_gating: new.geo_gating,
        });
        id
    }

    /// What an account that is there already may do, from now on.
    pub(crate) fn set_abilities(&mut self, id: AccountId, new: &NewAccount) {
        self.all[id].premium = new.premium;
        self.all[id].geo_gating = new.geo_gating;
    }

    pub(crate) fn named(&self, platform: Platform, username: &str) -> Option<AccountId> {
        self.by_name.get(&(platform, username.to_owned())).copied()
    }

    pub(crate) fn with_user_id(&self, platform: Platform, user_id: u64) -> Option<AccountId> {
        self.by_user_id.get(&(platform, user_id)).copied()
    }

    pub(crate) fn get(&self, id: AccountId) -> &Account {
        &self.all[id]
    }

    pub(crate) fn all(&self) -> &[Account] {
        &self.all
    }

    /// In the order in which they were added.
    pub(crate) fn on(&self, platform: Platform) -> impl Iterator<Item = (AccountId, &Account)> {
        let all = self.all.iter().enumerate();
        all.filter(move |(_, account)| account.public.platform == platform)
    }
}

/// The same name has the same id in every run, so that a product which was
/// restarted beside a fresh simulator still knows its accounts.
fn user_id(seed: u64, platform: Platform, username: &str) -> u64 {
    match platform {
        // 17 digits that begin as recorded ids do (threads.md 2.3).
        Platform::Threads => {
            27_000_000_000_000_000 + random::hash(seed, username) % 900_000_000_000_000
        }
        // 19 digits, a snowflake of the years 2019 to 2024.
        Platform::X => {
            1_100_000_000_000_000_000 + random::hash(seed ^ 1, username) % 700_000_000_000_000_000
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_lie_beyond_what_a_float_holds_exactly() {
        let mut accounts = Accounts::default();
        for platform in [Platform::Threads, Platform::X] {
            let added = accounts.add(1, &NewAccount::new(platform, "ann", "t"));
            let id: u64 = accounts
                .get(added)
                .public
                .remote_user_id
                .parse()
                .expect("decimal");
            assert!(id > 1 << 53);
        }
    }

    #[test]
    fn adding_the_same_name_again_gives_the_same_account() {
        let mut accounts = Accounts::default();
        let first = accounts.add(1, &NewAccount::new(Platform::X, "ann", "old"));
        let second = accounts.add(1, &NewAccount::new(Platform::X, "ann", "new"));
        assert_eq!(first, second);
        let other = accounts.add(1, &NewAccount::new(Platform::Threads, "ann", "new"));
        assert_ne!(first, other);
    }
}
