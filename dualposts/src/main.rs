//! The binary: one command for each role.

mod apps;
mod assemble;
mod backup;
mod commands;
mod demo;
mod doctor;
mod exports;
mod health;
mod logging;
mod owner;
mod roles;
mod schema;
mod settings;
mod simulation;
mod stop;
mod up;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use settings::Settings;
use simulation::SimulatorArgs;

/// Write once, and it appears on X and Threads, now or at the time you chose, exactly once.
#[derive(Parser)]
#[command(name = "dualposts", version, about, long_about = None)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Everything in one process: API, worker, database file, and a simulator until real
    /// credentials are set. This is what runs without a command.
    Up,
    /// The API alone. Any number may run.
    Api,
    /// A worker alone. Any number may run.
    Worker,
    /// Brings the database to the newest schema.
    Migrate,
    /// The simulator of Threads and X alone.
    Simulator(SimulatorArgs),
    /// Makes, lists and revokes API keys.
    #[command(subcommand)]
    Keys(commands::KeysCommand),
    /// Prints a fresh link that signs a browser in, once.
    Link,
    /// Checks the configuration and everything that it names.
    Doctor,
    /// Whether it works, as the exit code: 0, or 1 with a reason. For health checks of containers.
    Health {
        /// Of which process: `up` and `api` are asked whether they are ready; for a `worker`, what it
        /// works with is tried.
        #[arg(value_enum, default_value = "api")]
        role: health::Role,
    },
    /// Copies the database file, at any time, beside a process that uses it. The copy is for
    /// `dualposts restored`; the sealing key and the files are to be kept besides.
    Backup {
        /// A file that does not exist yet.
        file: std::path::PathBuf,
    },
    /// After a backup was restored and before anything runs on it: sets aside what may have been
    /// published since the backup, so that nothing goes out twice.
    Restored(backup::RestoredArgs),
    /// Prints the OpenAPI document.
    Openapi,
}

#[tokio::main]
async fn main() -> ExitCode {
    if rustls::crypto::ring::default_provider()
        .install_default()
        .is_err()
    {
        eprintln!("dualposts: a TLS provider is installed already");
    }
    let command = Cli::parse().command.unwrap_or(Command::Up);
    match run(command).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("dualposts: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whatever ends a command: told to a person on standard error.
type Fatal = Box<dyn std::error::Error + Send + Sync>;

async fn run(command: Command) -> Result<ExitCode, Fatal> {
    if let Command::Openapi = command {
        println!("{}", api::server::openapi().to_pretty_json()?);
        return Ok(ExitCode::SUCCESS);
    }
    let settings = Settings::from_env()?;
    let export = logging::start(&settings, command.serves())?;
    let ended = serve_or_do(command, settings).await;
    if let Some(export) = export {
        export.shut_down().await;
    }
    ended
}

impl Command {
    /// Whether it runs until it is told to stop.
    fn serves(&self) -> bool {
        matches!(self, Command::Up | Command::Api | Command::Worker)
    }
}

async fn serve_or_do(command: Command, settings: Settings) -> Result<ExitCode, Fatal> {
    match command {
        Command::Up => up::up(settings).await?,
        Command::Api => roles::api(settings).await?,
        Command::Worker => roles::worker(settings).await?,
        Command::Migrate => commands::migrate(&settings).await?,
        Command::Simulator(args) => simulation::alone(args).await?,
        Command::Keys(command) => commands::keys(&settings, command).await?,
        Command::Link => commands::link(&settings).await?,
        Command::Doctor => return doctor::doctor(&settings).await,
        Command::Health { role } => return health::health(&settings, role).await,
        Command::Backup { file } => backup::backup(&settings, &file).await?,
        Command::Restored(args) => backup::restored(&settings, &args).await?,
        Command::Openapi => {}
    }
    Ok(ExitCode::SUCCESS)
}
