//! A bucket for each of many, in bounded memory.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use entities::Timestamp;

use super::bucket::{Bucket, Rate, Standing};

/// Buckets by name. Who has no bucket has a full one.
pub struct Buckets<K> {
    rate: Rate,
    most: usize,
    rows: Mutex<HashMap<K, Bucket>>,
}

impl<K: Copy + Eq + Hash> Buckets<K> {
    /// For at most `most` names at a time.
    pub fn new(rate: Rate, most: usize) -> Self {
        Buckets {
            rate,
            most: most.max(2),
            rows: Mutex::new(HashMap::new()),
        }
    }

    /// At which rate they fill.
    pub fn rate(&self) -> Rate {
        self.rate
    }

    /// Takes one request out of somebody's bucket, if there is one.
    pub fn take(&self, name: K, now: Timestamp) -> Standing {
        let mut rows = self.lock();
        self.row(&mut rows, name, now).take(self.rate, now)
    }

    /// Takes out what something costs besides.
    pub fn charge(&self, name: K, requests: u32, now: Timestamp) {
        let mut rows = self.lock();
        self.row(&mut rows, name, now)
            .charge(self.rate, requests, now);
    }

    /// For how many names there is a bucket.
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    fn row<'a>(&self, rows: &'a mut HashMap<K, Bucket>, name: K, now: Timestamp) -> &'a mut Bucket {
        if rows.len() >= self.most && !rows.contains_key(&name) {
            self.make_room(rows, now);
        }
        rows.entry(name)
            .or_insert_with(|| Bucket::full(self.rate, now))
    }

    /// Forgets full buckets, which is no loss; where that is not enough, the fuller half of the
    /// rest: whoever has used theirs up does not get a new one by bringing many others. At least
    /// half of the room is free afterwards, so this is rare, however many come.
    fn make_room(&self, rows: &mut HashMap<K, Bucket>, now: Timestamp) {
        rows.retain(|_, bucket| !bucket.is_full(self.rate, now));
        let half = self.most / 2;
        if rows.len() <= half {
            return;
        }
        let mut levels: Vec<i64> = rows
            .values_mut()
            .map(|bucket| bucket.level(self.rate, now))
            .collect();
        let (_, median, _) = levels.select_nth_unstable(half);
        let median = *median;
        rows.retain(|_, bucket| bucket.level(self.rate, now) < median);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Bucket>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate {
        per_s: 1,
        burst: 10,
    };

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(ms)
    }

    #[test]
    fn everybody_has_their_own() {
        let buckets = Buckets::new(RATE, 100);
        let taken = |name| {
            (0..15)
                .filter(|_| buckets.take(name, at(0)).allowed)
                .count()
        };
        assert_eq!((taken(1), taken(2)), (10, 10));
    }

    #[test]
    fn a_million_names_take_no_more_room_than_was_given_and_whoever_is_empty_stays_so() {
        let buckets = Buckets::new(RATE, 1_000);
        for _ in 0..10 {
            assert!(buckets.take(0_u64, at(0)).allowed);
        }
        for name in 1..=1_000_000 {
            buckets.take(name, at(0));
        }
        assert!(buckets.count() <= 1_000, "{}", buckets.count());
        assert!(!buckets.take(0, at(0)).allowed);
        // What has filled up again is forgotten.
        for name in 0..1_000 {
            buckets.take(2_000_000 + name, at(60_000));
        }
        assert!(buckets.take(0, at(60_000)).allowed);
    }
}
