//! Ids that carry their time: `ms = (id >> 22) + 1288834974657` (x.md 2.2).

use crate::random::Random;

const EPOCH_MS: i64 = 1_288_834_974_657;

#[derive(Debug, Default)]
pub(crate) struct Snowflakes {
    last: u64,
}

impl Snowflakes {
    pub(crate) fn next(&mut self, now_ms: i64, random: &mut Random) -> u64 {
        let age_ms = u64::try_from(now_ms.saturating_sub(EPOCH_MS)).unwrap_or(0);
        // The lower bits are a machine and a counter; their upper half stays
        // free for posts of the same millisecond.
        let from_time = (age_ms << 22) | (random.next() % (1 << 21));
        self.last = from_time.max(self.last + 1);
        self.last
    }
}

/// `^[0-9]{1,19}$`, as the schema has it.
pub(crate) fn parse(id: &str) -> Option<u64> {
    let fits = (1..=19).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit());
    if fits { id.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_its_millisecond() {
        let (mut ids, mut random) = (Snowflakes::default(), Random::new(1));
        let now_ms = 1_790_000_000_000;
        let id = ids.next(now_ms, &mut random);
        assert_eq!((id >> 22).cast_signed() + EPOCH_MS, now_ms);
    }

    #[test]
    fn ids_grow_even_when_time_stands_still_or_goes_back() {
        let (mut ids, mut random) = (Snowflakes::default(), Random::new(1));
        let mut last = 0;
        for now_ms in [1_790_000_000_000; 100]
            .into_iter()
            .chain([1_780_000_000_000, 0])
        {
            let id = ids.next(now_ms, &mut random);
            assert!(id > last);
            last = id;
        }
    }
}
