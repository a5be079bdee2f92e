//! One JSON object a line: what the event says, and what the spans around it say of where it happened,
//! the inner over the outer, all on one level.

use std::fmt;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

/// The format. Fields of spans must be formatted as JSON.
pub(super) struct JsonLines;

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        let mut fields = Fields::default();
        for span in context
            .event_scope()
            .into_iter()
            .flat_map(|scope| scope.from_root())
        {
            let extensions = span.extensions();
            let formatted = extensions.get::<FormattedFields<N>>();
            let known = formatted.map(|formatted| serde_json::from_str(&formatted.fields));
            if let Some(Ok(Value::Object(known))) = known {
                fields.0.extend(known);
            }
        }
        event.record(&mut fields);
        let about = event.metadata();
        let message = fields.0.remove("message").unwrap_or_default();
        let head = [
            ("timestamp", Value::from(time)),
            ("level", Value::from(about.level().as_str())),
            ("target", Value::from(about.target())),
            ("message", message),
        ];
        for (number, (name, value)) in head.iter().enumerate() {
            let before = if number == 0 { '{' } else { ',' };
            write!(writer, "{before}\"{name}\":{value}")?;
        }
        for (name, value) in &fields.0 {
            if !head.iter().any(|(known, _)| known == name) {
                write!(writer, ",{}:{value}", Value::from(name.as_str()))?;
            }
        }
        writeln!(writer, "}}")
    }
}

/// Fields as JSON values.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn set(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing::field::Empty;
    use tracing::{info, info_span};
    use tracing_subscriber::fmt::format::JsonFields;

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("a lock").write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_is_one_object_with_all_that_the_spans_around_it_say() {
        let written = Written::default();
        let writer = written.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(move || writer.clone())
            .fmt_fields(JsonFields::new())
            .event_format(JsonLines)
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            let outer = info_span!("outer", post = "post_1", trace = Empty);
            outer.record("trace", "abc");
            let _outer = outer.entered();
            let _inner = info_span!("inner", attempt_id = "att_1").entered();
            info!(took_ms = 7_u64, said = %"two\nlines", "step");
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        let line: Value = serde_json::from_str(&text).unwrap();
        for (name, value) in [
            ("level", "INFO"),
            ("message", "step"),
            ("post", "post_1"),
            ("trace", "abc"),
            ("attempt_id", "att_1"),
            ("said", "two\nlines"),
        ] {
            assert_eq!(line[name], value, "{text}");
        }
        assert_eq!(line["took_ms"], 7);
        assert!(text.starts_with("{\"timestamp\":\"2"), "{text}");
    }
}
