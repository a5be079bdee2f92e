//! A PostgreSQL server of a test's own, as durable as in production, that is killed and started
//! again in the middle of the work.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use futures::StreamExt;
use migrations::{Migrator, MigratorTrait};
use serde_json::json;
use tests::backend::connect;
use tests::client::text;
use tests::stack::Stack;

use super::record_is_true;

struct Cluster {
    folder: PathBuf,
    port: u16,
}

impl Cluster {
    async fn start() -> Self {
        let name = format!("dualposts-pg-{}", uuid::Uuid::now_v7().simple());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).expect("a folder");
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(&folder));
        }
        let path = folder.display().to_string();
        let made = [
            "-D", &path, "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N",
        ];
        run(as_postgres("initdb").args(made).arg("--locale=C.UTF-8"));
        let mut cluster = Cluster { folder, port: 0 };
        for _ in 0..10 {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
            cluster.port = listener.local_addr().expect("an address").port();
            drop(listener);
            // Unless somebody else has taken the port meanwhile.
            if cluster.control(&["start"]) {
                return cluster;
            }
        }
        panic!("PostgreSQL does not start; its log is in {path}");
    }

    fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Every process of it is killed; what was not on the disk is lost.
    fn restart(&self) {
        assert!(self.control(&["-m", "immediate", "restart"]));
    }

    fn control(&self, what: &[&str]) -> bool {
        let sockets = self.folder.display();
        let options = format!("-p {} -h 127.0.0.1 -k '{sockets}' -c fsync=on", self.port);
        let mut command = as_postgres("pg_ctl");
        command.arg("-D").arg(&self.folder);
        command.arg("-l").arg(self.folder.join("log"));
        command.args(["-w", "-s", "-o", &options]).args(what);
        command.status().expect("pg_ctl").success()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.control(&["-m", "immediate", "stop"]);
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A program of PostgreSQL's, which refuses to run as root.
fn as_postgres(program: &str) -> Command {
    let program = programs().join(program);
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
    command.arg(program).current_dir("/");
    command
}

/// Where the newest version's programs are.
fn programs() -> PathBuf {
    let installed = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    let newest = installed
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .max();
    match newest {
        Some(version) => Path::new("/usr/lib/postgresql")
            .join(version.to_string())
            .join("bin"),
        // They are found by name.
        None => PathBuf::new(),
    }
}

fn is_root() -> bool {
    let asked = Command::new("id").arg("-u").output().expect("id");
    asked.stdout.starts_with(b"0\n")
}

fn run(command: &mut Command) {
    let done = command.output().expect("it can be run");
    assert!(
        done.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_of_postgresql_under_load_loses_nothing_that_was_accepted_and_doubles_nothing() {
    const POSTS: usize = 200;
    let cluster = Cluster::start().await;
    let url = cluster.url();
    let database = connect(&url).await;
    Migrator::up(database.writer(), None)
        .await
        .expect("migrations");
    let settings = [
        ("DATABASE_URL", url.as_str()),
        ("DUALPOSTS_LEASE_S", "4"),
        ("DUALPOSTS_CALL_TIMEOUT_S", "3"),
        ("DUALPOSTS_HANDED_S", "2"),
        ("DUALPOSTS_THREADS_SETTLE_S", "1"),
        ("DUALPOSTS_X_SETTLE_S", "1"),
        ("DUALPOSTS_CONCURRENCY", "16"),
    ];
    let mut stack = Stack::start(5, &settings).await;
    stack.backend.database = database;
    let slow = json!({ "fault": { "kind": "delay", "when": "after", "ms": 30 } });
    stack.simulator.post("/_sim/faults", slow).await;
    let (_one, _two) = (stack.worker().await, stack.worker().await);

    let accounts = stack.client.get("/v1/accounts").await.body;
    let of = |platform: &str| -> Vec<String> {
        let all = accounts["data"].as_array().expect("accounts").iter();
        let ids = all.filter(|row| row["platform"] == platform);
        ids.map(|row| text(&row["id"]).to_owned()).collect()
    };
    let (threads, x) = (of("threads"), of("x"));
    let client = stack.client.clone();
    let submitting = tokio::spawn(async move {
        let submits = (0..POSTS).map(|number| {
            let accounts = [&threads[number % threads.len()], &x[number % x.len()]];
            let body = json!({ "text": format!("crash {number}"), "accounts": accounts });
            let client = client.clone();
            async move {
                for tries in 0..200 {
                    let reply = client
                        .submit_with_key(body.clone(), &format!("crash-{number}"))
                        .await;
                    if reply.status.is_success() {
                        return tries;
                    }
                    super::is_told_to_repeat(&reply);
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                panic!("{number} was never taken");
            }
        });
        let tries: Vec<usize> = futures::stream::iter(submits)
            .buffer_unordered(4)
            .collect()
            .await;
        tries.into_iter().sum::<usize>()
    });
    stack
        .until("some are published", || async {
            stack.count("published").await >= 60
        })
        .await;
    cluster.restart();
    // The test's own connections died with it.
    stack.backend.database = connect(&url).await;
    let in_the_air = stack
        .number("SELECT count(*) FROM deliveries WHERE claimed_by IS NOT NULL")
        .await;
    let repeats = submitting.await.expect("all are taken");

    stack.until_published(2 * POSTS as i64).await;
    assert_eq!(
        stack.number("SELECT count(*) FROM posts").await,
        POSTS as i64
    );
    stack.assert_live(2 * POSTS).await;
    record_is_true(&stack).await;
    println!(
        "{in_the_air} claims were open after the crash, {repeats} requests had to be repeated"
    );
}
