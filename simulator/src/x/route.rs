//! Which call a path means.

use hyper::Method;

use crate::call::Operation;
use crate::x::oauth;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    Create,
    Read { id: String },
    Delete { id: String },
    Me,
    Timeline { user: String },
    OAuth(oauth::Step),
    Unknown,
}

/// Reads a path without its leading `/2`.
pub(crate) fn route(method: &Method, segments: &[String], grant_type: Option<&str>) -> Route {
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    if let Some(step) = oauth::step(method, &segments, grant_type) {
        return Route::OAuth(step);
    }
    match (method, &segments[..]) {
        (&Method::POST, ["tweets"]) => Route::Create,
        (&Method::GET, ["tweets", id]) => Route::Read {
            id: (*id).to_owned(),
        },
        (&Method::DELETE, ["tweets", id]) => Route::Delete {
            id: (*id).to_owned(),
        },
        (&Method::GET, ["users", "me"]) => Route::Me,
        (&Method::GET, ["users", user, "tweets"]) => Route::Timeline {
            user: (*user).to_owned(),
        },
        _ => Route::Unknown,
    }
}

impl Route {
    pub(crate) fn operation(&self) -> Operation {
        match self {
            Self::Create => Operation::XCreate,
            Self::Read { .. } => Operation::XRead,
            Self::Delete { .. } => Operation::XDelete,
            Self::Me => Operation::XMe,
            Self::Timeline { .. } => Operation::XTimeline,
            Self::OAuth(step) => step.operation(),
            Self::Unknown => Operation::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: &Method, path: &str, expected: Operation) {
        let segments: Vec<String> = path.split('/').map(str::to_owned).collect();
        assert_eq!(
            route(method, &segments, None).operation(),
            expected,
            "{method} {path}"
        );
    }

    #[test]
    fn paths_and_methods_tell_the_operation() {
        check(&Method::POST, "tweets", Operation::XCreate);
        check(&Method::GET, "tweets/1", Operation::XRead);
        check(&Method::DELETE, "tweets/1", Operation::XDelete);
        check(&Method::GET, "users/me", Operation::XMe);
        check(&Method::GET, "users/1/tweets", Operation::XTimeline);
        check(&Method::GET, "oauth2/authorize", Operation::XAuthorize);
        check(&Method::POST, "oauth2/token", Operation::XCodeExchange);
        check(&Method::POST, "oauth2/revoke", Operation::XRevoke);
        check(&Method::GET, "tweets", Operation::Unknown);
    }
}
