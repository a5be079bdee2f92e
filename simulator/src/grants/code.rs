//! Authorization codes: each is exchanged once, within its time.

use std::collections::HashMap;

use crate::account::{AccountId, Platform};
use crate::grants::{Challenge, Grant};

pub(crate) struct Code {
    pub(crate) grant: Grant,
    pub(crate) redirect_uri: String,
    pub(crate) issued_ms: i64,
    /// X only (x.md 1.1).
    pub(crate) challenge: Option<Challenge>,
}

/// The codes that nobody has exchanged yet.
#[derive(Default)]
pub(crate) struct Codes(HashMap<(Platform, String), Code>);

impl Codes {
    pub(crate) fn add(&mut self, platform: Platform, text: String, code: Code) {
        self.0.insert((platform, text), code);
    }

    /// The code, if the app may still exchange it. `life_ms` is counted from its issue, its last
    /// moment included.
    pub(crate) fn valid(
        &self,
        platform: Platform,
        text: &str,
        client_id: &str,
        now_ms: i64,
        life_ms: i64,
    ) -> Option<&Code> {
        let code = self.0.get(&(platform, text.to_owned()));
        code.filter(|code| code.grant.is_to(client_id) && now_ms <= code.issued_ms + life_ms)
    }

    /// It was exchanged.
    pub(crate) fn spend(&mut self, platform: Platform, text: &str) {
        self.0.remove(&(platform, text.to_owned()));
    }

    /// Whose consent it stands for, valid or not, unless it was exchanged.
    pub(crate) fn owner(&self, platform: Platform, text: &str) -> Option<AccountId> {
        let code = self.0.get(&(platform, text.to_owned()));
        code.map(|code| code.grant.account)
    }

    /// The account's user took the consent back.
    pub(crate) fn forget(&mut self, account: AccountId) {
        self.0.retain(|_, code| code.grant.account != account);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::grants::Scopes;

    fn codes() -> Codes {
        let grant = Grant {
            account: 7,
            client_id: Some(Arc::from("app")),
            scopes: Scopes::All,
            family: 1,
        };
        let code = Code {
            grant,
            redirect_uri: "http://127.0.0.1/cb".to_owned(),
            issued_ms: 1_000,
            challenge: None,
        };
        let mut codes = Codes::default();
        codes.add(Platform::X, "code".to_owned(), code);
        codes
    }

    fn is_valid(codes: &Codes, text: &str, client_id: &str, now_ms: i64) -> bool {
        codes
            .valid(Platform::X, text, client_id, now_ms, 30_000)
            .is_some()
    }

    #[test]
    fn a_code_is_for_its_app_alone_and_for_its_time() {
        let codes = codes();
        assert!(is_valid(&codes, "code", "app", 31_000));
        assert!(!is_valid(&codes, "code", "app", 31_001));
        assert!(!is_valid(&codes, "code", "other", 1_000));
        assert!(!is_valid(&codes, "code#_", "app", 1_000));
    }

    #[test]
    fn a_code_is_gone_once_it_was_exchanged_or_taken_back() {
        let mut spent = codes();
        spent.spend(Platform::X, "code");
        assert!(!is_valid(&spent, "code", "app", 1_000));
        let mut taken_back = codes();
        taken_back.forget(7);
        assert!(!is_valid(&taken_back, "code", "app", 1_000));
    }
}
