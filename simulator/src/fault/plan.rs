//! What a fault does to one call, step by step.

use std::time::Duration;

use crate::account::Platform;
use crate::answer::Answer;
use crate::fault::{Fault, FaultBody, When};
use crate::json::Json;

/// What happens on one side of the effect.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Go on.
    Pass,
    /// Close the connection.
    Close,
    /// Reset the connection.
    Reset,
    /// Send this and nothing else.
    Answer(Answer),
    Wait(Duration),
    Hold,
}

/// How the bytes of an answer are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Whole,
    Malformed,
    Truncated,
    Drip { bytes: usize, every_ms: u64 },
    Huge { bytes: u64 },
}

/// How named errors become answers; they need what only the world knows,
/// such as the windows of the account.
pub(crate) trait NamedErrors {
    fn threads(&mut self, error: &crate::threads::ThreadsError) -> Answer;
    fn x(&mut self, error: &crate::x::XError) -> Answer;
}

impl Fault {
    /// Whether the call must outlive its connection: the client may go away
    /// while it waits, and the effect must come all the same.
    pub(crate) fn waits(&self) -> bool {
        matches!(self, Self::Delay { .. } | Self::Hold { .. })
    }

    pub(crate) fn act(&self, side: When, platform: Platform, errors: &mut impl NamedErrors) -> Act {
        if self.when() != Some(side) {
            return Act::Pass;
        }
        match self {
            Self::Lost { .. } => Act::Close,
            Self::Reset { .. } => Act::Reset,
            Self::Status {
                status,
                body,
                headers,
                ..
            } => {
                let answer = headers
                    .iter()
                    .fold(given(*status, body), |answer, (name, value)| {
                        answer.header(name.clone(), value.clone())
                    });
                Act::Answer(answer)
            }
            Self::Delay { ms, .. } => Act::Wait(Duration::from_millis(*ms)),
            Self::Hold { .. } => Act::Hold,
            Self::ErrorInOk { body, .. } => {
                let body = body
                    .clone()
                    .map_or_else(|| error_in_ok(platform), Json::from);
                Act::Answer(Answer::json(200, &body))
            }
            Self::Redirect {
                status, location, ..
            } => Act::Answer(Answer::empty(*status).header("location", location.clone())),
            Self::ThreadsError { error, .. } => Act::Answer(errors.threads(error)),
            Self::XError { error, .. } => Act::Answer(errors.x(error)),
            // Spoilt bodies need an answer to spoil: the true one after the
            // effect, one that claims success before it.
            Self::MalformedJson { .. }
            | Self::TruncatedBody { .. }
            | Self::SlowDrip { .. }
            | Self::HugeBody { .. } => match side {
                When::Before => Act::Answer(stand_in(platform)),
                When::After => Act::Pass,
            },
            Self::ThreadsBurst { .. }
            | Self::Container { .. }
            | Self::Media { .. }
            | Self::Lag { .. } => Act::Pass,
        }
    }

    pub(crate) fn shape(&self) -> Shape {
        match self {
            Self::MalformedJson { .. } => Shape::Malformed,
            Self::TruncatedBody { .. } => Shape::Truncated,
            Self::SlowDrip {
                bytes, every_ms, ..
            } => Shape::Drip {
                bytes: (*bytes).max(1),
                every_ms: (*every_ms).max(1),
            },
            Self::HugeBody { bytes, .. } => Shape::Huge { bytes: *bytes },
            _ => Shape::Whole,
        }
    }
}

fn given(status: u16, body: &FaultBody) -> Answer {
    match body {
        FaultBody::Empty => Answer::empty(status),
        FaultBody::Json(value) => Answer::json(status, &Json::from(value.clone())),
        FaultBody::Html(html) => Answer::text(status, "text/html; charset=utf-8", html.clone()),
        FaultBody::Text(text) => Answer::text(status, "text/plain; charset=utf-8", text.clone()),
    }
}

fn error_in_ok(platform: Platform) -> Json {
    match platform {
        Platform::Threads => Json::object([(
            "error",
            Json::object([
                (
                    "message",
                    "An unexpected error has occurred. Please retry your request later.".into(),
                ),
                ("type", "OAuthException".into()),
                ("code", 2_u16.into()),
                ("is_transient", true.into()),
            ]),
        )]),
        Platform::X => Json::object([(
            "errors",
            vec![Json::object([
                ("detail", "Something went wrong.".into()),
                ("title", "Internal Error".into()),
                ("type", "https://api.x.com/2/problems/internal-error".into()),
            ])]
            .into(),
        )]),
    }
}

fn stand_in(platform: Platform) -> Answer {
    match platform {
        Platform::Threads => Answer::json(200, &Json::object([("id", "18000000000000000".into())])),
        Platform::X => {
            let data = Json::object([("id", "1800000000000000000".into()), ("text", "".into())]);
            Answer::json(201, &Json::object([("data", data)]))
        }
    }
}
