//! Spans of one trace, from the request that submits a post over the worker's steps, after hours as
//! well, to the webhook that tells of it.
//!
//! A traced span is made with [`TARGET`], carries ids and words of closed sets, and never a text or a
//! token. Unless traces are exported nobody is interested in that target, and making such a span costs
//! a comparison.

use opentelemetry::trace::TraceContextExt;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::traceparent::TraceParent;

/// The target of spans that are exported, and of nothing else. Log lines show none of them.
pub const TARGET: &str = "traced";

/// The span as a part of the trace that `parent` names, as it was sent or stored. Without one, or
/// with one that can not be read, it begins a trace.
pub fn continued(span: Span, parent: Option<&str>) -> Span {
    if span.is_disabled() {
        return span;
    }
    if let Some(parent) = parent.and_then(|parent| parent.parse::<TraceParent>().ok()) {
        // It fails for spans that are not exported, which is no harm.
        let _ = span.set_parent(parent.context());
    }
    span
}

/// What carries the trace on from a span: to a post's row, or in the `traceparent` of a request.
/// `None` where it is not exported.
pub fn parent_of(span: &Span) -> Option<TraceParent> {
    if span.is_disabled() {
        return None;
    }
    TraceParent::of(span.context().span().span_context())
}
