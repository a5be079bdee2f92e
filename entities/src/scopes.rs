//! What a caller may do.

use std::fmt;
use std::str::FromStr;

use crate::text_enum::{UnknownWord, text_enum};

text_enum! {
    /// One thing that a caller may be let do.
    pub enum Scope {
        PostsRead = "posts:read",
        PostsWrite = "posts:write",
        AccountsRead = "accounts:read",
        AccountsWrite = "accounts:write",
        /// To list, make and revoke API keys: a key without it can make none that may do more.
        KeysWrite = "keys:write",
        WebhooksRead = "webhooks:read",
        WebhooksWrite = "webhooks:write",
    }
}

/// All that a caller may do. Stored and shown as words with a space between.
#[derive(Clone, Debug, Default, PartialEq, Eq, sea_orm::DeriveValueType)]
#[sea_orm(value_type = "String")]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// Everything.
    pub fn all() -> Self {
        Scopes(Scope::ALL.to_vec())
    }

    /// Looking, and nothing else.
    pub fn reading() -> Self {
        Self::of([Scope::PostsRead, Scope::AccountsRead, Scope::WebhooksRead])
    }

    /// These, each once.
    pub fn of(scopes: impl IntoIterator<Item = Scope>) -> Self {
        let mut scopes: Vec<Scope> = scopes.into_iter().collect();
        scopes.sort();
        scopes.dedup();
        Scopes(scopes)
    }

    /// Whether `scope` is among them.
    pub fn allow(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// Whether all of `others` are among them.
    pub fn cover(&self, others: &Scopes) -> bool {
        others.0.iter().all(|scope| self.allow(*scope))
    }

    /// One by one.
    pub fn iter(&self) -> impl Iterator<Item = Scope> {
        self.0.iter().copied()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.0.iter().map(|scope| scope.as_str()).collect();
        f.write_str(&words.join(" "))
    }
}

impl FromStr for Scopes {
    type Err = UnknownWord;

    fn from_str(words: &str) -> Result<Self, UnknownWord> {
        let scopes: Result<Vec<Scope>, _> = words.split_whitespace().map(str::parse).collect();
        scopes.map(Self::of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_read_back_as_they_are_written() {
        let scopes = Scopes::of([Scope::PostsWrite, Scope::PostsRead, Scope::PostsWrite]);
        assert_eq!(scopes.to_string(), "posts:read posts:write");
        assert_eq!(scopes.to_string().parse::<Scopes>().unwrap(), scopes);
        assert!("posts:read posts:delete".parse::<Scopes>().is_err());
    }

    #[test]
    fn nobody_gives_more_than_they_have() {
        assert!(Scopes::all().cover(&Scopes::reading()));
        assert!(!Scopes::reading().cover(&Scopes::all()));
        assert!(Scopes::reading().cover(&Scopes::default()));
    }
}
