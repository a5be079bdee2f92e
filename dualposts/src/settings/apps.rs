//! Our apps at the platforms, and the Clerk instance that people sign in with.

use clerk::PublishableKey;
use clerk::webhook::SigningSecret;
use secrecy::{ExposeSecret, SecretString};

use super::Reader;

const THREADS_CONSENT: &str = "https://threads.com/oauth/authorize";
const X_CONSENT: &str = "https://x.com/i/oauth2/authorize";
const BACKEND_API: &str = "https://api.clerk.com";

/// What is set of them.
#[derive(Clone, Debug, Default)]
pub struct Apps {
    pub threads: Option<ThreadsApp>,
    pub x: Option<XApp>,
    pub clerk: Option<ClerkSettings>,
    /// `DUALPOSTS_CONNECT=own`: profiles are connected by our own apps even with Clerk.
    pub connect_by_own_apps: bool,
}

/// `DUALPOSTS_THREADS_APP_ID`, `DUALPOSTS_THREADS_APP_SECRET`, `DUALPOSTS_THREADS_AUTHORIZE_URL`.
#[derive(Clone, Debug)]
pub struct ThreadsApp {
    pub id: String,
    pub secret: SecretString,
    pub authorize_url: String,
}

/// `DUALPOSTS_X_CLIENT_ID`, `DUALPOSTS_X_CLIENT_SECRET` (none for a public client),
/// `DUALPOSTS_X_AUTHORIZE_URL`.
#[derive(Clone, Debug)]
pub struct XApp {
    pub client_id: String,
    pub client_secret: Option<SecretString>,
    pub authorize_url: String,
}

/// Clerk, by its own names for everything.
#[derive(Clone)]
pub struct ClerkSettings {
    /// `CLERK_PUBLISHABLE_KEY`, as it was given and taken apart.
    pub publishable_key: String,
    pub key: PublishableKey,
    /// `CLERK_SECRET_KEY`
    pub secret_key: SecretString,
    /// `CLERK_AUTHORIZED_PARTIES`: origins of pages whose sessions are accepted, with commas
    /// between; the public address if not set.
    pub authorized_parties: Vec<String>,
    /// `CLERK_ALLOW_MISSING_AZP=on`
    pub allow_missing_azp: bool,
    /// `CLERK_JWT_KEY`: the PEM text, so that no key is ever fetched.
    pub jwt_key: Option<String>,
    /// `CLERK_API_URL`
    pub api_url: String,
    /// `CLERK_ISSUER`: what sessions name as their issuer; `CLERK_PROXY_URL`, or else
    /// what the publishable key says, if not set.
    pub issuer: Option<String>,
    /// `CLERK_PROXY_URL`: where the page's requests to Clerk go, if not to Clerk itself.
    pub proxy_url: Option<String>,
    /// `CLERK_WEBHOOK_SIGNING_SECRET`: one, or several with commas between.
    pub webhook_secrets: Vec<SigningSecret>,
    /// `DUALPOSTS_CLERK_USERINFO_PROXY=on`
    pub userinfo_proxy: bool,
}

impl Apps {
    pub(super) fn read<E: Fn(&str) -> Option<String>>(reader: &mut Reader<E>) -> Self {
        Apps {
            threads: threads(reader),
            x: x(reader),
            clerk: clerk(reader),
            connect_by_own_apps: match reader.text("DUALPOSTS_CONNECT").as_deref() {
                None | Some("clerk") => false,
                Some("own") => true,
                Some(other) => {
                    reader.wrong(format!(
                        "DUALPOSTS_CONNECT is {other:?}; it must be own or clerk"
                    ));
                    false
                }
            },
        }
    }

    /// Whether anything real is set: then nothing is simulated unless it is asked for.
    pub fn any_is_real(&self) -> bool {
        self.threads.is_some() || self.x.is_some() || self.clerk.is_some()
    }
}

fn threads<E: Fn(&str) -> Option<String>>(reader: &mut Reader<E>) -> Option<ThreadsApp> {
    let authorize_url = reader.url("DUALPOSTS_THREADS_AUTHORIZE_URL", &["https://", "http://"]);
    let id = reader.text("DUALPOSTS_THREADS_APP_ID");
    let secret = reader.text("DUALPOSTS_THREADS_APP_SECRET");
    match (id, secret) {
        (None, None) => None,
        (Some(id), Some(secret)) => Some(ThreadsApp {
            id,
            secret: secret.into(),
            authorize_url: authorize_url.unwrap_or_else(|| THREADS_CONSENT.to_owned()),
        }),
        _ => {
            reader.wrong("DUALPOSTS_THREADS_APP_ID and DUALPOSTS_THREADS_APP_SECRET must be set together; both are the Threads app's, not the Meta app's".into());
            None
        }
    }
}

fn x<E: Fn(&str) -> Option<String>>(reader: &mut Reader<E>) -> Option<XApp> {
    let authorize_url = reader.url("DUALPOSTS_X_AUTHORIZE_URL", &["https://", "http://"]);
    let client_secret = reader.text("DUALPOSTS_X_CLIENT_SECRET");
    let Some(client_id) = reader.text("DUALPOSTS_X_CLIENT_ID") else {
        if client_secret.is_some() {
            reader.wrong(
                "DUALPOSTS_X_CLIENT_SECRET is of no use without DUALPOSTS_X_CLIENT_ID".into(),
            );
        }
        return None;
    };
    Some(XApp {
        client_id,
        client_secret: client_secret.map(SecretString::from),
        authorize_url: authorize_url.unwrap_or_else(|| X_CONSENT.to_owned()),
    })
}

fn clerk<E: Fn(&str) -> Option<String>>(reader: &mut Reader<E>) -> Option<ClerkSettings> {
    let publishable_key = reader.text("CLERK_PUBLISHABLE_KEY");
    let secret_key = reader.text("CLERK_SECRET_KEY");
    let (publishable_key, secret_key) = match (publishable_key, secret_key) {
        (None, None) => return None,
        (Some(publishable), Some(secret)) => (publishable, SecretString::from(secret)),
        _ => {
            reader.wrong("CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY must be set together".into());
            return None;
        }
    };
    let key = match PublishableKey::parse(&publishable_key) {
        Ok(key) => key,
        Err(error) => {
            reader.wrong(format!("CLERK_PUBLISHABLE_KEY: {error}"));
            return None;
        }
    };
    if let Err(error) = key.pairs_with(&secret_key) {
        reader.wrong(format!("CLERK_SECRET_KEY: {error}"));
    }
    let parties = reader.list("CLERK_AUTHORIZED_PARTIES");
    let parties = parties.iter().map(|party| {
        let origin = party.expose_secret();
        origin.trim_end_matches('/').to_owned()
    });
    let mut webhook_secrets = Vec::new();
    for secret in reader.list("CLERK_WEBHOOK_SIGNING_SECRET") {
        match SigningSecret::parse(&secret) {
            Ok(secret) => webhook_secrets.push(secret),
            Err(error) => reader.wrong(format!("CLERK_WEBHOOK_SIGNING_SECRET: {error}")),
        }
    }
    let urls = ["https://", "http://"];
    Some(ClerkSettings {
        publishable_key,
        key,
        secret_key,
        authorized_parties: parties.collect(),
        allow_missing_azp: reader.switch("CLERK_ALLOW_MISSING_AZP").unwrap_or(false),
        jwt_key: reader.text("CLERK_JWT_KEY"),
        api_url: reader
            .url("CLERK_API_URL", &urls)
            .unwrap_or_else(|| BACKEND_API.to_owned()),
        issuer: reader.url("CLERK_ISSUER", &urls),
        proxy_url: reader.url("CLERK_PROXY_URL", &urls),
        webhook_secrets,
        userinfo_proxy: reader
            .switch("DUALPOSTS_CLERK_USERINFO_PROXY")
            .unwrap_or(false),
    })
}

impl std::fmt::Debug for ClerkSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClerkSettings")
            .field("publishable_key", &self.publishable_key)
            .field("api_url", &self.api_url)
            .finish_non_exhaustive()
    }
}
