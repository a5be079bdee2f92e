//! The refusals of the token endpoint (x.md 1.2).

use crate::answer::Answer;
use crate::json::Json;

pub(super) struct Refused {
    status: u16,
    error: &'static str,
    description: String,
}

impl Refused {
    pub(super) fn invalid_request(description: impl Into<String>) -> Self {
        Self {
            status: 400,
            error: "invalid_request",
            description: description.into(),
        }
    }

    pub(super) fn missing(parameter: &str) -> Self {
        Self::invalid_request(format!("Missing required parameter [{parameter}]."))
    }

    /// Not `invalid_grant`, as other platforms have it.
    pub(super) fn invalid_token() -> Self {
        Self::invalid_request("Value passed for the token was invalid.")
    }

    pub(super) fn invalid_code() -> Self {
        Self::invalid_request("Value passed for the authorization code was invalid.")
    }

    pub(super) fn no_basic() -> Self {
        Self {
            status: 401,
            error: "unauthorized_client",
            description: "Missing valid authorization header".to_owned(),
        }
    }

    /// Its words are not recorded.
    pub(super) fn invalid_client(status: u16) -> Self {
        Self {
            status,
            error: "invalid_client",
            description: "Value passed for the client was invalid.".to_owned(),
        }
    }

    /// As in RFC 6749; what X says is not recorded.
    pub(super) fn unsupported_grant_type() -> Self {
        Self {
            status: 400,
            error: "unsupported_grant_type",
            description: "Value passed for the grant type was invalid.".to_owned(),
        }
    }

    pub(super) fn answer(self) -> Answer {
        let body = Json::object([
            ("error", self.error.into()),
            ("error_description", self.description.into()),
        ]);
        Answer::json(self.status, &body)
    }
}
