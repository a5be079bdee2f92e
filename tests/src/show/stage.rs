//! What the requests name: accounts, files, posts that are live already.

use std::collections::BTreeMap;

use entities::Platform;
use serde_json::{Value, json};

use super::files::{File, Files};
use crate::client::text;

/// What an account is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Threads,
    X,
    /// Another one on the same platform, for overrides of one account.
    SecondThreads,
    SecondX,
    /// On X, with Premium. [`Role::X`] has none.
    Premium,
    /// On Threads, may choose the countries that see a post.
    Geo,
}

impl Role {
    pub fn platform(self) -> Platform {
        match self {
            Role::Threads | Role::SecondThreads | Role::Geo => Platform::Threads,
            Role::X | Role::SecondX | Role::Premium => Platform::X,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Role::Threads => "an account on Threads",
            Role::X => "an account on X",
            Role::SecondThreads => "a second account on Threads",
            Role::SecondX => "a second account on X",
            Role::Premium => "an account on X with Premium",
            Role::Geo => "an account on Threads that may choose countries",
        }
    }
}

/// A connected account.
#[derive(Clone, Debug)]
pub struct Account {
    /// `acc_...`
    pub id: String,
    pub platform: Platform,
    pub username: String,
}

/// What a kind needs and the stage has not, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lacks(pub &'static str);

/// All that requests can name.
#[derive(Clone, Debug)]
pub struct Stage {
    pub accounts: BTreeMap<Role, Account>,
    pub files: Files,
    /// The id of an own post that is live, on each platform.
    pub earlier: BTreeMap<Platform, String>,
    /// An animation at GIPHY.
    pub giphy: Option<String>,
    /// A place on Threads.
    pub location: Option<String>,
    /// A community on X.
    pub community: Option<String>,
    /// Stands at the end of every text, since X refuses a text that it had before. Empty where
    /// nothing was posted before.
    pub mark: String,
}

impl Stage {
    /// A text that was not posted before.
    pub fn words(&self, text: &str) -> String {
        match self.mark.as_str() {
            "" => text.to_owned(),
            mark => format!("{text} [{mark}]"),
        }
    }

    pub fn account(&self, role: Role) -> Result<&Account, Lacks> {
        self.accounts.get(&role).ok_or(Lacks(role.name()))
    }

    pub fn image(&self, number: usize) -> &File {
        &self.files.images[number]
    }

    /// The request for a post that others can quote.
    pub fn earlier_post(&self) -> Value {
        let accounts = [Role::Threads, Role::X].map(|role| self.account(role));
        let ids: Vec<&str> = accounts
            .iter()
            .flatten()
            .map(|one| one.id.as_str())
            .collect();
        json!({ "text": self.words("An earlier post, to be quoted"), "accounts": ids })
    }

    /// Keeps where that post is live.
    pub fn remember(&mut self, post: &Value) {
        for delivery in post["deliveries"].as_array().into_iter().flatten() {
            let platform = text(&delivery["platform"]).parse().expect("a platform");
            if let Some(id) = delivery["remote_id"].as_str() {
                self.earlier.insert(platform, id.to_owned());
            }
        }
    }

    /// The id of an own post.
    pub fn earlier(&self, platform: Platform) -> Result<&str, Lacks> {
        let id = self.earlier.get(&platform).map(String::as_str);
        id.ok_or(Lacks("an earlier post to quote"))
    }
}

/// What is named from outside, or lacks.
pub fn given<'a>(id: &'a Option<String>, name: &'static str) -> Result<&'a str, Lacks> {
    id.as_deref().ok_or(Lacks(name))
}
