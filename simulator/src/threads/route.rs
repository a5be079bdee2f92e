//! Which call a path means.

use hyper::Method;

use crate::call::Operation;
use crate::threads::{ids, oauth};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    Create {
        user: String,
    },
    Publish {
        user: String,
    },
    /// A container or a post; which of them, the id tells.
    Object {
        id: String,
    },
    Me {
        user: String,
    },
    Posts {
        user: String,
    },
    Replies {
        user: String,
    },
    Quota {
        user: String,
    },
    Delete {
        id: String,
    },
    OAuth(oauth::Step),
    Unknown,
}

/// Reads a path without its version (threads.md 1: `/v1.0` may be absent).
pub(crate) fn route(method: &Method, segments: &[String], grant_type: Option<&str>) -> Route {
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    if let Some(step) = oauth::step(method, &segments, grant_type) {
        return Route::OAuth(step);
    }
    match (method, &segments[..]) {
        (&Method::GET, [user]) if *user == "me" || ids::is_user(user) => Route::Me {
            user: (*user).to_owned(),
        },
        (&Method::GET, [id]) => Route::Object {
            id: (*id).to_owned(),
        },
        (&Method::DELETE, [id]) => Route::Delete {
            id: (*id).to_owned(),
        },
        (&Method::POST, [user, "threads"]) => Route::Create {
            user: (*user).to_owned(),
        },
        (&Method::POST, [user, "threads_publish"]) => Route::Publish {
            user: (*user).to_owned(),
        },
        (&Method::GET, [user, "threads"]) => Route::Posts {
            user: (*user).to_owned(),
        },
        (&Method::GET, [user, "replies"]) if *user == "me" || ids::is_user(user) => {
            Route::Replies {
                user: (*user).to_owned(),
            }
        }
        (&Method::GET, [user, "threads_publishing_limit"]) => Route::Quota {
            user: (*user).to_owned(),
        },
        _ => Route::Unknown,
    }
}

impl Route {
    pub(crate) fn operation(&self) -> Operation {
        match self {
            Self::Create { .. } => Operation::CreateContainer,
            Self::Publish { .. } => Operation::Publish,
            Self::Object { id } if ids::is_container(id) => Operation::ContainerStatus,
            Self::Object { .. } => Operation::ReadMedia,
            Self::Me { .. } => Operation::Me,
            Self::Posts { .. } => Operation::ListPosts,
            Self::Replies { .. } => Operation::ListReplies,
            Self::Quota { .. } => Operation::PublishingLimit,
            Self::Delete { .. } => Operation::Delete,
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
        check(&Method::POST, "me/threads", Operation::CreateContainer);
        check(&Method::GET, "me/threads", Operation::ListPosts);
        check(
            &Method::POST,
            "27000000000000001/threads_publish",
            Operation::Publish,
        );
        check(&Method::GET, "me/replies", Operation::ListReplies);
        check(&Method::GET, "me", Operation::Me);
        check(&Method::GET, "27000000000000001", Operation::Me);
        check(
            &Method::GET,
            "17000000000000001",
            Operation::ContainerStatus,
        );
        check(&Method::GET, "18000000000000001", Operation::ReadMedia);
        check(&Method::DELETE, "18000000000000001", Operation::Delete);
        check(&Method::GET, "oauth/authorize", Operation::ThreadsAuthorize);
        check(&Method::GET, "access_token", Operation::ThreadsLongLived);
        check(&Method::GET, "debug_token", Operation::ThreadsDebugToken);
        check(
            &Method::GET,
            "refresh_access_token",
            Operation::ThreadsRefresh,
        );
        check(
            &Method::POST,
            "oauth/access_token",
            Operation::ThreadsCodeExchange,
        );
        check(&Method::PUT, "me/threads", Operation::Unknown);
        check(
            &Method::GET,
            "18000000000000001/conversation",
            Operation::Unknown,
        );
    }
}
