//! One request to a customer's server, and what came of it.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Response};

use crate::address::{Reach, Whose};
use crate::answer::{READ, start_of};
use crate::resolve::{Judging, Refused, Resolver, System};
use crate::target;

/// How requests are made.
#[derive(Clone, Debug)]
pub struct SenderSettings {
    pub reach: Reach,
    /// For the whole exchange, from the look-up of the name to the end of the answer.
    pub timeout: Duration,
    pub user_agent: String,
}

impl Default for SenderSettings {
    fn default() -> Self {
        SenderSettings {
            reach: Reach::Public,
            timeout: Duration::from_secs(15),
            user_agent: "dualposts".to_owned(),
        }
    }
}

/// Sends webhooks. Cheap to clone.
#[derive(Clone)]
pub struct Sender {
    http: Client,
    reach: Reach,
}

/// A signed message.
#[derive(Clone, Debug)]
pub struct Message {
    /// The same for each try.
    pub id: String,
    pub timestamp_s: i64,
    /// See [`crate::signing::signatures`].
    pub signatures: String,
    pub body: Vec<u8>,
}

/// What the customer's server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// The header as it came.
    pub retry_after: Option<String>,
    /// The beginning of the body; see [`crate::answer`].
    pub start: String,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotDelivered {
    #[error("The URL may not be used: {0}")]
    BadUrl(String),
    #[error("The name in the URL leads to {}; webhooks go to public addresses.", .0.in_words())]
    OutOfReach(Whose),
    #[error("The name in the URL is not known.")]
    UnknownName,
    #[error("No connection: {0}.")]
    NoConnection(String),
    #[error("There was no answer in time.")]
    TooSlow,
    #[error("The connection ended before the answer: {0}.")]
    Cut(String),
}

impl Sender {
    /// A sender that asks the system for addresses.
    ///
    /// # Errors
    /// When TLS can not be set up.
    pub fn new(settings: &SenderSettings) -> Result<Self, reqwest::Error> {
        Self::with_resolver(settings, Arc::new(System))
    }

    /// A sender that asks somebody else.
    ///
    /// # Errors
    /// When TLS can not be set up.
    pub fn with_resolver(
        settings: &SenderSettings,
        resolver: Arc<dyn Resolver>,
    ) -> Result<Self, reqwest::Error> {
        let judging = Judging {
            resolver,
            reach: settings.reach,
        };
        let http = Client::builder()
            .dns_resolver(Arc::new(judging))
            .timeout(settings.timeout)
            .user_agent(&settings.user_agent)
            // A redirect would lead past the rules; a proxy would connect to whatever it likes.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .retry(reqwest::retry::never())
            .referer(false)
            .tcp_nodelay(true)
            .pool_idle_timeout(Duration::from_secs(5))
            .build()?;
        Ok(Sender {
            http,
            reach: settings.reach,
        })
    }

    /// Sends a message once.
    ///
    /// # Errors
    /// When there is no answer; the message may have arrived all the same.
    pub async fn send(&self, url: &str, message: Message) -> Result<Answer, NotDelivered> {
        // An address that stands in the URL is connected to without a resolver.
        let url = target::parse(url, self.reach).map_err(|wrong| {
            let words: Vec<String> = wrong.iter().map(ToString::to_string).collect();
            NotDelivered::BadUrl(words.join(" "))
        })?;
        let request = self
            .http
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", message.id)
            .header("webhook-timestamp", message.timestamp_s)
            .header("webhook-signature", message.signatures)
            .body(message.body);
        match request.send().await {
            Ok(response) => Ok(read(response).await),
            Err(error) => Err(why(&error)),
        }
    }
}

/// The status counts; a body that does not come to its end changes nothing.
async fn read(mut response: Response) -> Answer {
    let mut start = Vec::with_capacity(READ);
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = READ.saturating_sub(start.len());
        start.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if start.len() >= READ {
            break;
        }
    }
    let retry_after = response.headers().get(RETRY_AFTER);
    let retry_after = retry_after.and_then(|value| value.to_str().ok());
    Answer {
        status: response.status().as_u16(),
        retry_after: retry_after.map(str::to_owned),
        start: start_of(&start),
    }
}

fn why(error: &reqwest::Error) -> NotDelivered {
    let mut deepest = None;
    let mut cause = error.source();
    while let Some(found) = cause {
        match found.downcast_ref::<Refused>() {
            Some(Refused::OutOfReach(whose)) => return NotDelivered::OutOfReach(*whose),
            Some(Refused::Unknown(_)) => return NotDelivered::UnknownName,
            None => deepest = Some(found),
        }
        cause = found.source();
    }
    let words = deepest.map_or_else(|| "it failed".to_owned(), ToString::to_string);
    let words = start_of(words.as_bytes());
    match error {
        error if error.is_timeout() => NotDelivered::TooSlow,
        error if error.is_connect() => NotDelivered::NoConnection(words),
        _ => NotDelivered::Cut(words),
    }
}

#[cfg(test)]
mod tests;
