//! Threads fetches media by their addresses (threads.md 4.3); so does the simulator, outside of
//! every lock.

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::{Client, redirect};
use rustls::crypto::{CryptoProvider, ring};

use crate::media::{Contents, Reading};

/// How a fetch ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fetched {
    Whole(Contents),
    /// Longer than it may be; the rest was left where it is.
    TooLarge,
    /// No answer, none in time, or not one with a status of 2xx.
    Failed,
}

/// One client for all fetches.
#[derive(Debug, Default)]
pub(crate) struct Fetcher(OnceLock<Option<Client>>);

const TIME_OUT: Duration = Duration::from_secs(10);

impl Fetcher {
    /// Reads what is at the address, without keeping it.
    pub(crate) async fn fetch(&self, url: &str, most_bytes: u64) -> Fetched {
        let Some(client) = self.0.get_or_init(client) else {
            return Fetched::Failed;
        };
        let read = read(client, url, most_bytes).await;
        read.unwrap_or_else(|error| {
            tracing::debug!(%error, "a media file could not be fetched");
            Fetched::Failed
        })
    }
}

fn client() -> Option<Client> {
    if CryptoProvider::get_default().is_none() {
        // Another one may come first; either will do.
        let _ = ring::default_provider().install_default();
    }
    let client = Client::builder()
        .user_agent("facebookexternalhit/1.1")
        .redirect(redirect::Policy::limited(3))
        .timeout(TIME_OUT)
        // What is to be fetched is mostly on this very machine.
        .no_proxy()
        .build();
    client
        .inspect_err(|error| tracing::warn!(%error, "media cannot be fetched"))
        .ok()
}

async fn read(client: &Client, url: &str, most_bytes: u64) -> Result<Fetched, reqwest::Error> {
    let mut response = client.get(url).send().await?.error_for_status()?;
    let mut reading = Reading::default();
    while let Some(piece) = response.chunk().await? {
        reading.take(&piece);
        if reading.bytes() > most_bytes {
            return Ok(Fetched::TooLarge);
        }
    }
    Ok(Fetched::Whole(reading.finish()))
}
