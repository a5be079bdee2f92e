//! What processes have used so far, as the kernel counts it (`/proc`).

use std::fs;

/// The kernel counts CPU time in these; `sysconf(_SC_CLK_TCK)` is 100 on every Linux in use.
const TICKS_PER_SECOND: f64 = 100.0;

/// CPU milliseconds, user and system, of a process and of all its children that have ended.
pub fn cpu_ms(pid: u32) -> f64 {
    let ticks: f64 = stat(pid)
        .map(|fields| {
            fields[11..15]
                .iter()
                .filter_map(|text| text.parse::<f64>().ok())
                .sum()
        })
        .unwrap_or(0.0);
    ticks * 1000.0 / TICKS_PER_SECOND
}

/// The same of a process and all that it has started: PostgreSQL is one process for each
/// connection.
pub fn cpu_ms_with_children(pid: u32) -> f64 {
    cpu_ms(pid) + children(pid).into_iter().map(cpu_ms).sum::<f64>()
}

/// The process that started this one.
pub fn parent(pid: u32) -> Option<u32> {
    stat(pid)?.get(1)?.parse().ok()
}

/// Resident memory in megabytes now.
pub fn resident_mb(pid: u32) -> f64 {
    status_mb(pid, "VmRSS:")
}

/// The most resident memory so far, in megabytes.
pub fn peak_mb(pid: u32) -> f64 {
    status_mb(pid, "VmHWM:")
}

/// Bytes that a process has sent to the disk.
pub fn written_bytes(pid: u32) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/io")).unwrap_or_default();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("write_bytes: "));
    line.and_then(|text| text.trim().parse().ok())
        .unwrap_or(0.0)
}

fn children(pid: u32) -> Vec<u32> {
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    all.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|child| parent(*child) == Some(pid))
        .collect()
}

/// The fields of `/proc/PID/stat` behind the name, which may hold anything.
fn stat(pid: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(')')?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
}

fn status_mb(pid: u32, name: &str) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let kilobytes = line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.unwrap_or(0.0) * 1024.0 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_a_parent_and_uses_memory() {
        let own = std::process::id();
        assert!(parent(own).is_some_and(|parent| parent > 0));
        // The kernel adds up what threads use now and then: the peak may lag behind for a moment.
        assert!(resident_mb(own) > 1.0 && peak_mb(own) > 1.0);
        assert!(cpu_ms_with_children(own) >= 0.0);
    }
}
