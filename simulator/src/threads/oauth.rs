//! How an account is connected on Threads: the authorization window and the tokens
//! (threads.md 2).

mod access_token;
mod authorize;
mod debug;
mod errors;
mod long_lived;
mod scopes;
mod signed_request;

use hyper::Method;

use crate::account::{AccountId, Platform};
use crate::answer::Answer;
use crate::call::Operation;
use crate::grants::{Grant, Grants, Token, TokenKind};
use crate::random::{BASE64_URL, Random};
use crate::request::Request;
use crate::scene::Scene;
use crate::threads::ThreadsError;

pub(crate) use signed_request::signed_request;

/// One of the calls around tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Authorize,
    CodeExchange,
    AppToken,
    LongLived,
    Refresh,
    DebugToken,
}

/// Reads a path without its version: the documentation has the token calls without one, and a
/// client in production has it (threads.md 1).
pub(crate) fn step(method: &Method, segments: &[&str], grant_type: Option<&str>) -> Option<Step> {
    let is_get = *method == Method::GET;
    let is_get_or_post = is_get || *method == Method::POST;
    match segments {
        ["oauth", "authorize"] if is_get_or_post => Some(Step::Authorize),
        ["oauth", "access_token"] if is_get_or_post => Some(match grant_type {
            Some("client_credentials") => Step::AppToken,
            _ => Step::CodeExchange,
        }),
        ["access_token"] if is_get => Some(Step::LongLived),
        ["refresh_access_token"] if is_get => Some(Step::Refresh),
        ["debug_token"] if is_get => Some(Step::DebugToken),
        _ => None,
    }
}

impl Step {
    pub(crate) fn operation(self) -> Operation {
        match self {
            Self::Authorize => Operation::ThreadsAuthorize,
            Self::CodeExchange => Operation::ThreadsCodeExchange,
            Self::AppToken => Operation::ThreadsAppToken,
            Self::LongLived => Operation::ThreadsLongLived,
            Self::Refresh => Operation::ThreadsRefresh,
            Self::DebugToken => Operation::ThreadsDebugToken,
        }
    }

    /// Whom the call is about, for the log and for fault rules: dead tokens count as well.
    pub(crate) fn account(self, grants: &Grants, request: &Request) -> Option<AccountId> {
        let of_token = |text| grants.find(Platform::Threads, text);
        match self {
            Self::Authorize | Self::AppToken => None,
            Self::CodeExchange => grants
                .codes
                .owner(Platform::Threads, request.param("code")?),
            Self::LongLived | Self::Refresh | Self::DebugToken => {
                of_token(request.token()?).map(|token| token.grant.account)
            }
        }
    }
}

pub(crate) fn perform(scene: &mut Scene<'_>, step: Step, request: &Request) -> Answer {
    let cooling_down = step
        .account(scene.grants, request)
        .is_some_and(|account| scene.threads.is_cooling_down(account, scene.now_ms));
    let result = match step {
        _ if cooling_down => Err(ThreadsError::RateLimited.into()),
        Step::Authorize => authorize::authorize(scene, request),
        Step::CodeExchange => access_token::exchange(scene, request),
        Step::AppToken => access_token::of_app(scene, request),
        Step::LongLived => long_lived::exchange(scene, request),
        Step::Refresh => long_lived::refresh(scene, request),
        Step::DebugToken => debug::debug(scene, request),
    };
    result.unwrap_or_else(|refused| refused.answer(scene))
}

/// Makes a token and returns its text.
fn issue(scene: &mut Scene<'_>, grant: Grant, kind: TokenKind, expires_ms: Option<i64>) -> String {
    let text = secret_text("THQVJ", scene.now_ms, scene.random);
    let token = Token::new(text.as_str().into(), kind, grant, scene.now_ms, expires_ms);
    scene.grants.add(Platform::Threads, token);
    text
}

/// Opaque, and with the time in it: a simulator that was started again must not give out a text
/// that a client still holds from before.
fn secret_text(prefix: &str, now_ms: i64, random: &mut Random) -> String {
    format!("{prefix}{now_ms:X}{}", random.text(BASE64_URL, 120))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_grant_types_tell_the_step() {
        let token = ["oauth", "access_token"];
        let app = Some("client_credentials");
        assert_eq!(step(&Method::POST, &token, None), Some(Step::CodeExchange));
        assert_eq!(step(&Method::GET, &token, None), Some(Step::CodeExchange));
        assert_eq!(step(&Method::GET, &token, app), Some(Step::AppToken));
        assert_eq!(step(&Method::POST, &["access_token"], None), None);
        assert_eq!(step(&Method::GET, &["18000000000000001"], None), None);
    }
}
