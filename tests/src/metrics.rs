//! What operators read of a running product.

use api::exposure::{Exposure, Readers};
use entities::Clock;
use telemetry::Sampler;
use telemetry::backlog::ReadBacklog;

use crate::backend::Backend;

/// What callers on this host may read, looked up anew for each.
pub fn exposure(backend: &Backend, clock: &Clock) -> Exposure {
    Exposure {
        readers: Readers::Loopback,
        sampler: sampler(backend, clock, None),
    }
}

/// The same with a backlog that is read like this.
pub fn sampler(backend: &Backend, clock: &Clock, backlog: Option<ReadBacklog>) -> Sampler {
    let (database, queue) = (backend.database.clone(), backend.queue.clone());
    Sampler::new(
        database,
        queue,
        clock.clone(),
        std::time::Duration::ZERO,
        backlog,
    )
}
