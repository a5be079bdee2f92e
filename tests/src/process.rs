//! The built binary as its own process, to be watched, killed and started again.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A running `dualposts`. Killed when dropped.
pub struct Process {
    child: Child,
    /// Lines that it printed at its start, up to the one that was waited for.
    pub printed: Vec<String>,
}

impl Process {
    /// Starts the binary and waits until it prints a line with `ready` in it.
    pub async fn start(args: &[&str], env: &[(&str, String)], ready: Option<&str>) -> Self {
        Self::start_logging(args, env, ready, &log_file()).await
    }

    /// The same with a log file of its own.
    pub async fn start_logging(
        args: &[&str],
        env: &[(&str, String)],
        ready: Option<&str>,
        log_file: &Path,
    ) -> Self {
        Self::begin(&binary(), args, env, ready, log_file).await
    }

    /// The same with another program.
    pub async fn start_program(
        program: &Path,
        args: &[&str],
        env: &[(&str, String)],
        ready: Option<&str>,
    ) -> Self {
        Self::begin(program, args, env, ready, &log_file()).await
    }

    async fn begin(
        program: &Path,
        args: &[&str],
        env: &[(&str, String)],
        ready: Option<&str>,
        log_file: &Path,
    ) -> Self {
        let mut command = Command::new(program);
        command
            .args(args)
            .env_clear()
            .envs(env.iter().map(|(name, value)| (*name, value)));
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(log_file)
            .expect("a log file");
        command
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true);
        let mut child = command.spawn().expect("the built binary");
        let mut lines = BufReader::new(child.stdout.take().expect("standard output")).lines();
        let mut printed = Vec::new();
        if let Some(ready) = ready {
            let read = async {
                while let Some(line) = lines.next_line().await.expect("a line") {
                    printed.push(line);
                    if printed.last().is_some_and(|line| line.contains(ready)) {
                        return;
                    }
                }
                panic!(
                    "{args:?} ended before it was ready; its log is {}",
                    log_file.display()
                );
            };
            tokio::time::timeout(Duration::from_secs(30), read)
                .await
                .expect("ready in time");
        }
        // What it prints later must not fill the pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Process { child, printed }
    }

    /// `kill -9`.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("killing");
    }

    /// `kill -TERM`, and waits for the end; returns whether it ended well.
    pub async fn terminate(mut self) -> bool {
        let pid = self.child.id().expect("a running process").to_string();
        let sent = Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .await
            .expect("kill");
        assert!(sent.success());
        let ended = tokio::time::timeout(Duration::from_secs(30), self.child.wait()).await;
        ended
            .expect("an end in time")
            .expect("an exit status")
            .success()
    }

    /// The id by which the system knows it.
    pub fn id(&self) -> u32 {
        self.child.id().expect("a running process")
    }

    /// The most memory that it has had resident so far, in megabytes.
    pub fn peak_memory(&self) -> f64 {
        self.status("VmHWM:")
    }

    /// The memory that it has resident now, in megabytes.
    pub fn memory(&self) -> f64 {
        self.status("VmRSS:")
    }

    fn status(&self, name: &str) -> f64 {
        let pid = self.id();
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("its status");
        let line = status.lines().find(|line| line.starts_with(name));
        let kilobytes = line.and_then(|line| line.split_whitespace().nth(1));
        let kilobytes: f64 = kilobytes.and_then(|text| text.parse().ok()).expect(name);
        kilobytes * 1024.0 / 1e6
    }

    /// How long it has kept a core busy, in the kernel too.
    pub fn cpu_time(&self) -> Duration {
        let pid = self.child.id().expect("a running process");
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("its statistics");
        // The name may hold blanks; what follows it does not.
        let rest = stat.rsplit(')').next().expect("fields");
        let fields = rest.split_whitespace().skip(11).take(2);
        let ticks: u64 = fields.filter_map(|text| text.parse::<u64>().ok()).sum();
        // Linux counts in hundredths of a second, on every machine that we run on.
        Duration::from_millis(ticks * 10)
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

/// Runs the binary to its end; returns whether it ended well, and what it wrote.
pub async fn run(args: &[&str], env: &[(&str, String)]) -> (bool, String) {
    let env = env.iter().map(|(name, value)| (*name, value));
    let done = Command::new(binary())
        .args(args)
        .env_clear()
        .envs(env)
        .output()
        .await
        .expect("the built binary");
    let wrote = [done.stdout, done.stderr].concat();
    (
        done.status.success(),
        String::from_utf8_lossy(&wrote).into_owned(),
    )
}

/// The binary beside this one. Debug builds make it on demand, so that `cargo test` alone is
/// enough; `make bench` builds it before.
pub fn binary() -> PathBuf {
    static BUILT: std::sync::OnceLock<PathBuf> = std::sync::OnceLock::new();
    BUILT
        .get_or_init(|| {
            if cfg!(debug_assertions) {
                build();
            }
            let own = std::env::current_exe().expect("this program");
            let found = own
                .ancestors()
                .map(|folder| folder.join("dualposts"))
                .find(|path| path.is_file());
            found.expect("dualposts beside this program; build it with `cargo build --workspace`")
        })
        .clone()
}

/// Builds the whole workspace, so that its features are those of the tests and nothing is
/// compiled twice.
fn build() {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let mut cargo = std::process::Command::new(env!("CARGO"));
    // What cargo tells the tests of their own package would make build scripts run anew that
    // look at it, and everything that hangs on them.
    for name in [
        "CARGO_MANIFEST_DIR",
        "CARGO_MANIFEST_PATH",
        "CARGO_MANIFEST_LINKS",
        "CARGO_PKG_NAME",
        "CARGO_PKG_VERSION",
        "CARGO_PKG_VERSION_MAJOR",
        "CARGO_PKG_VERSION_MINOR",
        "CARGO_PKG_VERSION_PATCH",
        "CARGO_PKG_VERSION_PRE",
    ] {
        cargo.env_remove(name);
    }
    let built = cargo
        .args([
            "build",
            "--quiet",
            "--locked",
            "--workspace",
            "--manifest-path",
            manifest,
        ])
        .status()
        .expect("cargo");
    assert!(built.success(), "the binary must build");
}

fn log_file() -> PathBuf {
    std::env::temp_dir().join(format!(
        "dualposts-process-tests-{}.log",
        std::process::id()
    ))
}
