//! Connecting an account as a product does it, for the checks of OAuth.

use std::collections::HashMap;

use form_urlencoded::Serializer;
use reqwest::RequestBuilder;
use serde_json::Value;

use super::{Got, Running, got};
use crate::{
    AutoConsent, Settings, THREADS_APP_ID, THREADS_APP_SECRET, X_CLIENT_ID, X_CLIENT_SECRET,
};

pub(super) const CALLBACK: &str = "http://127.0.0.1:8080/oauth/callback";
/// RFC 7636, appendix B.
pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(super) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub(super) const X_SCOPES: &str = "tweet.read tweet.write users.read offline.access";

/// Parameters of a call; a later one replaces an earlier one of its name, an empty one removes it.
type Params<'a> = &'a [(&'a str, &'a str)];

fn changed<'a>(usual: Params<'a>, changes: Params<'a>) -> Vec<(&'a str, &'a str)> {
    let is_kept = |name: &str| changes.iter().all(|(changed, _)| *changed != name);
    let kept = usual.iter().filter(|(name, _)| is_kept(name));
    let new = changes.iter().filter(|(_, value)| !value.is_empty());
    kept.chain(new).copied().collect()
}

fn address(path: &str, params: &[(&str, &str)]) -> String {
    let query = Serializer::new(String::new()).extend_pairs(params).finish();
    format!("{path}?{query}")
}

pub(super) fn threads_window(changes: Params<'_>) -> String {
    let usual = [
        ("client_id", THREADS_APP_ID),
        ("redirect_uri", CALLBACK),
        ("scope", "threads_basic,threads_content_publish"),
        ("response_type", "code"),
        ("state", "xyz"),
    ];
    address("/oauth/authorize", &changed(&usual, changes))
}

pub(super) fn x_window(changes: Params<'_>) -> String {
    let usual = [
        ("response_type", "code"),
        ("client_id", X_CLIENT_ID),
        ("redirect_uri", CALLBACK),
        ("scope", X_SCOPES),
        ("state", "xyz"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    address("/i/oauth2/authorize", &changed(&usual, changes))
}

/// The access and the refresh token of X.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    pub(super) access: String,
    pub(super) refresh: String,
}

impl Pair {
    pub(super) fn of(got: &Got) -> Self {
        assert_eq!(got.status, 200, "{got:?}");
        let body = json(got);
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        Self {
            access: text("access_token"),
            refresh: text("refresh_token"),
        }
    }
}

pub(super) fn json(got: &Got) -> Value {
    serde_json::from_str(&got.body).expect("JSON")
}

pub(super) fn access_token(got: &Got) -> String {
    Pair::of(got).access
}

impl Running {
    /// A simulator whose user agrees to everything at once.
    pub(super) async fn agreeing() -> Self {
        let auto_consent = AutoConsent::Allow;
        Self::start_with(Settings {
            auto_consent,
            ..Settings::default()
        })
        .await
    }

    /// Where a browser is sent.
    pub(super) async fn sent_to(&self, request: RequestBuilder) -> String {
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), 302);
        let location = answer.headers()["location"].to_str();
        location.expect("an address").to_owned()
    }

    async fn code(&self, window: &str) -> String {
        let location = self.sent_to(self.browse(window)).await;
        params(&location).remove("code").expect("a code")
    }

    /// Without a token, as a browser asks.
    pub(super) fn browse(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{path}", self.base))
    }

    pub(super) async fn threads_code(&self) -> String {
        self.code(&threads_window(&[])).await
    }

    pub(super) async fn x_code(&self, changes: Params<'_>) -> String {
        self.code(&x_window(changes)).await
    }

    /// `POST /oauth/access_token`.
    pub(super) async fn threads_exchange(&self, code: &str, changes: Params<'_>) -> Got {
        let usual = [
            ("client_id", THREADS_APP_ID),
            ("client_secret", THREADS_APP_SECRET),
            ("code", code),
            ("grant_type", "authorization_code"),
            ("redirect_uri", CALLBACK),
        ];
        let to = format!("{}/oauth/access_token", self.base);
        got(self.http.post(to).form(&changed(&usual, changes))).await
    }

    pub(super) async fn short_lived(&self) -> String {
        let code = self.threads_code().await;
        access_token(&self.threads_exchange(&code, &[]).await)
    }

    /// `GET /access_token`.
    pub(super) async fn lengthened(&self, short: &str, changes: Params<'_>) -> Got {
        let usual = [
            ("grant_type", "th_exchange_token"),
            ("client_secret", THREADS_APP_SECRET),
            ("access_token", short),
        ];
        let path = address("/access_token", &changed(&usual, changes));
        got(self.browse(&path)).await
    }

    pub(super) async fn long_lived(&self) -> String {
        let short = self.short_lived().await;
        access_token(&self.lengthened(&short, &[]).await)
    }

    /// `GET /refresh_access_token`.
    pub(super) fn refreshing(&self, long: &str) -> RequestBuilder {
        let params = [("grant_type", "th_refresh_token"), ("access_token", long)];
        self.browse(&address("/refresh_access_token", &params))
    }

    pub(super) async fn refreshed(&self, long: &str) -> Got {
        got(self.refreshing(long)).await
    }

    pub(super) async fn threads_me(&self, token: &str) -> Got {
        let path = address("/me", &[("fields", "username"), ("access_token", token)]);
        got(self.browse(&path)).await
    }

    pub(super) fn x_call(&self, path: &str, form: Params<'_>) -> RequestBuilder {
        let to = format!("{}{path}", self.base);
        let call = self.http.post(to).form(form);
        call.basic_auth(X_CLIENT_ID, Some(X_CLIENT_SECRET))
    }

    /// `POST /2/oauth2/token` with a code, by the confidential client.
    pub(super) async fn x_exchange(&self, code: &str, changes: Params<'_>) -> Got {
        let usual = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        got(self.x_call("/2/oauth2/token", &changed(&usual, changes))).await
    }

    pub(super) async fn x_pair(&self) -> Pair {
        let code = self.x_code(&[]).await;
        Pair::of(&self.x_exchange(&code, &[]).await)
    }

    pub(super) fn x_refreshing(&self, refresh: &str) -> RequestBuilder {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
        self.x_call("/2/oauth2/token", &form)
    }

    pub(super) async fn x_refresh(&self, refresh: &str) -> Got {
        got(self.x_refreshing(refresh)).await
    }

    pub(super) async fn x_me(&self, access: &str) -> Got {
        got(self.browse("/2/users/me").bearer_auth(access)).await
    }
}

/// The parameters of an address, without its fragment.
pub(super) fn params(address: &str) -> HashMap<String, String> {
    let (_, query) = address.split_once('?').expect("a query");
    let query = query.split('#').next().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}
