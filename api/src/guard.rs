//! What keeps strangers from wearing the service out, and from learning what is not theirs.
//!
//! | module | what |
//! |---|---|
//! | [`bucket`], [`buckets`] | how many requests are taken: a bucket for each credential and each address, in memory of this process |
//! | [`address`] | whose address a request has, also behind proxies |
//! | [`throttle`] | both applied to a request |
//! | [`paced`] | bodies that come too slowly |
//! | [`turn`] | connections on which nothing comes, or nothing is taken |
//! | [`head`] | HEAD wherever GET works |
//! | [`headers`] | what every answer tells browsers |

pub mod address;
pub mod bucket;
pub mod buckets;
pub mod head;
pub mod headers;
pub mod paced;
pub mod throttle;
pub mod turn;

use std::time::Duration;

pub use address::TrustedProxies;
pub use bucket::Rate;

use crate::events::Most;

/// How much of strangers is borne.
#[derive(Clone, Debug)]
pub struct Guard {
    /// How many requests one credential may make; `None`: any number.
    pub per_credential: Option<Rate>,
    /// How many requests may come from one address; `None`: any number.
    pub per_address: Option<Rate>,
    /// Whose word is taken for where a request comes from.
    pub trusted_proxies: TrustedProxies,
    pub patience: Patience,
    /// The most connections of this process, shared out evenly among its threads. Each takes a file
    /// descriptor, of which many systems allow 1,024 for all that a process does.
    pub connections: usize,
    /// How many event streams one person may have open in this process.
    pub streams_per_owner: usize,
}

/// How long slow clients are waited for.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For the head of a request.
    pub head: Duration,
    /// For a body that is read whole before it is looked at.
    pub body: Duration,
    /// For each [`paced::PIECE`] of a file.
    pub piece: Duration,
    /// For the next request on a connection.
    pub idle: Duration,
    /// For a client that takes nothing of what is sent to it.
    pub reading: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Patience {
            head: Duration::from_secs(10),
            body: Duration::from_secs(30),
            piece: Duration::from_secs(15),
            // Longer than common load balancers keep theirs (60 s): who closes first loses no request.
            idle: Duration::from_secs(75),
            reading: Duration::from_secs(60),
        }
    }
}

impl Default for Guard {
    fn default() -> Self {
        Guard {
            per_credential: Some(Rate::PER_CREDENTIAL),
            per_address: Some(Rate::PER_ADDRESS),
            trusted_proxies: TrustedProxies::default(),
            patience: Patience::default(),
            connections: 800,
            streams_per_owner: 50,
        }
    }
}

impl Guard {
    /// How many event streams are served: a part of the connections is left for other requests.
    pub fn streams(&self) -> Most {
        Most {
            in_all: (self.connections - self.connections / 4).max(1),
            per_owner: self.streams_per_owner,
        }
    }

    /// Without limits on the number of requests, for load of one's own.
    pub fn without_rates() -> Self {
        Guard {
            per_credential: None,
            per_address: None,
            ..Guard::default()
        }
    }
}
