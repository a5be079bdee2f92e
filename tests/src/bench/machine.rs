//! What the numbers were measured on.

use std::fs;
use std::io::Write;
use std::time::Instant;

use super::numbers::quantile;
use super::servers::{info, text};
use crate::backend::{Backend, Mode};

/// Prints the machine and the versions of all that takes part.
pub async fn print() {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let cpu = line_of("/proc/cpuinfo", "model name");
    let memory = line_of("/proc/meminfo", "MemTotal");
    let gigabytes = memory
        .split_whitespace()
        .next()
        .and_then(|text| text.parse::<f64>().ok())
        .unwrap_or(0.0)
        * 1024.0
        / 1e9;
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    println!(
        "Machine: {cores} cores of {cpu}, {gigabytes:.0} GB of memory, Linux {}.",
        kernel.trim()
    );
    let backend = Backend::fresh(Mode::Distributed).await;
    let postgres = text(&backend.database, "SHOW server_version").await;
    let fsync = text(&backend.database, "SHOW fsync").await;
    let redis = info(&backend.redis.as_ref().expect("Redis").url, "server").await;
    let redis = redis
        .lines()
        .find_map(|line| line.strip_prefix("redis_version:"))
        .unwrap_or("?")
        .trim()
        .to_owned();
    println!(
        "DualPosts {}, PostgreSQL {postgres} (fsync {fsync}), Redis {redis}, Node {}.",
        env!("CARGO_PKG_VERSION"),
        super::peer::node_version().unwrap_or_else(|| "not there".to_owned())
    );
    println!(
        "One write of 4 KiB to this disk takes {:.2} ms (median). Load, product, databases and the \
         simulated platforms share the machine.",
        durable_write_us() / 1000.0
    );
}

/// The median of 200 durable writes, in microseconds.
fn durable_write_us() -> f64 {
    let path = std::env::temp_dir().join(format!("dualposts-bench-write-{}", std::process::id()));
    let Ok(mut file) = fs::File::create(&path) else {
        return 0.0;
    };
    let block = [0_u8; 4096];
    let mut took = Vec::new();
    for _ in 0..200 {
        let started = Instant::now();
        if file
            .write_all(&block)
            .and_then(|()| file.sync_data())
            .is_err()
        {
            break;
        }
        took.push(started.elapsed().as_secs_f64() * 1e6);
    }
    let _ = fs::remove_file(&path);
    quantile(&mut took, 500)
}

fn line_of(path: &str, name: &str) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(name));
    line.and_then(|line| line.split_once(':'))
        .map_or_else(|| "?".to_owned(), |(_, value)| value.trim().to_owned())
}
