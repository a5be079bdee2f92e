//! The product's processes, kept alive as an init system does.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use entities::Database;
use tokio::process::{Child, Command};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::plan::{CALL_TIMEOUT, LEASE, Plan};
use crate::backend::{Backend, Mode, connect, postgres_server};
use crate::process::binary;
use crate::proxy::Proxy;
use crate::stack::RedisServer;

pub const KEY: &str = "dp_torture1_the-key-of-the-torture-run";
const SECRET_KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// The product under torture.
pub struct Product {
    pub mode: Mode,
    pub api_url: String,
    pub processes: Vec<Arc<Supervised>>,
    /// The truth, reached past everything that fails.
    pub database: Database,
    pub servers: Option<Servers>,
    folder: PathBuf,
    _backend: Option<Backend>,
    stop: CancellationToken,
}

/// What the distributed product stands on, each behind a proxy.
pub struct Servers {
    pub redis: Mutex<RedisServer>,
    pub redis_proxy: Proxy,
    pub postgres_proxy: Proxy,
}

impl Product {
    /// Starts everything; `platforms_url` stands in for both platforms.
    pub async fn start(mode: Mode, plan: &Plan, time_lapse: &str, platforms_url: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("dualposts-torture-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir_all(&folder).expect("a temporary folder");
        let address = free_address();
        let seconds = |span: Duration| span.as_secs().to_string();
        let mut env = vec![
            ("DUALPOSTS_LISTEN", address.to_string()),
            // Threads fetches files there, and the workers have to say where that is.
            ("DUALPOSTS_PUBLIC_URL", format!("http://{address}")),
            // One folder of files for all processes.
            (
                "DUALPOSTS_DATA_DIR",
                folder.join("data").display().to_string(),
            ),
            ("DUALPOSTS_BOOTSTRAP_API_KEY", KEY.to_owned()),
            ("DUALPOSTS_SECRET_KEY", SECRET_KEY.to_owned()),
            ("DUALPOSTS_SIMULATOR", "off".to_owned()),
            ("DUALPOSTS_THREADS_API_URL", platforms_url.to_owned()),
            ("DUALPOSTS_X_API_URL", platforms_url.to_owned()),
            ("DUALPOSTS_X_WEB_URL", platforms_url.to_owned()),
            ("DUALPOSTS_TIME_LAPSE", time_lapse.to_owned()),
            ("DUALPOSTS_LEASE_S", seconds(LEASE)),
            ("DUALPOSTS_CALL_TIMEOUT_S", seconds(CALL_TIMEOUT)),
            ("DUALPOSTS_HANDED_S", "120".to_owned()),
            ("DUALPOSTS_API_RATE", "off".to_owned()),
            ("DUALPOSTS_API_RATE_IP", "off".to_owned()),
            ("DUALPOSTS_LOG", "json,info".to_owned()),
        ];
        let stop = CancellationToken::new();
        let api_url = format!("http://{address}");
        let supervised = |name: &str, command: &'static str, env: &Vec<(&'static str, String)>| {
            Supervised::start(name, command, env.clone(), &folder, stop.clone())
        };
        match mode {
            Mode::Embedded => {
                let up = supervised("up", "up", &env);
                let file = folder.join("data").join("dualposts.db");
                wait_for("the database file", || file.is_file()).await;
                let database = connect(&format!("sqlite://{}", file.display())).await;
                Product {
                    mode,
                    api_url,
                    processes: vec![up],
                    database,
                    servers: None,
                    folder,
                    _backend: None,
                    stop,
                }
            }
            Mode::Distributed => {
                let backend = Backend::fresh(mode).await;
                let redis = RedisServer::start().await;
                let redis_proxy = Proxy::start(redis.address()).await;
                let postgres_proxy = Proxy::start(postgres_server()).await;
                env.push((
                    "DATABASE_URL",
                    backend.url_through(postgres_proxy.address()),
                ));
                env.push(("REDIS_URL", format!("redis://{}", redis_proxy.address())));
                let mut processes = vec![supervised("api", "api", &env)];
                for number in 1..=plan.workers {
                    processes.push(supervised(&format!("worker-{number}"), "worker", &env));
                }
                Product {
                    mode,
                    api_url,
                    processes,
                    database: connect(&backend.database_url).await,
                    servers: Some(Servers {
                        redis: Mutex::new(redis),
                        redis_proxy,
                        postgres_proxy,
                    }),
                    folder,
                    _backend: Some(backend),
                    stop,
                }
            }
        }
    }

    /// Where the processes write their logs; kept when the run was not clean.
    pub fn logs(&self) -> &PathBuf {
        &self.folder
    }

    /// Ends everything; returns the logs' folder if it is to be kept.
    pub async fn end(self, keep_logs: bool) {
        self.stop.cancel();
        for process in &self.processes {
            process.kill().await;
        }
        if !keep_logs {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// A process that is started again whenever it ends.
pub struct Supervised {
    pub name: String,
    child: Mutex<Option<Child>>,
    held_down: AtomicBool,
}

impl Supervised {
    fn start(
        name: &str,
        command: &'static str,
        env: Vec<(&'static str, String)>,
        folder: &std::path::Path,
        stop: CancellationToken,
    ) -> Arc<Self> {
        let this = Arc::new(Supervised {
            name: name.to_owned(),
            child: Mutex::new(None),
            held_down: AtomicBool::new(false),
        });
        let log = folder.join(format!("{name}.log"));
        let kept = Arc::clone(&this);
        tokio::spawn(async move {
            while !stop.is_cancelled() {
                kept.keep_alive(command, &env, &log).await;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        this
    }

    async fn keep_alive(&self, command: &str, env: &[(&'static str, String)], log: &PathBuf) {
        let mut child = self.child.lock().await;
        let runs = matches!(child.as_mut().map(Child::try_wait), Some(Ok(None)));
        if runs || self.held_down.load(Ordering::SeqCst) {
            return;
        }
        let open = || {
            let file = std::fs::File::options().create(true).append(true).open(log);
            file.expect("a log file")
        };
        let started = Command::new(binary())
            .arg(command)
            .env_clear()
            .envs(env.iter().map(|(name, value)| (*name, value)))
            .stdin(Stdio::null())
            .stdout(open())
            .stderr(open())
            .kill_on_drop(true)
            .spawn();
        *child = Some(started.expect("the built binary"));
    }

    /// `kill -9`, and keeps it down for so long.
    pub async fn kill_for(&self, down: Duration) {
        self.held_down.store(true, Ordering::SeqCst);
        self.kill().await;
        tokio::time::sleep(down).await;
        self.held_down.store(false, Ordering::SeqCst);
    }

    /// `kill -TERM`; whoever keeps it alive starts it again.
    pub async fn terminate(&self) {
        self.signal("-TERM").await;
    }

    /// Freezes it for so long.
    pub async fn freeze(&self, span: Duration) {
        self.signal("-STOP").await;
        tokio::time::sleep(span).await;
        self.signal("-CONT").await;
    }

    async fn kill(&self) {
        if let Some(mut child) = self.child.lock().await.take() {
            let _ = child.kill().await;
        }
    }

    async fn signal(&self, signal: &str) {
        let pid = self.child.lock().await.as_ref().and_then(Child::id);
        if let Some(pid) = pid {
            let _ = Command::new("kill")
                .args([signal, &pid.to_string()])
                .stderr(Stdio::null())
                .status()
                .await;
        }
    }
}

/// A port that is free now: the API must come back at the same address each time.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address")
}

/// Waits for something that another process brings about.
pub async fn wait_for(what: &str, mut condition: impl FnMut() -> bool) {
    for _ in 0..1_200 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("waited too long for {what}");
}
