//! Deliveries that are spread over a while, for those who ask: not all posts of an hour at its first
//! second.
//!
//! How far a delivery is moved is drawn once, and nothing more is stored: it comes out of the
//! delivery's id, which is random. So a repeated request tells the same times, and a post that gets
//! a new time keeps its spread.

use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::DeliveryId;

/// The longest spread, in seconds.
pub const MOST_S: i64 = 3_600;

/// How long after its post's time a delivery is due: from nothing to `jitter_s`, both included.
pub fn spread(jitter_s: i64, id: &DeliveryId) -> Duration {
    let longest_ms = jitter_s.clamp(0, MOST_S).unsigned_abs() * 1_000;
    let digest = Sha256::digest(id.as_str());
    let drawn = digest[..4]
        .iter()
        .fold(0, |drawn, byte| drawn << 8 | u64::from(*byte));
    Duration::from_millis((drawn * (longest_ms + 1)) >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_drawn_evenly_and_stays_the_same() {
        let ids: Vec<DeliveryId> = (0..2_000).map(|_| DeliveryId::generate()).collect();
        let draw = || ids.iter().map(|id| spread(600, id)).collect::<Vec<_>>();
        let drawn = draw();
        assert_eq!(drawn, draw());
        assert!(
            drawn
                .iter()
                .all(|spread| *spread <= Duration::from_secs(600))
        );
        for quarter in 0..4 {
            let from = Duration::from_secs(150) * quarter;
            let within =
                |spread: &&Duration| (from..from + Duration::from_secs(150)).contains(*spread);
            let count = drawn.iter().filter(within).count();
            assert!(
                (400..600).contains(&count),
                "{count} of 2,000 in quarter {quarter}"
            );
        }
    }

    #[test]
    fn without_jitter_nothing_is_moved() {
        assert_eq!(spread(0, &DeliveryId::generate()), Duration::ZERO);
    }
}
