//! The size of a run, its seed, and all lengths of time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use entities::Timestamp;
use entities::clock::Pace;

/// How fast the product's time passes.
pub const SPEED: f64 = 60.0;
/// The longest lease that the product is meant for.
pub const LEASE: Duration = Duration::from_secs(60);
/// One call to a platform; half a second of real time.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// How many accounts there are on each platform.
pub const ACCOUNTS: usize = 20;

/// What a run is.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Each post goes to one account on each platform that takes it.
    pub posts: usize,
    /// Posts that are submitted in a second of real time.
    pub rate: f64,
    /// The chance that a platform misbehaves on a delivery.
    pub misbehaviour: f64,
    /// Whether what would make everybody wait is left out.
    pub is_brief: bool,
    /// Fixes which posts are written, what the platforms do to each, and the order of the faults
    /// of servers and processes. How the processes take turns is up to the machine.
    pub seed: u64,
    pub workers: usize,
}

impl Plan {
    /// Chance for one part of a run, independent of the others.
    pub fn dice(&self, part: &str) -> fastrand::Rng {
        let salt = part.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        fastrand::Rng::with_seed(self.seed ^ salt)
    }
}

/// Real time.
#[expect(
    clippy::disallowed_methods,
    reason = "the run itself lives in real time"
)]
pub fn real_now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Timestamp::from_ms(0) + since.unwrap_or_default()
}

/// A pace that begins now, and how the binary is told of it.
pub fn pace() -> (Pace, String) {
    let since = real_now();
    let pace = Pace::faster(SPEED, since).expect("a speed in range");
    (pace, format!("{SPEED}@{}", since.as_ms()))
}

/// How long a span of the product's time takes really.
pub fn really(span: Duration) -> Duration {
    span.div_f64(SPEED)
}

/// How often each kind of fault was injected. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Tally(Arc<Mutex<BTreeMap<String, u64>>>);

impl Tally {
    pub fn add(&self, kind: &str, times: u64) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(kind.to_owned()).or_default() += times;
    }

    pub fn counts(&self) -> BTreeMap<String, u64> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
