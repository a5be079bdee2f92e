//! Everything belongs to somebody; to everybody else it does not exist.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::both_modes;
use tests::client::{Client, id, text};
use tests::consent::{Press, begin, decide};
use tests::routes::routes;

/// Something of the owner's for each kind of id that stands in a path.
struct Things {
    post: String,
    delivery: String,
    account: String,
    key: String,
    media: String,
    webhook: String,
    /// Sent to that webhook.
    event: String,
}

impl Things {
    /// The path with the owner's own id in it. A path with a new kind of id needs an example here.
    fn put_into(&self, path: &str) -> String {
        let of = |id: &str| path.replace("{id}", id).replace("{event_id}", &self.event);
        match path.split('/').nth(2) {
            Some("posts") => of(&self.post),
            Some("deliveries") => of(&self.delivery),
            Some("accounts") => of(&self.account),
            Some("keys") => of(&self.key),
            Some("media") => of(&self.media),
            Some("webhooks") => of(&self.webhook),
            other => panic!("{path}: what belongs to somebody under {other:?}?"),
        }
    }
}

async fn things(client: &Client, accounts: &[String]) -> Things {
    let post = client
        .schedule("mine", accounts, "2027-06-01T12:00:00Z")
        .await;
    let key = client.post("/v1/keys", json!({ "name": "mine" })).await;
    let key = key.expect(StatusCode::CREATED);
    let file = media::testing::png(8, 8);
    let file = client.upload("/v1/media", file).await;
    let file = file.expect(StatusCode::CREATED);
    let webhook = json!({ "url": "https://example.com/mine" });
    let webhook = client.post("/v1/webhooks", webhook).await;
    let webhook = webhook.expect(StatusCode::CREATED);
    let event = client
        .post(&format!("/v1/webhooks/{}/test", id(&webhook)), json!({}))
        .await;
    let event = event.expect(StatusCode::ACCEPTED);
    Things {
        event: text(&event["event_id"]).to_owned(),
        webhook: id(&webhook).to_owned(),
        media: id(&file).to_owned(),
        delivery: id(&post["deliveries"][0]).to_owned(),
        post: id(&post).to_owned(),
        account: accounts[0].clone(),
        key: id(&key).to_owned(),
    }
}

both_modes! {
    async fn what_is_anothers_does_not_exist_on_any_route(app: &TestApp) {
        let (_, other) = app.another_owner("user_other").await;
        let mine = things(&app.client, &app.both()).await;
        let mut tried = 0;
        for route in routes().into_iter().filter(|route| route.path.contains("{id}")) {
            let path = mine.put_into(&route.path);
            let body = route.takes_body.then(|| b"{}".to_vec());
            let reply = other.send(route.method.clone(), &path, &[], body.clone()).await;
            reply.problem(404, "not_found");
            // The same words as for what there never was.
            let of_nobody = |part: &str| match part.split_once('_') {
                Some((prefix, hex)) if hex.len() == 32 => format!("{prefix}_{}", "0".repeat(32)),
                _ => part.to_owned(),
            };
            let nobodys: Vec<String> = path.split('/').map(of_nobody).collect();
            assert_ne!(nobodys.join("/"), path);
            let never = other.send(route.method.clone(), &nobodys.join("/"), &[], body).await;
            assert_eq!(never.body["title"], reply.body["title"], "{} {path}", route.method);
            tried += 1;
        }
        assert!(tried >= 7, "{tried}");
        // Nothing of it was touched.
        let post = app.client.get(&format!("/v1/posts/{}", mine.post)).await.expect(StatusCode::OK);
        assert_eq!(post["status"], "scheduled");
        let keys = app.client.get("/v1/keys").await.expect(StatusCode::OK);
        assert!(keys["data"].as_array().unwrap().iter().all(|key| key["revoked_at"].is_null()), "{keys:#}");
    }
}

both_modes! {
    async fn lists_show_nothing_of_anybody_else(app: &TestApp) {
        let (_, other) = app.another_owner("user_other").await;
        let mine = things(&app.client, &app.both()).await;
        let ids = [mine.post, mine.delivery, mine.account, mine.key, mine.webhook];
        let mut tried = 0;
        for route in routes() {
            if route.method != Method::GET || route.is_public || route.path.contains('{') {
                continue;
            }
            let answer = other.get(&route.path).await.expect(StatusCode::OK).to_string();
            assert!(!ids.iter().any(|id| answer.contains(id.as_str())), "{}: {answer}", route.path);
            tried += 1;
        }
        assert!(tried >= 4, "{tried}");
    }
}

both_modes! {
    async fn nobody_posts_on_anothers_account_nor_connects_in_anothers_name(app: &TestApp) {
        let (_, other) = app.another_owner("user_other").await;
        let body = json!({ "text": "not mine", "accounts": app.both() });
        let reply = other.post("/v1/posts", body).await;
        assert_eq!(reply.violations(), ["accounts[0] account_unknown", "accounts[1] account_unknown"]);
        // The same profile may be connected by two people; each has an account of their own.
        let returned = decide(&begin(&other, "x").await, "ann", Press::Allow).await;
        let account = other.post("/v1/connections/finish", returned).await.expect(StatusCode::CREATED);
        assert_ne!(id(&account), app.x.as_str());
        // No field takes a user from the request.
        for field in ["owner", "owner_id", "user", "user_id"] {
            let body = json!({ "text": "x", "accounts": [id(&account)], field: app.owner.as_str() });
            let reply = other.post("/v1/posts", body).await;
            assert_eq!(reply.violations(), [format!("{field} unknown_field")]);
        }
    }
}

both_modes! {
    async fn a_key_does_what_its_scopes_say_and_nothing_else(app: &TestApp) {
        let key = |scopes: Value| async move {
            let body = json!({ "name": "narrow", "scopes": scopes });
            let made = app.client.post("/v1/keys", body).await.expect(StatusCode::CREATED);
            app.client.with_key(text(&made["key"]))
        };
        let reads = key(json!(["posts:read"])).await;
        let posts = key(json!(["posts:read", "posts:write"])).await;
        let accounts = key(json!(["accounts:read", "accounts:write"])).await;
        let keys = key(json!(["keys:write"])).await;
        let mine = things(&app.client, &app.both()).await;
        let webhooks = key(json!(["webhooks:read"])).await;
        let clients = [(&webhooks, &["webhooks:read"][..]), (&reads, &["posts:read"][..]), (&posts, &["posts:read", "posts:write"]), (&accounts, &["accounts:read", "accounts:write"]), (&keys, &["keys:write"])];
        for route in routes().into_iter().filter(|route| !route.is_public && route.path != "/v1/session") {
            let area = route.path.split('/').nth(2).unwrap();
            let verb = if route.method == Method::GET { "read" } else { "write" };
            let needed = match area {
                // It stores nothing.
                "posts" if route.path.ends_with("/validate") => "posts:read".to_owned(),
                "posts" | "deliveries" | "media" | "events" => format!("posts:{verb}"),
                "accounts" | "connections" => format!("accounts:{verb}"),
                "quota" | "cost" => "accounts:read".to_owned(),
                "keys" => "keys:write".to_owned(),
                "webhooks" => format!("webhooks:{verb}"),
                other => panic!("who may call {other}?"),
            };
            let path = if route.path.contains("{id}") { mine.put_into(&route.path) } else { route.path.clone() };
            for (client, scopes) in clients {
                if scopes.contains(&needed.as_str()) {
                    continue;
                }
                let body = route.takes_body.then(|| b"{}".to_vec());
                let reply = client.send(route.method.clone(), &path, &[], body).await;
                let problem = reply.problem(403, "scope_missing");
                assert!(text(&problem["detail"]).contains(&needed), "{} {path}: {problem:#}", route.method);
            }
        }
        posts.get("/v1/posts").await.expect(StatusCode::OK);
        accounts.get("/v1/accounts").await.expect(StatusCode::OK);
        // A key makes none that may do more than itself.
        let reply = keys.post("/v1/keys", json!({ "name": "more", "scopes": ["posts:write", "everything"] })).await;
        assert_eq!(reply.violations(), ["scopes[0] scope_missing", "scopes[1] scope_unknown"]);
        let same = keys.post("/v1/keys", json!({ "name": "same" })).await.expect(StatusCode::CREATED);
        assert_eq!(same["scopes"], json!(["keys:write"]));
    }
}
