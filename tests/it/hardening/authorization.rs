//! Who may call what: every route of the document, with every scope alone, against a table. A route
//! that is not in the table fails, and so does one whose scope is not declared.

use entities::keys;
use entities::scopes::{Scope, Scopes};
use reqwest::StatusCode;
use secrecy::ExposeSecret;
use serde_json::Value;
use tests::TestApp;
use tests::both_modes;
use tests::client::{Client, text};
use tests::routes::{Route, routes};

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum May {
    /// Everybody.
    Everyone,
    /// Whoever is signed in.
    Anyone,
    /// Whoever has this scope, and nobody else.
    With(Scope),
    /// Whoever has both, and nobody else.
    WithBoth(Scope, Scope),
}

impl May {
    /// What it needs, if it needs any.
    fn scopes(self) -> Vec<Scope> {
        match self {
            Everyone | Anyone => Vec::new(),
            With(scope) => vec![scope],
            WithBoth(one, other) => vec![one, other],
        }
    }
}

use May::{Anyone, Everyone, With, WithBoth};
use Scope::{
    AccountsRead, AccountsWrite, KeysWrite, PostsRead, PostsWrite, WebhooksRead, WebhooksWrite,
};

#[rustfmt::skip]
const TABLE: &[(&str, &str, May)] = &[
    ("GET", "/healthz", Everyone),
    ("GET", "/readyz", Everyone),
    ("GET", "/v1/posts", With(PostsRead)),
    ("POST", "/v1/posts", With(PostsWrite)),
    ("POST", "/v1/posts/validate", With(PostsRead)),
    ("GET", "/v1/posts/{id}", With(PostsRead)),
    ("PATCH", "/v1/posts/{id}", With(PostsWrite)),
    ("DELETE", "/v1/posts/{id}", With(PostsWrite)),
    ("POST", "/v1/deliveries/{id}/retry", With(PostsWrite)),
    ("DELETE", "/v1/deliveries/{id}/remote", With(PostsWrite)),
    ("GET", "/v1/deliveries/{id}/attempts", With(PostsRead)),
    ("GET", "/v1/events", With(PostsRead)),
    ("GET", "/v1/media", With(PostsRead)),
    ("POST", "/v1/media", With(PostsWrite)),
    ("GET", "/v1/media/{id}", With(PostsRead)),
    ("DELETE", "/v1/media/{id}", With(PostsWrite)),
    ("GET", "/v1/accounts", With(AccountsRead)),
    ("POST", "/v1/accounts", With(AccountsWrite)),
    ("DELETE", "/v1/accounts/{id}", With(AccountsWrite)),
    ("GET", "/v1/accounts/{id}/quota", With(AccountsRead)),
    ("GET", "/v1/quota", With(AccountsRead)),
    ("GET", "/v1/cost", With(AccountsRead)),
    ("GET", "/v1/connections", With(AccountsRead)),
    ("POST", "/v1/connections", With(AccountsWrite)),
    ("POST", "/v1/connections/finish", With(AccountsWrite)),
    ("POST", "/v1/connections/sync", With(AccountsWrite)),
    ("GET", "/v1/webhooks", With(WebhooksRead)),
    ("POST", "/v1/webhooks", WithBoth(WebhooksWrite, PostsRead)),
    ("GET", "/v1/webhooks/{id}", With(WebhooksRead)),
    ("PATCH", "/v1/webhooks/{id}", WithBoth(WebhooksWrite, PostsRead)),
    ("DELETE", "/v1/webhooks/{id}", With(WebhooksWrite)),
    ("POST", "/v1/webhooks/{id}/rotate-secret", With(WebhooksWrite)),
    ("POST", "/v1/webhooks/{id}/test", With(WebhooksWrite)),
    ("GET", "/v1/webhooks/{id}/notifications", With(WebhooksRead)),
    ("POST", "/v1/webhooks/{id}/notifications/{event_id}/redeliver", With(WebhooksWrite)),
    ("GET", "/v1/keys", With(KeysWrite)),
    ("POST", "/v1/keys", With(KeysWrite)),
    ("DELETE", "/v1/keys/{id}", With(KeysWrite)),
    // What a key is good for is for its holder to know, whatever that is; to sign out harms nobody.
    ("GET", "/v1/session", Anyone),
    ("DELETE", "/v1/session", Anyone),
    // The page needs to know how people sign in, and signs them in.
    ("GET", "/v1/sign-in", Everyone),
    ("POST", "/v1/session", Everyone),
    // Signed by whoever sends it, or shown to people who have no account here.
    ("POST", "/webhooks/clerk", Everyone),
    ("POST", "/webhooks/threads/deauthorize", Everyone),
    ("POST", "/webhooks/threads/delete", Everyone),
    ("GET", "/deletions/{code}", Everyone),
    // Brings a token of Threads, not of ours.
    ("GET", "/clerk/threads/userinfo", Everyone),
];

fn of(route: &Route) -> May {
    let found = TABLE
        .iter()
        .find(|(method, path, _)| route.method == *method && route.path == *path);
    let Some((_, _, may)) = found else {
        panic!(
            "who may call {} {}? Add it to the table",
            route.method, route.path
        )
    };
    *may
}

#[test]
fn every_route_declares_who_may_call_it() {
    let document = serde_json::to_value(api::server::openapi()).unwrap();
    let all = routes();
    assert_eq!(all.len(), TABLE.len(), "routes, and rows of the table");
    for route in all {
        let may = of(&route);
        let method = route.method.as_str().to_lowercase();
        let operation = &document["paths"][&route.path][method];
        let declared = operation["x-scope"].as_str();
        let name = format!("{} {}", route.method, route.path);
        match may {
            With(_) | WithBoth(..) => {
                let scopes: Vec<&str> = may.scopes().iter().map(|one| one.as_str()).collect();
                assert_eq!(declared, Some(&*scopes.join(" ")), "{name}: x-scope");
                let roles = |way: &Value| {
                    way.as_object()
                        .unwrap()
                        .values()
                        .all(|roles| roles == &serde_json::json!(scopes))
                };
                let ways = operation["security"].as_array().unwrap();
                assert!(
                    ways.len() == 3 && ways.iter().all(roles),
                    "{name}: {ways:?}"
                );
                assert!(
                    operation["responses"]["403"].is_object(),
                    "{name}: 403 is not documented"
                );
            }
            Anyone | Everyone => assert_eq!(declared, None, "{name}: x-scope"),
        }
        assert_eq!(route.is_public, may == Everyone, "{name}: security");
    }
}

async fn key_with(app: &TestApp, scopes: &Scopes) -> Client {
    let made = keys::create(
        &app.backend.database,
        &app.owner,
        "one",
        scopes,
        app.clock.now(),
    );
    let (_, key) = made.await.unwrap();
    app.client.with_key(key.expose_secret())
}

/// Calls it with ids of nothing and an empty body, so that nothing is done whoever calls.
async fn call(client: &Client, route: &Route) -> tests::client::Reply {
    let area = route.path.split('/').nth(2).unwrap_or_default();
    let prefix = match area {
        "posts" => "post",
        "deliveries" => "dlv",
        "accounts" => "acc",
        "keys" => "key",
        "media" => "med",
        "webhooks" => "whk",
        other => other,
    };
    let path = route
        .path
        .replace("{id}", &format!("{prefix}_{}", "0".repeat(32)))
        .replace("{event_id}", &format!("evt_{}", "0".repeat(32)))
        .replace("{code}", "none");
    let body = route.takes_body.then(|| b"[]".to_vec());
    client.send(route.method.clone(), &path, &[], body).await
}

both_modes! {
    async fn a_route_is_open_to_its_own_scope_and_to_no_other(app: &TestApp) {
        let stranger = app.client.with_key("");
        let nothing = key_with(app, &Scopes::default()).await;
        let mut one_each = Vec::new();
        for scope in Scope::ALL {
            one_each.push((*scope, key_with(app, &Scopes::of([*scope])).await));
        }
        for route in routes() {
            let (may, name) = (of(&route), format!("{} {}", route.method, route.path));
            let unknown = call(&stranger, &route).await;
            let of_nothing = call(&nothing, &route).await;
            match may {
                Everyone => {
                    assert!(!text_of(&unknown.body, "code").contains("unauthorized") || route.path == "/clerk/threads/userinfo", "{name}: {}", unknown.body);
                    continue;
                }
                Anyone => {
                    unknown.problem(401, "unauthorized");
                    assert!(of_nothing.status.is_success(), "{name}: {}", of_nothing.body);
                }
                With(_) | WithBoth(..) => {
                    unknown.problem(401, "unauthorized");
                    of_nothing.problem(403, "scope_missing");
                }
            }
            if let WithBoth(one, other) = may {
                let status = call(&key_with(app, &Scopes::of([one, other])).await, &route).await.status;
                assert!(status.is_client_error() && status != StatusCode::FORBIDDEN, "{name} with both: {status}");
            }
            for (scope, client) in &one_each {
                let reply = call(client, &route).await;
                if may == Anyone || may == With(*scope) {
                    let status = reply.status;
                    assert!(status != StatusCode::FORBIDDEN && status != StatusCode::UNAUTHORIZED, "{name} with {scope}: {status}");
                    assert!(!status.is_server_error(), "{name} with {scope}: {status}");
                } else {
                    let problem = reply.problem(403, "scope_missing");
                    let needed = may.scopes().into_iter().find(|needed| needed != scope).unwrap();
                    assert!(text(&problem["detail"]).contains(needed.as_str()), "{name} with {scope}");
                }
            }
        }
    }
}

fn text_of<'a>(body: &'a Value, field: &str) -> &'a str {
    body[field].as_str().unwrap_or_default()
}
