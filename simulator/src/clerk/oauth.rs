//! Clerk as a client of the simulated platforms: what it asks them is asked as any app would, and
//! so is logged, limited and struck by faults.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use form_urlencoded::Serializer;
use http_body_util::BodyExt;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::{Method, Uri};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::connect::Consent;
use super::user::{Held, Profile, Provider};
use super::visit::Visit;
use crate::exchange::exchange;
use crate::request::Request;

/// What a completed consent gives.
pub(crate) struct Granted {
    pub(crate) profile: Profile,
    pub(crate) held: Held,
}

/// The address of the platform's consent page.
pub(crate) fn consent_page(
    visit: &Visit<'_>,
    consent: &Consent,
    state: &str,
    more_scopes: Option<&str>,
) -> String {
    let settings = &visit.settings;
    let mut scopes = scopes(visit, consent.provider);
    scopes.extend(more_scopes.map(str::to_owned));
    let scope = scopes.join(" ");
    let (path, client_id) = match consent.provider {
        Provider::X => {
            let app = settings.x.oauth.apps.first();
            let id = app.map(|app| app.client_id.as_str());
            ("/i/oauth2/authorize", id.unwrap_or_default())
        }
        Provider::Threads => {
            let app = settings.threads.oauth.apps.first();
            let id = app.map(|app| app.id.as_str());
            ("/oauth/authorize", id.unwrap_or_default())
        }
    };
    let mut query = Serializer::new(String::new());
    query
        .append_pair("response_type", "code")
        .append_pair("client_id", client_id)
        .append_pair("redirect_uri", &consent.callback)
        .append_pair("scope", &scope)
        .append_pair("state", state);
    if consent.provider == Provider::X {
        let challenge = Sha256::digest(consent.verifier.as_bytes());
        query
            .append_pair("code_challenge", &URL_SAFE_NO_PAD.encode(challenge))
            .append_pair("code_challenge_method", "S256");
    }
    format!("{}{path}?{}", visit.base(), query.finish())
}

fn scopes(visit: &Visit<'_>, provider: Provider) -> Vec<String> {
    match provider {
        Provider::X => visit.settings.clerk.x_scopes.clone(),
        Provider::Threads => visit.settings.clerk.threads_scopes.clone(),
    }
}

/// Exchanges a code, and reads whose it is. The error in the words that Clerk would have.
pub(crate) async fn exchange_code(
    visit: &Visit<'_>,
    consent: &Consent,
    code: &str,
) -> Result<Granted, String> {
    let provider = consent.provider;
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("redirect_uri", consent.callback.as_str()),
        ("code", code),
    ];
    if provider == Provider::X {
        form.push(("code_verifier", consent.verifier.as_str()));
    }
    let token = token_call(visit, provider, form).await?;
    let held = held(visit, provider, &token).ok_or_else(|| unreadable("a token"))?;
    let path = match provider {
        Provider::X => "/2/users/me?user.fields=profile_image_url",
        Provider::Threads => "/v1.0/me?fields=id,username,name,threads_profile_picture_url",
    };
    let bearer = format!("Bearer {}", held.access_token);
    let answer = call(visit, Method::GET, path, &bearer, String::new()).await?;
    let profile = match provider {
        Provider::X => profile(&answer["data"], "profile_image_url"),
        Provider::Threads => profile(&answer, "threads_profile_picture_url"),
    };
    let profile = profile.ok_or_else(|| unreadable("a profile"))?;
    Ok(Granted { profile, held })
}

/// Trades a refresh token for a new pair. The error in the words that Clerk would have.
pub(crate) async fn refresh(
    visit: &Visit<'_>,
    provider: Provider,
    refresh_token: &str,
) -> Result<Held, String> {
    let form = vec![
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh_token),
    ];
    let token = token_call(visit, provider, form).await?;
    held(visit, provider, &token).ok_or_else(|| unreadable("a token"))
}

fn unreadable(what: &str) -> String {
    format!("oauth2: cannot parse {what}")
}

async fn token_call(
    visit: &Visit<'_>,
    provider: Provider,
    mut form: Vec<(&str, &str)>,
) -> Result<Value, String> {
    let settings = &visit.settings;
    let (path, authorization) = match provider {
        Provider::X => {
            let app = settings.x.oauth.apps.first().cloned().unwrap_or_default();
            let secret = app.client_secret.unwrap_or_default();
            let pair = STANDARD.encode(format!("{}:{secret}", app.client_id));
            ("/2/oauth2/token", format!("Basic {pair}"))
        }
        Provider::Threads => {
            if let Some(app) = settings.threads.oauth.apps.first() {
                form.push(("client_id", app.id.as_str()));
                form.push(("client_secret", app.secret.as_str()));
            }
            ("/oauth/access_token", String::new())
        }
    };
    // The serializer may not be held across an await.
    let body = Serializer::new(String::new()).extend_pairs(form).finish();
    call(visit, Method::POST, path, &authorization, body).await
}

/// One request to a platform. A refusal in the words of the library that Clerk is made with.
async fn call(
    visit: &Visit<'_>,
    method: Method,
    path: &str,
    authorization: &str,
    body: String,
) -> Result<Value, String> {
    let mut headers = HeaderMap::new();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/x-www-form-urlencoded"),
    );
    if let Ok(value) = HeaderValue::from_str(authorization) {
        headers.insert(AUTHORIZATION, value);
    }
    let uri: Uri = path.parse().map_err(|_| unreadable("an address"))?;
    let request = Request::new(method, &uri, &headers, Bytes::from(body));
    let closing = visit.closing.clone();
    let answer = exchange(Arc::clone(visit.inner), request, closing).await;
    let cut_off = || "oauth2: cannot fetch token: unexpected EOF".to_owned();
    let answer = answer.map_err(|_| cut_off())?;
    let status = answer.status();
    let body = answer.into_body().collect().await.map_err(|_| cut_off())?;
    let body: Value = serde_json::from_slice(&body.to_bytes()).unwrap_or_default();
    if status.is_success() {
        return Ok(body);
    }
    Err(match body["error"].as_str() {
        Some(error) => {
            let description = body["error_description"].as_str().unwrap_or_default();
            format!("oauth2: \"{error}\" \"{description}\"")
        }
        None => format!("oauth2: cannot fetch token: {}", status.as_u16()),
    })
}

fn held(visit: &Visit<'_>, provider: Provider, token: &Value) -> Option<Held> {
    let text = |name: &str| token[name].as_str().map(str::to_owned);
    let life_s = token["expires_in"].as_i64();
    Some(Held {
        access_token: text("access_token")?,
        refresh_token: text("refresh_token"),
        expires_at_ms: life_s.map(|seconds| visit.now_ms + seconds * 1000),
        scopes: match text("scope") {
            Some(granted) => granted.split(' ').map(str::to_owned).collect(),
            None => scopes(visit, provider),
        },
    })
}

fn profile(user: &Value, image: &str) -> Option<Profile> {
    let text = |name: &str| user[name].as_str().unwrap_or_default().to_owned();
    let id = text("id");
    (!id.is_empty()).then(|| Profile {
        provider_user_id: id,
        username: text("username"),
        image_url: text(image),
    })
}
