//! Where the simulator's time comes from.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// A source of Unix milliseconds. Every window, lag and timestamp of the
/// simulator reads it, so a test can move all of them by moving one number.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Clock {
    /// The machine's own time.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the simulator's own clock; it shares none with the product"
    )]
    pub fn system() -> Self {
        Self::from_fn(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH);
            since.map_or(0, |elapsed| {
                i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
            })
        })
    }

    /// Unix microseconds by the machine's own time, whatever the simulator's clock shows: to measure
    /// how long a post took to get here.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "it measures, and nothing is decided by it"
    )]
    pub(crate) fn measured_us() -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.map_or(0, |elapsed| {
            i64::try_from(elapsed.as_micros()).unwrap_or(i64::MAX)
        })
    }

    /// A clock that a test holds in its hand.
    pub fn from_fn(now_ms: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now_ms))
    }

    /// Unix milliseconds.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        (self.0)()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
