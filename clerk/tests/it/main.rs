//! The crate against a server that answers with canned bytes, tokens signed with test keys, and the
//! simulator.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod backend;
mod keys;
mod server;
mod session;
mod simulated;
mod tokens;
mod webhook;

use std::sync::Once;
use std::time::Duration;

use clerk::SessionSettings;
use secrecy::SecretString;

const NOW_MS: i64 = 1_790_000_000_000;
const ISSUER: &str = "https://clerk.example.com";
const ORIGIN: &str = "https://app.example.com";
const SECRET_KEY: &str = "sk_test_do_not_print";

fn secret_key() -> SecretString {
    SecretString::from(SECRET_KEY)
}

fn settings() -> SessionSettings {
    SessionSettings {
        issuer: ISSUER.to_owned(),
        authorized_parties: vec!["https://other.example.com".to_owned(), ORIGIN.to_owned()],
        allow_missing_azp: false,
    }
}

fn http() -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        rustls::crypto::ring::default_provider()
            .install_default()
            .unwrap();
    });
    reqwest::Client::builder()
        .no_proxy()
        .connect_timeout(Duration::from_millis(200))
        .timeout(Duration::from_millis(400))
        .build()
        .unwrap()
}
