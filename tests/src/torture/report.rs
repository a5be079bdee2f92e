//! The table at the end.

use std::collections::BTreeMap;
use std::time::Duration;

/// What came of a run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub posts: usize,
    /// How many there are of each kind.
    pub kinds: Vec<(&'static str, usize)>,
    pub deliveries: usize,
    /// By status, as the record has them.
    pub statuses: BTreeMap<String, usize>,
    /// Why those failed that did, by the record's code.
    pub failures: BTreeMap<String, u64>,
    /// The parts that are on record as live.
    pub parts: usize,
    /// The parts that are live, each a post of its own on the platform.
    pub live: usize,
    /// Those of them that answer the part before.
    pub live_answers: usize,
    /// The files that hang on them.
    pub live_files: usize,
    /// More than one live post for one part.
    pub duplicates: Vec<String>,
    /// Accepted, and neither live nor settled.
    pub lost: Vec<String>,
    /// What the record says is not so.
    pub wrong: Vec<String>,
    /// `failed` with code `unconfirmed`: a person must look.
    pub unconfirmed: Vec<String>,
    /// How many outcomes were unknown for a while, and how many of them resolved themselves.
    pub unknown: usize,
    pub resolved: usize,
    /// From unknown to resolved, in the product's time: the median and the longest.
    pub resolving: Option<(Duration, Duration)>,
    /// The longest that a delivery stood still because its worker was gone, in the product's time.
    pub longest_recovery: Duration,
    pub faults: BTreeMap<String, u64>,
    /// The faults of the platforms by the call that they struck.
    pub struck: BTreeMap<String, u64>,
    pub real_time: Duration,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.duplicates.is_empty() && self.lost.is_empty() && self.wrong.is_empty()
    }

    fn lines(&self) -> Vec<(String, String)> {
        let mut lines = vec![("posts".into(), self.posts.to_string())];
        for (kind, count) in &self.kinds {
            lines.push((format!("  {kind}"), count.to_string()));
        }
        lines.push(("deliveries".into(), self.deliveries.to_string()));
        for (status, count) in &self.statuses {
            lines.push((format!("  {status}"), count.to_string()));
        }
        lines.extend([
            ("parts on record".into(), self.parts.to_string()),
            ("parts live".into(), self.live.to_string()),
            (
                "  that answer another".into(),
                self.live_answers.to_string(),
            ),
            ("files on them".into(), self.live_files.to_string()),
            ("duplicates".into(), self.duplicates.len().to_string()),
            ("lost".into(), self.lost.len().to_string()),
            ("wrong records".into(), self.wrong.len().to_string()),
            (
                "outcomes that were unknown".into(),
                self.unknown.to_string(),
            ),
            ("  resolved by themselves".into(), self.resolved.to_string()),
            (
                "  left for a person".into(),
                self.unconfirmed.len().to_string(),
            ),
        ]);
        if let Some((median, longest)) = self.resolving {
            lines.push(("  time to resolve, median".into(), seconds(median)));
            lines.push(("  time to resolve, longest".into(), seconds(longest)));
        }
        lines.push((
            "longest recovery from a dead worker".into(),
            seconds(self.longest_recovery),
        ));
        let faults: u64 = self.faults.values().sum();
        lines.push(("faults injected".into(), faults.to_string()));
        lines.push(("  of different kinds".into(), self.faults.len().to_string()));
        lines.push(("  at different calls".into(), self.struck.len().to_string()));
        lines.push((
            "real time".into(),
            format!("{:.0} s", self.real_time.as_secs_f64()),
        ));
        lines
    }
}

fn seconds(span: Duration) -> String {
    format!("{:.0} s", span.as_secs_f64())
}

/// Prints runs side by side, what went wrong, and every kind of fault.
pub fn print(runs: &[(&str, Report)]) {
    let names: Vec<String> = in_order(
        runs.iter()
            .map(|(_, report)| report.lines().into_iter().map(|(name, _)| name).collect()),
    );
    let heads: String = runs.iter().map(|(head, _)| format!("{head:>14}")).collect();
    println!("\n{:<40}{heads}", "");
    for name in &names {
        let values = runs.iter().map(|(_, report)| {
            let lines = report.lines();
            let found = lines.into_iter().find(|(known, _)| known == name);
            format!(
                "{:>14}",
                found.map_or_else(|| "0".into(), |(_, value)| value)
            )
        });
        println!("{name:<40}{}", values.collect::<String>());
    }
    print_counts("failed, by the record's code", runs, |report| {
        &report.failures
    });
    print_counts("faults of the platforms by call", runs, |report| {
        &report.struck
    });
    print_counts("faults by kind", runs, |report| &report.faults);
    for (head, report) in runs {
        for (what, all) in [
            ("DUPLICATE", &report.duplicates),
            ("LOST", &report.lost),
            ("WRONG", &report.wrong),
            ("LEFT FOR A PERSON", &report.unconfirmed),
        ] {
            for one in all {
                println!("{what} ({head}): {one}");
            }
        }
    }
}

fn print_counts(
    head: &str,
    runs: &[(&str, Report)],
    counts: impl Fn(&Report) -> &BTreeMap<String, u64>,
) {
    println!("\n{head}");
    let kinds = in_order(
        runs.iter()
            .map(|(_, report)| counts(report).keys().cloned().collect()),
    );
    for kind in kinds {
        let values = runs.iter().map(|(_, report)| {
            let count = counts(report).get(&kind).copied().unwrap_or(0);
            format!("{count:>14}")
        });
        println!("  {kind:<52}{}", values.collect::<String>());
    }
}

/// All names, each once, in the order in which they are met.
fn in_order(lists: impl Iterator<Item = Vec<String>>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for list in lists {
        let mut at = 0;
        for name in list {
            match all.iter().position(|known| *known == name) {
                Some(found) => at = found + 1,
                None => {
                    all.insert(at, name);
                    at += 1;
                }
            }
        }
    }
    all
}
