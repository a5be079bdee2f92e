//! Measures, on this machine and in one run: from submit to published with an instant platform,
//! at a steady rate and in a burst, in both modes side by side. Prints; asserts nothing.
//!
//! `make bench`, or `bench RATE SECONDS [embedded|distributed]` inside `scripts/with-services.sh`.

use std::time::{Duration, Instant};

use entities::Database;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;
use tests::backend::{Backend, Mode, connect};
use tests::client::{Client, text};
use tests::process::Process;
use tests::stack::text_after;

const ACCOUNTS: usize = 20;
const KEY: &str = "dp_benchkey_the-key-of-the-benchmark";
const BURST: usize = 2_000;

#[tokio::main]
async fn main() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut numbers = std::env::args().skip(1).filter_map(|arg| arg.parse().ok());
    let rate = numbers.next().unwrap_or(300);
    let seconds = numbers.next().unwrap_or(20);
    let only = std::env::args().find(|arg| arg == "embedded" || arg == "distributed");
    println!(
        "{rate} posts/s for {seconds} s, each to one account on Threads and one on X; instant simulator"
    );
    println!("{:<46}{:>12}{:>12}", "", "embedded", "distributed");
    let wanted = |mode: &str| only.as_deref().is_none_or(|only| only == mode);
    let embedded = if wanted("embedded") {
        measure(Mode::Embedded, rate, seconds).await
    } else {
        Lines::new()
    };
    let distributed = if wanted("distributed") {
        measure(Mode::Distributed, rate, seconds).await
    } else {
        Lines::new()
    };
    for number in 0..embedded.len().max(distributed.len()) {
        let (left, right) = (embedded.get(number), distributed.get(number));
        let name = left.or(right).map_or("", |line| line.0);
        let value =
            |line: Option<&(&str, String)>| line.map_or(String::new(), |line| line.1.clone());
        println!("{name:<46}{:>12}{:>12}", value(left), value(right));
    }
}

/// What was measured, line by line.
type Lines = Vec<(&'static str, String)>;

async fn measure(mode: Mode, rate: usize, seconds: usize) -> Lines {
    let product = Product::start(mode).await;
    let targets = product.targets().await;
    product.submit_at(50, 2, &targets, "warm").await;
    product.until_published().await;

    let mut answers = product.submit_at(rate, seconds, &targets, "steady").await;
    product.until_published().await;
    answers.sort();
    let mut published = product.latencies("steady").await;
    published.sort_unstable();

    let started = Instant::now();
    product.burst(BURST, &targets).await;
    let accepted = started.elapsed();
    product.until_published().await;
    let done = started.elapsed();

    let each = product.latencies_each("steady").await;
    let of_platform = |platform: &str, per_mille: usize| {
        let mut all: Vec<i64> = each
            .iter()
            .filter(|(known, _)| known == platform)
            .map(|(_, took)| *took)
            .collect();
        all.sort_unstable();
        format!("{} ms", all[(all.len() - 1) * per_mille / 1000])
    };
    let at = |per_mille: usize| published[(published.len() - 1) * per_mille / 1000];
    let answer = |per_mille: usize| ms(answers[(answers.len() - 1) * per_mille / 1000]);
    vec![
        ("submit answered, p50", answer(500)),
        ("submit answered, p99", answer(990)),
        (
            "submit to published on both, p50",
            format!("{} ms", at(500)),
        ),
        (
            "submit to published on both, p90",
            format!("{} ms", at(900)),
        ),
        (
            "submit to published on both, p99",
            format!("{} ms", at(990)),
        ),
        (
            "submit to published on both, worst",
            format!("{} ms", at(1000)),
        ),
        ("  on X alone, p50", of_platform("x", 500)),
        ("  on X alone, p99", of_platform("x", 990)),
        ("  on Threads alone, p50", of_platform("threads", 500)),
        ("  on Threads alone, p99", of_platform("threads", 990)),
        (
            "burst of 2,000 posts: accepted per second",
            format!("{:.0}", BURST as f64 / accepted.as_secs_f64()),
        ),
        (
            "burst of 2,000 posts: deliveries per second",
            format!("{:.0}", 2.0 * BURST as f64 / done.as_secs_f64()),
        ),
    ]
}

fn ms(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1000.0)
}

/// The running product.
struct Product {
    client: Client,
    database: Database,
    _processes: Vec<Process>,
    _backend: Option<Backend>,
    _folder: Option<Folder>,
}

/// A data folder; gone at the end.
struct Folder(std::path::PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Product {
    #[expect(
        clippy::disallowed_methods,
        reason = "settings to compare are named in the environment"
    )]
    async fn start(mode: Mode) -> Self {
        let mut common = vec![
            ("DUALPOSTS_BOOTSTRAP_API_KEY", KEY.to_owned()),
            ("DUALPOSTS_LISTEN", "127.0.0.1:0".to_owned()),
            ("DUALPOSTS_SIMULATOR", "on".to_owned()),
            ("DUALPOSTS_DEMO_ACCOUNTS", ACCOUNTS.to_string()),
            ("DUALPOSTS_LIMITS", "off".to_owned()),
            ("DUALPOSTS_API_RATE", "off".to_owned()),
            ("DUALPOSTS_API_RATE_IP", "off".to_owned()),
            ("DUALPOSTS_LOG", "json,warn".to_owned()),
        ];
        // To compare settings, run after run.
        let of_this_run = ["DUALPOSTS_DATABASE_CONNECTIONS", "DUALPOSTS_CONCURRENCY"];
        common.extend(
            of_this_run
                .into_iter()
                .filter_map(|name| Some((name, std::env::var(name).ok()?))),
        );
        match mode {
            Mode::Embedded => Self::embedded(common).await,
            Mode::Distributed => Self::distributed(common).await,
        }
    }

    async fn embedded(mut env: Vec<(&'static str, String)>) -> Self {
        let folder =
            Folder(std::env::temp_dir().join(format!("dualposts-bench-{}", std::process::id())));
        env.push(("DUALPOSTS_DATA_DIR", folder.0.display().to_string()));
        env.push(("DUALPOSTS_SIMULATOR_LISTEN", "127.0.0.1:0".to_owned()));
        let up = Process::start(&["up"], &env, Some("curl ")).await;
        let url = text_after(&up.printed, "http://");
        let url = url.split("/#").next().expect("an address").to_owned();
        let database = connect(&format!(
            "sqlite://{}",
            folder.0.join("dualposts.db").display()
        ))
        .await;
        Product {
            client: Client::new(&url, KEY),
            database,
            _processes: vec![up],
            _backend: None,
            _folder: Some(folder),
        }
    }

    async fn distributed(mut env: Vec<(&'static str, String)>) -> Self {
        let backend = Backend::fresh(Mode::Distributed).await;
        let accounts = ACCOUNTS.to_string();
        let args = [
            "simulator",
            "--listen",
            "127.0.0.1:0",
            "--accounts",
            &accounts,
            "--no-limits",
        ];
        let simulator = Process::start(&args, &[], Some("live posts")).await;
        let url = text_after(&simulator.printed, "http://");
        let redis = backend.redis.clone().expect("Redis");
        env.extend([
            ("DATABASE_URL", backend.database_url.clone()),
            ("REDIS_URL", redis.url),
            ("DUALPOSTS_QUEUE_PREFIX", redis.prefix),
            (
                "DUALPOSTS_SECRET_KEY",
                "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=".to_owned(),
            ),
            ("DUALPOSTS_THREADS_API_URL", url.clone()),
            ("DUALPOSTS_X_API_URL", url.clone()),
            ("DUALPOSTS_X_WEB_URL", url),
        ]);
        let api = Process::start(&["api"], &env, Some("API http://")).await;
        let worker = Process::start(&["worker"], &env, Some("Worker ")).await;
        Product {
            client: Client::new(&text_after(&api.printed, "http://"), KEY),
            database: connect(&backend.database_url).await,
            _processes: vec![api, worker, simulator],
            _backend: Some(backend),
            _folder: None,
        }
    }

    /// Pairs of accounts, one on each platform.
    async fn targets(&self) -> Vec<[String; 2]> {
        loop {
            let body = self.client.get("/v1/accounts").await.body;
            let all = body["data"].as_array().cloned().unwrap_or_default();
            let on = |platform: &str| -> Vec<String> {
                all.iter()
                    .filter(|row| row["platform"] == platform)
                    .map(|row| text(&row["id"]).to_owned())
                    .collect()
            };
            let pairs: Vec<_> = on("threads")
                .into_iter()
                .zip(on("x"))
                .map(|(threads, x)| [threads, x])
                .collect();
            if pairs.len() == ACCOUNTS {
                return pairs;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Submits at a steady rate whether or not earlier requests were answered.
    async fn submit_at(
        &self,
        rate: usize,
        seconds: usize,
        targets: &[[String; 2]],
        name: &str,
    ) -> Vec<Duration> {
        let begin = tokio::time::Instant::now();
        let mut running = Vec::new();
        for number in 0..rate * seconds {
            tokio::time::sleep_until(begin + Duration::from_secs_f64(number as f64 / rate as f64))
                .await;
            running.push(tokio::spawn(submit(
                self.client.clone(),
                name.to_owned(),
                number,
                targets[number % targets.len()].clone(),
            )));
        }
        let mut answered = Vec::new();
        for one in running {
            answered.push(one.await.expect("a request"));
        }
        answered
    }

    async fn burst(&self, count: usize, targets: &[[String; 2]]) {
        let requests = (0..count).map(|number| {
            submit(
                self.client.clone(),
                "burst".to_owned(),
                number,
                targets[number % targets.len()].clone(),
            )
        });
        let _: Vec<_> = futures::StreamExt::collect(futures::StreamExt::buffer_unordered(
            futures::stream::iter(requests),
            64,
        ))
        .await;
    }

    async fn rows(&self, sql: &str) -> Vec<i64> {
        let reader = self.database.reader();
        let statement = Statement::from_string(reader.get_database_backend(), sql);
        let rows = reader.query_all_raw(statement).await.expect(sql);
        rows.iter()
            .map(|row| row.try_get_by_index(0).expect("a number"))
            .collect()
    }

    async fn until_published(&self) {
        let left = "SELECT count(*) FROM deliveries WHERE status <> 'published'";
        while self.rows(left).await[0] > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// For each post, milliseconds from the request to the last of its deliveries.
    async fn latencies(&self, name: &str) -> Vec<i64> {
        self.rows(&format!(
            "SELECT max(d.published_at) - min(p.created_at) FROM posts p JOIN deliveries d ON d.post_id = p.id
             WHERE p.idempotency_key LIKE '{name}-%' GROUP BY p.id"
        ))
        .await
    }
}

impl Product {
    /// For each delivery, its platform and the milliseconds since the request.
    async fn latencies_each(&self, name: &str) -> Vec<(String, i64)> {
        let reader = self.database.reader();
        let sql = format!(
            "SELECT d.platform, d.published_at - p.created_at FROM posts p JOIN deliveries d ON d.post_id = p.id
             WHERE p.idempotency_key LIKE '{name}-%'"
        );
        let statement = Statement::from_string(reader.get_database_backend(), &sql);
        let rows = reader.query_all_raw(statement).await.expect(&sql);
        rows.iter()
            .map(|row| {
                let platform = row.try_get_by_index(0).expect("a platform");
                (platform, row.try_get_by_index(1).expect("a number"))
            })
            .collect()
    }
}

async fn submit(client: Client, name: String, number: usize, accounts: [String; 2]) -> Duration {
    let body = json!({ "text": format!("{name} {number}"), "accounts": accounts });
    let started = Instant::now();
    let answer = client
        .submit_with_key(body, &format!("{name}-{number}"))
        .await;
    assert_eq!(answer.status, 202, "{:#}", answer.body);
    started.elapsed()
}
