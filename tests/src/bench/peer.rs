//! The peer: the same job on Fastify, PostgreSQL and BullMQ, in `tests/bench/peer-bullmq`. Its
//! Redis keeps an append-only file, synced every second, and evicts nothing, as BullMQ recommends.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::customer::Customer;
use super::rig::{ACCOUNTS, Folder, Kept, Platforms, Rig};
use super::servers::{Postgres, Redis, info};
use crate::backend::{connect, empty_database};
use crate::process::Process;

const KEY: &str = "the-key-of-the-peer";

/// Node, and the peer with all that it needs.
pub struct Peer {
    node: PathBuf,
    folder: PathBuf,
}

impl Peer {
    /// `None`, and why, when Node is missing or the packages can not be had.
    pub fn find() -> Result<Self, String> {
        let node = find_program("node").ok_or("node is not installed")?;
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("bench/peer-bullmq");
        if !folder.join("node_modules").is_dir() {
            let done = Command::new("npm")
                .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
                .current_dir(&folder)
                .status();
            if !done.is_ok_and(|status| status.success()) {
                return Err("`npm ci` did not succeed".to_owned());
            }
        }
        Ok(Peer { node, folder })
    }

    /// Starts it on servers of its own; `api` processes share the port.
    pub async fn start(&self, api: usize, workers: usize) -> Rig {
        let platforms = Platforms::start(false).await;
        let database_url = empty_database().await;
        let (server, redis_url, folder) = start_redis().await;
        let port = free_port();
        let mut env = vec![
            ("DATABASE_URL", database_url.clone()),
            ("REDIS_URL", redis_url.clone()),
            ("SIMULATOR_URL", platforms.url()),
            ("PEER_KEY", KEY.to_owned()),
            ("PEER_PORT", port.to_string()),
            ("PEER_API_PROCESSES", api.to_string()),
            ("NODE_ENV", "production".to_owned()),
        ];
        env.extend(of_this_run());
        let program = |name: &str| self.folder.join(name).display().to_string();
        let run = |name: &str, ready: &'static str| {
            let (args, env) = (program(name), env.clone());
            async move { Process::start_program(&self.node, &[&args], &env, Some(ready)).await }
        };
        drop(run("setup.js", "ready").await);
        let mut processes = vec![run("api.js", "API http://").await];
        for _ in 0..workers {
            processes.push(run("worker.js", "Worker ready").await);
        }
        let database = connect(&database_url).await;
        let address = ([127, 0, 0, 1], port).into();
        Rig {
            customer: Customer::new(address, KEY, &targets(&platforms).await),
            postgres: Some(Postgres::of(&database).await),
            database,
            platforms,
            processes,
            redis: Some(Redis::at(&redis_url).await),
            kept: Kept {
                folder: Some(folder),
                server: Some(server),
                ..Kept::default()
            },
        }
    }
}

/// The version of Node, if it is there.
pub fn node_version() -> Option<String> {
    let told = Command::new("node").arg("--version").output().ok()?;
    Some(String::from_utf8_lossy(&told.stdout).trim().to_owned())
}

/// Settings to compare, run after run.
#[expect(
    clippy::disallowed_methods,
    reason = "settings to compare are named in the environment"
)]
fn of_this_run() -> impl Iterator<Item = (&'static str, String)> {
    ["PEER_POOL", "PEER_CONCURRENCY"]
        .into_iter()
        .filter_map(|name| Some((name, std::env::var(name).ok()?)))
}

#[expect(
    clippy::disallowed_methods,
    reason = "programs are found where the shell finds them"
)]
fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders = std::env::split_paths(&path);
    folders
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// Pairs of accounts, one on each platform, by the names that `setup.js` gives them.
async fn targets(platforms: &Platforms) -> Vec<Vec<String>> {
    let accounts = platforms.accounts().await;
    let on = |platform: &str| -> Vec<String> {
        let all = accounts.as_array().expect("accounts").iter();
        let names = all
            .filter(|account| account["platform"] == platform)
            .filter_map(|account| account["username"].as_str());
        names.map(|name| format!("{platform}:{name}")).collect()
    };
    let pairs = on("threads").into_iter().zip(on("x"));
    let pairs: Vec<Vec<String>> = pairs.map(|(threads, x)| vec![threads, x]).collect();
    assert_eq!(pairs.len(), ACCOUNTS);
    pairs
}

async fn start_redis() -> (Process, String, Folder) {
    let folder = Folder::fresh();
    std::fs::create_dir_all(&folder.0).expect("a temporary folder");
    let (port, dir) = (free_port().to_string(), folder.0.display().to_string());
    let args = [
        "--port",
        &port,
        "--bind",
        "127.0.0.1",
        "--dir",
        &dir,
        "--save",
        "",
        "--appendonly",
        "yes",
        "--appendfsync",
        "everysec",
        "--maxmemory-policy",
        "noeviction",
    ];
    let program = find_program("redis-server").expect("redis-server");
    let process = Process::start_program(&program, &args, &[], Some("Ready to accept")).await;
    let url = format!("redis://127.0.0.1:{port}");
    while !info(&url, "server").await.contains("process_id:") {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    (process, url, folder)
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}
