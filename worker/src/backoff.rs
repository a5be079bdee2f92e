//! How long to wait before the next try. The only file that knows the crate `backoff`, and only
//! for the growth of the intervals: when the time comes to replace it, it is replaced here.

use std::time::Duration;

use ::backoff::ExponentialBackoffBuilder;
use ::backoff::backoff::Backoff;

/// How an interval grows.
#[derive(Clone, Copy, Debug)]
pub struct Growth {
    pub first: Duration,
    pub factor: f64,
    pub longest: Duration,
}

/// After a try that failed without effect: 2 s, 4 s, ... up to 10 minutes.
pub const RETRY: Growth = Growth {
    first: Duration::from_secs(2),
    factor: 2.0,
    longest: Duration::from_secs(600),
};

/// While a platform prepares a text post, or a fresh container is not yet known everywhere
/// (`threads.md` 10e): 1 s, 1.6 s, ... up to half a minute.
pub const PREPARING: Growth = Growth {
    first: Duration::from_secs(1),
    factor: 1.6,
    longest: Duration::from_secs(30),
};

/// Between two looks for a post whose outcome is unknown: 2 s, 3 s, ... up to half a minute.
pub const LOOKING: Growth = Growth {
    first: Duration::from_secs(2),
    factor: 1.5,
    longest: Duration::from_secs(30),
};

/// Between looks that have gone on for long: a minute and more, up to 15 minutes.
pub const LOOKING_ON: Growth = Growth {
    first: Duration::from_secs(60),
    factor: 2.0,
    longest: Duration::from_secs(900),
};

/// The interval after `tries` tries (0: after the first), varied by up to a fifth. The variation
/// comes from `seed` (a delivery's id), so that deliveries spread out and a replay repeats.
pub fn interval(growth: Growth, tries: i32, seed: &str) -> Duration {
    let mut backoff = ExponentialBackoffBuilder::new()
        .with_initial_interval(growth.first)
        .with_multiplier(growth.factor)
        .with_max_interval(growth.longest)
        .with_randomization_factor(0.0)
        .with_max_elapsed_time(None)
        .build();
    let mut interval = growth.first;
    for _ in 0..=tries.clamp(0, 60) {
        interval = backoff.next_backoff().unwrap_or(growth.longest);
    }
    interval
        .mul_f64(0.9 + 0.2 * fraction(seed, tries))
        .min(growth.longest)
}

/// The pause after `tries` failed tries (0: after the first) by a list of them, of which the last one
/// stays; varied by a tenth in the same way.
pub fn planned(pauses: &[Duration], tries: i32, seed: &str) -> Duration {
    let number = usize::try_from(tries).unwrap_or(0);
    let pause = pauses.get(number).or(pauses.last());
    let pause = pause.copied().unwrap_or_default();
    pause.mul_f64(0.9 + 0.2 * fraction(seed, tries))
}

/// A number in 0..1 that depends on nothing but its arguments (FNV-1a, then a finishing mix).
fn fraction(seed: &str, tries: i32) -> f64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in seed.bytes().chain(tries.to_le_bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
    f64::from((hash >> 32) as u32) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_grow_and_stop_growing_at_the_cap() {
        let intervals: Vec<_> = (0..20)
            .map(|tries| interval(RETRY, tries, "dlv_1"))
            .collect();
        assert!(intervals[..8].is_sorted(), "{intervals:?}");
        assert!(
            intervals[0] >= Duration::from_millis(1800)
                && intervals[0] <= Duration::from_millis(2200)
        );
        assert!(intervals.iter().all(|interval| *interval <= RETRY.longest));
        assert!(intervals[15] >= RETRY.longest.mul_f64(0.9));
        assert!(interval(RETRY, i32::MAX, "dlv_1") <= RETRY.longest);
    }

    #[test]
    fn two_deliveries_differ_and_a_replay_repeats() {
        assert_eq!(interval(RETRY, 3, "dlv_1"), interval(RETRY, 3, "dlv_1"));
        assert_ne!(interval(RETRY, 3, "dlv_1"), interval(RETRY, 3, "dlv_2"));
    }
}
