//! Which call a path means.

use hyper::Method;

use crate::call::Operation;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    Create,
    Read { id: String },
    Delete { id: String },
    Me,
    Timeline { user: String },
    Unknown,
}

/// Reads a path without its leading `/2`.
pub(crate) fn route(method: &Method, segments: &[String]) -> Route {
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
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
            route(method, &segments).operation(),
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
        check(&Method::GET, "tweets", Operation::Unknown);
    }
}
