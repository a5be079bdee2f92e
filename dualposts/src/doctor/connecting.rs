//! Whether people can sign in and connect their profiles.

use entities::Clock;

use crate::apps;
use crate::assemble;
use crate::settings::Settings;

/// One line for each thing: what it is, and how it is or what is wrong with it.
pub async fn checks(settings: &Settings) -> Vec<(&'static str, Result<String, String>)> {
    vec![
        ("page", page(settings)),
        ("files for Threads", reach(settings)),
        ("Threads' app", threads(settings)),
        ("X's app", x(settings)),
        ("sign-in", clerk(settings).await),
    ]
}

pub fn public_url(settings: &Settings) -> String {
    settings
        .public_url
        .clone()
        .unwrap_or_else(|| format!("http://{}", settings.listen))
}

/// Threads fetches files from here.
fn reach(settings: &Settings) -> Result<String, String> {
    let url = public_url(settings);
    if settings.threads_api_url.is_some() {
        return Ok(format!(
            "fetched from {url} by the server in Threads' place"
        ));
    }
    match media::reach(&url) {
        media::Reach::Public { warning: None } => Ok(format!("fetched from {url}")),
        media::Reach::Public {
            warning: Some(warning),
        } => Ok(format!("fetched from {url}; {warning}")),
        media::Reach::Private { why } => Err(format!(
            "Threads can not fetch files from {url}: {why}. Texts go out all the same; set DUALPOSTS_PUBLIC_URL"
        )),
    }
}

fn page(settings: &Settings) -> Result<String, String> {
    let url = public_url(settings);
    let is_far = !settings.listen.ip().is_loopback();
    if is_far && settings.public_url.is_none() {
        return Err(format!(
            "it is served at {} for other machines, under a name that is not known; set DUALPOSTS_PUBLIC_URL",
            settings.listen
        ));
    }
    if is_far && url.starts_with("http://") {
        return Err(format!(
            "{url} is reached over a network without encryption: keys and sessions can be read on the way; put a server with https before it"
        ));
    }
    Ok(url)
}

fn threads(settings: &Settings) -> Result<String, String> {
    let Some(app) = &settings.apps.threads else {
        return Ok("not set; profiles are connected by a token at hand".to_owned());
    };
    let url = public_url(settings);
    let is_real = settings.threads_api_url.is_none();
    if is_real && !url.starts_with("https://") {
        return Err(format!(
            "Threads takes redirect addresses with https only, and the page is at {url}; set DUALPOSTS_PUBLIC_URL to an https address"
        ));
    }
    // The app's id is a number (threads.md 2.1).
    if is_real && !app.id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!(
            "DUALPOSTS_THREADS_APP_ID is {:?}, and Threads' app ids are numbers: take the *Threads* app's id and secret from the app's settings for Threads",
            app.id
        ));
    }
    Ok(format!(
        "{}; list {url}/oauth/threads/callback as redirect, {url}/webhooks/threads/deauthorize as uninstall and {url}/webhooks/threads/delete as delete callback",
        app.id
    ))
}

fn x(settings: &Settings) -> Result<String, String> {
    let Some(app) = &settings.apps.x else {
        return Ok("not set; profiles are connected by a token at hand".to_owned());
    };
    let url = public_url(settings);
    if settings.x_api_url.is_none() && url.contains("//localhost") {
        return Err("X takes http://127.0.0.1 as a redirect address, not localhost; set DUALPOSTS_PUBLIC_URL".to_owned());
    }
    // A client id has 34 characters (x.md 2.1); the API key on the same page has 25, and is for
    // OAuth 1.0a.
    let is_api_key = app.client_id.len() == 25
        && app
            .client_id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric());
    if settings.x_api_url.is_none() && is_api_key {
        return Err("DUALPOSTS_X_CLIENT_ID looks like an API key; take the client id and client secret under \"OAuth 2.0\" on the app's page".to_owned());
    }
    let kind = match &app.client_secret {
        Some(_) => "confidential",
        None => "public",
    };
    Ok(format!(
        "{} ({kind}); list {url}/oauth/x/callback as callback, with read and write permission",
        app.client_id
    ))
}

async fn clerk(settings: &Settings) -> Result<String, String> {
    let Some(clerk) = &settings.apps.clerk else {
        return Ok("by link; `dualposts link` prints one".to_owned());
    };
    let http = assemble::http(settings).map_err(|error| error.to_string())?;
    let configured = apps::clerk(clerk, &http, &public_url(settings)).map_err(|e| e.to_string())?;
    // No token is at hand to verify; whether the keys can be had shows at a made-up one.
    let keys = configured
        .verifier
        .verify(MADE_UP, Clock::system().now().as_ms())
        .await;
    if let Err(clerk::session::Refused::KeysUnavailable) = keys {
        return Err(format!(
            "Clerk's keys can not be had from {}; check CLERK_SECRET_KEY and CLERK_API_URL",
            clerk.api_url
        ));
    }
    if settings.apps.threads.is_none() {
        return Err("with Clerk, DUALPOSTS_THREADS_APP_ID and DUALPOSTS_THREADS_APP_SECRET are needed too: what Clerk holds of Threads ends after an hour, and is traded for a token of sixty days here".to_owned());
    }
    let origins = match clerk.authorized_parties.as_slice() {
        [] => public_url(settings),
        origins => origins.join(", "),
    };
    Ok(format!("Clerk; sessions of pages at {origins}"))
}

/// Well-formed, and signed by nobody: `{"alg":"RS256","kid":"doctor"}`, `{}`.
const MADE_UP: &str = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImRvY3RvciJ9.e30.c2lnbmVk";
