//! The `traceparent` of W3C Trace Context: which trace something belongs to, and what it came from.

use std::fmt;
use std::str::FromStr;

use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};

/// A `traceparent` that was understood, such as
/// `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceParent(SpanContext);

/// Not a `traceparent`; by the standard it is ignored.
#[derive(Debug, thiserror::Error)]
#[error("not a traceparent of W3C Trace Context")]
pub struct NoTraceParent;

impl TraceParent {
    /// Of a span that is traced.
    pub(crate) fn of(context: &SpanContext) -> Option<Self> {
        context.is_valid().then(|| TraceParent(context.clone()))
    }

    /// The trace, in 32 hexadecimal digits.
    pub fn trace_id(&self) -> String {
        self.0.trace_id().to_string()
    }

    pub(crate) fn context(&self) -> opentelemetry::Context {
        opentelemetry::Context::new().with_remote_span_context(self.0.clone())
    }
}

impl FromStr for TraceParent {
    type Err = NoTraceParent;

    /// Version 00 exactly; of a later version what version 00 knows, as the standard says.
    fn from_str(text: &str) -> Result<Self, NoTraceParent> {
        let mut fields = text.trim().splitn(5, '-');
        let mut field = |digits: usize| {
            let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            let field = fields.next().unwrap_or_default();
            let is_right = field.len() == digits && field.bytes().all(is_hex);
            is_right.then_some(field).ok_or(NoTraceParent)
        };
        let (version, trace, span, flags) = (field(2)?, field(32)?, field(16)?, field(2)?);
        if version == "ff" || version == "00" && fields.next().is_some() {
            return Err(NoTraceParent);
        }
        let wrong = |_| NoTraceParent;
        let context = SpanContext::new(
            TraceId::from_hex(trace).map_err(wrong)?,
            SpanId::from_hex(span).map_err(wrong)?,
            TraceFlags::new(u8::from_str_radix(flags, 16).map_err(|_| NoTraceParent)?)
                & TraceFlags::SAMPLED,
            true,
            TraceState::default(),
        );
        Self::of(&context).ok_or(NoTraceParent)
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (trace, span) = (self.0.trace_id(), self.0.span_id());
        write!(f, "00-{trace}-{span}-{:02x}", self.0.trace_flags())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_is_read_and_written_and_what_is_none_is_refused() {
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert_eq!(good.parse::<TraceParent>().unwrap().to_string(), good);
        let later = good.replacen("00", "cc", 1) + "-what-will-be";
        assert_eq!(later.parse::<TraceParent>().unwrap().to_string(), good);
        for wrong in [
            "",
            "00",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333-001",
        ] {
            assert!(wrong.parse::<TraceParent>().is_err(), "{wrong}");
        }
    }
}
