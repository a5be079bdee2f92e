//! The apps that profiles are connected through and Clerk, out of the settings.

use std::sync::Arc;

use api::clerk_link::Clerk;
use api::connections::{Connectors, ThreadsConnector, XConnector};
use clerk::{KeySource, SessionSettings, Verifier};
use platforms::{threads, x};

use crate::Fatal;
use crate::settings::{ClerkSettings, Settings, ThreadsApp, XApp};

/// Our apps at the platforms.
pub fn connectors(settings: &Settings) -> Connectors {
    let apps = &settings.apps;
    Connectors {
        threads: apps.threads.as_ref().map(|app| ThreadsConnector {
            app: threads::oauth::App {
                app_id: app.id.clone(),
                app_secret: app.secret.clone(),
            },
            authorize_url: app.authorize_url.clone(),
        }),
        x: apps.x.as_ref().map(|app| XConnector {
            app: x_app(app),
            authorize_url: app.authorize_url.clone(),
        }),
    }
}

/// Our app at X, for who renews tokens.
pub fn x_app(app: &XApp) -> x::oauth::App {
    x::oauth::App {
        client_id: app.client_id.clone(),
        client_secret: app.client_secret.clone(),
    }
}

/// The apps that every simulator knows, at this address.
pub fn simulated(settings: &mut Settings, url: &str) {
    settings.apps.threads.get_or_insert_with(|| ThreadsApp {
        id: simulator::THREADS_APP_ID.to_owned(),
        secret: simulator::THREADS_APP_SECRET.to_owned().into(),
        authorize_url: format!("{url}/oauth/authorize"),
    });
    settings.apps.x.get_or_insert_with(|| XApp {
        client_id: simulator::X_CLIENT_ID.to_owned(),
        client_secret: Some(simulator::X_CLIENT_SECRET.to_owned().into()),
        authorize_url: format!("{url}/i/oauth2/authorize"),
    });
}

/// Clerk's Backend API.
pub fn clerk_backend(settings: &ClerkSettings, http: &reqwest::Client) -> clerk::backend::Client {
    let key = settings.secret_key.clone();
    clerk::backend::Client::new(http.clone(), &settings.api_url, key)
}

/// The Clerk instance that people sign in with.
pub fn clerk(
    settings: &ClerkSettings,
    http: &reqwest::Client,
    public_url: &str,
) -> Result<Clerk, Fatal> {
    // Behind a proxy, sessions name the proxy as their issuer.
    let issuer = settings.issuer.clone().or(settings.proxy_url.clone());
    let issuer = issuer.unwrap_or_else(|| settings.key.issuer());
    let mut authorized_parties = settings.authorized_parties.clone();
    if authorized_parties.is_empty() {
        authorized_parties.push(public_url.to_owned());
    }
    let sessions = SessionSettings {
        issuer: issuer.clone(),
        authorized_parties,
        allow_missing_azp: settings.allow_missing_azp,
    };
    let source = match &settings.jwt_key {
        Some(pem) => KeySource::Pem(pem.clone()),
        None => KeySource::Backend {
            api_url: settings.api_url.clone(),
            secret_key: settings.secret_key.clone(),
        },
    };
    let verifier = Verifier::new(http.clone(), sessions, source)?;
    let asked = settings.proxy_url.clone();
    let asked = asked.unwrap_or_else(|| settings.key.issuer());
    Ok(Clerk {
        verifier: Arc::new(verifier),
        backend: clerk_backend(settings, http),
        publishable_key: settings.publishable_key.clone(),
        proxy_url: settings.proxy_url.clone(),
        frontend_origin: origin(&asked),
        webhook_secrets: settings.webhook_secrets.clone(),
        userinfo_proxy: settings.userinfo_proxy,
    })
}

/// Scheme, host and port of an address.
fn origin(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let host = rest.split('/').next().unwrap_or_default();
    format!("{scheme}://{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_ends_before_the_path() {
        assert_eq!(origin("https://clerk.example"), "https://clerk.example");
        assert_eq!(
            origin("http://127.0.0.1:8090/clerk/x"),
            "http://127.0.0.1:8090"
        );
    }
}
