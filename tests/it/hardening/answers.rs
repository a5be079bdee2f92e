//! What every answer says to browsers and caches, and HEAD.

use reqwest::Method;
use tests::both_modes;
use tests::client::Client;
use tests::routes::routes;

const PAGES: &[&str] = &[
    "/",
    "/assets/app.js",
    "/oauth/x/callback",
    "/docs/",
    "/docs",
    "/openapi.json",
    "/media/none.png",
    "/nothing",
    "/v1/nothing",
];

async fn check(client: &Client, method: Method, path: &str, is_https: bool) {
    let reply = client.send(method.clone(), path, &[], None).await;
    let header = |name: &str| reply.header(name).to_owned();
    let place = format!("{method} {path} {}", reply.status);
    for (name, expected) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin-allow-popups"),
        ("cross-origin-resource-policy", "same-origin"),
        ("x-permitted-cross-domain-policies", "none"),
        (
            "strict-transport-security",
            if is_https { "max-age=31536000" } else { "" },
        ),
    ] {
        assert_eq!(header(name), expected, "{place} {name}");
    }
    let policy = header("content-security-policy");
    assert!(
        policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
        "{place} {policy}"
    );
    assert!(
        header("permissions-policy").contains("camera=()"),
        "{place}"
    );
    assert!(header("x-request-id").starts_with("req_"), "{place}");
    let kept = header("cache-control");
    if path.starts_with("/v1") || !reply.status.is_success() && !path.starts_with("/docs") {
        assert_eq!(kept, "no-store", "{place}");
    } else {
        assert!(
            ["no-store", "no-cache"].contains(&kept.as_str()),
            "{place} {kept}"
        );
    }
    for told in ["server", "x-powered-by"] {
        assert_eq!(header(told), "", "{place} {told}");
    }
}

both_modes! {
    async fn every_answer_of_every_route_tells_browsers_what_they_may_do(app: &TestApp) {
        let secure = app.another_server(|state| "https://post.example".clone_into(&mut state.settings.public_url));
        for (client, is_https) in [(&app.client, false), (&app.client.with_key(""), false), (&secure, true)] {
            for route in routes() {
                let path = route.path.replace("{id}", "none").replace("{code}", "none");
                check(client, route.method, &path, is_https).await;
                check(client, Method::PUT, &path, is_https).await;
            }
            for path in PAGES {
                check(client, Method::GET, path, is_https).await;
            }
        }
    }
}

both_modes! {
    async fn head_is_answered_wherever_get_is_with_everything_but_the_body(app: &TestApp) {
        app.client.submit("for the list", &app.both()).await;
        app.drain().await;
        let all = routes().into_iter().filter(|route| route.method == Method::GET).map(|route| route.path);
        let mut tried = 0;
        for path in all.chain(PAGES.iter().map(|path| (*path).to_owned())) {
            let path = path.replace("{id}", "none").replace("{code}", "none");
            let get = app.client.get(&path).await;
            let head = app.client.send(Method::HEAD, &path, &[], None).await;
            assert_eq!((head.status, head.body.as_str()), (get.status, Some("")), "{path}");
            for name in ["content-type", "content-length", "cache-control", "location"] {
                assert_eq!(head.header(name), get.header(name), "{path} {name}");
            }
            tried += 1;
        }
        assert!(tried > 15, "{tried}");
        // It needs the same key, and does nothing where GET does not work.
        app.client.with_key("").send(Method::HEAD, "/v1/posts", &[], None).await;
        let reply = app.client.send(Method::HEAD, "/v1/connections/finish", &[], None).await;
        assert_eq!((reply.status.as_u16(), reply.header("allow")), (405, "POST"));
    }
}
