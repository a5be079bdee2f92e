//! The two kinds of counting that the platforms do.

use std::collections::VecDeque;

/// A window that starts at its first call and ends a fixed time later, as on
/// X (x.md 4.4).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FixedWindow {
    started_ms: i64,
    used: u32,
}

/// What a window says before a call is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    /// Unix seconds, rounded up: a client that waits for it is never early.
    pub(crate) reset_s: i64,
}

impl FixedWindow {
    pub(crate) fn standing(&self, now_ms: i64, limit: u32, length_ms: i64) -> Standing {
        let open = self.is_open(now_ms, length_ms);
        let (started_ms, used) = if open {
            (self.started_ms, self.used)
        } else {
            (now_ms, 0)
        };
        Standing {
            limit,
            remaining: limit.saturating_sub(used),
            reset_s: (started_ms + length_ms + 999).div_euclid(1_000),
        }
    }

    pub(crate) fn count(&mut self, now_ms: i64, length_ms: i64) {
        if !self.is_open(now_ms, length_ms) {
            *self = Self {
                started_ms: now_ms,
                used: 0,
            };
        }
        self.used = self.used.saturating_add(1);
    }

    fn is_open(&self, now_ms: i64, length_ms: i64) -> bool {
        self.used > 0 && now_ms < self.started_ms + length_ms
    }
}

/// Events of the last so many milliseconds, as in the quotas of Threads
/// (threads.md 6).
#[derive(Debug, Clone, Default)]
pub(crate) struct Rolling(VecDeque<i64>);

impl Rolling {
    pub(crate) const DAY_MS: i64 = 86_400_000;

    pub(crate) fn used(&mut self, now_ms: i64, length_ms: i64) -> u32 {
        while self
            .0
            .front()
            .is_some_and(|&at_ms| at_ms + length_ms <= now_ms)
        {
            self.0.pop_front();
        }
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn count(&mut self, now_ms: i64) {
        self.0.push_back(now_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUARTER_MS: i64 = 900_000;

    #[test]
    fn a_window_starts_at_its_first_call_and_keeps_its_reset() {
        let mut window = FixedWindow::default();
        window.count(1_000, QUARTER_MS);
        window.count(500_000, QUARTER_MS);
        let standing = window.standing(900_999, 3, QUARTER_MS);
        assert_eq!(
            standing,
            Standing {
                limit: 3,
                remaining: 1,
                reset_s: 901
            }
        );
    }

    #[test]
    fn a_window_is_whole_again_after_its_reset() {
        let mut window = FixedWindow::default();
        window.count(0, QUARTER_MS);
        assert_eq!(window.standing(QUARTER_MS, 1, QUARTER_MS).remaining, 1);
    }

    #[test]
    fn a_window_never_says_less_than_nothing_remains() {
        let mut window = FixedWindow::default();
        for _ in 0..5 {
            window.count(0, QUARTER_MS);
        }
        assert_eq!(window.standing(1, 2, QUARTER_MS).remaining, 0);
    }

    #[test]
    fn rolling_events_leave_one_by_one() {
        let mut rolling = Rolling::default();
        rolling.count(0);
        rolling.count(10);
        assert_eq!(rolling.used(99, 100), 2);
        assert_eq!(rolling.used(100, 100), 1);
        assert_eq!(rolling.used(110, 100), 0);
    }
}
