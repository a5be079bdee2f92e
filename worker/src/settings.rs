//! How patient a worker is.

use std::time::Duration;

use crate::limits::Limits;

/// All durations that decisions depend on. The defaults suit the real platforms.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long a claim holds. A delivery whose worker died moves again after this.
    pub lease: Duration,
    /// How long one call to a platform may take. A step starts only if the lease outlasts it.
    pub call_timeout: Duration,
    /// How long a job may wait in the queue before it is handed out again.
    pub handed: Duration,
    /// How many deliveries are worked on at once.
    pub concurrency: usize,
    /// How many jobs may wait in the queue before the relay holds back.
    pub outstanding: usize,
    /// Threads: how long after a call without an answer it may still take effect.
    pub threads_settle: Duration,
    /// X: the same, and until a post shows in its author's timeline.
    pub x_settle: Duration,
    /// How long failing tries go on before a delivery is given up.
    pub give_up_after: Duration,
    /// How many calls fit into which time.
    pub limits: Limits,
    /// What X may cost in a month (UTC), for all accounts together, in millionths of a dollar.
    pub budget: Option<i64>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            lease: Duration::from_secs(30),
            call_timeout: Duration::from_secs(15),
            handed: Duration::from_secs(15),
            concurrency: 64,
            outstanding: 2_000,
            threads_settle: Duration::from_secs(60),
            x_settle: Duration::from_secs(120),
            give_up_after: Duration::from_secs(24 * 3600),
            limits: Limits::published(),
            budget: None,
        }
    }
}

impl Settings {
    /// How long after it was sent a call may still take effect: it may begin late under its claim,
    /// but is over before the lease is, and then come what the platform may take.
    pub fn settle(&self, platform: entities::Platform) -> Duration {
        self.lease
            + match platform {
                entities::Platform::Threads => self.threads_settle,
                entities::Platform::X => self.x_settle,
            }
    }
}
