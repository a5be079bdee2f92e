//! Connecting a profile: the person's code becomes an access token of two hours and a refresh
//! token that serves once (x.md 1.1). Whoever refreshes must hold the profile's lock and store the
//! new pair before using it (x.md 1.3, 11 point 2).

mod authorize;
mod judge;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};

pub use authorize::{SCOPES, authorize_url, code_challenge};

use super::Client;
use crate::http::Reply;
use crate::oauth::{Failure, perform};
use judge::Brought;

/// The app that profiles connect through.
#[derive(Debug, Clone)]
pub struct App {
    pub client_id: String,
    /// Of a confidential client (Web App, Automated App); a public one has none (x.md 1.1).
    pub client_secret: Option<SecretString>,
}

#[derive(Debug, Clone)]
pub struct Tokens {
    pub access: SecretString,
    /// Takes the place of the one before, which is spent. `None` without the scope
    /// `offline.access`, and where a refresh answered none: then the caller decides.
    pub refresh: Option<SecretString>,
    /// When `access` ends, in Unix milliseconds, if the answer says.
    pub expires_at_ms: Option<i64>,
    /// As granted, in no order. Empty where the answer does not say.
    pub scopes: Vec<String>,
}

/// Which of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    Access,
    Refresh,
}

/// Every one can fail as [`crate::oauth::Refusal`] says.
impl Client {
    /// Exchanges the code that the browser brought. It lives for 30 seconds and serves once
    /// (x.md 1.1): exchange it in the callback itself. `redirect_uri` must be the one of the
    /// authorization window, and `code_verifier` the one behind its challenge.
    pub async fn exchange_code(
        &self,
        app: &App,
        code: &SecretString,
        redirect_uri: &str,
        code_verifier: &SecretString,
        now_ms: i64,
    ) -> Result<Tokens, Failure> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.expose_secret()),
            ("redirect_uri", redirect_uri),
            ("code_verifier", code_verifier.expose_secret()),
        ];
        self.ask(app, "token", &form, &[code, code_verifier], |reply| {
            judge::tokens(Brought::Code, reply, now_ms)
        })
        .await
    }

    /// Spends `refresh` for a new pair.
    pub async fn refresh(
        &self,
        app: &App,
        refresh: &SecretString,
        now_ms: i64,
    ) -> Result<Tokens, Failure> {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh.expose_secret()),
        ];
        self.ask(app, "token", &form, &[refresh], |reply| {
            judge::tokens(Brought::Token, reply, now_ms)
        })
        .await
    }

    /// Revokes `token`. May be repeated.
    pub async fn revoke(
        &self,
        app: &App,
        token: &SecretString,
        kind: TokenKind,
        now_ms: i64,
    ) -> Result<(), Failure> {
        let hint = match kind {
            TokenKind::Access => "access_token",
            TokenKind::Refresh => "refresh_token",
        };
        let form = [("token", token.expose_secret()), ("token_type_hint", hint)];
        self.ask(app, "revoke", &form, &[token], |reply| {
            judge::revoked(reply, now_ms)
        })
        .await
    }

    /// One request to `/2/oauth2/{endpoint}`: a confidential client names itself in the header, a
    /// public one in the form.
    async fn ask<T>(
        &self,
        app: &App,
        endpoint: &str,
        form: &[(&str, &str)],
        secrets: &[&SecretString],
        judge: impl FnOnce(&Reply) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let request = self.request(Method::POST, &["2", "oauth2", endpoint]);
        let id = app.client_id.as_str();
        match &app.client_secret {
            Some(secret) => {
                let secret_text = secret.expose_secret();
                let basic = STANDARD.encode(format!("{id}:{secret_text}"));
                let basic = SecretString::from(basic);
                let secrets = [secrets, &[secret, &basic]].concat();
                let request =
                    request.map(|request| request.basic_auth(id, Some(secret_text)).form(form));
                perform(&self.http, request, &secrets, judge).await
            }
            None => {
                let form = [form, &[("client_id", id)]].concat();
                let request = request.map(|request| request.form(&form));
                perform(&self.http, request, secrets, judge).await
            }
        }
    }
}
