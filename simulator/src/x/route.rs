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
    Upload,
    Initialize,
    Append { id: String },
    Finalize { id: String },
    Status { id: String },
    Metadata,
    OAuth(oauth::Step),
    Unknown,
}

/// Reads a path without its leading `/2`.
pub(crate) fn route<'a>(
    method: &Method,
    segments: &[String],
    param: impl Fn(&str) -> Option<&'a str>,
) -> Route {
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    if segments.first() == Some(&"media") {
        return media(method, &segments[1..], param);
    }
    if let Some(step) = oauth::step(method, &segments, param("grant_type")) {
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

/// The parameters are in the query here: a body of megabytes is not searched for them.
fn media<'a>(method: &Method, segments: &[&str], param: impl Fn(&str) -> Option<&'a str>) -> Route {
    let id = |id: &str| id.to_owned();
    match (method, segments) {
        (&Method::POST, ["upload"]) => Route::Upload,
        // The command may be absent, and is never another one (x.md 3.1).
        (&Method::GET, ["upload"]) => match param("command") {
            None | Some("STATUS") => Route::Status {
                id: param("media_id").unwrap_or_default().to_owned(),
            },
            Some(_) => Route::Unknown,
        },
        (&Method::POST, ["upload", "initialize"]) => Route::Initialize,
        (&Method::POST, ["upload", upload, "append"]) => Route::Append { id: id(upload) },
        (&Method::POST, ["upload", upload, "finalize"]) => Route::Finalize { id: id(upload) },
        (&Method::POST, ["metadata"]) => Route::Metadata,
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
            Self::Upload => Operation::XMediaUpload,
            Self::Initialize => Operation::XMediaInitialize,
            Self::Append { .. } => Operation::XMediaAppend,
            Self::Finalize { .. } => Operation::XMediaFinalize,
            Self::Status { .. } => Operation::XMediaStatus,
            Self::Metadata => Operation::XMediaMetadata,
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
        check(&Method::POST, "media/upload", Operation::XMediaUpload);
        check(&Method::GET, "media/upload", Operation::XMediaStatus);
        let append = "media/upload/1/append";
        check(&Method::POST, append, Operation::XMediaAppend);
        let finalize = "media/upload/1/finalize";
        check(&Method::POST, finalize, Operation::XMediaFinalize);
        let initialize = "media/upload/initialize";
        check(&Method::POST, initialize, Operation::XMediaInitialize);
        check(&Method::POST, "media/metadata", Operation::XMediaMetadata);
        check(&Method::POST, "media/subtitles", Operation::Unknown);
    }
}
