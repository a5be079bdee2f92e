//! What can go wrong, and when it does.

mod hold;
mod matching;
mod plan;
mod rule;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::threads::ThreadsError;
use crate::x::XError;

pub(crate) use hold::Holds;
pub(crate) use matching::{ActiveRule, Matched};
pub(crate) use plan::{Act, NamedErrors, Shape};
pub use rule::{FaultRule, RuleReport, hostile_plan};

/// On which side of the effect a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Nothing has happened, and nothing will, except after a delay or a hold.
    Before,
    /// The effect has taken place; only the answer suffers.
    After,
}

impl When {
    fn before() -> Self {
        Self::Before
    }

    fn after() -> Self {
        Self::After
    }
}

/// One thing that goes wrong. In JSON the variant is the field `kind`:
/// `{"kind":"lost","when":"after"}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// The connection is closed with no answer.
    Lost { when: When },
    /// The same, torn down with a TCP reset in place of an orderly end.
    Reset { when: When },
    /// This answer in place of the true one.
    Status {
        when: When,
        status: u16,
        #[serde(default)]
        body: FaultBody,
        #[serde(default)]
        headers: BTreeMap<String, String>,
    },
    /// Real time passes, so that the client's own time-out strikes. The
    /// effect comes even when the client has gone away meanwhile.
    Delay { when: When, ms: u64 },
    /// The call stays open until [`crate::Simulator::release`] or for ever.
    Hold { when: When },
    /// A body that no JSON parser accepts.
    MalformedJson {
        #[serde(default = "When::after")]
        when: When,
    },
    /// Half of the body that `content-length` promises, then the end.
    TruncatedBody {
        #[serde(default = "When::after")]
        when: When,
    },
    /// The true answer, a few bytes at a time.
    SlowDrip {
        #[serde(default = "When::after")]
        when: When,
        #[serde(default = "one")]
        bytes: usize,
        every_ms: u64,
    },
    /// A body without end in sight; 50 MB unless told otherwise.
    HugeBody {
        #[serde(default = "When::after")]
        when: When,
        #[serde(default = "fifty_megabytes")]
        bytes: u64,
    },
    /// HTTP 200 that carries an error and no data (threads.md 1, x.md 2.2).
    ErrorInOk {
        #[serde(default = "When::before")]
        when: When,
        /// `None`: the platform's own shape.
        #[serde(default)]
        body: Option<Value>,
    },
    Redirect {
        #[serde(default = "When::before")]
        when: When,
        #[serde(default = "temporary_redirect")]
        status: u16,
        location: String,
    },
    /// One of Threads' own refusals, although nothing is wrong.
    ThreadsError {
        #[serde(default = "When::before")]
        when: When,
        error: ThreadsError,
    },
    /// 613/4279002 on every call of the account for so long (threads.md 5.2).
    ThreadsBurst { seconds: i64 },
    /// What becomes of the container that the call creates or names.
    Container { becomes: ContainerFate },
    /// What becomes of the upload to X that the call makes, finalizes or names.
    Media { becomes: MediaFate },
    /// What the call makes is noticed late.
    Lag { what: LagOf, seconds: i64 },
    /// One of X's own refusals, although nothing is wrong.
    XError {
        #[serde(default = "When::before")]
        when: When,
        error: XError,
    },
}

/// The body of [`Fault::Status`]: `"empty"`, `{"json": ..}`, `{"html": ".."}`
/// or `{"text": ".."}`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultBody {
    #[default]
    Empty,
    Json(Value),
    Html(String),
    Text(String),
}

/// What becomes of a container in place of its ordinary life (threads.md 10c).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContainerFate {
    /// It reports FINISHED once and is unknown from then on.
    Vanishes,
    /// ERROR with this `error_message`, once it has been processed.
    Error(String),
    /// EXPIRED at once.
    Expired,
}

/// What becomes of an upload in place of its ordinary life (x.md 3.2, 10.17).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaFate {
    /// `failed` with this message, once it has been processed; a still image, which is never
    /// processed, is refused when it is posted.
    Fails(String),
    /// Its 24 hours are over at once.
    Expires,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LagOf {
    /// The container's status still says FINISHED after the publish.
    Status,
    /// The post is not in the lists of Threads.
    Feed,
    /// The post cannot be answered yet.
    Reply,
    /// Publish and status do not know the container yet.
    Replication,
    /// The container stays IN_PROGRESS; on X, the upload is not ready.
    Processing,
    /// The child is FINISHED, and no carousel can be made of it yet.
    Child,
    /// The video is FINISHED, and would lose what it answers if it were published now.
    VideoReply,
    /// The post is not in the author's timeline on X.
    Timeline,
}

fn one() -> usize {
    1
}

fn fifty_megabytes() -> u64 {
    50_000_000
}

fn temporary_redirect() -> u16 {
    307
}

impl Fault {
    /// A short name for the log of calls, such as `lost_after`.
    #[must_use]
    pub fn label(&self) -> String {
        let kind = match self {
            Self::Lost { .. } => "lost".to_owned(),
            Self::Reset { .. } => "reset".to_owned(),
            Self::Status { status, .. } => format!("status_{status}"),
            Self::Delay { .. } => "delay".to_owned(),
            Self::Hold { .. } => "hold".to_owned(),
            Self::MalformedJson { .. } => "malformed_json".to_owned(),
            Self::TruncatedBody { .. } => "truncated_body".to_owned(),
            Self::SlowDrip { .. } => "slow_drip".to_owned(),
            Self::HugeBody { .. } => "huge_body".to_owned(),
            Self::ErrorInOk { .. } => "error_in_ok".to_owned(),
            Self::Redirect { .. } => "redirect".to_owned(),
            Self::ThreadsError { error, .. } => error.name(),
            Self::ThreadsBurst { .. } => return "threads_burst".to_owned(),
            Self::Container { becomes } => {
                return match becomes {
                    ContainerFate::Vanishes => "container_vanishes".to_owned(),
                    ContainerFate::Error(_) => "container_error".to_owned(),
                    ContainerFate::Expired => "container_expired".to_owned(),
                };
            }
            Self::Media { becomes } => {
                return match becomes {
                    MediaFate::Fails(_) => "media_fails".to_owned(),
                    MediaFate::Expires => "media_expires".to_owned(),
                };
            }
            Self::Lag { what, .. } => return format!("lag_{what:?}").to_lowercase(),
            Self::XError { error, .. } => error.name(),
        };
        match self.when() {
            Some(When::Before) => format!("{kind}_before"),
            Some(When::After) => format!("{kind}_after"),
            None => kind,
        }
    }

    fn when(&self) -> Option<When> {
        match self {
            Self::Lost { when }
            | Self::Reset { when }
            | Self::Status { when, .. }
            | Self::Delay { when, .. }
            | Self::Hold { when }
            | Self::MalformedJson { when }
            | Self::TruncatedBody { when }
            | Self::SlowDrip { when, .. }
            | Self::HugeBody { when, .. }
            | Self::ErrorInOk { when, .. }
            | Self::Redirect { when, .. }
            | Self::ThreadsError { when, .. }
            | Self::XError { when, .. } => Some(*when),
            Self::ThreadsBurst { .. }
            | Self::Container { .. }
            | Self::Media { .. }
            | Self::Lag { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(written: Value, expected: &Fault) {
        let read: Fault = serde_json::from_value(written).expect("a fault");
        assert_eq!(&read, expected);
    }

    #[test]
    fn faults_are_read_from_json() {
        check(
            json!({"kind": "lost", "when": "after"}),
            &Fault::Lost { when: When::After },
        );
        check(
            json!({"kind": "status", "when": "before", "status": 502, "body": {"html": "<h1>"}}),
            &Fault::Status {
                when: When::Before,
                status: 502,
                body: FaultBody::Html("<h1>".to_owned()),
                headers: BTreeMap::new(),
            },
        );
        check(
            json!({"kind": "huge_body"}),
            &Fault::HugeBody {
                when: When::After,
                bytes: 50_000_000,
            },
        );
        check(
            json!({"kind": "container", "becomes": {"error": "UNKNOWN"}}),
            &Fault::Container {
                becomes: ContainerFate::Error("UNKNOWN".to_owned()),
            },
        );
        check(
            json!({"kind": "x_error", "error": {"name": "duplicate_content"}}),
            &Fault::XError {
                when: When::Before,
                error: XError::DuplicateContent,
            },
        );
        check(
            json!({"kind": "threads_error", "when": "after", "error": {"name": "missing_permission"}}),
            &Fault::ThreadsError {
                when: When::After,
                error: ThreadsError::MissingPermission,
            },
        );
    }

    #[test]
    fn a_misspelt_fault_is_refused() {
        assert!(serde_json::from_value::<Fault>(json!({"kind": "lost", "wen": "after"})).is_err());
        assert!(serde_json::from_value::<Fault>(json!({"kind": "lots", "when": "after"})).is_err());
    }

    #[test]
    fn a_label_tells_the_kind_and_the_side() {
        assert_eq!(Fault::Lost { when: When::After }.label(), "lost_after");
        assert_eq!(
            Fault::Lag {
                what: LagOf::Feed,
                seconds: 1
            }
            .label(),
            "lag_feed"
        );
    }
}
