//! The refusals of X in both dialects (x.md 1.5, 2.4, 2.5).

use serde::{Deserialize, Serialize};

use crate::answer::Answer;
use crate::json::Json;
use crate::scene::Scene;
use crate::settings::XDialect;

/// In JSON the variant is the field `name`: `{"name":"duplicate_content"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case", deny_unknown_fields)]
pub enum XError {
    /// 401.
    Unauthorized,
    /// 403: the token lacks a scope.
    MissingScope,
    /// 403: the same text again.
    DuplicateContent,
    /// 403 for many reasons.
    NotPermitted,
    /// With the status of one's choice: 400 and 403 were both seen.
    TooLong { status: u16 },
    /// 403: a stranger's post.
    ReplyNotAllowed,
    /// 403: the parent is gone.
    ReplyParentGone,
    /// 403: a stranger's post.
    QuoteNotAllowed,
    /// 403: more than one.
    TooManyCashtags,
    /// 400: unknown, or not ready.
    InvalidMedia { ids: Vec<String> },
    /// 400: an upload that is unknown, expired or somebody else's.
    UnknownMedia,
    /// 400: the pieces of an upload are not what was announced.
    SegmentsDoNotAddUp,
    /// 413 without a body: a piece of an upload is too long.
    MediaTooLarge,
    /// 403: too long a video without Premium.
    VideoTooLong,
    /// 400: the schema.
    InvalidRequest {
        message: String,
        /// The parameter and its value.
        #[serde(default)]
        parameter: Option<(String, String)>,
    },
    /// 402.
    CreditsDepleted {
        /// `None`: that of the settings.
        #[serde(default)]
        dialect: Option<XDialect>,
    },
    /// 403 with a date; the body is a guess (x.md 2.5).
    SpendCapReached,
    /// 429.
    TooManyRequests {
        /// Whose headers say that nothing remains.
        window: LimitWindow,
        /// Seconds from now to the reset; may be negative.
        #[serde(default)]
        reset_in_s: i64,
    },
    /// 503, before or after the effect.
    ServiceUnavailable,
    /// 403, code 326 in the legacy shape.
    AccountLocked,
    /// 403.
    AccountSuspended,
    /// 404: no such path.
    NotFound,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitWindow {
    FifteenMinutes,
    AppDay,
    UserDay,
    /// No headers at all.
    None,
}

const TOO_LONG: &str = "Your Tweet text is too long. For more information on how Twitter determines text \
                        length see https://github.com/twitter/twitter-text.";

impl XError {
    /// As in JSON.
    pub(crate) fn name(&self) -> String {
        let written = serde_json::to_value(self).unwrap_or_default();
        format!("x_{}", written["name"].as_str().unwrap_or_default())
    }

    pub(crate) fn answer(&self, scene: &Scene<'_>) -> Answer {
        let dialect = scene.settings.x.dialect;
        let forbidden = |detail: &str| problem(dialect, 403, "Forbidden", "about:blank", detail);
        match self {
            Self::Unauthorized => {
                problem(dialect, 401, "Unauthorized", "about:blank", "Unauthorized")
            }
            Self::MissingScope => forbidden("Forbidden"),
            Self::DuplicateContent => {
                forbidden("You are not allowed to create a Tweet with duplicate content.")
            }
            Self::NotPermitted => forbidden("You are not permitted to perform this action."),
            Self::TooLong { status: 400 } => invalid(dialect, TOO_LONG, None),
            Self::TooLong { status } => {
                problem(dialect, *status, "Forbidden", "about:blank", TOO_LONG)
            }
            Self::ReplyNotAllowed => match dialect {
                XDialect::Legacy => forbidden(
                    "Reply to this conversation is not allowed because you have not been mentioned or \
                     otherwise engaged by the author of the post you are replying to.",
                ),
                XDialect::V2026 => problem(
                    dialect,
                    403,
                    "Forbidden",
                    &kind(dialect, "not-authorized-for-resource"),
                    "You can only reply to or quote posts where you are mentioned or are the author.",
                ),
            },
            Self::ReplyParentGone => forbidden(
                "You attempted to reply to a Tweet that is deleted or not visible to you.",
            ),
            Self::QuoteNotAllowed => forbidden(
                "Quoting this post is not allowed because you have not been mentioned or are not part \
                 of the conversation thread of the post you are quoting.",
            ),
            Self::TooManyCashtags => forbidden("Posts are limited to a maximum of one cashtag"),
            Self::InvalidMedia { ids } => invalid(
                dialect,
                "Your media IDs are invalid.",
                Some((
                    "media.media_ids",
                    ids.iter().map(|id| id.as_str().into()).collect(),
                )),
            ),
            Self::UnknownMedia => invalid(dialect, "BadRequest: Not found", None),
            Self::SegmentsDoNotAddUp => invalid(
                dialect,
                "Segments do not add up to provided total file size.",
                None,
            ),
            Self::MediaTooLarge => Answer::empty(413),
            Self::VideoTooLong => {
                forbidden("This user is not allowed to post a video longer than 2 minutes")
            }
            Self::InvalidRequest { message, parameter } => {
                let parameter = parameter
                    .as_ref()
                    .map(|(name, value)| (name.as_str(), vec![value.as_str().into()]));
                invalid(dialect, message, parameter)
            }
            Self::CreditsDepleted { dialect: asked } => credits(asked.unwrap_or(dialect)),
            Self::SpendCapReached => spend_cap(scene, dialect),
            Self::TooManyRequests { .. } => problem(
                dialect,
                429,
                "Too Many Requests",
                "about:blank",
                "Too Many Requests",
            ),
            Self::ServiceUnavailable => problem(
                dialect,
                503,
                "Service Unavailable",
                "about:blank",
                "Service Unavailable",
            ),
            // The body of the v1.1 stack; for v2 only the catch-all is on record.
            Self::AccountLocked => {
                let message = "To protect our users from spam and other malicious activity, this account \
                               is temporarily locked. Please log in to https://twitter.com to unlock your \
                               account.";
                let error = Json::object([("code", 326_u16.into()), ("message", message.into())]);
                Answer::json(403, &Json::object([("errors", vec![error].into())]))
            }
            Self::AccountSuspended => problem(
                dialect,
                403,
                "Forbidden",
                &kind(dialect, "user-suspended"),
                "Your account is not permitted to access this feature.",
            ),
            Self::NotFound => problem(dialect, 404, "Not Found", "about:blank", "Not Found"),
        }
    }
}

/// The address of a problem type; its host moved in mid 2026 (x.md 0.2).
pub(crate) fn kind(dialect: XDialect, name: &str) -> String {
    let host = match dialect {
        XDialect::Legacy => "api.twitter.com",
        XDialect::V2026 => "api.x.com",
    };
    format!("https://{host}/2/problems/{name}")
}

fn problem(dialect: XDialect, status: u16, title: &str, kind: &str, detail: &str) -> Answer {
    let body = Json::object([
        ("title", title.into()),
        ("type", kind.into()),
        ("status", status.into()),
        ("detail", detail.into()),
    ]);
    Answer::problem(status, &in_order(dialect, body))
}

fn in_order(dialect: XDialect, body: Json) -> Json {
    match dialect {
        XDialect::Legacy => body,
        XDialect::V2026 => body.sorted(),
    }
}

fn invalid(dialect: XDialect, message: &str, parameter: Option<(&str, Vec<Json>)>) -> Answer {
    let parameters = parameter.map(|(name, values)| Json::object([]).with(name.to_owned(), values));
    let error = Json::object([])
        .with_some("parameters", parameters)
        .with("message", message);
    let body = Json::object([
        ("errors", vec![error].into()),
        ("title", "Invalid Request".into()),
        (
            "detail",
            "One or more parameters to your request was invalid.".into(),
        ),
        ("type", kind(dialect, "invalid-request").into()),
    ]);
    Answer::json(400, &in_order(dialect, body))
}

fn credits(dialect: XDialect) -> Answer {
    match dialect {
        // A JSON number beyond 2^53, and no `status`.
        XDialect::Legacy => {
            let account = 1_243_608_864_848_629_761_u64;
            let detail = format!(
                "Your enrolled account [{account}] does not have any credits to fulfill this request."
            );
            let body = Json::object([
                ("account_id", account.into()),
                ("title", "CreditsDepleted".into()),
                ("detail", detail.into()),
                ("type", kind(dialect, "credits").into()),
            ]);
            Answer::problem(402, &body)
        }
        XDialect::V2026 => problem(
            dialect,
            402,
            "Payment Required",
            &kind(dialect, "credits-depleted"),
            "credits depleted",
        ),
    }
}

fn spend_cap(scene: &Scene<'_>, dialect: XDialect) -> Answer {
    let next_month = chrono::DateTime::from_timestamp_millis(scene.now_ms)
        .unwrap_or_default()
        .date_naive()
        .checked_add_months(chrono::Months::new(1))
        .map_or_else(String::new, |date| date.format("%Y-%m-01").to_string());
    let body = Json::object([
        ("title", "SpendCapReached".into()),
        ("type", kind(dialect, "credits").into()),
        ("status", 403_u16.into()),
        (
            "detail",
            "Your enrolled account has reached its billing cycle spend cap.".into(),
        ),
        ("reset_date", next_month.into()),
    ]);
    Answer::problem(403, &in_order(dialect, body))
}
