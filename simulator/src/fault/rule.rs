//! Which calls a fault strikes.

use serde::{Deserialize, Serialize};

use crate::account::Platform;
use crate::call::Operation;
use crate::fault::{ContainerFate, Fault, FaultBody, MediaFate, When};
use crate::threads::ThreadsError;
use crate::x::XError;

/// A fault and the calls it is meant for. Conditions that are absent always
/// hold; the first rule that fires on a call is the only one that does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// The handle of the account that calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Part of the post's text. A publish or a status read has the text of
    /// its container; a list or an upload has none and never matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_contains: Option<String>,
    /// How many matching calls pass unharmed first.
    #[serde(default)]
    pub skip: u32,
    /// How often it fires; `None`: without end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// Chance of each matching call, from the seeded dice; `None`: certain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    pub fault: Fault,
}

impl FaultRule {
    /// Strikes every call until it is narrowed.
    #[must_use]
    pub fn new(fault: Fault) -> Self {
        Self {
            platform: None,
            operation: None,
            account: None,
            text_contains: None,
            skip: 0,
            times: None,
            probability: None,
            fault,
        }
    }

    #[must_use]
    pub fn platform(self, platform: Platform) -> Self {
        Self {
            platform: Some(platform),
            ..self
        }
    }

    #[must_use]
    pub fn operation(self, operation: Operation) -> Self {
        Self {
            operation: Some(operation),
            ..self
        }
    }

    #[must_use]
    pub fn account(self, username: impl Into<String>) -> Self {
        Self {
            account: Some(username.into()),
            ..self
        }
    }

    #[must_use]
    pub fn text_contains(self, text: impl Into<String>) -> Self {
        Self {
            text_contains: Some(text.into()),
            ..self
        }
    }

    #[must_use]
    pub fn skip(self, skip: u32) -> Self {
        Self { skip, ..self }
    }

    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self {
            times: Some(times),
            ..self
        }
    }

    #[must_use]
    pub fn once(self) -> Self {
        self.times(1)
    }

    #[must_use]
    pub fn probability(self, probability: f64) -> Self {
        Self {
            probability: Some(probability),
            ..self
        }
    }
}

/// A rule and how often it has been met.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleReport {
    #[serde(flatten)]
    pub rule: FaultRule,
    /// Calls that met every condition.
    pub matched: u32,
    /// Calls that it struck.
    pub fired: u32,
}

/// A mix of everything that was seen in production, each with this chance:
/// the fault plan of threads.md 11 and x.md 10.21.
#[must_use]
pub fn hostile_plan(probability: f64) -> Vec<FaultRule> {
    use Operation::{
        CreateCarousel, CreateChild, CreateContainer, Publish, XCreate, XMediaAppend,
        XMediaFinalize,
    };
    let status = |when, status, body| Fault::Status {
        when,
        status,
        body,
        headers: Default::default(),
    };
    let html = || FaultBody::Html("<html><body>Bad Gateway</body></html>".to_owned());
    [
        (Publish, Fault::Lost { when: When::After }),
        (Publish, Fault::Lost { when: When::Before }),
        (
            Publish,
            Fault::ThreadsError {
                when: When::After,
                error: ThreadsError::MissingPermission,
            },
        ),
        (
            Publish,
            Fault::ThreadsError {
                when: When::Before,
                error: ThreadsError::EmptyServerError,
            },
        ),
        (
            Publish,
            Fault::ThreadsError {
                when: When::Before,
                error: ThreadsError::Transient,
            },
        ),
        (
            Publish,
            Fault::ThreadsError {
                when: When::Before,
                error: ThreadsError::MediaNotFound { id: None },
            },
        ),
        (
            Publish,
            Fault::ErrorInOk {
                when: When::Before,
                body: None,
            },
        ),
        (Publish, Fault::ThreadsBurst { seconds: 40 }),
        (
            CreateContainer,
            Fault::Container {
                becomes: ContainerFate::Vanishes,
            },
        ),
        (
            CreateContainer,
            Fault::Container {
                becomes: ContainerFate::Error("UNKNOWN".to_owned()),
            },
        ),
        (CreateContainer, Fault::Lost { when: When::After }),
        (
            CreateChild,
            Fault::ThreadsError {
                when: When::Before,
                error: ThreadsError::MediaDownloadFailed {
                    url: "https://media.example/1".to_owned(),
                },
            },
        ),
        (CreateCarousel, Fault::Lost { when: When::After }),
        (XMediaAppend, Fault::Lost { when: When::After }),
        (XMediaFinalize, Fault::Lost { when: When::After }),
        (
            XMediaFinalize,
            Fault::Media {
                becomes: MediaFate::Fails("Unsupported video format".to_owned()),
            },
        ),
        (XCreate, Fault::Lost { when: When::After }),
        (XCreate, Fault::Lost { when: When::Before }),
        (
            XCreate,
            Fault::XError {
                when: When::Before,
                error: XError::ServiceUnavailable,
            },
        ),
        (
            XCreate,
            Fault::XError {
                when: When::After,
                error: XError::ServiceUnavailable,
            },
        ),
        (XCreate, status(When::Before, 502, html())),
        (XCreate, status(When::After, 502, html())),
        (
            XCreate,
            Fault::ErrorInOk {
                when: When::Before,
                body: None,
            },
        ),
        (XCreate, Fault::MalformedJson { when: When::After }),
    ]
    .into_iter()
    .map(|(operation, fault)| {
        FaultRule::new(fault)
            .operation(operation)
            .probability(probability)
    })
    .collect()
}
