//! A request as a part of a trace: of the caller's, or of one that begins here.

use actix_web::HttpMessage;
use actix_web::dev::ServiceRequest;
use telemetry::{TraceParent, traces};
use tracing::field::Empty;
use tracing::{Span, info_span};

/// The standard's header.
const TRACE_PARENT: &str = "traceparent";

/// Begins the request's span, which nobody sees unless traces are exported. What the request leads to
/// finds its [`TraceParent`] among the request's extensions: our span, or what the caller sent.
pub fn begin(request: &ServiceRequest, id: &str, route: Option<&str>) -> Span {
    let sent = request.headers().get(TRACE_PARENT);
    let sent = sent.and_then(|value| value.to_str().ok());
    let method = request.method();
    let span = info_span!(
        target: traces::TARGET, "request",
        otel.name = %format!("{method} {}", route.unwrap_or("none")), otel.kind = "server",
        otel.status_code = Empty, request = %id,
        http.request.method = %method, http.route = route, http.response.status_code = Empty,
    );
    let span = traces::continued(span, sent);
    let parent = traces::parent_of(&span).or_else(|| sent?.parse::<TraceParent>().ok());
    if let Some(parent) = parent {
        request.extensions_mut().insert(parent);
    }
    span
}

/// Notes how it ended.
pub fn end(span: &Span, status: u16) {
    span.record("http.response.status_code", i64::from(status));
    if status >= 500 {
        span.record("otel.status_code", "ERROR");
    }
}
