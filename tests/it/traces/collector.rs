//! An OpenTelemetry collector of a test's own: takes OTLP over HTTP, and keeps what it is sent.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use prost::Message;

/// Runs until the test ends.
pub struct Collector {
    pub url: String,
    spans: Arc<Mutex<Vec<Span>>>,
}

/// A span as it was exported.
#[derive(Clone, Debug)]
pub struct Span {
    pub service: String,
    pub trace: String,
    pub id: String,
    /// Empty where it is the first.
    pub parent: String,
    pub name: String,
    pub attributes: BTreeMap<String, String>,
}

impl Collector {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let spans = Arc::new(Mutex::new(Vec::new()));
        let kept = spans.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = kept.clone();
                std::thread::spawn(move || serve(stream, &kept));
            }
        });
        Collector { url, spans }
    }

    /// All that was exported so far.
    pub fn spans(&self) -> Vec<Span> {
        self.spans.lock().expect("a lock").clone()
    }
}

fn serve(mut stream: TcpStream, kept: &Mutex<Vec<Span>>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    loop {
        let (mut first, mut length, mut is_protobuf) = (String::new(), 0, false);
        if reader.read_line(&mut first).ok()? == 0 {
            return None;
        }
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).ok()?;
            let Some((name, value)) = header.trim().split_once(": ") else {
                break;
            };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().ok()?,
                "content-type" => is_protobuf = value == "application/x-protobuf",
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let is_for_traces = first.starts_with("POST /v1/traces ") && is_protobuf;
        let sent = ExportTraceServiceRequest::decode(&*body).ok();
        let status = match sent.filter(|_| is_for_traces) {
            Some(sent) => {
                kept.lock().expect("a lock").extend(spans_of(sent));
                "200 OK"
            }
            None => "400 Bad Request",
        };
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n"
        )
        .ok()?;
    }
}

fn spans_of(sent: ExportTraceServiceRequest) -> Vec<Span> {
    let hex = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    let mut spans = Vec::new();
    for resource in sent.resource_spans {
        let about = resource.resource.unwrap_or_default().attributes;
        let service = attributes(about).remove("service.name").unwrap_or_default();
        for span in resource
            .scope_spans
            .into_iter()
            .flat_map(|scope| scope.spans)
        {
            spans.push(Span {
                service: service.clone(),
                trace: hex(&span.trace_id),
                id: hex(&span.span_id),
                parent: hex(&span.parent_span_id),
                name: span.name,
                attributes: attributes(span.attributes),
            });
        }
    }
    spans
}

fn attributes(of: Vec<KeyValue>) -> BTreeMap<String, String> {
    let told = |value: Option<any_value::Value>| match value {
        Some(any_value::Value::StringValue(text)) => text,
        Some(any_value::Value::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    };
    let pairs = of.into_iter();
    pairs
        .map(|pair| (pair.key, told(pair.value.and_then(|value| value.value))))
        .collect()
}
