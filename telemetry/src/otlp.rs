//! Where spans are sent: to an OpenTelemetry collector, by OTLP over HTTP, as the standard variables
//! say (`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_TRACES_SAMPLER`,
//! `OTEL_BSP_*`, `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`).
//!
//! Spans wait in a bounded queue, and a thread of its own sends them. When the collector is away they
//! are dropped; nothing else waits or fails.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::trace::TracerProvider;
use opentelemetry::{Key, KeyValue};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracerProvider, Tracer};
use tokio::runtime::Handle;
use tracing::{Subscriber, info, warn};
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::FilterFn;
use tracing_subscriber::registry::LookupSpan;

use crate::traces::TARGET;

/// How long one delivery to the collector may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the end of the process waits for what is left.
const LAST_WORDS: Duration = Duration::from_secs(3);
/// An answer of a collector is a few bytes; more is not read.
const ANSWER_CAP: usize = 64 * 1024;

/// Traces can not be exported.
#[derive(Debug, thiserror::Error)]
pub enum OtlpError {
    #[error("the exporter can not be set up: {0}")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
    #[error("the HTTP client can not be set up: {0}")]
    Http(#[from] reqwest::Error),
}

/// What sends spans, until it is shut down.
pub struct Export(SdkTracerProvider);

impl Export {
    /// Begins. Sending is done on the runtime that this is called on.
    ///
    /// # Errors
    /// When a variable can not be used.
    pub fn start(version: &'static str) -> Result<Self, OtlpError> {
        let http = reqwest::Client::builder()
            .timeout(CALL_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Collector {
                http,
                runtime: Handle::current(),
                is_away: AtomicBool::new(false),
            })
            .build()?;
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource(version))
            .build();
        Ok(Export(provider))
    }

    /// What takes the traced spans of a subscriber.
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let layer: OpenTelemetryLayer<S, Tracer> =
            tracing_opentelemetry::layer().with_tracer(self.0.tracer("dualposts"));
        layer
            .with_location(false)
            .with_threads(false)
            .with_level(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_context_activation(false)
            .with_filter(FilterFn::new(|about| {
                about.is_span() && about.target() == TARGET
            }))
    }

    /// Sends what is left, for at most three seconds.
    pub async fn shut_down(self) {
        let ended = tokio::task::spawn_blocking(move || self.0.shutdown_with_timeout(LAST_WORDS));
        if !matches!(ended.await, Ok(Ok(()))) {
            warn!("the last spans could not be exported");
        }
    }
}

/// Who we are, unless the variables say otherwise.
fn resource(version: &'static str) -> Resource {
    let builder = || Resource::builder().with_attribute(KeyValue::new("service.version", version));
    let resource = builder().build();
    let name = resource.get(&Key::from_static_str("service.name"));
    let is_named = name.is_some_and(|name| !name.as_str().starts_with("unknown_service"));
    if is_named {
        resource
    } else {
        builder().with_service_name("dualposts").build()
    }
}

/// The HTTP client of the rest of the product, for the exporter's thread, which has no runtime.
#[derive(Debug)]
struct Collector {
    http: reqwest::Client,
    runtime: Handle,
    is_away: AtomicBool,
}

#[async_trait::async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let http = self.http.clone();
        let answer = self.runtime.spawn(send(http, request)).await?;
        let is_away = !answer
            .as_ref()
            .is_ok_and(|answer| answer.status().is_success());
        let was_away = self.is_away.swap(is_away, Ordering::Relaxed);
        match &answer {
            _ if is_away == was_away => {}
            Ok(answer) if is_away => {
                warn!(
                    status = answer.status().as_u16(),
                    "the collector refuses spans; they are dropped"
                );
            }
            Ok(_) => info!("the collector takes spans again"),
            Err(error) => warn!(%error, "the collector can not be reached; spans are dropped"),
        }
        Ok(answer?)
    }
}

async fn send(
    http: reqwest::Client,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, reqwest::Error> {
    let request = reqwest::Request::try_from(request)?;
    let mut answer = http
        .execute(request)
        .await
        .map_err(reqwest::Error::without_url)?;
    let (status, headers) = (answer.status(), std::mem::take(answer.headers_mut()));
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if body.len() + chunk.len() > ANSWER_CAP {
            break;
        }
        body.extend_from_slice(&chunk);
    }
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}
