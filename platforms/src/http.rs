//! The HTTP client that both platforms are called with, and one exchange over it.

mod address;
mod exchange;
mod headers;

use std::time::Duration;

pub(crate) use address::address;
pub(crate) use exchange::{Body, Outcome, Reply, exchange, with_token};
pub(crate) use headers::{number, retry_after_ms, text};

/// How long to wait, and as whom to call.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// For name resolution, TCP and TLS together. Keep it shorter than `call_timeout`: a time-out
    /// while connecting is known to have sent nothing, a time-out of the whole call is not.
    pub connect_timeout: Duration,
    /// For the whole call, to the last byte of the answer.
    pub call_timeout: Duration,
    pub user_agent: String,
}

/// Builds the client to share among all platform clients.
///
/// It never follows a redirect and never repeats a request: reqwest would repeat by itself what a
/// server refused at the HTTP/2 level, and here only the caller may decide that.
///
/// # Errors
/// When the TLS set-up fails, or `user_agent` cannot be a header. A process-wide rustls provider
/// must have been installed before; reqwest panics without one.
pub fn http_client(settings: &HttpSettings) -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .connect_timeout(settings.connect_timeout)
        .timeout(settings.call_timeout)
        .user_agent(&settings.user_agent)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .tcp_nodelay(true)
        // A connection that the other side has closed unnoticed makes a publish ambiguous, so idle
        // ones are dropped sooner than any front end drops them.
        .pool_idle_timeout(Duration::from_secs(5))
        .build()
}
