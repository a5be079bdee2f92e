//! The errors of both APIs, in their envelope (clerk.md 2.2, 7.2).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::json::Json;

/// A refusal by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClerkError {
    /// The provider refused the refresh; its own words, if Clerk passes them on.
    TokenRetrieval(Option<String>),
    MissingRefreshToken,
    MissingAccessToken,
    ProviderNotEnabled,
    UnsupportedProvider,
    /// What was not found, in Clerk's words.
    NotFound(String),
    KeyInvalid,
    AuthenticationInvalid,
    AuthorizationHeaderInvalid,
    AuthorizationInvalid,
    UserBanned,
    QuotaExceeded,
    /// With so many seconds in `Retry-After`.
    TooManyRequests(u32),
    Internal,
    Maintenance,
    /// Connecting an account needs a fresh sign-in.
    ReverificationRequired,
    /// Not Clerk at all: 502 with a page for people.
    BadGateway,
    /// A status and a code that nobody has documented.
    Unheard(u16),
}

impl ClerkError {
    pub(crate) fn answer(&self) -> Answer {
        if *self == Self::BadGateway {
            let page = "<html><body>502 Bad Gateway</body></html>";
            return Answer::text(502, "text/html", page.to_owned());
        }
        let (status, code, message, long) = self.parts();
        let mut error = json!({"message": message, "long_message": long, "code": code});
        if let Self::TokenRetrieval(Some(said)) = self {
            error["meta"] = json!({"provider_error": said});
        }
        let trace = format!("sim_{code}");
        let body: Value = json!({"errors": [error], "clerk_trace_id": trace});
        let answer = Answer::json(status, &Json::from(body)).header("cf-ray", "sim-ray");
        match self {
            Self::TooManyRequests(seconds) => answer.header("retry-after", seconds.to_string()),
            _ => answer,
        }
    }

    fn parts(&self) -> (u16, &'static str, &'static str, &str) {
        let same = |status, code, message| (status, code, message, message);
        match self {
            Self::TokenRetrieval(_) => (
                400,
                "oauth_token_retrieval_error",
                "Token retrieval failed",
                "Failed to retrieve a new access token from the OAuth provider",
            ),
            Self::MissingRefreshToken => (
                422,
                "oauth_missing_refresh_token",
                "Cannot refresh OAuth access token",
                "The current access token has expired and we cannot refresh it, because the \
                 authorization server hasn't provided us with a refresh token",
            ),
            Self::MissingAccessToken => same(
                422,
                "oauth_missing_access_token",
                "Missing OAuth access token",
            ),
            Self::ProviderNotEnabled => (
                404,
                "oauth_token_provider_not_enabled",
                "OAuth provider not enabled",
                "Single-sign on for this OAuth provider is not enabled in the instance settings.",
            ),
            Self::UnsupportedProvider => same(
                400,
                "oauth_unsupported_provider",
                "Unsupported OAuth provider",
            ),
            Self::NotFound(words) => (404, "resource_not_found", "not found", words),
            Self::KeyInvalid => same(
                401,
                "clerk_key_invalid",
                "The provided Clerk Secret Key is invalid. Make sure that your Clerk Secret Key \
                 is correct.",
            ),
            Self::AuthenticationInvalid => {
                same(401, "authentication_invalid", "Invalid authentication")
            }
            Self::AuthorizationHeaderInvalid => same(
                401,
                "authorization_header_format_invalid",
                "Invalid Authorization header format",
            ),
            Self::AuthorizationInvalid => {
                same(403, "authorization_invalid", "Unauthorized request")
            }
            Self::UserBanned => same(403, "user_banned", "This user is banned"),
            Self::QuotaExceeded => same(403, "quota_exceeded", "Quota exceeded"),
            Self::TooManyRequests(_) => (
                429,
                "too_many_requests",
                "Too many requests",
                "Too many requests. Please try again in a bit.",
            ),
            Self::Internal => same(
                500,
                "internal_clerk_error",
                "There was an internal error on our servers.",
            ),
            Self::Maintenance => same(503, "maintenance_mode", "System under maintenance"),
            Self::ReverificationRequired => same(
                403,
                "session_reverification_required",
                "You need to provide additional verification to perform this operation",
            ),
            Self::BadGateway => same(502, "", ""),
            Self::Unheard(status) => same(*status, "something_new", "Something new"),
        }
    }
}
