//! The distributed product as processes: a simulator, an API, workers, on a database and a Redis
//! of their own.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::backend::{Backend, Mode};
use crate::client::{Client, Reply, text};
use crate::process::Process;

const KEY: &str = "dp_stacktst_the-key-of-the-process-tests";

/// All but the workers, which tests start and kill as they like.
pub struct Stack {
    pub backend: Backend,
    pub redis: RedisServer,
    pub simulator: Client,
    pub client: Client,
    pub env: Vec<(&'static str, String)>,
    _simulator: Process,
    _api: Process,
}

impl Stack {
    /// Starts simulator and API with `accounts` demo accounts on each platform. `settings` are
    /// put into the environment of API and workers.
    pub async fn start(accounts: usize, settings: &[(&'static str, &str)]) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let backend = Backend::fresh(Mode::Distributed).await;
        let redis = RedisServer::start().await;
        let count = accounts.to_string();
        let args = [
            "simulator",
            "--listen",
            "127.0.0.1:0",
            "--accounts",
            &count,
            "--no-limits",
        ];
        let simulator = Process::start(&args, &[], Some("live posts")).await;
        let url = text_after(&simulator.printed, "http://");
        let mut env = vec![
            ("DATABASE_URL", backend.database_url.clone()),
            ("REDIS_URL", redis.url.clone()),
            ("DUALPOSTS_LISTEN", "127.0.0.1:0".to_owned()),
            (
                "DUALPOSTS_SECRET_KEY",
                "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=".to_owned(),
            ),
            ("DUALPOSTS_BOOTSTRAP_API_KEY", KEY.to_owned()),
            ("DUALPOSTS_THREADS_API_URL", url.clone()),
            ("DUALPOSTS_X_API_URL", url.clone()),
            ("DUALPOSTS_X_WEB_URL", url.clone()),
            ("DUALPOSTS_SIMULATOR", "on".to_owned()),
            ("DUALPOSTS_DEMO_ACCOUNTS", count),
            ("DUALPOSTS_LIMITS", "off".to_owned()),
            ("DUALPOSTS_API_RATE", "off".to_owned()),
            ("DUALPOSTS_API_RATE_IP", "off".to_owned()),
            ("DUALPOSTS_LOG", "json,info".to_owned()),
        ];
        env.extend(
            settings
                .iter()
                .map(|(name, value)| (*name, (*value).to_owned())),
        );
        let api = Process::start(&["api"], &env, Some("API http://")).await;
        let client = Client::new(&text_after(&api.printed, "http://"), KEY);
        let stack = Stack {
            simulator: Client::new(&url, ""),
            client,
            backend,
            redis,
            env,
            _simulator: simulator,
            _api: api,
        };
        stack
            .until("the accounts are connected", || async {
                let list = stack.client.get("/v1/accounts").await;
                list.body["data"]
                    .as_array()
                    .is_some_and(|list| list.len() == 2 * accounts)
            })
            .await;
        stack
    }

    /// One more worker.
    pub async fn worker(&self) -> Process {
        Process::start(&["worker"], &self.env, Some("Worker ")).await
    }

    /// Submits `count` posts, each to one account on each platform, taking turns; all at once.
    pub async fn submit(&self, count: usize, prefix: &str) {
        let accounts = self.client.get("/v1/accounts").await.body;
        let ids = |platform: &str| -> Vec<String> {
            let all = accounts["data"].as_array().expect("accounts");
            all.iter()
                .filter(|row| row["platform"] == platform)
                .map(|row| text(&row["id"]).to_owned())
                .collect()
        };
        let (threads, x) = (ids("threads"), ids("x"));
        let submits = (0..count).map(|number| {
            let accounts = [&threads[number % threads.len()], &x[number % x.len()]];
            let body = json!({ "text": format!("{prefix} {number}"), "accounts": accounts });
            let client = self.client.clone();
            async move {
                client
                    .submit_with_key(body, &format!("{prefix}-{number}"))
                    .await
            }
        });
        let answers: Vec<Reply> = futures::StreamExt::collect(
            futures::StreamExt::buffer_unordered(futures::stream::iter(submits), 64),
        )
        .await;
        for answer in answers {
            assert!(
                answer.status.is_success(),
                "{} {:#}",
                answer.status,
                answer.body
            );
        }
    }

    /// How many deliveries have this status.
    pub async fn count(&self, status: &str) -> i64 {
        self.number(&format!(
            "SELECT count(*) FROM deliveries WHERE status = '{status}'"
        ))
        .await
    }

    /// One number out of the database.
    pub async fn number(&self, sql: &str) -> i64 {
        use sea_orm::{ConnectionTrait, Statement};
        let database = self.backend.database.reader();
        let statement = Statement::from_string(database.get_database_backend(), sql);
        let row = database
            .query_one_raw(statement)
            .await
            .expect(sql)
            .expect("a row");
        row.try_get_by_index(0).expect("a number")
    }

    /// Waits until `count` deliveries are published; fails when one failed.
    pub async fn until_published(&self, count: i64) {
        self.until("all is published", || async {
            assert_eq!(self.count("failed").await, 0, "a delivery failed");
            self.count("published").await == count
        })
        .await;
    }

    /// Asserts that exactly `count` posts are live and no text twice on an account.
    pub async fn assert_live(&self, count: usize) {
        let live = self.simulator.get("/_sim/posts").await.body;
        let live = live.as_array().expect("posts");
        let name =
            |post: &Value| format!("{} {} {}", post["platform"], post["account"], post["text"]);
        let different: std::collections::HashSet<String> = live.iter().map(name).collect();
        assert_eq!(
            (live.len(), different.len()),
            (count, count),
            "live posts, and different ones among them"
        );
    }

    /// Waits for a condition that another process brings about.
    pub async fn until<F: Future<Output = bool>>(&self, what: &str, condition: impl Fn() -> F) {
        let started = Instant::now();
        while !condition().await {
            assert!(
                started.elapsed() < Duration::from_secs(120),
                "waited too long until {what}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// A Redis of a test's own, to be emptied, stopped and started.
pub struct RedisServer {
    pub url: String,
    port: u16,
    child: Child,
}

impl RedisServer {
    /// Starts one on a free port.
    pub async fn start() -> Self {
        for _ in 0..20 {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
            let port = listener.local_addr().expect("an address").port();
            drop(listener);
            if let Some(child) = start_redis(port).await {
                return RedisServer {
                    url: format!("redis://127.0.0.1:{port}"),
                    port,
                    child,
                };
            }
        }
        panic!("redis-server does not start; run the tests with `make test`");
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// `FLUSHALL`.
    pub async fn flush_all(&self) {
        let port = self.port.to_string();
        let done = Command::new("redis-cli")
            .args(["-p", &port, "FLUSHALL"])
            .output()
            .await
            .expect("redis-cli");
        assert!(done.status.success());
    }

    /// Stops it; what it held is lost.
    pub async fn stop(&mut self) {
        self.child.kill().await.expect("killing Redis");
    }

    /// Starts it again, empty, on the same port.
    pub async fn start_again(&mut self) {
        self.child = start_redis(self.port)
            .await
            .expect("Redis on its former port");
    }
}

async fn start_redis(port: u16) -> Option<Child> {
    let port_text = port.to_string();
    let args = [
        "--port",
        &port_text,
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--appendonly",
        "no",
    ];
    let mut child = Command::new("redis-server")
        .args(args)
        .current_dir(std::env::temp_dir())
        .stdout(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("redis-server; run the tests with `make test`");
    for _ in 0..200 {
        if tokio::net::TcpStream::connect(("127.0.0.1", port))
            .await
            .is_ok()
        {
            return Some(child);
        }
        if child.try_wait().ok().flatten().is_some() {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    None
}

/// The word in what was printed that begins with `start`.
pub fn text_after(printed: &[String], start: &str) -> String {
    let words = printed.iter().flat_map(|line| line.split_whitespace());
    let found = words
        .filter_map(|word| word.find(start).map(|at| word[at..].to_owned()))
        .next();
    found.unwrap_or_else(|| panic!("nothing with {start} in {printed:?}"))
}
