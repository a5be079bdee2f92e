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

/// How fast time passes, for rehearsals against a simulator: a day of back-offs and schedules in
/// a few minutes. All processes of an installation must be told the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    speed: f64,
    since: Timestamp,
}

impl Pace {
    /// As everywhere else.
    pub const REAL: Pace = Pace {
        speed: 1.0,
        since: Timestamp::from_ms(0),
    };

    /// `speed` times as fast since then; `None` unless it is from 1 to 1,000.
    pub fn faster(speed: f64, since: Timestamp) -> Option<Self> {
        (1.0..=1_000.0)
            .contains(&speed)
            .then_some(Pace { speed, since })
    }

    /// What the hastened clock shows at a real moment.
    pub fn shown_at(&self, real: Timestamp) -> Timestamp {
        let passed = (real.as_ms() - self.since.as_ms()) as f64;
        Timestamp::from_ms(self.since.as_ms() + (passed * self.speed) as i64)
    }

    /// How long a span of its time takes really.
    pub fn really(&self, span: Duration) -> Duration {
        span.div_f64(self.speed)
    }
}

#[derive(Debug)]
enum Source {
    /// All in real time; `pace` makes of it what is shown.
    Running {
        pace: Pace,
        started: Instant,
        base_ms: AtomicI64,
        steady_since_ms: AtomicI64,
    },
    Manual {
        start: Timestamp,
        now_ms: AtomicI64,
    },
}

/// What is put right by more than this was a jump. A sleeping computer makes one, too.
const JUMP_MS: i64 = 1_000;
/// An answer that was longer than this on its way tells what time it was, not what time it is.
const OLD_ANSWER: Duration = Duration::from_secs(1);

impl Clock {
    /// A clock that begins with this host's wall clock and runs on by itself.
    pub fn system() -> Self {
        Self::at_pace(Pace::REAL)
    }

    /// The same, hastened.
    pub fn at_pace(pace: Pace) -> Self {
        let now_ms = wall_clock().as_ms();
        Self(Arc::new(Source::Running {
            pace,
            started: Instant::now(),
            base_ms: AtomicI64::new(now_ms),
            steady_since_ms: AtomicI64::new(now_ms),
        }))
    }

    /// A clock that stands still until [`advance`](Self::advance) moves it.
    pub fn manual(start: Timestamp) -> Self {
        Self(Arc::new(Source::Manual {
            start,
            now_ms: AtomicI64::new(start.as_ms()),
        }))
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        match &*self.0 {
            Source::Running {
                pace,
                started,
                base_ms,
                ..
            } => pace.shown_at(real_now(*started, base_ms)),
            Source::Manual { now_ms, .. } => Timestamp::from_ms(now_ms.load(Ordering::SeqCst)),
        }
    }

    /// How long to sleep until it shows `at`.
    pub fn wait_until(&self, at: Timestamp) -> Duration {
        self.really(at.since(self.now()))
    }

    fn really(&self, span: Duration) -> Duration {
        match &*self.0 {
            Source::Running { pace, .. } => pace.really(span),
            Source::Manual { .. } => span,
        }
    }

    /// Puts a running clock right: `now` was the true time at this very moment. A manual clock
    /// is moved by hand only and ignores it.
    pub fn set(&self, now: Timestamp) {
        if let Source::Running {
            started,
            base_ms,
            steady_since_ms,
            ..
        } = &*self.0
        {
            let jumped = (now.as_ms() - real_now(*started, base_ms).as_ms()).abs() > JUMP_MS;
            base_ms.store((now - started.elapsed()).as_ms(), Ordering::Relaxed);
            if jumped {
                steady_since_ms.store(now.as_ms(), Ordering::Relaxed);
            }
        }
    }

    /// Since when it has run without a jump: how long ago something was that is dated earlier,
    /// nobody knows.
    pub fn steady_since(&self) -> Timestamp {
        match &*self.0 {
            Source::Running {
                pace,
                steady_since_ms,
                ..
            } => pace.shown_at(Timestamp::from_ms(steady_since_ms.load(Ordering::Relaxed))),
            Source::Manual { start, .. } => *start,
        }
    }

    /// Moves a manual clock forward. A running clock moves by itself and ignores it.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual { now_ms, .. } = &*self.0 {
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

fn real_now(started: Instant, base_ms: &AtomicI64) -> Timestamp {
    Timestamp::from_ms(base_ms.load(Ordering::Relaxed)) + started.elapsed()
}

/// Puts a clock right: by the database's time, so that all hosts agree on leases; with SQLite,
/// which has no time of its own, by this host's.
pub async fn set_by(database: &Database, clock: &Clock) -> Result<(), DbErr> {
    let asked = Instant::now();
    let now = database.now().await?;
    if asked.elapsed() > clock.really(OLD_ANSWER) {
        let text = "the database took too long to tell the time";
        return Err(DbErr::Custom(text.to_owned()));
    }
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
    fn a_hastened_clock_shows_the_same_in_every_process() {
        let at = Timestamp::from_ms;
        let pace = Pace::faster(60.0, at(1_000_000)).unwrap();
        assert_eq!(pace.shown_at(at(1_000_000)), at(1_000_000));
        assert_eq!(pace.shown_at(at(1_001_000)), at(1_060_000));
        assert_eq!(
            pace.really(Duration::from_secs(120)),
            Duration::from_secs(2)
        );
        assert_eq!(
            Pace::REAL.shown_at(at(1_795_000_000_123)),
            at(1_795_000_000_123)
        );
        assert!(Pace::faster(0.5, at(0)).is_none() && Pace::faster(f64::NAN, at(0)).is_none());
    }

    #[test]
    fn a_clock_is_steady_again_from_its_last_jump_on() {
        let clock = Clock::system();
        let begun = clock.steady_since();
        clock.set(clock.now() + Duration::from_millis(200));
        assert_eq!(clock.steady_since(), begun, "that was no jump");
        for jumped_to in [3_600_000, 1_000] {
            clock.set(Timestamp::from_ms(jumped_to));
            assert_eq!(clock.steady_since(), Timestamp::from_ms(jumped_to));
        }
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
