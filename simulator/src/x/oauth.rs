//! How an account is connected on X: OAuth 2.0 with PKCE, and refresh tokens of a single use
//! (x.md 1.1-1.3).

mod authorize;
mod client;
mod errors;
mod exchange;
mod pair;
mod refresh;
mod revoke;
mod scopes;
mod text;

use hyper::Method;

use crate::account::{AccountId, Platform};
use crate::answer::Answer;
use crate::call::Operation;
use crate::grants::Grants;
use crate::request::Request;
use crate::scene::Scene;

/// One of the calls around tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Authorize,
    CodeExchange,
    Refresh,
    Revoke,
}

/// Reads a path without its leading `/2`, or `/i` for the page on x.com.
pub(crate) fn step(method: &Method, segments: &[&str], grant_type: Option<&str>) -> Option<Step> {
    let is_post = *method == Method::POST;
    match segments {
        ["oauth2", "authorize"] if is_post || *method == Method::GET => Some(Step::Authorize),
        ["oauth2", "token"] if is_post => Some(match grant_type {
            Some("refresh_token") => Step::Refresh,
            _ => Step::CodeExchange,
        }),
        ["oauth2", "revoke"] if is_post => Some(Step::Revoke),
        _ => None,
    }
}

impl Step {
    pub(crate) fn operation(self) -> Operation {
        match self {
            Self::Authorize => Operation::XAuthorize,
            Self::CodeExchange => Operation::XCodeExchange,
            Self::Refresh => Operation::XRefresh,
            Self::Revoke => Operation::XRevoke,
        }
    }

    /// Whom the call is about, for the log and for fault rules: dead tokens count as well.
    pub(crate) fn account(self, grants: &Grants, request: &Request) -> Option<AccountId> {
        let of_token = |text| Some(grants.find(Platform::X, text)?.grant.account);
        match self {
            Self::Authorize => None,
            Self::CodeExchange => grants.codes.owner(Platform::X, request.field("code")?),
            Self::Refresh => of_token(request.field("refresh_token")?),
            Self::Revoke => of_token(request.field("token")?),
        }
    }
}

pub(crate) fn perform(scene: &mut Scene<'_>, step: Step, request: &Request) -> Answer {
    let result = match step {
        Step::Authorize => return authorize::authorize(scene, request),
        Step::CodeExchange => exchange::exchange(scene, request),
        Step::Refresh => refresh::refresh(scene, request),
        Step::Revoke => revoke::revoke(scene, request),
    };
    result.unwrap_or_else(|refused| refused.answer())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_grant_types_tell_the_step() {
        let check = |path: &str, grant_type, expected| {
            let segments: Vec<&str> = path.split('/').collect();
            assert_eq!(
                step(&Method::POST, &segments, grant_type),
                expected,
                "{path}"
            );
        };
        check("oauth2/authorize", None, Some(Step::Authorize));
        check("oauth2/token", None, Some(Step::CodeExchange));
        check("oauth2/token", Some("refresh_token"), Some(Step::Refresh));
        check("oauth2/revoke", None, Some(Step::Revoke));
        check("tweets", None, None);
        assert_eq!(step(&Method::GET, &["oauth2", "token"], None), None);
    }
}
