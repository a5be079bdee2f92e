//! Something that accepts posts and publishes them, running on this machine: the product or the
//! peer.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use entities::Database;
use serde_json::Value;

use super::counting::Counting;
use super::customer::Customer;
use super::servers::{Postgres, Redis, number};
use crate::backend::Backend;
use crate::client::Client;
use crate::process::Process;
use crate::stack::text_after;

/// Accounts on each platform.
pub const ACCOUNTS: usize = 20;
/// How long until all that was submitted must be out.
const PATIENCE: Duration = Duration::from_secs(180);

/// It runs until it is dropped.
pub struct Rig {
    pub customer: Customer,
    pub database: Database,
    pub platforms: Platforms,
    /// Its own processes.
    pub processes: Vec<Process>,
    pub postgres: Option<Postgres>,
    pub redis: Option<Redis>,
    /// What must outlive the processes, and is gone with them.
    pub kept: Kept,
}

/// What a rig stands on.
#[derive(Default)]
pub struct Kept {
    pub backend: Option<Backend>,
    pub folder: Option<Folder>,
    pub server: Option<Process>,
}

/// A folder that is gone at the end.
pub struct Folder(pub PathBuf);

impl Folder {
    /// A name that is not taken; the folder is made by whoever uses it.
    pub fn fresh() -> Self {
        let name = format!("dualposts-bench-{}", uuid::Uuid::now_v7().simple());
        Folder(std::env::temp_dir().join(name))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The simulator in a process of its own: instant, without limits.
pub struct Platforms {
    client: Client,
    counting: Option<Counting>,
    _process: Process,
}

impl Platforms {
    /// Starts it; `counted`: bytes of all calls are counted on their way, which costs time.
    pub async fn start(counted: bool) -> Self {
        let accounts = ACCOUNTS.to_string();
        let args = [
            "simulator",
            "--listen",
            "127.0.0.1:0",
            "--accounts",
            &accounts,
            "--no-limits",
        ];
        let process = Process::start(&args, &[], Some("live posts")).await;
        let url = text_after(&process.printed, "http://");
        let counting = match counted {
            true => Some(Counting::before(address_of(&url)).await),
            false => None,
        };
        Platforms {
            client: Client::new(&url, ""),
            counting,
            _process: process,
        }
    }

    /// Where the platforms are called.
    pub fn url(&self) -> String {
        let counting = self.counting.as_ref();
        counting.map_or_else(|| self.client.base_url.clone(), Counting::url)
    }

    /// Bytes of calls and answers so far, if they are counted.
    pub fn bytes(&self) -> f64 {
        self.counting.as_ref().map_or(0.0, Counting::bytes)
    }

    /// Waits until so many posts are live.
    pub async fn until_live(&self, count: usize) {
        let started = Instant::now();
        loop {
            let live = self.client.get("/_sim/health").await.body["live"].clone();
            if live.as_u64().is_some_and(|live| live >= count as u64) {
                return;
            }
            assert!(
                started.elapsed() < PATIENCE,
                "{live} posts of {count} are live; waited too long"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// How many are live.
    pub async fn live(&self) -> usize {
        let live = self.client.get("/_sim/health").await.body["live"].as_u64();
        usize::try_from(live.expect("a number")).expect("a number")
    }

    /// When the posts of this name came to be live, in Unix microseconds: platform and number, and
    /// the time. No post may be live twice.
    pub async fn live_since(&self, name: &str) -> HashMap<(String, usize), i64> {
        let posts = self.client.get("/_sim/posts").await.body;
        let mut since = HashMap::new();
        for post in posts.as_array().expect("posts") {
            let text = |field: &str| post[field].as_str().unwrap_or_default();
            let number = text("text").strip_prefix(name).map(str::trim);
            let Some(number) = number.and_then(|number| number.parse().ok()) else {
                continue;
            };
            let at = post["measured_at_us"].as_i64().expect("a time");
            let before = since.insert((text("platform").to_owned(), number), at);
            assert!(before.is_none(), "live twice: {post}");
        }
        since
    }

    /// The accounts that the simulator knows.
    pub async fn accounts(&self) -> Value {
        self.client.get("/_sim/accounts").await.body
    }
}

impl Rig {
    /// Waits until the record says of all deliveries that they are published.
    pub async fn until_recorded(&self) {
        let left = "SELECT count(*) FROM deliveries WHERE status <> 'published'";
        let started = Instant::now();
        while number(&self.database, left).await > 0 {
            assert!(started.elapsed() < PATIENCE, "deliveries are left over");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Its processes by the system's ids.
    pub fn pids(&self) -> Vec<u32> {
        self.processes.iter().map(Process::id).collect()
    }
}

/// The address in `http://ADDRESS`.
pub fn address_of(url: &str) -> SocketAddr {
    let address = url.trim_start_matches("http://");
    let address = address.split('/').next().unwrap_or(address);
    address
        .parse()
        .unwrap_or_else(|_| panic!("no address: {url}"))
}
