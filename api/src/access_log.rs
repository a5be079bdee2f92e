//! Around every request: an id that answers and log lines share, security headers, and one line.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};
use telemetry::{TraceParent, counting};
use tracing::field::Empty;
use tracing::{Instrument, info, info_span};
use uuid::Uuid;

use crate::request_trace;
use crate::state::State;

const REQUEST_ID: &str = "x-request-id";

/// What the page may load: its own files, and what Clerk's script needs where people sign in with
/// it (clerk.md 4).
pub struct PagePolicy(String);

impl PagePolicy {
    /// The policy of this installation.
    pub fn of(state: &State) -> Self {
        let clerk = state
            .clerk
            .as_ref()
            .map(|clerk| clerk.frontend_origin.as_str());
        let connect = clerk.map_or_else(String::new, |origin| format!(" {origin}"));
        let worker = clerk.map_or("", |_| " worker-src 'self' blob:;");
        // Clerk's bot protection, at sign-up only.
        let challenges = "https://challenges.cloudflare.com";
        let script = clerk.map_or_else(String::new, |_| format!(" {challenges}"));
        let frame = clerk.map_or_else(String::new, |_| format!(" frame-src {challenges};"));
        PagePolicy(format!(
            "default-src 'none'; script-src 'self'{script}; style-src 'self'; img-src 'self' data: https: http:; \
             connect-src 'self'{connect};{worker}{frame} base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ))
    }
}

/// The API reference draws its page with styles of its own.
const DOCS_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; font-src 'self' data:; base-uri 'none'; frame-ancestors 'none'";

/// The middleware.
pub async fn access_log(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let started = Instant::now();
    let id = request_id(&request);
    let (method, path) = (request.method().clone(), request.path().to_owned());
    let own = request.app_data::<web::Data<PagePolicy>>().cloned();
    let route = request.match_pattern();
    let span = info_span!("request", request = %id, trace = Empty);
    let traced = request_trace::begin(&request, &id, route.as_deref());
    if let Some(parent) = request.extensions().get::<TraceParent>() {
        span.record("trace", parent.trace_id());
    }
    let answer = next.call(request).instrument(span.clone());
    let mut response = answer.instrument(traced.clone()).await?;
    let status = response.status();
    request_trace::end(&traced, status.as_u16());
    let took = started.elapsed();
    counting::requested(method.as_str(), route, status.as_u16(), took);
    span.in_scope(|| {
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        info!(%method, path, status = status.as_u16(), took_ms, "request");
    });
    let policy = if path.starts_with("/docs") {
        DOCS_SECURITY_POLICY.to_owned()
    } else {
        own.map_or_else(String::new, |own| own.0.clone())
    };
    let headers = response.response_mut().headers_mut();
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    set(REQUEST_ID, &id);
    set("content-security-policy", &policy);
    set("x-content-type-options", "nosniff");
    set("referrer-policy", "no-referrer");
    Ok(response)
}

/// The caller's own id when it is short and plain, else a new one.
fn request_id(request: &ServiceRequest) -> String {
    let given = request
        .headers()
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok());
    given
        .filter(|id| is_plain(id))
        .map_or_else(|| format!("req_{}", Uuid::now_v7().simple()), str::to_owned)
}

fn is_plain(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=64).contains(&id.len()) && id.bytes().all(plain)
}
