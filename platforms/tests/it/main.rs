//! The clients against a server that answers with canned bytes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod contract;
mod multipart;
mod oauth;
mod openapi;
mod server;
mod threads;
mod threads_posts;
mod transport;
mod x;
mod x_media;
mod x_posts;

use std::sync::Once;
use std::time::Duration;

use platforms::{HttpSettings, http_client};
use secrecy::SecretString;

const NOW_MS: i64 = 1_790_000_000_000;
const TOKEN: &str = "THQVJ-token/with+odd=characters";

fn token() -> SecretString {
    SecretString::from(TOKEN)
}

fn http() -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        rustls::crypto::ring::default_provider()
            .install_default()
            .unwrap();
    });
    http_client(&HttpSettings {
        connect_timeout: Duration::from_millis(200),
        call_timeout: Duration::from_millis(400),
        user_agent: "platforms-tests".to_owned(),
    })
    .unwrap()
}
