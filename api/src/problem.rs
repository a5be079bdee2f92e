//! Errors that reach people: RFC 9457 `application/problem+json` with a stable code, one sentence,
//! what to do, and whether a retry helps.

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use utoipa::ToSchema;

/// What went wrong, for a person and for a program.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// A URI for the kind of problem; its last part is `code`.
    #[serde(rename = "type")]
    pub kind: String,
    /// One sentence.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// A stable word for programs.
    #[schema(example = "invalid_request")]
    pub code: &'static str,
    /// What exactly it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What to do.
    pub action: String,
    /// Whether the same request can succeed later.
    pub retryable: bool,
    /// Everything that is wrong with the request, not only the first thing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<Violation>,
    #[serde(skip)]
    retry_after_s: Option<u64>,
    #[serde(skip)]
    allow: Option<String>,
}

/// One thing that is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Violation {
    /// Where, such as `parts[0].text` or `overrides.x.text`.
    #[schema(example = "text")]
    pub field: String,
    /// A stable word for programs.
    #[schema(example = "text_too_long")]
    pub code: &'static str,
    /// One sentence with what would be right.
    pub message: String,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, title: &str, action: &str) -> Self {
        Problem {
            kind: format!("urn:dualposts:problem:{code}"),
            title: title.to_owned(),
            status: status.as_u16(),
            code,
            detail: None,
            action: action.to_owned(),
            retryable: false,
            violations: Vec::new(),
            retry_after_s: None,
            allow: None,
        }
    }

    fn detail(self, detail: impl Into<String>) -> Self {
        Problem {
            detail: Some(detail.into()),
            ..self
        }
    }

    /// The body breaks rules; all of them are listed.
    pub fn invalid(violations: Vec<Violation>) -> Self {
        let title = match violations.len() {
            1 => "The request breaks a rule.".to_owned(),
            count => format!("The request breaks {count} rules."),
        };
        let action = "Correct what `violations` lists and send it again; nothing was stored.";
        Problem {
            violations,
            ..Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid_request",
                &title,
                action,
            )
        }
    }

    /// The body is not JSON at all.
    pub fn not_json(detail: impl Into<String>) -> Self {
        let action = "Send a JSON object with the header `Content-Type: application/json`.";
        Self::new(
            StatusCode::BAD_REQUEST,
            "invalid_json",
            "The body is not a JSON object.",
            action,
        )
        .detail(detail)
    }

    /// Query or header can not be read.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        let action = "Correct the address or the header and send it again.";
        Self::new(
            StatusCode::BAD_REQUEST,
            "bad_request",
            "The request can not be read.",
            action,
        )
        .detail(detail)
    }

    /// The body is larger than anything that could be meant.
    pub fn too_large(limit_bytes: usize) -> Self {
        let action = "Send a smaller body.";
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "payload_too_large",
            "The body is too large.",
            action,
        )
        .detail(format!("The limit is {limit_bytes} bytes."))
    }

    /// More requests than are taken.
    pub fn too_many_requests(detail: String, retry_after_s: u32) -> Self {
        let action = "Wait as long as `Retry-After` says, then send it again; `RateLimit` tells before how many are left.";
        let problem = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_requests",
            "These were too many requests.",
            action,
        );
        Problem {
            retryable: true,
            retry_after_s: Some(u64::from(retry_after_s.max(1))),
            ..problem.detail(detail)
        }
    }

    /// The body did not come in the time that it is waited for.
    pub fn too_slow() -> Self {
        let problem = Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "request_timeout",
            "The body came too slowly.",
            "Send it again, by a better connection.",
        );
        Problem {
            retryable: true,
            ..problem
        }
    }

    /// A compressed body.
    pub fn unsupported_encoding() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_encoding",
            "Compressed bodies are not taken.",
            "Send it as it is, without the header `Content-Encoding`.",
        )
    }

    /// Another type of content than JSON.
    pub fn unsupported_media_type() -> Self {
        let action = "Send JSON with the header `Content-Type: application/json`.";
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "Only JSON is understood here.",
            action,
        )
    }

    /// No key, or one that is not valid.
    pub fn unauthorized(detail: &str) -> Self {
        let action = "Send `Authorization: Bearer dp_...` with a key made by `dualposts keys create`, or sign in on the page.";
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "The request carries no valid API key or session.",
            action,
        )
        .detail(detail)
    }

    /// The caller is known and may not do this.
    pub fn scope_missing(scope: entities::scopes::Scope) -> Self {
        let action = "Use a key that has this scope; `POST /v1/keys` makes one.";
        Self::new(
            StatusCode::FORBIDDEN,
            "scope_missing",
            "The key does not allow this.",
            action,
        )
        .detail(format!("It lacks the scope {scope}."))
    }

    /// A page of another site asks, with the cookie that the browser sends unasked.
    pub fn cross_origin() -> Self {
        let action =
            "Open DualPosts itself and do it there. Programs use an API key instead of the cookie.";
        Self::new(
            StatusCode::FORBIDDEN,
            "cross_origin",
            "A page of another site asked for this.",
            action,
        )
    }

    /// A sign-in link that opens nothing.
    pub fn link_used() -> Self {
        let action =
            "Run `dualposts link` on the machine that DualPosts runs on; it prints a fresh link.";
        Self::new(
            StatusCode::UNAUTHORIZED,
            "link_used",
            "This sign-in link was used already, or is too old.",
            action,
        )
    }

    /// Whether a session is good can not be found out: Clerk does not answer.
    pub fn sign_in_unavailable() -> Self {
        let action = "Try again in a few seconds.";
        let problem = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "sign_in_unavailable",
            "Sign-ins can not be checked at the moment: Clerk does not answer.",
            action,
        );
        Problem {
            retryable: true,
            retry_after_s: Some(5),
            ..problem
        }
    }

    /// What pretends to come from somebody who signs what they send.
    pub fn bad_signature() -> Self {
        let action =
            "Check that the secret set here is the sender's, and that both clocks are right.";
        Self::new(
            StatusCode::UNAUTHORIZED,
            "bad_signature",
            "The signature is missing, wrong or too old.",
            action,
        )
    }

    /// Something that this installation is not set up for.
    pub fn not_configured(what: &str, action: &str) -> Self {
        Self::new(StatusCode::CONFLICT, "not_configured", what, action)
    }

    /// The metrics are for whoever has their token.
    pub fn unauthorized_metrics() -> Self {
        let action =
            "Send `Authorization: Bearer ...` with what DUALPOSTS_METRICS_TOKEN is set to.";
        let title = "The request carries no valid token for the metrics.";
        Self::new(StatusCode::UNAUTHORIZED, "metrics_token", title, action)
    }

    /// The metrics are not for whoever reaches the API.
    pub fn metrics_not_here() -> Self {
        let action =
            "Set DUALPOSTS_METRICS_TOKEN and send it, or ask where DUALPOSTS_METRICS_LISTEN says.";
        let title = "The metrics can not be read here.";
        Self::new(StatusCode::FORBIDDEN, "metrics_not_here", title, action)
    }

    /// There is no such thing, or it is not the caller's.
    pub fn not_found(what: &str) -> Self {
        let action = "Check the id, and that the key belongs to its owner.";
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            &format!("There is no such {what}."),
            action,
        )
    }

    /// The path exists, the method does not.
    pub fn method_not_allowed(allowed: &str) -> Self {
        let action = format!("Use one of: {allowed}.");
        let problem = Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "This address does not take that method.",
            &action,
        );
        Problem {
            allow: Some(allowed.to_owned()),
            ..problem
        }
    }

    /// It can not be done as things stand.
    pub fn conflict(code: &'static str, title: &str, action: &str) -> Self {
        Self::new(StatusCode::CONFLICT, code, title, action)
    }

    /// It can not be done with what was given, for a reason outside of the body's form.
    pub fn unprocessable(code: &'static str, title: &str, action: &str) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, title, action)
    }

    /// Somebody else could not be asked while the caller waited.
    pub fn bad_gateway(title: &str, action: &str) -> Self {
        Problem {
            retryable: true,
            ..Self::new(
                StatusCode::BAD_GATEWAY,
                "upstream_unavailable",
                title,
                action,
            )
        }
    }

    /// The same, with what exactly it was.
    pub fn with_detail(self, detail: Option<String>) -> Self {
        Problem { detail, ..self }
    }

    /// A platform refused or could not be asked while the caller waited.
    pub fn platform(error: entities::delivery::DeliveryError) -> Self {
        let status = if error.retryable {
            StatusCode::BAD_GATEWAY
        } else {
            StatusCode::UNPROCESSABLE_ENTITY
        };
        let said = error.platform.and_then(|said| said.message);
        let problem = Self::new(status, "platform_refused", &error.message, &error.action);
        Problem {
            detail: said,
            retryable: error.retryable,
            ..problem
        }
    }

    /// The database can not be asked; nothing was stored, or it was and a repeat under the same
    /// key tells.
    pub fn unavailable() -> Self {
        let action = "Send it again with the same Idempotency-Key in a few seconds.";
        let problem = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "The service can not reach its database.",
            action,
        );
        Problem {
            retryable: true,
            retry_after_s: Some(2),
            ..problem
        }
    }

    /// A file larger than any that can be posted.
    pub fn too_large_file(detail: String) -> Self {
        let action = "Send a smaller file.";
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "file_too_large",
            "The file is too large.",
            action,
        )
        .detail(detail)
    }

    /// Files can not be kept or read at the moment.
    pub fn store_unavailable(what: &str) -> Self {
        let action = "Send it again in a few seconds; if it lasts, run `dualposts doctor`.";
        let title = format!("The service can not use {what}.");
        let problem = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "store_unavailable",
            &title,
            action,
        );
        Problem {
            retryable: true,
            retry_after_s: Some(5),
            ..problem
        }
    }

    /// This process serves as many streams as it can, or is about to stop.
    pub fn too_many_streams() -> Self {
        let problem = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too_many_streams",
            "No further stream can be opened here at the moment.",
            "Open it again in a few seconds, with the same Last-Event-ID.",
        );
        Problem {
            retryable: true,
            retry_after_s: Some(5),
            ..problem
        }
    }

    /// One person follows in too many places at once.
    pub fn too_many_streams_of_yours(most: usize) -> Self {
        let problem = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_streams",
            "You have too many streams open.",
            "Close one, then open it again with the same Last-Event-ID.",
        );
        Problem {
            retryable: true,
            retry_after_s: Some(5),
            ..problem.detail(format!("{most} may be open at once."))
        }
    }

    /// It was here, and its time is over.
    pub fn gone(title: &str) -> Self {
        Self::new(StatusCode::GONE, "gone", title, "Ask for a fresh one.")
    }

    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.title)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        Problem::status_code(self)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(Problem::status_code(self));
        response.content_type("application/problem+json");
        if self.status == StatusCode::REQUEST_TIMEOUT.as_u16() {
            // The rest of the body may still come, and would be taken for the next request.
            response.force_close();
        }
        if let Some(seconds) = self.retry_after_s {
            response.insert_header((RETRY_AFTER, seconds));
        }
        if let Some(allow) = &self.allow {
            response.insert_header((ALLOW, allow.as_str()));
        }
        if self.status == StatusCode::UNAUTHORIZED.as_u16() {
            response.insert_header((WWW_AUTHENTICATE, "Bearer"));
        }
        response.body(serde_json::to_vec(self).unwrap_or_default())
    }
}

impl From<entities::DbErr> for Problem {
    fn from(error: entities::DbErr) -> Self {
        tracing::error!(%error, "the database failed");
        Problem::unavailable()
    }
}
