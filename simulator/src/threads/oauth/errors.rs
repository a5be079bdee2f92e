//! The refusals around tokens, in their three shapes (threads.md 2.1, 2.3, 5.1).

use crate::answer::Answer;
use crate::json::Json;
use crate::scene::Scene;
use crate::threads::{ThreadsError, ids};

pub(super) enum Refused {
    /// The authorization window shows this document and does not redirect.
    Window { code: u32, message: String },
    /// Flat, without an `error` object.
    Flat(&'static str),
    /// An `error` object of a kind that only these calls have.
    Graph { code: i64, message: &'static str },
    /// As everywhere in the API.
    Api(ThreadsError),
}

/// The flat body of a code that cannot be exchanged (threads.md 2.3).
pub(super) const NO_SUCH_CODE: Refused =
    Refused::Flat("Matching code was not found or was already used");

/// The words of Meta's other APIs; those of Threads are not recorded (threads.md 11).
pub(super) const WRONG_SECRET: &str = "Error validating client secret.";

impl Refused {
    pub(super) fn window(code: u32, message: impl Into<String>) -> Self {
        let message = message.into();
        Self::Window { code, message }
    }

    pub(super) fn answer(self, scene: &mut Scene<'_>) -> Answer {
        match self {
            // The HTTP status is not recorded (threads.md 11).
            Self::Window { code, message } => {
                let body = Json::object([
                    ("error_message", message.into()),
                    ("error_code", code.into()),
                ]);
                Answer::json(400, &body)
            }
            Self::Flat(message) => {
                let body = Json::object([
                    ("error_type", "OAuthException".into()),
                    ("code", 400_u16.into()),
                    ("error_message", message.into()),
                ]);
                Answer::json(400, &body)
            }
            Self::Graph { code, message } => {
                let error = Json::object([
                    ("message", message.into()),
                    ("type", "OAuthException".into()),
                    ("code", code.into()),
                    ("fbtrace_id", ids::trace_id(scene.random).into()),
                ]);
                Answer::json(400, &Json::object([("error", error)]))
            }
            Self::Api(error) => error.answer(scene),
        }
    }
}

impl From<ThreadsError> for Refused {
    fn from(error: ThreadsError) -> Self {
        Self::Api(error)
    }
}
