//! The one place where time is read.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::{Database, DbErr, Timestamp};

/// Tells the time, to the whole product.
///
/// With PostgreSQL, [`Clock::set`] is called now and then with the database's own time, so that
/// hosts whose clocks differ agree on who holds a lease. Between two such calls time is carried
/// forward by the monotonic clock: a wall clock that jumps moves nothing.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Source>);

#[derive(Debug)]
enum Source {
    Running {
        started: Instant,
        base_ms: AtomicI64,
    },
    Manual {
        now_ms: AtomicI64,
    },
}

impl Clock {
    /// A clock that begins with this host's wall clock and runs on by itself.
    pub fn system() -> Self {
        Self(Arc::new(Source::Running {
            started: Instant::now(),
            base_ms: AtomicI64::new(wall_clock().as_ms()),
        }))
    }

    /// A clock that stands still until [`advance`](Self::advance) moves it.
    pub fn manual(start: Timestamp) -> Self {
        Self(Arc::new(Source::Manual {
            now_ms: AtomicI64::new(start.as_ms()),
        }))
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        match &*self.0 {
            Source::Running { started, base_ms } => {
                Timestamp::from_ms(base_ms.load(Ordering::Relaxed)) + started.elapsed()
            }
            Source::Manual { now_ms } => Timestamp::from_ms(now_ms.load(Ordering::SeqCst)),
        }
    }

    /// Puts a running clock right: `now` was the true time at this very moment. A manual clock
    /// is moved by hand only and ignores it.
    pub fn set(&self, now: Timestamp) {
        if let Source::Running { started, base_ms } = &*self.0 {
            base_ms.store((now - started.elapsed()).as_ms(), Ordering::Relaxed);
        }
    }

    /// Moves a manual clock forward. A running clock moves by itself and ignores it.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual { now_ms } = &*self.0 {
            now_ms.fetch_add(
                i64::try_from(by.as_millis()).unwrap_or(i64::MAX),
                Ordering::SeqCst,
            );
        }
    }

    /// Whether time passes by itself.
    pub fn is_running(&self) -> bool {
        matches!(*self.0, Source::Running { .. })
    }
}

/// Puts a clock right: by the database's time, so that all hosts agree on leases; with SQLite,
/// which has no time of its own, by this host's.
pub async fn set_by(database: &Database, clock: &Clock) -> Result<(), DbErr> {
    let now = database.now().await?;
    clock.set(now.unwrap_or_else(wall_clock));
    Ok(())
}

/// This host's wall clock.
#[expect(clippy::disallowed_methods, reason = "this is the clock")]
fn wall_clock() -> Timestamp {
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_ms(0) + since_epoch
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_by_hand() {
        let clock = Clock::manual(Timestamp::from_ms(1000));
        clock.set(Timestamp::from_ms(5));
        assert_eq!(clock.now(), Timestamp::from_ms(1000));
        clock.clone().advance(Duration::from_secs(2));
        assert_eq!(clock.now(), Timestamp::from_ms(3000));
    }

    #[test]
    fn a_running_clock_goes_on_from_what_it_was_set_to() {
        let clock = Clock::system();
        clock.set(Timestamp::from_ms(50_000));
        let now = clock.now();
        assert!(
            now >= Timestamp::from_ms(50_000) && now < Timestamp::from_ms(60_000),
            "{now:?}"
        );
    }
}
