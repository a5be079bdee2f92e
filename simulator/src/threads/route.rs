//! Which call a path means.

use hyper::Method;

use crate::call::Operation;
use crate::threads::{ids, oauth};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    Create {
        user: String,
        made: Made,
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

/// What a container is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    Text,
    /// One image or video.
    Media,
    /// An item of a carousel.
    Child,
    Carousel,
}

/// Reads a path without its version (threads.md 1: `/v1.0` may be absent). What a container is
/// for, and what kind of token is asked for, the parameters tell.
pub(crate) fn route<'a>(
    method: &Method,
    segments: &[String],
    param: impl Fn(&str) -> Option<&'a str>,
) -> Route {
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    if let Some(step) = oauth::step(method, &segments, param("grant_type")) {
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
            made: match (param("media_type"), param("is_carousel_item")) {
                (Some("CAROUSEL"), _) => Made::Carousel,
                (_, Some("true" | "1")) => Made::Child,
                (Some("IMAGE" | "VIDEO"), _) => Made::Media,
                _ => Made::Text,
            },
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
    /// Whether the call may make Threads look at a media file.
    pub(crate) fn may_fetch(&self) -> bool {
        matches!(
            self,
            Self::Create {
                made: Made::Media | Made::Child,
                ..
            }
        )
    }

    pub(crate) fn operation(&self) -> Operation {
        match self {
            Self::Create { made, .. } => match made {
                Made::Text | Made::Media => Operation::CreateContainer,
                Made::Child => Operation::CreateChild,
                Made::Carousel => Operation::CreateCarousel,
            },
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
            route(method, &segments, |_| None).operation(),
            expected,
            "{method} {path}"
        );
    }

    #[test]
    fn the_parameters_tell_what_a_container_is_for() {
        let segments = ["me", "threads"].map(str::to_owned);
        for (kind, item, expected) in [
            ("TEXT", "false", Operation::CreateContainer),
            ("VIDEO", "", Operation::CreateContainer),
            ("IMAGE", "true", Operation::CreateChild),
            ("CAROUSEL", "", Operation::CreateCarousel),
        ] {
            let param = |name: &str| match name {
                "media_type" => Some(kind),
                "is_carousel_item" => Some(item),
                _ => None,
            };
            let found = route(&Method::POST, &segments, param).operation();
            assert_eq!(found, expected, "{kind} {item}");
        }
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
