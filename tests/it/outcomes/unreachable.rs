//! A platform that cannot even be reached: nothing was sent, so it is tried again and never looked
//! for, and the record says so.

mod servers;

use platforms::x::NewPost;
use std::time::Duration;

use platforms::{Failure, HttpSettings, Meaning, http_client};
use secrecy::SecretString;
use serde_json::json;
use tests::app::drain;
use tests::both_modes;
use worker::{Platforms, Worker};

use super::{HOUR, published_once};
use servers::{Listens, Server};

const TOKEN: &str = "a-token-that-nobody-may-read";

/// Where a platform is said to be.
struct Place {
    url: String,
    /// A part of what is told about it; a name server may be slower than the client waits.
    told: &'static str,
    /// Keeps the listener.
    server: Option<Server>,
}

/// Every way not to reach anybody.
fn places() -> Vec<Place> {
    let listens = |listens, told| {
        let server = Server::start(listens);
        let url = server.url.clone();
        Place {
            url,
            told,
            server: Some(server),
        }
    };
    let nowhere = |url: &str, told| Place {
        url: url.to_owned(),
        told,
        server: None,
    };
    vec![
        listens(Listens::InPlainHttp, "corrupt message"),
        listens(Listens::AndClosesAtOnce, "tls|reset"),
        listens(Listens::AndClosesInTheHandshake, "tls|reset"),
        listens(Listens::AndResetsInTheHandshake, "reset"),
        listens(Listens::AndRefusesTheHandshake, "handshake"),
        listens(Listens::WithACertificateOfNobodys, "certificate"),
        listens(Listens::AndSaysNothing, "timed out"),
        nowhere("https://127.0.0.1:1", "refused"),
        nowhere("http://127.0.0.1:1", "refused"),
        nowhere("https://no-such-host.invalid", "dns|timed out"),
        nowhere("http://no-such-host.invalid", "dns|timed out"),
    ]
}

fn platforms_at(url: &str) -> Platforms {
    let http = http_client(&HttpSettings {
        connect_timeout: Duration::from_millis(250),
        call_timeout: Duration::from_secs(20),
        user_agent: "dualposts-tests".to_owned(),
    });
    let http = http.expect("an HTTP client");
    Platforms {
        x_app: None,
        threads: platforms::threads::Client::new(http.clone(), url),
        x: platforms::x::Client::new(http, url),
        x_web_url: "https://x.com".to_owned(),
    }
}

/// One call of each kind.
async fn each_call(platforms: &Platforms) -> Vec<(&'static str, Option<Failure>)> {
    let Platforms { threads, x, .. } = platforms;
    let (token, now_ms) = (&SecretString::from(TOKEN), 1_795_000_000_000);
    vec![
        (
            "create",
            threads
                .create_text_container(token, "1", "a", None, now_ms)
                .await
                .err(),
        ),
        (
            "status",
            threads.container_status(token, "170", now_ms).await.err(),
        ),
        (
            "publish",
            threads.publish(token, "1", "170", now_ms).await.err(),
        ),
        (
            "permalink",
            threads.permalink(token, "180", now_ms).await.err(),
        ),
        (
            "posts",
            threads.posts_since(token, now_ms, now_ms).await.err(),
        ),
        (
            "replies",
            threads.replies_since(token, now_ms, now_ms).await.err(),
        ),
        ("profile", threads.profile(token, now_ms).await.err()),
        (
            "create on X",
            x.create_post(
                token,
                &NewPost {
                    text: "a",
                    ..NewPost::default()
                },
                now_ms,
            )
            .await
            .err(),
        ),
        (
            "posts on X",
            x.posts_since(token, "1", now_ms, now_ms).await.err(),
        ),
        ("profile on X", x.profile(token, now_ms).await.err()),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_reaches_nobody_has_sent_nothing_and_says_so() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    for place in places() {
        for (call, failure) in each_call(&platforms_at(&place.url)).await {
            let name = format!("{call} at {} ({})", place.url, place.told);
            let failure = failure.expect(&name);
            assert_eq!(failure.meaning, Meaning::NotDone, "{name}: {failure}");
            let told = failure.evidence.message.unwrap_or_default();
            let words = told.to_lowercase();
            let says = place.told.split('|').any(|part| words.contains(part));
            assert!(
                told.starts_with("nothing was sent: ") && says,
                "{name}: {told}"
            );
            assert!(
                !told.contains(TOKEN) && !told.contains("127.0.0.1/"),
                "{name}: {told}"
            );
        }
        if let Some(server) = place.server {
            assert!(server.connections() > 0, "{} was tried", place.told);
            assert!(!server.heard(TOKEN), "{} was told the token", place.told);
        }
    }
}

both_modes! {
    async fn a_platform_that_cannot_be_reached_is_tried_again_and_never_looked_for(app: &TestApp) {
        for place in places() {
            let written = format!("unreachable: {} {}", place.url, place.told);
            let post = app.client.submit(&written, &app.both()).await;
            let lame = Worker { platforms: platforms_at(&place.url), ..app.worker.clone() };
            let calls = app.simulator.calls().len();
            for _ in 0..3 {
                drain(&lame).await;
                app.clock.advance(Duration::from_secs(10));
            }
            for delivery in app.client.show(&post).await["deliveries"].as_array().expect("deliveries") {
                let attempts = app.client.attempts(delivery).await;
                let step = if delivery["platform"] == "x" { "create_post retry" } else { "create_container retry" };
                assert_eq!(attempts, [step; 3], "{written}");
                let told = (&delivery["status"], &delivery["error"]["code"]);
                assert_eq!(told, (&json!("queued"), &json!("platform_unreachable")), "{delivery:#}");
                let said = &delivery["error"]["platform"];
                let message = said["message"].as_str().expect("a message");
                assert!(message.starts_with("nothing was sent: "), "{delivery:#}");
                assert!(said["http_status"].is_null() && !message.contains("token-"), "{delivery:#}");
            }
            assert_eq!(app.simulator.calls().len(), calls);
            app.settle(HOUR).await;
            published_once(app, &post, &written).await;
        }
        let doubts = app.count("SELECT count(*) FROM events WHERE kind = 'delivery.unconfirmed'").await;
        assert_eq!(doubts, 0, "nothing was ever in doubt");
    }
}
