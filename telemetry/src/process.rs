//! This process as the kernel sees it, out of `/proc`. Where there is none, nothing is shown.

use crate::declared;
use crate::sampling::Sample;

/// Ticks of `/proc/self/stat`: a constant of the kernel's interface (`USER_HZ`) on all platforms that
/// Rust has a standard library for.
const TICKS_PER_SECOND: f64 = 100.0;

/// What is known of this process now.
pub fn samples() -> Vec<Sample> {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let stat = read("/proc/self/stat");
    let files = std::fs::read_dir("/proc/self/fd").map(Iterator::count);
    let found = [
        (&declared::PROCESS_CPU, cpu_seconds(&stat)),
        (
            &declared::PROCESS_MEMORY,
            resident_bytes(&read("/proc/self/status")),
        ),
        (
            &declared::PROCESS_FILES,
            files.ok().map(|count| count as f64),
        ),
        (
            &declared::PROCESS_STARTED,
            started(&stat, &read("/proc/stat")),
        ),
    ];
    let found = found.into_iter();
    found
        .filter_map(|(declared, value)| Some(Sample::plain(declared, value?)))
        .collect()
}

/// The fields of `/proc/self/stat` from the third on: a name may hold spaces and brackets.
fn fields(stat: &str) -> Option<Vec<&str>> {
    let (_, rest) = stat.rsplit_once(')')?;
    Some(rest.split_whitespace().collect())
}

fn cpu_seconds(stat: &str) -> Option<f64> {
    let fields = fields(stat)?;
    let ticks = |field: usize| fields.get(field - 3)?.parse::<f64>().ok();
    Some((ticks(14)? + ticks(15)?) / TICKS_PER_SECOND)
}

fn resident_bytes(status: &str) -> Option<f64> {
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kibibytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024.0)
}

fn started(stat: &str, system: &str) -> Option<f64> {
    let ticks: f64 = fields(stat)?.get(22 - 3)?.parse().ok()?;
    let line = system.lines().find(|line| line.starts_with("btime "))?;
    let booted: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(booted + ticks / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_spaces_moves_no_field() {
        let stat = "7 (a) b (c)) S 1 1 1 0 -1 4194560 0 0 0 0 250 50 0 0 20 0 9 0 12345 1 1";
        assert_eq!(cpu_seconds(stat), Some(3.0));
        assert_eq!(started(stat, "cpu 1 2\nbtime 1000\n"), Some(1123.45));
        assert_eq!(cpu_seconds("nonsense"), None);
        assert_eq!(resident_bytes("VmHWM: 9 kB\nVmRSS:\t 2 kB\n"), Some(2048.0));
    }
}
