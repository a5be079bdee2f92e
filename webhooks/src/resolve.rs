//! Names to addresses. Every address of a name is judged, and the connection goes to exactly those
//! that were: nobody is asked a second time, so a name cannot lead elsewhere in between.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::address::{Reach, Whose, whose};

/// Whom to ask for the addresses of a name.
pub trait Resolver: Send + Sync {
    /// All of them.
    ///
    /// # Errors
    /// When the name is not known, or nobody answers.
    fn addresses(&self, name: String) -> Addresses;
}

/// What a resolver finds.
pub type Addresses = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// The system's own.
pub struct System;

impl Resolver for System {
    fn addresses(&self, name: String) -> Addresses {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// Why a name is not connected to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error("the name is not known: {0}")]
    Unknown(#[from] io::Error),
    /// Which address that is stays untold: it is not the customer's network.
    #[error("the name leads to {}", .0.in_words())]
    OutOfReach(Whose),
}

/// What the HTTP client asks.
pub(crate) struct Judging {
    pub resolver: Arc<dyn Resolver>,
    pub reach: Reach,
}

impl Resolve for Judging {
    fn resolve(&self, name: Name) -> Resolving {
        let (resolver, reach) = (Arc::clone(&self.resolver), self.reach);
        Box::pin(async move {
            let found = resolver.addresses(name.as_str().to_owned()).await;
            let found = judged(found.map_err(Refused::Unknown)?, reach)?;
            // The port is the URL's.
            let addresses = found.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(addresses) as Addrs)
        })
    }
}

/// All of them or none: a name of which one address is private is not a public one's.
fn judged(found: Vec<IpAddr>, reach: Reach) -> Result<Vec<IpAddr>, Refused> {
    if found.is_empty() {
        return Err(Refused::Unknown(io::Error::other("it has no address")));
    }
    let wrong = found.iter().map(|address| whose(*address));
    match wrong.into_iter().find(|whose| !whose.is_within(reach)) {
        Some(whose) => Err(Refused::OutOfReach(whose)),
        None => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(addresses: &[&str], reach: Reach) -> bool {
        let found = addresses.iter().map(|one| one.parse().unwrap()).collect();
        judged(found, reach).is_ok()
    }

    #[test]
    fn one_private_address_among_public_ones_is_enough_to_refuse() {
        assert!(judge(&["8.8.8.8", "2606:4700::1111"], Reach::Public));
        assert!(!judge(&["8.8.8.8", "10.0.0.1"], Reach::Public));
        assert!(!judge(&["8.8.8.8", "::ffff:127.0.0.1"], Reach::Public));
        assert!(judge(&["8.8.8.8", "10.0.0.1"], Reach::PrivateToo));
        assert!(!judge(&["10.0.0.1", "169.254.169.254"], Reach::PrivateToo));
        assert!(!judge(&[], Reach::PrivateToo));
    }
}
