//! What the platforms take. Pure: facts in, findings out.
//!
//! A megabyte is a million bytes here, the stricter of its two meanings: a file between the two
//! could be refused after its post was scheduled.

mod threads;
mod x;

use serde::Serialize;

use crate::Facts;

pub use threads::{check_mix_threads, check_threads};
pub use x::{check_mix_x, check_x};

/// The largest picture that X takes, the smaller of the two platforms' (x.md 3.4).
pub const MAX_PICTURE_BYTES: u64 = x::MAX_IMAGE_BYTES;

/// Something about a file, or about several together, that a platform will not like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// For programs: which rule, as `x_video_too_long`.
    pub code: &'static str,
    pub severity: Severity,
    /// What is wrong, with the numbers.
    pub message: String,
    /// What to do about it.
    pub fix: String,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The platform will not take it.
    Refused,
    /// The platform will change it, or may refuse it.
    Warning,
}

/// Whether the pictures fit for both platforms, with nothing refused. Warnings are left aside.
pub(crate) fn refused_anywhere(facts: &Facts) -> Vec<Finding> {
    let mut findings = check_x(facts, false);
    findings.extend(check_threads(facts));
    findings.retain(|finding| finding.severity == Severity::Refused);
    findings
}

fn refused(code: &'static str, message: String, fix: impl Into<String>) -> Finding {
    Finding {
        code,
        severity: Severity::Refused,
        message,
        fix: fix.into(),
    }
}

fn warning(code: &'static str, message: String, fix: impl Into<String>) -> Finding {
    Finding {
        code,
        severity: Severity::Warning,
        message,
        fix: fix.into(),
    }
}

/// A length as people read it.
fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1_000, ms % 1_000)
        .trim_end_matches('0')
        .trim_end_matches('.')
        .to_owned()
        + " s"
}

/// A rate as people read it.
fn frames(rate: f64) -> String {
    let rounded = format!("{rate:.2}");
    rounded
        .trim_end_matches('0')
        .trim_end_matches('.')
        .to_owned()
        + " frames a second"
}

/// A frame rate that a file states as 60 is 60.002 when it is measured over the whole of it.
const RATE_SLACK: f64 = 0.05;

#[cfg(test)]
mod tests;
