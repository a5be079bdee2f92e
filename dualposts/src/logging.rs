//! Log lines: one for each event, for people or, as JSON, for machines.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::Fatal;
use crate::settings::Settings;

const QUIET: &[&str] = &[
    "sea_orm_migration=warn",
    "actix_server=warn",
    "apalis_core=warn",
    "sqlx=warn",
];

/// Starts logging to standard error, as `DUALPOSTS_LOG` says.
pub fn start(settings: &Settings) -> Result<(), Fatal> {
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
    let filter = EnvFilter::try_new(filter.join(","))
        .map_err(|error| format!("DUALPOSTS_LOG is {:?}: {error}", settings.log))?;
    let terminal = std::io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(terminal);
    if json {
        lines
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .try_init()
    } else {
        lines.with_target(false).try_init()
    }
}
