//! `/v1/connections`: connecting a profile by the platform's own consent page.
//!
//! `POST /v1/connections` begins: it answers the address of the consent page. The platform sends
//! the browser back to `/oauth/<platform>/callback`, whose script hands what came back to
//! `POST /v1/connections/finish`, as the same caller: a consent that somebody else began can not be
//! finished in another's name.

pub mod begin;
mod explain;
pub mod finish;
pub mod sync;

use platforms::threads::oauth as threads;
use platforms::x::oauth as x;

/// The apps that profiles are connected through; `None`: not set up.
#[derive(Clone, Default)]
pub struct Connectors {
    pub threads: Option<ThreadsConnector>,
    pub x: Option<XConnector>,
}

/// Our app at Threads.
#[derive(Clone)]
pub struct ThreadsConnector {
    pub app: threads::App,
    /// The consent page, for example `https://threads.com/oauth/authorize`.
    pub authorize_url: String,
}

/// Our app at X.
#[derive(Clone)]
pub struct XConnector {
    pub app: x::App,
    /// The consent page, for example `https://x.com/i/oauth2/authorize`.
    pub authorize_url: String,
}
