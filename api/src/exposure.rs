//! What is served to operators' tools: `/metrics` on the API's listener, or on a listener of its own
//! together with `/healthz` and `/readyz`, which a worker has no other way to answer.

use std::future::Future;
use std::net::TcpListener;

use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use entities::Database;
use queue::Queue;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;
use telemetry::{Sampler, page};

use crate::health;
use crate::problem::Problem;

/// The metrics, and who may read them on a listener.
#[derive(Clone)]
pub struct Exposure {
    pub readers: Readers,
    pub sampler: Sampler,
}

/// Who may read the metrics on a listener.
#[derive(Clone, Debug)]
pub enum Readers {
    /// Whoever has this token.
    Token(SecretString),
    /// Processes on this host that call directly. Not for a listener behind a proxy on the same host,
    /// to which everybody is such a process.
    Loopback,
    /// Whoever reaches the listener: it was opened for that.
    Everyone,
    /// Nobody: they are on a listener of their own, or a token is to be set first.
    Nobody,
}

impl Readers {
    /// The readers on the API's own listener. `elsewhere`: there is a listener for the metrics.
    pub fn beside_the_api(
        token: Option<SecretString>,
        elsewhere: bool,
        public_url: Option<&str>,
    ) -> Self {
        match token {
            _ if elsewhere => Readers::Nobody,
            Some(token) => Readers::Token(token),
            None if public_url.is_none_or(is_loopback) => Readers::Loopback,
            None => Readers::Nobody,
        }
    }

    /// The readers on a listener that was set for the metrics.
    pub fn on_their_own(token: Option<SecretString>) -> Self {
        token.map_or(Readers::Everyone, Readers::Token)
    }

    fn admit(&self, request: &HttpRequest) -> Result<(), Problem> {
        match self {
            Readers::Everyone => Ok(()),
            Readers::Loopback if is_direct_and_near(request) => Ok(()),
            Readers::Token(token) if bears(request, token) => Ok(()),
            Readers::Token(_) => Err(Problem::unauthorized_metrics()),
            Readers::Loopback | Readers::Nobody => Err(Problem::metrics_not_here()),
        }
    }
}

/// Whether people open the page at an address that only this host reaches.
pub fn is_loopback(url: &str) -> bool {
    let (_, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    let near = |ip: std::net::IpAddr| ip.is_loopback();
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(near)
}

/// Whether it comes from this host and nothing says that somebody passed it on.
fn is_direct_and_near(request: &HttpRequest) -> bool {
    let passed_on = ["forwarded", "via", "x-forwarded-for", "x-real-ip"];
    request
        .peer_addr()
        .is_some_and(|peer| peer.ip().to_canonical().is_loopback())
        && !passed_on
            .iter()
            .any(|header| request.headers().contains_key(*header))
}

fn bears(request: &HttpRequest, token: &SecretString) -> bool {
    let given = request.headers().get(AUTHORIZATION);
    let given = given.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    given.is_some_and(|given| bool::from(given.as_bytes().ct_eq(token.expose_secret().as_bytes())))
}

/// Everything that this process counts, for Prometheus.
pub async fn metrics(
    request: HttpRequest,
    exposure: web::Data<Exposure>,
) -> Result<HttpResponse, Problem> {
    exposure.readers.admit(&request)?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, page::CONTENT_TYPE))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(exposure.sampler.page().await))
}

/// Serves `/metrics`, `/healthz` and `/readyz`, and nothing else, until `shutdown`.
pub async fn serve(
    listener: TcpListener,
    exposure: Exposure,
    database: Database,
    queue: Queue,
    shutdown: impl Future<Output = ()>,
) -> std::io::Result<()> {
    let exposure = web::Data::new(exposure);
    let parts = web::Data::new((database, queue));
    let server = HttpServer::new(move || {
        App::new()
            .app_data(exposure.clone())
            .app_data(parts.clone())
            .route("/metrics", web::get().to(metrics))
            .route("/healthz", web::get().to(|| async { health::alive() }))
            .route("/readyz", web::get().to(ready))
    })
    .workers(1)
    .shutdown_timeout(2)
    .disable_signals()
    .listen(listener)?
    .run();
    let handle = server.handle();
    let serving = tokio::spawn(server);
    shutdown.await;
    handle.stop(true).await;
    serving.await.map_err(std::io::Error::other)?
}

async fn ready(parts: web::Data<(Database, Queue)>) -> HttpResponse {
    health::readiness(&parts.0, &parts.1).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behind_an_address_that_others_reach_a_token_is_asked_for() {
        let readers = |token: Option<&str>, elsewhere, url| {
            Readers::beside_the_api(token.map(Into::into), elsewhere, url)
        };
        for near in [
            "http://localhost",
            "http://127.0.0.1:8080/",
            "http://[::1]:8080",
        ] {
            assert!(matches!(
                readers(None, false, Some(near)),
                Readers::Loopback
            ));
        }
        assert!(matches!(readers(None, false, None), Readers::Loopback));
        for far in [
            "https://post.example",
            "http://127.0.0.1.example",
            "http://10.0.0.1",
        ] {
            assert!(matches!(readers(None, false, Some(far)), Readers::Nobody));
            assert!(matches!(
                readers(Some("t"), false, Some(far)),
                Readers::Token(_)
            ));
        }
        assert!(matches!(readers(Some("t"), true, None), Readers::Nobody));
        assert!(matches!(Readers::on_their_own(None), Readers::Everyone));
        assert!(matches!(
            Readers::on_their_own(Some("t".into())),
            Readers::Token(_)
        ));
    }
}
