//! Browsers without Clerk: a session cookie that scripts can not read, and that counts for a
//! change only when the page that asks for it is ours.

use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite, time::Duration};
use actix_web::http::header::{HOST, ORIGIN};
use async_trait::async_trait;
use entities::scopes::Scopes;
use entities::sessions::{self, SESSION_LIFE};
use entities::{Database, Timestamp};
use secrecy::{ExposeSecret, SecretString};

use super::{Authenticator, Credential, Principal, Refused, Via};
use crate::problem::Problem;

/// Sessions of the table `sessions`.
pub struct BrowserSessions<'a>(pub &'a Database);

#[async_trait]
impl Authenticator for BrowserSessions<'_> {
    fn takes(&self, credential: &Credential) -> bool {
        matches!(credential, Credential::Cookie(_))
    }

    async fn authenticate(
        &self,
        credential: &Credential,
        now: Timestamp,
    ) -> Result<Principal, Refused> {
        let Credential::Cookie(session) = credential else {
            return Err(Refused::Unauthorized("This is not a session."));
        };
        let found = sessions::find(self.0, session, now).await?;
        let owner = found.ok_or(Refused::Unauthorized("The session has ended."))?;
        Ok(Principal {
            owner,
            via: Via::Browser,
            scopes: Scopes::all(),
        })
    }
}

/// The session that a request carries.
pub fn of(request: &HttpRequest, public_url: &str) -> Option<SecretString> {
    let cookie = request.cookie(&name(public_url))?;
    Some(cookie.value().to_owned().into())
}

/// The cookie that carries a session.
pub fn carrying(session: &SecretString, public_url: &str) -> Cookie<'static> {
    let seconds = i64::try_from(SESSION_LIFE.as_secs()).unwrap_or(i64::MAX);
    made(
        session.expose_secret().to_owned(),
        Duration::seconds(seconds),
        public_url,
    )
}

/// The cookie that takes it away.
pub fn ending(public_url: &str) -> Cookie<'static> {
    made(String::new(), Duration::ZERO, public_url)
}

fn made(value: String, life: Duration, public_url: &str) -> Cookie<'static> {
    Cookie::build(name(public_url), value)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(is_secure(public_url))
        .max_age(life)
        .finish()
}

/// Over https no other host of the same domain can set it. Without, the port is in the name: a
/// browser keeps one jar for all ports of a machine.
fn name(public_url: &str) -> String {
    if is_secure(public_url) {
        return "__Host-dualposts".to_owned();
    }
    let port = public_url.rsplit_once(':').map_or("", |(_, port)| port);
    let port: String = port.chars().take_while(char::is_ascii_digit).collect();
    format!("dualposts_{port}")
}

fn is_secure(public_url: &str) -> bool {
    public_url.starts_with("https://")
}

/// Refuses to change anything for a page of another origin: the browser sends the cookie with
/// requests that any page makes it make. A browser names the origin in each such request.
pub fn refuse_other_origins(request: &HttpRequest, public_url: &str) -> Result<(), Problem> {
    if request.method().is_safe() {
        return Ok(());
    }
    let header = |name| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let origin = header(ORIGIN).unwrap_or_default();
    let host = header(HOST).unwrap_or_default();
    if is_own(origin, host, public_url) {
        Ok(())
    } else {
        Err(Problem::cross_origin())
    }
}

/// Whether a page of `origin` is ours: served at the public address, or at the very host that
/// this request names, which may be another name of the same machine.
fn is_own(origin: &str, host: &str, public_url: &str) -> bool {
    let bare = origin
        .strip_prefix("https://")
        .or_else(|| origin.strip_prefix("http://"));
    origin.eq_ignore_ascii_case(public_url)
        || bare.is_some_and(|bare| !bare.is_empty() && bare.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_our_own_origin_may_change_something() {
        let public = "https://post.example";
        for (origin, host) in [
            ("https://post.example", "post.example"),
            ("https://post.example", "10.0.0.7:8080"),
            ("http://localhost:8080", "localhost:8080"),
        ] {
            assert!(is_own(origin, host, public), "{origin} {host}");
        }
        for (origin, host) in [
            ("", "post.example"),
            ("null", "post.example"),
            ("https://evil.example", "post.example"),
            ("https://post.example.evil.example", "post.example"),
            ("http://localhost:3000", "localhost:8080"),
            ("post.example", "post.example"),
            ("https://", ""),
        ] {
            assert!(!is_own(origin, host, public), "{origin} {host}");
        }
    }

    #[test]
    fn the_cookie_is_hidden_from_scripts_and_bound_to_its_host() {
        let cookie = carrying(&"s".into(), "https://post.example").to_string();
        for part in [
            "__Host-dualposts=s",
            "HttpOnly",
            "Secure",
            "SameSite=Lax",
            "Path=/",
        ] {
            assert!(cookie.contains(part), "{part} is not in {cookie}");
        }
        let cookie = carrying(&"s".into(), "http://127.0.0.1:8080").to_string();
        assert!(cookie.starts_with("dualposts_8080=s") && !cookie.contains("Secure"));
    }
}
