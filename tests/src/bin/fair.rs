//! Measures, on this machine and in one run, how fair and how calm the product is: 10,000 posts over
//! 1,000 accounts, all due at the same moment and very unevenly shared, with the platforms' published
//! limits in force on both sides, in both modes side by side. Fails when a platform had to say no.
//!
//! `make fair`, or `fair [embedded|distributed]` inside `scripts/with-services.sh`.
//!
//! The posts are submitted over HTTP for a day ahead, and moved to a moment of a few seconds ahead in
//! the database when the last is in: so no submit is under way while they go out.

use std::collections::HashMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use entities::Database;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use tests::backend::{Backend, Mode, connect};
use tests::client::{Client, text};
use tests::process::Process;
use tests::stack::text_after;

/// On each platform.
const ACCOUNTS: usize = 500;
const POSTS: usize = 10_000;
const KEY: &str = "dp_fairtest_the-key-of-the-fair-run-x";
/// How long to wait for the last post.
const LONGEST: Duration = Duration::from_secs(60);

/// How many posts an account has: what its platform lets out at once (`threads.md` 6, `x.md` 4.1) for
/// twenty on each, five or six for half of the others, one for the rest. On X that is 3,500 in all,
/// of the 10,000 that one app may send in a day.
fn posts_of(platform: &str, number: usize) -> usize {
    match (platform, number) {
        ("threads", 0..20) => 250,
        (_, 0..20) => 100,
        (_, 20..260) => 1,
        (_, 260..320) => 6,
        _ => 5,
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let only = std::env::args().find(|arg| arg == "embedded" || arg == "distributed");
    let mut runs = Vec::new();
    for (name, mode) in [
        ("embedded", Mode::Embedded),
        ("distributed", Mode::Distributed),
    ] {
        if only.as_deref().is_none_or(|only| only == name) {
            runs.push((name, measure(mode).await));
        }
    }
    println!(
        "{POSTS} posts over {} accounts, due at the same moment; published limits in force",
        2 * ACCOUNTS
    );
    let print = |label: &str, values: Vec<String>| {
        let values: String = values.iter().map(|value| format!("{value:>14}")).collect();
        println!("{label:<46}{values}");
    };
    print(
        "",
        runs.iter().map(|(name, _)| (*name).to_owned()).collect(),
    );
    for number in 0..runs[0].1.lines.len() {
        let values = runs.iter().map(|(_, run)| run.lines[number].1.clone());
        print(runs[0].1.lines[number].0, values.collect());
    }
    match runs.iter().all(|(_, run)| run.is_good) {
        true => ExitCode::SUCCESS,
        false => {
            println!("NOT GOOD: a platform had to refuse a call, or a post is not out.");
            ExitCode::FAILURE
        }
    }
}

/// What one mode came to.
struct Run {
    lines: Vec<(&'static str, String)>,
    is_good: bool,
}

async fn measure(mode: Mode) -> Run {
    let product = Product::start(mode).await;
    let posts = product.posts().await;
    assert_eq!(posts.len(), POSTS);
    let started = Instant::now();
    product.submit(&posts).await;
    let submitted = started.elapsed();
    let at = product.move_near().await;
    let took = product.until_out(at).await;

    let mut count: HashMap<&str, usize> = HashMap::new();
    for account in &posts {
        *count.entry(account).or_default() += 1;
    }
    let lateness = product.lateness().await;
    let of = |wanted: &dyn Fn(usize) -> bool| {
        let mut all: Vec<i64> = lateness
            .iter()
            .filter(|(account, _)| wanted(count[account.as_str()]))
            .map(|(_, late_ms)| *late_ms)
            .collect();
        all.sort_unstable();
        all
    };
    let at = |sorted: &[i64], per_mille: usize| match sorted.len() {
        0 => "-".to_owned(),
        len => format!("{} ms", sorted[(len - 1) * per_mille / 1000]),
    };
    let (all, single, few, most) = (
        of(&|_| true),
        of(&|count| count == 1),
        of(&|count| (2..100).contains(&count)),
        of(&|count| count == 250),
    );
    let (refused, calls) = product.refused().await;
    let lines = vec![
        ("lateness of all, p50", at(&all, 500)),
        ("lateness of all, p99", at(&all, 990)),
        ("lateness of all, worst", at(&all, 1000)),
        ("  of accounts with one post, p99", at(&single, 990)),
        ("  of accounts with one post, worst", at(&single, 1000)),
        ("  of accounts with five or six, p99", at(&few, 990)),
        ("  of the accounts with most (250), p50", at(&most, 500)),
        ("  of the accounts with most (250), p99", at(&most, 990)),
        ("published", all.len().to_string()),
        ("calls to the platforms", calls.to_string()),
        ("  answered 429", refused.to_string()),
        ("time to finish", format!("{:.1} s", took.as_secs_f64())),
        (
            "submitting took",
            format!("{:.1} s", submitted.as_secs_f64()),
        ),
    ];
    Run {
        is_good: refused == 0 && all.len() == POSTS,
        lines,
    }
}

/// The running product.
struct Product {
    client: Client,
    simulator: Client,
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
    async fn start(mode: Mode) -> Self {
        let common = vec![
            ("DUALPOSTS_BOOTSTRAP_API_KEY", KEY.to_owned()),
            ("DUALPOSTS_LISTEN", "127.0.0.1:0".to_owned()),
            ("DUALPOSTS_SIMULATOR", "on".to_owned()),
            ("DUALPOSTS_DEMO_ACCOUNTS", ACCOUNTS.to_string()),
            ("DUALPOSTS_LIMITS", "published".to_owned()),
            ("DUALPOSTS_API_RATE", "off".to_owned()),
            ("DUALPOSTS_API_RATE_IP", "off".to_owned()),
            ("DUALPOSTS_LOG", "json,warn".to_owned()),
        ];
        match mode {
            Mode::Embedded => Self::embedded(common).await,
            Mode::Distributed => Self::distributed(common).await,
        }
    }

    async fn embedded(mut env: Vec<(&'static str, String)>) -> Self {
        let folder =
            Folder(std::env::temp_dir().join(format!("dualposts-fair-{}", std::process::id())));
        env.push(("DUALPOSTS_DATA_DIR", folder.0.display().to_string()));
        env.push(("DUALPOSTS_SIMULATOR_LISTEN", "127.0.0.1:0".to_owned()));
        let up = Process::start(&["up"], &env, Some("curl ")).await;
        let url = text_after(&up.printed, "http://");
        let url = url.split("/#").next().expect("an address").to_owned();
        let of_simulator: Vec<String> = up
            .printed
            .iter()
            .filter(|line| line.contains("Simulator"))
            .cloned()
            .collect();
        let file = folder.0.join("dualposts.db");
        Product {
            client: Client::new(&url, KEY),
            simulator: Client::new(&text_after(&of_simulator, "http://"), ""),
            database: connect(&format!("sqlite://{}", file.display())).await,
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
        ];
        let simulator = Process::start(&args, &[], Some("live posts")).await;
        let url = text_after(&simulator.printed, "http://");
        let redis = backend.redis.clone().expect("Redis");
        let sealing_key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
        env.extend([
            ("DATABASE_URL", backend.database_url.clone()),
            ("REDIS_URL", redis.url),
            ("DUALPOSTS_QUEUE_PREFIX", redis.prefix),
            ("DUALPOSTS_SECRET_KEY", sealing_key.to_owned()),
            ("DUALPOSTS_THREADS_API_URL", url.clone()),
            ("DUALPOSTS_X_API_URL", url.clone()),
            ("DUALPOSTS_X_WEB_URL", url.clone()),
        ]);
        let api = Process::start(&["api"], &env, Some("API http://")).await;
        let worker = Process::start(&["worker"], &env, Some("Worker ")).await;
        Product {
            client: Client::new(&text_after(&api.printed, "http://"), KEY),
            simulator: Client::new(&url, ""),
            database: connect(&backend.database_url).await,
            _processes: vec![api, worker, simulator],
            _backend: Some(backend),
            _folder: None,
        }
    }

    /// The account of each post. Those who have most come first, as if they had been there before all
    /// others.
    async fn posts(&self) -> Vec<String> {
        let all = loop {
            let body = self.client.get("/v1/accounts").await.body;
            let all = body["data"].as_array().cloned().unwrap_or_default();
            if all.len() == 2 * ACCOUNTS {
                break all;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        let mut accounts: Vec<(usize, String)> = Vec::new();
        for platform in ["threads", "x"] {
            let on = all.iter().filter(|row| row["platform"] == platform);
            let on = on
                .enumerate()
                .map(|(number, row)| (posts_of(platform, number), text(&row["id"]).to_owned()));
            accounts.extend(on);
        }
        accounts.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        let posts = accounts
            .into_iter()
            .flat_map(|(count, account)| std::iter::repeat_n(account, count));
        posts.collect()
    }

    async fn submit(&self, posts: &[String]) {
        let tomorrow = self.clock_ms().await + 24 * 3_600_000;
        let tomorrow = entities::Timestamp::from_ms(tomorrow).to_string();
        let requests = posts.iter().enumerate().map(|(number, account)| {
            let body = json!({ "text": format!("post {number}"), "accounts": [account], "publish_at": tomorrow });
            let client = self.client.clone();
            async move {
                let answer = client.submit_with_key(body, &format!("fair-{number}")).await;
                assert_eq!(answer.status, 202, "{:#}", answer.body);
            }
        });
        let requests = futures::stream::iter(requests);
        let _: Vec<()> =
            futures::StreamExt::collect(futures::StreamExt::buffer_unordered(requests, 64)).await;
    }

    /// The platforms' clock, which is this machine's.
    async fn clock_ms(&self) -> i64 {
        let health = self.simulator.get("/_sim/health").await.body;
        health["now_ms"].as_i64().expect("a time")
    }

    /// Moves all posts to a moment a little ahead, and returns that.
    async fn move_near(&self) -> i64 {
        let at = self.clock_ms().await + 4_000;
        for sql in [
            format!("UPDATE posts SET publish_at = {at}"),
            format!("UPDATE deliveries SET next_at = {at}, due_at = {at}"),
        ] {
            let writer = self.database.writer();
            writer.execute_unprepared(&sql).await.expect(&sql);
        }
        at
    }

    /// Returns how long after `at` the last was out, or the longest that is waited.
    async fn until_out(&self, at: i64) -> Duration {
        loop {
            let left = "SELECT count(*), 0 FROM deliveries WHERE status <> 'published'";
            let took = self.clock_ms().await - at;
            let took = Duration::from_millis(u64::try_from(took).unwrap_or(0));
            if self.rows(left).await[0].0 == "0" || took > LONGEST {
                return took;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// For each delivery that is out, its account and how many milliseconds after its time.
    async fn lateness(&self) -> Vec<(String, i64)> {
        self.rows(
            "SELECT d.account_id, d.published_at - p.publish_at FROM deliveries d JOIN posts p ON p.id = d.post_id
             WHERE d.status = 'published'",
        )
        .await
    }

    /// Pairs of a text and a number.
    async fn rows(&self, sql: &str) -> Vec<(String, i64)> {
        let reader = self.database.reader();
        let statement = Statement::from_string(reader.get_database_backend(), sql);
        let rows = reader.query_all_raw(statement).await.expect(sql);
        let pair = |row: &sea_orm::QueryResult| {
            let first = row.try_get_by_index::<String>(0);
            let first = first.or_else(|_| row.try_get_by_index::<i64>(0).map(|n| n.to_string()));
            let second = row.try_get_by_index::<i64>(1);
            let second = second.or_else(|_| row.try_get_by_index::<i32>(1).map(i64::from));
            (first.expect("a text"), second.expect("a number"))
        };
        rows.iter().map(pair).collect()
    }

    /// How many calls the platforms answered with 429, and how many there were.
    async fn refused(&self) -> (usize, usize) {
        let calls = self.simulator.get("/_sim/calls").await.body;
        let calls: &Vec<Value> = calls.as_array().expect("calls");
        let refused = calls.iter().filter(|call| call["http_status"] == 429);
        (refused.count(), calls.len())
    }
}
