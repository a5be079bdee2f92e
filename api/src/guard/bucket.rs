//! One bucket of requests: it fills at an even pace up to its size, and each request takes one out.
//! Counted in whole thousandths, so that nothing is lost to rounding.

use std::str::FromStr;

use entities::Timestamp;

/// Thousandths of a request: at `per_s` requests a second, that many come with each millisecond.
const THOUSAND: i64 = 1_000;

/// How many requests are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// For ever.
    pub per_s: u32,
    /// At once, after a pause.
    pub burst: u32,
}

impl Rate {
    /// Of one API key, or one person: far more than a program needs that waits for its answers.
    pub const PER_CREDENTIAL: Rate = Rate {
        per_s: 100,
        burst: 500,
    };
    /// From one address, behind which may be many people.
    pub const PER_ADDRESS: Rate = Rate {
        per_s: 200,
        burst: 1_000,
    };

    /// How long it takes an empty bucket to fill, in seconds.
    pub fn window_s(self) -> u32 {
        self.burst.div_ceil(self.per_s)
    }

    fn most(self) -> i64 {
        i64::from(self.burst) * THOUSAND
    }
}

/// Text that is no rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadRate;

impl FromStr for Rate {
    type Err = BadRate;

    /// `100:500`: 100 a second, 500 at once. `100` alone: five times as many at once.
    fn from_str(text: &str) -> Result<Self, BadRate> {
        let number = |text: &str| match text.trim().parse() {
            Ok(number @ 1..=1_000_000_u32) => Ok(number),
            _ => Err(BadRate),
        };
        let (per_s, burst) = match text.split_once(':') {
            Some((per_s, burst)) => (number(per_s)?, number(burst)?),
            None => (number(text)?, number(text)?.saturating_mul(5)),
        };
        Ok(Rate { per_s, burst })
    }
}

/// What is left for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// In thousandths of a request; below zero where more was charged than there was.
    level: i64,
    at: Timestamp,
}

/// How somebody stands after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whether it was taken.
    pub allowed: bool,
    /// How many more would be.
    pub remaining: u32,
    /// When another one is, in whole seconds, at least 1; 0 if it is at once.
    pub retry_after_s: u32,
    /// When all are there again, in whole seconds.
    pub reset_s: u32,
}

impl Bucket {
    /// What somebody has who was not seen before.
    pub fn full(rate: Rate, now: Timestamp) -> Self {
        Bucket {
            level: rate.most(),
            at: now,
        }
    }

    /// Takes one request out, if there is one.
    pub fn take(&mut self, rate: Rate, now: Timestamp) -> Standing {
        self.fill(rate, now);
        let allowed = self.level >= THOUSAND;
        if allowed {
            self.level -= THOUSAND;
        }
        self.standing(rate, allowed)
    }

    /// Takes out what something costs besides; never more than one filling below empty, so that
    /// nobody waits longer than two.
    pub fn charge(&mut self, rate: Rate, requests: u32, now: Timestamp) {
        self.fill(rate, now);
        self.level = (self.level - i64::from(requests) * THOUSAND).max(-rate.most());
    }

    /// How much there is now, in thousandths of a request.
    pub fn level(&mut self, rate: Rate, now: Timestamp) -> i64 {
        self.fill(rate, now);
        self.level
    }

    /// Whether it is as one who was never seen.
    pub fn is_full(&mut self, rate: Rate, now: Timestamp) -> bool {
        self.level(rate, now) >= rate.most()
    }

    /// A clock that was set back fills nothing, and stops nothing either.
    fn fill(&mut self, rate: Rate, now: Timestamp) {
        let passed_ms = i64::try_from(now.since(self.at).as_millis()).unwrap_or(i64::MAX);
        let filled = passed_ms.saturating_mul(i64::from(rate.per_s));
        self.level = self.level.saturating_add(filled).min(rate.most());
        self.at = now;
    }

    fn standing(&self, rate: Rate, allowed: bool) -> Standing {
        let seconds_until = |level: i64| {
            let lacking = (level - self.level).max(0).unsigned_abs();
            let per_s = u64::from(rate.per_s) * THOUSAND.unsigned_abs();
            u32::try_from(lacking.div_ceil(per_s)).unwrap_or(u32::MAX)
        };
        Standing {
            allowed,
            remaining: u32::try_from(self.level / THOUSAND).unwrap_or(0),
            retry_after_s: seconds_until(THOUSAND),
            reset_s: seconds_until(rate.most()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate {
        per_s: 10,
        burst: 20,
    };

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(1_795_000_000_000 + ms)
    }

    #[test]
    fn a_burst_is_taken_at_once_and_then_as_many_as_come_in() {
        let mut bucket = Bucket::full(RATE, at(0));
        let taken = (0..25).filter(|_| bucket.take(RATE, at(0)).allowed).count();
        assert_eq!(taken, 20);
        let refused = bucket.take(RATE, at(99));
        assert_eq!(
            refused,
            Standing {
                allowed: false,
                remaining: 0,
                retry_after_s: 1,
                reset_s: 2
            }
        );
        assert!(bucket.take(RATE, at(100)).allowed);
        // For a minute, twenty times a second: ten of them are taken, exactly.
        let taken = (3..1203)
            .filter(|step| bucket.take(RATE, at(step * 50)).allowed)
            .count();
        assert_eq!(taken, 600);
    }

    #[test]
    fn a_pause_fills_it_up_and_not_over() {
        let mut bucket = Bucket::full(RATE, at(0));
        for _ in 0..20 {
            bucket.take(RATE, at(0));
        }
        assert!(!bucket.is_full(RATE, at(1_999)) && bucket.is_full(RATE, at(2_000)));
        let taken = (0..25)
            .filter(|_| bucket.take(RATE, at(86_400_000)).allowed)
            .count();
        assert_eq!(taken, 20);
    }

    #[test]
    fn what_is_charged_is_waited_for_but_never_longer_than_two_fillings() {
        let mut bucket = Bucket::full(RATE, at(0));
        bucket.charge(RATE, 25, at(0));
        let refused = bucket.take(RATE, at(0));
        assert_eq!((refused.allowed, refused.retry_after_s), (false, 1));
        assert!(!bucket.take(RATE, at(599)).allowed && bucket.take(RATE, at(600)).allowed);
        bucket.charge(RATE, u32::MAX, at(600));
        assert_eq!(bucket.take(RATE, at(600)).reset_s, 4);
    }

    #[test]
    fn a_clock_that_is_set_back_neither_fills_nor_locks() {
        let mut bucket = Bucket::full(RATE, at(3_600_000));
        for _ in 0..20 {
            bucket.take(RATE, at(3_600_000));
        }
        assert!(!bucket.take(RATE, at(0)).allowed);
        assert!(bucket.take(RATE, at(100)).allowed);
    }

    #[test]
    fn a_rate_is_two_numbers_or_one() {
        let rate = |per_s, burst| Ok(Rate { per_s, burst });
        assert_eq!("100:500".parse(), rate(100, 500));
        assert_eq!(" 7 ".parse(), rate(7, 35));
        for wrong in ["", "0", "0:5", "5:0", "-1", "1.5", "100/s", "a:b", "1:2:3"] {
            assert_eq!(wrong.parse::<Rate>(), Err(BadRate), "{wrong}");
        }
    }
}
