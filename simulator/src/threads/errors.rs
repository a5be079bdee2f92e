//! The refusals of Threads, with their bodies as recorded (threads.md 5, 10d).

use serde::{Deserialize, Serialize};

use crate::answer::Answer;
use crate::json::Json;
use crate::scene::Scene;
use crate::settings::{DeadToken, Settings};
use crate::threads::language::{Notice, notice};
use crate::threads::{ids, time};

/// In JSON the variant is the field `name`: `{"name":"media_not_found"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case", deny_unknown_fields)]
pub enum ThreadsError {
    /// 24/4279009: replication lag, a gone container, a deleted parent.
    MediaNotFound {
        /// As a fault, `None` takes the id that the call names.
        #[serde(default)]
        id: Option<String>,
    },
    /// -1/4279047.
    InvalidLinkAttachment,
    /// 613/4279002.
    RateLimited,
    /// 10, as `THApiException`; also seen on a publish that went through.
    MissingPermission,
    /// HTTP 500 without a body.
    EmptyServerError,
    /// 2 with `is_transient`.
    Transient,
    /// 4279013.
    AccountRestricted,
    /// 2207051.
    SpamBlocked,
    /// 190 as `THApiException`.
    InvalidToken,
    /// 190/463 as `OAuthException`.
    SessionExpired,
    /// 100/33: an id that is unknown, or somebody else's.
    NoSuchObject { id: String },
    /// 100: a field that the object does not have.
    NonexistingField { field: String },
    /// 100: a parameter that is missing or wrong.
    InvalidParameter { message: String },
    /// More than five links.
    TooManyLinks,
    /// 1/2207052: the media file is not there, or is none that Threads takes.
    MediaDownloadFailed { url: String },
    /// 100/4279004: children that are unknown, not ready, or no items of a carousel.
    InvalidChildren { ids: Vec<String> },
    /// The account may not choose countries.
    FeatureNotAvailable,
    /// A country that is none.
    InvalidCountryCodes,
    /// 2500: a path that leads nowhere.
    UnknownPath { path: String },
}

impl ThreadsError {
    pub(crate) fn dead_token(settings: &Settings) -> Self {
        match settings.threads.dead_token {
            DeadToken::InvalidOauth => Self::InvalidToken,
            DeadToken::SessionExpired => Self::SessionExpired,
        }
    }

    pub(crate) fn not_found(id: impl ToString) -> Self {
        Self::MediaNotFound {
            id: Some(id.to_string()),
        }
    }

    pub(crate) fn parameter(message: impl Into<String>) -> Self {
        Self::InvalidParameter {
            message: message.into(),
        }
    }

    /// As in JSON.
    pub(crate) fn name(&self) -> String {
        let written = serde_json::to_value(self).unwrap_or_default();
        format!("threads_{}", written["name"].as_str().unwrap_or_default())
    }

    pub(crate) fn answer(&self, scene: &mut Scene<'_>) -> Answer {
        if *self == Self::EmptyServerError {
            return Answer::empty(500);
        }
        let trace = ids::trace_id(scene.random);
        let (status, error) = self.body(scene);
        let body = Json::object([("error", error.with("fbtrace_id", trace.clone()))]);
        Answer::json(status, &body).header("x-fb-trace-id", trace)
    }

    fn body(&self, scene: &Scene<'_>) -> (u16, Json) {
        let th_status = scene.settings.threads.th_api_exception_status;
        let language = scene.settings.threads.language;
        let oauth = |status, message: &str, code: i64, subcode: u32, titled: Notice<'_>| {
            let (title, text) = notice(titled, language);
            let error = graph(message, "OAuthException", code)
                .with("error_subcode", subcode)
                .with("is_transient", false)
                .with("error_user_title", title);
            (status, error.with_some("error_user_msg", text))
        };
        match self {
            Self::MediaNotFound { id } => oauth(
                400,
                "The requested resource does not exist",
                24,
                4_279_009,
                Notice::MediaNotFound(id.as_deref().unwrap_or("0")),
            ),
            Self::InvalidLinkAttachment => oauth(400, "Fatal", -1, 4_279_047, Notice::InvalidLink),
            Self::RateLimited => oauth(
                400,
                "Calls to this api have exceeded the rate limit.",
                613,
                4_279_002,
                Notice::RateLimited,
            ),
            // The statuses and codes of these two are not recorded (threads.md 13).
            Self::AccountRestricted => oauth(400, "Fatal", -1, 4_279_013, Notice::Restricted),
            Self::SpamBlocked => oauth(
                400,
                "Application request limit reached",
                4,
                2_207_051,
                Notice::Blocked,
            ),
            Self::MissingPermission => (
                th_status,
                th("Application does not have permission for this action", 10),
            ),
            Self::InvalidToken => (th_status, th("Invalid OAuth 2.0 Access Token", 190)),
            Self::SessionExpired => {
                let message = format!(
                    "Error validating access token: Session has expired on {}. The current time is {}.",
                    time::in_words(scene.now_ms - 3_600_000),
                    time::in_words(scene.now_ms),
                );
                (
                    400,
                    graph(&message, "OAuthException", 190).with("error_subcode", 463_u32),
                )
            }
            Self::Transient => {
                let message = "An unexpected error has occurred. Please retry your request later.";
                (
                    500,
                    graph(message, "OAuthException", 2).with("is_transient", true),
                )
            }
            Self::NoSuchObject { id } => {
                let message = format!(
                    "Unsupported get request. Object with ID '{id}' does not exist, cannot be loaded \
                     due to missing permissions, or does not support this operation"
                );
                (400, th(&message, 100).with("error_subcode", 33_u32))
            }
            Self::NonexistingField { field } => (
                th_status,
                th(&format!("Tried accessing nonexisting field ({field})"), 100),
            ),
            Self::InvalidParameter { message } => (th_status, th(message, 100)),
            Self::MediaDownloadFailed { url } => oauth(
                400,
                "An unknown error occurred",
                1,
                2_207_052,
                Notice::DownloadFailed(url),
            ),
            Self::InvalidChildren { ids } => oauth(
                400,
                "Invalid parameter",
                100,
                4_279_004,
                Notice::InvalidChildren(&ids.join(", ")),
            ),
            Self::TooManyLinks => named("THREADS_API__LINK_LIMIT_EXCEEDED"),
            Self::FeatureNotAvailable => named("THREADS_API__FEATURE_NOT_AVAILABLE"),
            Self::InvalidCountryCodes => named("THREADS_API__GEO_GATING_INVALID_COUNTRY_CODES"),
            Self::UnknownPath { path } => (
                400,
                graph(
                    &format!("Unknown path components: {path}"),
                    "OAuthException",
                    2_500,
                ),
            ),
            Self::EmptyServerError => (500, Json::object([])),
        }
    }
}

/// These carry no subcode and no words for the user (threads.md 5.1).
fn th(message: &str, code: i64) -> Json {
    graph(message, "THApiException", code)
}

/// Errors that the docs name; the envelope is not recorded (threads.md 4.1).
fn named(name: &str) -> (u16, Json) {
    (400, graph(name, "OAuthException", 100))
}

fn graph(message: &str, kind: &str, code: i64) -> Json {
    Json::object([
        ("message", message.into()),
        ("type", kind.into()),
        ("code", code.into()),
    ])
}
