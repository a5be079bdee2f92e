//! How many requests are taken, by credential and by address.

use api::Guard;
use api::guard::Rate;
use entities::keys;
use entities::scopes::Scopes;
use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::json;
use std::time::Duration;
use tests::both_modes;
use tests::client::Client;

const SLOW: Rate = Rate {
    per_s: 2,
    burst: 10,
};

/// The same product, with limits.
fn limited(app: &tests::TestApp, change: impl FnOnce(&mut Guard)) -> Client {
    app.another_server(|state| change(&mut state.settings.guard))
}

async fn from(client: &Client, address: &str) -> u16 {
    let headers = [("X-Forwarded-For", address)];
    client
        .send(Method::GET, "/v1/sign-in", &headers, None)
        .await
        .status
        .as_u16()
}

both_modes! {
    async fn a_credential_is_limited_by_itself_and_is_told_how_it_stands(app: &TestApp) {
        let mine = limited(app, |guard| guard.per_credential = Some(SLOW));
        let (_, key) = keys::create(&app.backend.database, &app.owner, "other", &Scopes::all(), app.clock.now()).await.unwrap();
        let other = mine.with_key(key.expose_secret());
        for left in (0..10).rev() {
            let reply = mine.get("/v1/posts").await;
            assert_eq!(reply.status, 200);
            assert_eq!(reply.header("ratelimit-policy"), "\"credential\";q=10;w=5");
            assert!(reply.header("ratelimit").starts_with(&format!("\"credential\";r={left};t=")), "{}", reply.header("ratelimit"));
        }
        let refused = mine.get("/v1/posts").await;
        let problem = refused.problem(429, "too_many_requests");
        assert_eq!(problem["retryable"], true);
        assert_eq!((refused.header("retry-after"), refused.header("ratelimit")), ("1", "\"credential\";r=0;t=5"));
        // Another key of the same person has its own, and so has the same key when time has passed.
        assert_eq!(other.get("/v1/posts").await.status, 200);
        app.clock.advance(Duration::from_secs(1));
        let statuses = [mine.get("/v1/posts").await, mine.get("/v1/posts").await, mine.get("/v1/posts").await].map(|reply| reply.status.as_u16());
        assert_eq!(statuses, [200, 200, 429]);
        // What was refused was not done.
        let post = json!({ "text": "too many", "accounts": app.both() });
        mine.post("/v1/posts", post).await.problem(429, "too_many_requests");
        assert_eq!(app.count("SELECT count(*) FROM posts").await, 0);
    }
}

both_modes! {
    async fn an_address_is_limited_before_anything_is_looked_at_and_guessing_costs_more(app: &TestApp) {
        let client = limited(app, |guard| guard.per_address = Some(Rate { per_s: 2, burst: 100 }));
        let guessing = client.with_key("dp_abcdefgh_guess");
        // A wrong key costs fifty-one: the second is taken, the third is not looked at.
        guessing.get("/v1/posts").await.problem(401, "unauthorized");
        guessing.get("/v1/posts").await.problem(401, "unauthorized");
        let refused = guessing.get("/v1/posts").await;
        refused.problem(429, "too_many_requests");
        assert_eq!(refused.header("x-content-type-options"), "nosniff");
        assert!(refused.header("retry-after").parse::<u32>().unwrap() >= 1);
        // Nor is a good one, nor the page: it is the address that is refused, but not its probes.
        client.get("/v1/posts").await.problem(429, "too_many_requests");
        client.get("/").await.problem(429, "too_many_requests");
        assert_eq!(client.get("/healthz").await.status, 200);
        client.get("/media/none.png").await.problem(404, "not_found");
        // Nobody waits longer than two fillings.
        app.clock.advance(Duration::from_secs(100));
        assert_eq!(client.get("/v1/posts").await.status, 200);
        // To come without a credential guesses nothing.
        let stranger = client.with_key("");
        for _ in 0..20 {
            stranger.get("/v1/session").await.problem(401, "unauthorized");
        }
    }
}

both_modes! {
    async fn a_header_tells_the_address_only_where_a_trusted_proxy_has_written_it(app: &TestApp) {
        let open = limited(app, |guard| guard.per_address = Some(Rate { per_s: 1, burst: 3 }));
        let mut statuses = Vec::new();
        for number in 0..4 {
            statuses.push(from(&open, &format!("203.0.113.{number}")).await);
        }
        assert_eq!(statuses, [200, 200, 200, 429], "a stranger may write what they like");

        let proxied = limited(app, |guard| {
            guard.per_address = Some(Rate { per_s: 1, burst: 3 });
            guard.trusted_proxies = "127.0.0.0/8".parse().unwrap();
        });
        for number in 0..20 {
            assert_eq!(from(&proxied, &format!("203.0.113.{number}")).await, 200);
        }
        // What stands left of the last address was written by whoever has that address.
        let mut statuses = Vec::new();
        for number in 0..4 {
            statuses.push(from(&proxied, &format!("198.51.100.{number}, 2001:db8:0:7::{number}")).await);
        }
        assert_eq!(statuses, [200, 200, 200, 429], "64 bits of IPv6 are one household");
        assert_eq!(from(&proxied, "2001:db8:0:8::1").await, 200);
    }
}

both_modes! {
    async fn behind_a_proxy_that_nobody_named_no_stranger_s_guesses_are_everybody_s_loss(app: &TestApp) {
        let client = limited(app, |guard| guard.per_address = Some(Rate { per_s: 2, burst: 100 }));
        let guess = async |headers: &[(&str, &str)]| {
            let guessing = client.with_key("dp_abcdefgh_guess");
            guessing.send(Method::GET, "/v1/posts", headers, None).await.status.as_u16()
        };
        for header in ["X-Forwarded-For", "Forwarded"] {
            for _ in 0..10 {
                assert_eq!(guess(&[(header, "203.0.113.5")]).await, 401, "{header}");
            }
        }
        assert_eq!(client.get("/v1/posts").await.status, 200);
        // Who speaks for nobody pays.
        assert_eq!([guess(&[]).await, guess(&[]).await, guess(&[]).await], [401, 401, 429]);
    }
}

both_modes! {
    async fn a_cookie_that_is_not_ours_guesses_nothing(app: &TestApp) {
        let client = limited(app, |guard| guard.per_address = Some(Rate { per_s: 2, burst: 100 }));
        let stranger = client.with_key("");
        let shows = async |cookie: &str| {
            let headers = [("Cookie", cookie)];
            stranger.send(Method::GET, "/v1/session", &headers, None).await.status.as_u16()
        };
        for _ in 0..20 {
            assert_eq!(shows("analytics=1; theirs=2").await, 401);
        }
        let (_, port) = client.base_url.rsplit_once(':').unwrap();
        let ours = format!("dualposts_{port}=guess");
        assert_eq!([shows(&ours).await, shows(&ours).await, shows(&ours).await], [401, 401, 429]);
    }
}

both_modes! {
    async fn whoever_balances_the_load_is_always_told_and_makes_no_load(app: &TestApp) {
        let client = limited(app, |guard| guard.per_address = Some(Rate { per_s: 1, burst: 1 }));
        client.get("/v1/posts").await;
        client.get("/v1/posts").await.problem(429, "too_many_requests");
        for _ in 0..5 {
            assert_eq!(client.get("/readyz").await.status, 200);
        }
        // What was found a moment ago is told again; a second later it is looked again.
        app.execute("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_next', 1)").await;
        assert_eq!(client.get("/readyz").await.body["database"], "ok");
        app.clock.advance(Duration::from_secs(1));
        assert_eq!(client.get("/readyz").await.body["database"], "schema_newer");
    }
}

both_modes! {
    async fn while_a_process_goes_even_a_refusal_ends_the_connection(app: &TestApp) {
        let mut state = app.state.clone();
        state.news = api::Hub::new(state.database.clone(), state.queue.clone());
        state.settings.guard.per_address = Some(Rate { per_s: 1, burst: 1 });
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let client = app.client.at(&format!("http://{}", listener.local_addr().unwrap()));
        let (go, going) = tokio::sync::oneshot::channel::<()>();
        let shutdown = async { going.await.unwrap_or_default() };
        tokio::spawn(api::server::serve_and_drain(listener, state, shutdown, Duration::from_secs(5)));
        assert_eq!(client.get("/v1/accounts").await.status, 200);
        let refused = client.get("/v1/accounts").await;
        refused.problem(429, "too_many_requests");
        assert!(!refused.headers.contains_key("connection"));
        go.send(()).unwrap();
        while client.get("/readyz").await.body["draining"] != true {}
        let refused = client.get("/v1/accounts").await;
        refused.problem(429, "too_many_requests");
        assert_eq!(refused.header("connection"), "close");
    }
}
