//! Files as JSON.

use entities::rows::media::Model;
use entities::{MediaId, Timestamp};
use media::{Facts, limits};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::paging::unknown;
use crate::problem::Problem;

/// How a file is to be taken in.
#[derive(Default, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UploadQuery {
    /// Convert a picture that a platform would refuse (too large, WEBP for Threads), and say what
    /// was done. Videos and moving GIFs are never converted.
    #[param(required = false)]
    pub fit: bool,
}

/// Which files.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub struct ListQuery {
    /// `next_cursor` of the page before.
    #[param(required = false, value_type = String, pattern = "^med_[0-9a-fA-F]{32}$")]
    cursor: Option<MediaId>,
    /// 1 to 100; 50 unless given.
    #[param(required = false, minimum = 1, maximum = 100)]
    limit: Option<u64>,
}

impl UploadQuery {
    /// Reads a query string.
    pub fn read(query: &str) -> Result<Self, Problem> {
        let mut read = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            read.fit = match (&*name, &*value) {
                ("fit", "true" | "1" | "") => true,
                ("fit", "false" | "0") => false,
                ("fit", _) => {
                    let detail = "`fit` must be true or false.";
                    return Err(Problem::bad_request(detail));
                }
                (other, _) => return Err(unknown(other)),
            };
        }
        Ok(read)
    }
}

/// A form with a file.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub struct UploadForm {
    #[schema(value_type = String, format = Binary, min_length = 1)]
    file: Vec<u8>,
}

/// A file as it is.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary, min_length = 1)]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub struct UploadBytes(Vec<u8>);

/// A file.
#[derive(Serialize, ToSchema)]
pub struct MediaBody {
    /// `med_...`
    id: String,
    /// `image`, `gif` (a moving one) or `video`.
    kind: &'static str,
    /// What it is by its content.
    mime: String,
    bytes: i64,
    /// In pixels, as it is shown.
    width: u32,
    height: u32,
    duration_ms: Option<u64>,
    frame_rate: Option<f64>,
    video_codec: Option<String>,
    audio_codec: Option<String>,
    /// Of the bytes as they are kept, in hexadecimal.
    sha256: String,
    file_name: Option<String>,
    /// What was done to it so that the platforms take it.
    converted: Vec<String>,
    /// What the platforms make of it; empty: they take it as it is.
    findings: Vec<FindingBody>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// What one platform makes of a file.
#[derive(Serialize, ToSchema)]
pub struct FindingBody {
    /// `x` or `threads`
    platform: &'static str,
    /// A stable word for programs.
    code: &'static str,
    /// `refused`, or `warning`: the platform changes it, or may refuse it.
    severity: &'static str,
    /// What is wrong, with the numbers.
    message: String,
    /// What to do.
    fix: String,
}

/// A page of files.
#[derive(Serialize, ToSchema)]
pub struct MediaListBody {
    data: Vec<MediaBody>,
    /// For `cursor` in the next request; null on the last page.
    next_cursor: Option<String>,
}

impl MediaBody {
    /// A file as its owner sees it.
    pub fn new(row: &Model) -> Result<Self, Problem> {
        let facts: Facts = serde_json::from_value(row.facts.clone())
            .map_err(|error| entities::DbErr::Json(error.to_string()))?;
        let converted = row.converted.clone().map(serde_json::from_value);
        let of = |platform: &'static str, findings: Vec<limits::Finding>| {
            findings.into_iter().map(move |finding| FindingBody {
                platform,
                code: finding.code,
                severity: match finding.severity {
                    limits::Severity::Refused => "refused",
                    limits::Severity::Warning => "warning",
                },
                message: finding.message,
                fix: finding.fix,
            })
        };
        let findings = of("x", limits::check_x(&facts, false))
            .chain(of("threads", limits::check_threads(&facts)))
            .collect();
        Ok(MediaBody {
            id: row.id.to_string(),
            kind: row.kind.as_str(),
            mime: row.mime.clone(),
            bytes: row.bytes,
            width: facts.width,
            height: facts.height,
            duration_ms: facts.duration_ms,
            frame_rate: facts.frame_rate,
            video_codec: facts.video_codec,
            audio_codec: facts.audio_codec,
            sha256: row
                .sha256
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
            file_name: row.file_name.clone(),
            converted: converted.and_then(Result::ok).unwrap_or_default(),
            findings,
            created_at: row.created_at,
        })
    }
}

impl MediaListBody {
    /// `rows` hold one more than fits where there is a next page.
    pub fn new(rows: &[Model], limit: u64) -> Result<Self, Problem> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let shown = &rows[..rows.len().min(limit)];
        Ok(MediaListBody {
            data: shown.iter().map(MediaBody::new).collect::<Result<_, _>>()?,
            next_cursor: (rows.len() > limit)
                .then(|| shown.last().map(|row| row.id.to_string()))
                .flatten(),
        })
    }
}
