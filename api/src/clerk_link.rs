//! What is configured of Clerk.

use std::fmt;
use std::sync::Arc;

use clerk::webhook::SigningSecret;

/// The Clerk instance that people sign in with.
#[derive(Clone)]
pub struct Clerk {
    /// Knows the instance's session tokens.
    pub verifier: Arc<clerk::Verifier>,
    /// Reads users and the tokens of their accounts.
    pub backend: clerk::backend::Client,
    /// `pk_...`, for the page.
    pub publishable_key: String,
    /// Where the page's requests to Clerk go, when not to Clerk itself.
    pub proxy_url: Option<String>,
    /// Where the page's requests go in the end, for its security policy.
    pub frontend_origin: String,
    /// Any of these signs webhooks (`whsec_...`).
    pub webhook_secrets: Vec<SigningSecret>,
    /// Whether Clerk fetches Threads' profiles through us, so that we see the token in time.
    pub userinfo_proxy: bool,
}

impl fmt::Debug for Clerk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clerk")
            .field("publishable_key", &self.publishable_key)
            .field("proxy_url", &self.proxy_url)
            .finish_non_exhaustive()
    }
}
