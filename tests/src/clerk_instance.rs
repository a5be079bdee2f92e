//! The product's side of the simulated Clerk.

use std::sync::Arc;

use api::clerk_link::Clerk;
use clerk::webhook::SigningSecret;
use clerk::{KeySource, SessionSettings, Verifier};
use simulator::{CLERK_SECRET_KEY, CLERK_WEBHOOK_SECRET, Simulator};

/// What is configured for a page at `page_url`.
pub fn configured(simulator: &Simulator, page_url: &str) -> Clerk {
    let http = reqwest::Client::new();
    let api_url = simulator.clerk_api_url();
    let sessions = SessionSettings {
        issuer: simulator.clerk_issuer(),
        authorized_parties: vec![page_url.to_owned()],
        allow_missing_azp: false,
    };
    let source = KeySource::Backend {
        api_url: api_url.clone(),
        secret_key: CLERK_SECRET_KEY.to_owned().into(),
    };
    let verifier = Verifier::new(http.clone(), sessions, source).expect("a verifier");
    let secret = SigningSecret::parse(&CLERK_WEBHOOK_SECRET.to_owned().into());
    let proxy_url = simulator.clerk_proxy_url();
    Clerk {
        verifier: Arc::new(verifier),
        backend: clerk::backend::Client::new(http, &api_url, CLERK_SECRET_KEY.to_owned().into()),
        publishable_key: simulator.clerk_publishable_key(),
        frontend_origin: proxy_url.trim_end_matches("/clerk").to_owned(),
        proxy_url: Some(proxy_url),
        webhook_secrets: vec![secret.expect("a secret")],
        userinfo_proxy: true,
    }
}
