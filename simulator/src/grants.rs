//! What accounts have granted: authorization codes, and the tokens that open the APIs.

mod code;
mod info;
mod pkce;
mod scopes;
mod token;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::account::{AccountId, Platform};

pub(crate) use code::{Code, Codes};
pub use info::TokenInfo;
pub(crate) use pkce::{Challenge, Method};
pub(crate) use scopes::Scopes;
pub use token::TokenKind;
pub(crate) use token::{Grant, State, Token};

/// Codes and tokens of both platforms.
#[derive(Default)]
pub(crate) struct Grants {
    pub(crate) codes: Codes,
    tokens: Vec<Token>,
    by_text: HashMap<Platform, HashMap<Arc<str>, usize>>,
    by_account: HashMap<AccountId, Vec<usize>>,
    refreshes: HashMap<AccountId, u32>,
    families: u64,
}

impl Grants {
    /// The token that an account is added with: it never expires, and a different one replaces
    /// it, as a new consent does. Says whether it is a different one.
    pub(crate) fn hold(
        &mut self,
        platform: Platform,
        account: AccountId,
        text: &str,
        scopes: Scopes,
        now_ms: i64,
    ) -> bool {
        let text: Arc<str> = Arc::from(text);
        let grant = self.grant(account, None, scopes);
        let new = Token::new(Arc::clone(&text), TokenKind::Static, grant, now_ms, None);
        let own = self.by_account.get(&account).map_or(&[][..], Vec::as_slice);
        let held = own
            .iter()
            .copied()
            .find(|&index| self.tokens[index].kind == TokenKind::Static);
        let Some(index) = held else {
            self.add(platform, new);
            return true;
        };
        if self.tokens[index].text == text {
            return false;
        }
        let texts = self.by_text.entry(platform).or_default();
        texts.remove(&self.tokens[index].text);
        texts.insert(text, index);
        self.tokens[index] = new;
        true
    }

    /// A consent of its own, whose tokens can be ended together.
    pub(crate) fn grant(
        &mut self,
        account: AccountId,
        client_id: Option<&str>,
        scopes: Scopes,
    ) -> Grant {
        self.families += 1;
        Grant {
            account,
            client_id: client_id.map(Arc::from),
            scopes,
            family: self.families,
        }
    }

    pub(crate) fn add(&mut self, platform: Platform, token: Token) {
        let index = self.tokens.len();
        let texts = self.by_text.entry(platform).or_default();
        texts.insert(Arc::clone(&token.text), index);
        self.by_account
            .entry(token.grant.account)
            .or_default()
            .push(index);
        self.tokens.push(token);
    }

    /// The token, dead or alive.
    pub(crate) fn find(&self, platform: Platform, text: &str) -> Option<&Token> {
        let index = *self.by_text.get(&platform)?.get(text)?;
        self.tokens.get(index)
    }

    pub(crate) fn find_mut(&mut self, platform: Platform, text: &str) -> Option<&mut Token> {
        let index = *self.by_text.get(&platform)?.get(text)?;
        self.tokens.get_mut(index)
    }

    /// The token, if it opens the API at this moment.
    pub(crate) fn opening(&self, platform: Platform, text: &str, now_ms: i64) -> Option<&Token> {
        let found = self.find(platform, text);
        found.filter(|token| token.kind.opens_the_api() && token.is_alive(now_ms))
    }

    pub(crate) fn of(&self, account: AccountId) -> impl Iterator<Item = &Token> {
        let own = self.by_account.get(&account).map_or(&[][..], Vec::as_slice);
        own.iter().map(|&index| &self.tokens[index])
    }

    fn each_of(&mut self, account: AccountId, change: impl Fn(&mut Token)) {
        let own = self.by_account.get(&account).map_or(&[][..], Vec::as_slice);
        for &index in own {
            change(&mut self.tokens[index]);
        }
    }

    /// Everything that the account has granted is dead from now on, as when its user removes
    /// the app in the platform's settings.
    pub(crate) fn revoke(&mut self, account: AccountId) {
        self.each_of(account, |token| token.end(State::Revoked));
        self.codes.forget(account);
    }

    /// All that came from one consent is dead from now on.
    pub(crate) fn revoke_family(&mut self, grant: &Grant) {
        let family = grant.family;
        self.each_of(grant.account, |token| {
            if token.grant.family == family {
                token.end(State::Revoked);
            }
        });
    }

    /// What opens the API is expired from now on; refresh tokens stay.
    pub(crate) fn expire(&mut self, account: AccountId, now_ms: i64) {
        self.each_of(account, |token| {
            if token.kind.opens_the_api() {
                token.expire(now_ms);
            }
        });
    }

    /// The refresh has spent the access tokens of the consent that are out.
    pub(crate) fn spend_access(&mut self, grant: &Grant) {
        let family = grant.family;
        self.each_of(grant.account, |token| {
            if token.grant.family == family && token.kind == TokenKind::Access {
                token.end(State::Spent);
            }
        });
    }

    /// Every revoked token works again; codes and counts are forgotten.
    pub(crate) fn restore(&mut self) {
        for token in &mut self.tokens {
            token.restore();
        }
        self.codes = Codes::default();
        self.refreshes.clear();
    }

    pub(crate) fn count_refresh(&mut self, account: AccountId) {
        *self.refreshes.entry(account).or_default() += 1;
    }

    /// How many refreshes took effect, whatever became of their answers.
    pub(crate) fn refresh_count(&self, account: AccountId) -> u32 {
        self.refreshes.get(&account).copied().unwrap_or_default()
    }
}

/// Without the text of any code or token.
impl fmt::Debug for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grants")
            .field("tokens", &self.tokens.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opens(grants: &Grants, text: &str) -> Option<AccountId> {
        let token = grants.opening(Platform::X, text, 1_000);
        token.map(|token| token.grant.account)
    }

    fn held(text: &str) -> Grants {
        let mut grants = Grants::default();
        assert!(grants.hold(Platform::X, 7, text, Scopes::All, 0));
        grants
    }

    #[test]
    fn a_different_token_replaces_the_one_that_an_account_was_added_with() {
        let mut grants = held("old");
        assert!(grants.hold(Platform::X, 7, "new", Scopes::All, 0));
        assert_eq!(
            (opens(&grants, "old"), opens(&grants, "new")),
            (None, Some(7))
        );
        assert!(!grants.hold(Platform::X, 7, "new", Scopes::All, 0));
        assert_eq!(grants.of(7).count(), 1);
    }

    #[test]
    fn a_revoked_token_opens_nothing_until_it_is_restored() {
        let mut grants = held("t");
        grants.revoke(7);
        assert_eq!(opens(&grants, "t"), None);
        grants.restore();
        assert_eq!(opens(&grants, "t"), Some(7));
    }

    #[test]
    fn a_token_of_one_platform_opens_nothing_on_the_other() {
        let grants = held("t");
        assert!(grants.opening(Platform::Threads, "t", 0).is_none());
    }

    #[test]
    fn a_family_ends_without_its_neighbours() {
        let mut grants = held("static");
        let grant = grants.grant(7, Some("app"), Scopes::All);
        for (text, kind) in [
            ("access", TokenKind::Access),
            ("refresh", TokenKind::Refresh),
        ] {
            let token = Token::new(Arc::from(text), kind, grant.clone(), 0, Some(2_000));
            grants.add(Platform::X, token);
        }
        assert_eq!(opens(&grants, "access"), Some(7));
        assert_eq!(opens(&grants, "refresh"), None, "it opens no API");
        grants.revoke_family(&grant);
        assert_eq!(
            (opens(&grants, "access"), opens(&grants, "static")),
            (None, Some(7))
        );
        assert!(
            !grants
                .find(Platform::X, "refresh")
                .is_some_and(|token| token.is_alive(0))
        );
    }
}
