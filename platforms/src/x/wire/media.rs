//! The JSON of uploads (x.md 3.1, 3.2).

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::scrub::{MESSAGE_CHARS, cut};
use crate::wire::{WireId, integer};
use crate::x::media::{Processing, Uploaded};

/// `POST /2/media/upload/initialize`
#[derive(Serialize)]
pub(in crate::x) struct InitializeUpload<'a> {
    pub media_type: &'a str,
    pub total_bytes: u64,
    pub media_category: &'static str,
}

/// `POST /2/media/metadata`
#[derive(Serialize)]
pub(in crate::x) struct DescribeMedia<'a> {
    id: &'a str,
    metadata: Metadata<'a>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    alt_text: AltText<'a>,
}

#[derive(Serialize)]
struct AltText<'a> {
    text: &'a str,
}

impl<'a> DescribeMedia<'a> {
    pub fn new(id: &'a str, text: &'a str) -> Self {
        Self {
            id,
            metadata: Metadata {
                alt_text: AltText { text },
            },
        }
    }
}

/// What describing answers: without `data`, nothing says that the words were taken.
#[derive(Deserialize)]
pub(in crate::x) struct Described {
    #[serde(rename = "data")]
    _data: IgnoredAny,
}

/// What initialize, finalize, the status and a one-shot upload answer.
#[derive(Deserialize)]
pub(in crate::x) struct Upload {
    data: UploadData,
}

#[derive(Deserialize)]
struct UploadData {
    id: WireId,
    expires_after_secs: Option<Value>,
    processing_info: Option<ProcessingInfo>,
}

#[derive(Deserialize)]
struct ProcessingInfo {
    state: Option<String>,
    check_after_secs: Option<Value>,
    error: Option<ProcessingError>,
}

/// Not in the spec, but sent (x.md 3.2).
#[derive(Deserialize, Default)]
struct ProcessingError {
    code: Option<Value>,
    name: Option<String>,
    message: Option<String>,
}

impl From<Upload> for Uploaded {
    fn from(upload: Upload) -> Self {
        let UploadData {
            id,
            expires_after_secs,
            processing_info,
        } = upload.data;
        Uploaded {
            id: id.0,
            processing: processing_info.map_or(Processing::Ready, Processing::from),
            expires_after_s: expires_after_secs.as_ref().and_then(integer),
        }
    }
}

impl From<ProcessingInfo> for Processing {
    /// Only `succeeded` is a yes: a state that is new, or missing, is not an end.
    fn from(info: ProcessingInfo) -> Self {
        match info.state.as_deref() {
            Some("succeeded") => Processing::Ready,
            Some("failed") => {
                let error = info.error.unwrap_or_default();
                Processing::Failed {
                    code: error.code.as_ref().and_then(integer),
                    name: error.name.map(|name| cut(name, MESSAGE_CHARS)),
                    message: error.message.map(|message| cut(message, MESSAGE_CHARS)),
                }
            }
            _ => {
                let seconds = info.check_after_secs.as_ref().and_then(integer);
                Processing::Pending {
                    check_after_s: seconds.and_then(|seconds| u64::try_from(seconds).ok()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(processing_info: &str, expected: Processing) {
        let info = serde_json::from_str::<ProcessingInfo>(processing_info).unwrap();
        assert_eq!(Processing::from(info), expected, "{processing_info}");
    }

    fn pending(check_after_s: Option<u64>) -> Processing {
        Processing::Pending { check_after_s }
    }

    #[test]
    fn processing_goes_on_until_an_end_is_named() {
        check(
            r#"{"state":"pending","check_after_secs":5}"#,
            pending(Some(5)),
        );
        check(
            r#"{"state":"in_progress","check_after_secs":"10","progress_percent":100}"#,
            pending(Some(10)),
        );
        check(r#"{"state":"pending"}"#, pending(None));
        check(
            r#"{"state":"pending","check_after_secs":0}"#,
            pending(Some(0)),
        );
        check(
            r#"{"state":"pending","check_after_secs":-1}"#,
            pending(None),
        );
        check(r#"{"state":"processing"}"#, pending(None));
        check(r#"{"progress_percent":100}"#, pending(None));
        check(
            r#"{"state":"succeeded","progress_percent":100}"#,
            Processing::Ready,
        );
    }

    #[test]
    fn a_failure_is_told_in_the_platforms_words() {
        check(
            r#"{"state":"failed","error":{"code":1,"name":"InvalidMedia","message":"Unsupported video format"}}"#,
            Processing::Failed {
                code: Some(1),
                name: Some("InvalidMedia".to_owned()),
                message: Some("Unsupported video format".to_owned()),
            },
        );
        check(
            r#"{"state":"failed"}"#,
            Processing::Failed {
                code: None,
                name: None,
                message: None,
            },
        );
    }

    #[test]
    fn long_words_about_a_failure_are_cut() {
        let message = "x".repeat(10_000);
        let info = format!(r#"{{"state":"failed","error":{{"message":"{message}"}}}}"#);
        let info = serde_json::from_str::<ProcessingInfo>(&info).unwrap();
        let Processing::Failed { message, .. } = Processing::from(info) else {
            panic!("it failed");
        };
        assert_eq!(message.unwrap().len(), MESSAGE_CHARS);
    }
}
