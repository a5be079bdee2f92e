//! Log lines: one for each event, for people or, as JSON, for machines. And the spans of traces, where
//! they are exported.

mod json_lines;

use std::io::IsTerminal;

use json_lines::JsonLines;
use telemetry::otlp::Export;
use telemetry::traces;
use tracing_subscriber::fmt::format::JsonFields;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use crate::Fatal;
use crate::settings::Settings;

const QUIET: &[&str] = &[
    "sea_orm_migration=warn",
    "actix_server=warn",
    "apalis_core=warn",
    "sqlx=warn",
];

/// Starts logging to standard error, as `DUALPOSTS_LOG` says, and the export of traces if that is set
/// and `serves` says that the process stays.
pub fn start(settings: &Settings, serves: bool) -> Result<Option<Export>, Fatal> {
    let (mut json, mut filter) = (false, Vec::new());
    for word in settings.log.split(',').map(str::trim) {
        match word {
            "json" => json = true,
            "pretty" => json = false,
            other => filter.push(other),
        }
    }
    // What libraries say of themselves is for whoever asks for it by name.
    filter.extend(QUIET.iter().filter(|quiet| {
        !settings
            .log
            .contains(quiet.split('=').next().unwrap_or_default())
    }));
    let without_spans = format!("{}=off", traces::TARGET);
    filter.push(&without_spans);
    let filter = EnvFilter::try_new(filter.join(","))
        .map_err(|error| format!("DUALPOSTS_LOG is {:?}: {error}", settings.log))?;
    let lines = tracing_subscriber::fmt::layer::<Registry>().with_writer(std::io::stderr);
    let lines: Box<dyn Layer<Registry> + Send + Sync> = if json {
        let lines = lines.with_ansi(false).fmt_fields(JsonFields::new());
        Box::new(lines.event_format(JsonLines).with_filter(filter))
    } else {
        let terminal = std::io::stderr().is_terminal();
        Box::new(
            lines
                .with_ansi(terminal)
                .with_target(false)
                .with_filter(filter),
        )
    };
    let export = (settings.traces && serves).then(|| Export::start(env!("CARGO_PKG_VERSION")));
    let export = export.transpose()?;
    tracing_subscriber::registry()
        .with(lines)
        .with(export.as_ref().map(Export::layer))
        .try_init()?;
    Ok(export)
}
