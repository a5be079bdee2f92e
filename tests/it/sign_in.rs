//! Keys, links and sessions: who is let in, and who is not.

use std::time::Duration;

use entities::sessions::{LINK_LIFE, SESSION_LIFE};
use reqwest::{Method, StatusCode};
use secrecy::ExposeSecret;
use serde_json::json;
use tests::client::{Client, Reply, id, text};
use tests::{TestApp, both_modes};

/// What stands behind `#link=`.
async fn link(app: &TestApp) -> String {
    let link = app.sign_in_link().await;
    link.split_once("#link=").unwrap().1.to_owned()
}

fn stranger(app: &TestApp) -> Client {
    app.client.with_key("")
}

async fn open(app: &TestApp, link: &str) -> Reply {
    let body = json!({ "link": link }).to_string().into_bytes();
    let origin = [("Origin", app.page_url())];
    stranger(app)
        .send(Method::POST, "/v1/session", &origin, Some(body))
        .await
}

/// The cookie's name and value, as a browser sends them back.
fn cookie(reply: &Reply) -> String {
    let set = reply.header("set-cookie");
    set.split(';').next().unwrap().to_owned()
}

async fn with_cookie(
    app: &TestApp,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
) -> Reply {
    let body = body.map(|body| body.as_bytes().to_vec());
    stranger(app).send(method, path, headers, body).await
}

both_modes! {
    async fn a_link_signs_one_browser_in_once(app: &TestApp) {
        let link = link(app).await;
        let reply = open(app, &link).await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT);
        let set = reply.header("set-cookie");
        for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(set.contains(part), "{set}");
        }
        let session = cookie(&reply);
        let me = with_cookie(app, Method::GET, "/v1/session", &[("Cookie", &session)], None).await.expect(StatusCode::OK);
        assert_eq!((&me["user_id"], &me["via"]), (&json!(app.owner.as_str()), &json!("browser")));
        assert_eq!(me["scopes"].as_array().unwrap().len(), entities::scopes::Scope::ALL.len());
        let posts = with_cookie(app, Method::GET, "/v1/posts", &[("Cookie", &session)], None).await;
        assert_eq!(posts.status, StatusCode::OK);

        open(app, &link).await.problem(401, "link_used");
        open(app, "made-up").await.problem(401, "link_used");
        let late = self::link(app).await;
        app.clock.advance(LINK_LIFE);
        open(app, &late).await.problem(401, "link_used");
    }
}

both_modes! {
    async fn a_session_changes_nothing_for_a_page_of_another_site(app: &TestApp) {
        let session = cookie(&open(app, &link(app).await).await);
        let body = json!({ "text": "by cookie", "accounts": app.both() }).to_string();
        let json_type = ("Content-Type", "application/json");
        for origin in ["https://evil.example", "null", "http://127.0.0.1:1"] {
            let headers = [("Cookie", session.as_str()), ("Origin", origin), json_type];
            let reply = with_cookie(app, Method::POST, "/v1/posts", &headers, Some(&body)).await;
            reply.problem(403, "cross_origin");
        }
        let headers = [("Cookie", session.as_str()), json_type];
        with_cookie(app, Method::POST, "/v1/posts", &headers, Some(&body)).await.problem(403, "cross_origin");
        assert_eq!(app.count("SELECT count(*) FROM posts").await, 0);
        let headers = [("Cookie", session.as_str()), ("Origin", app.page_url()), json_type];
        let reply = with_cookie(app, Method::POST, "/v1/posts", &headers, Some(&body)).await;
        assert_eq!(reply.status, StatusCode::ACCEPTED);
        app.drain().await;
        // Nor does a link sign a browser in from there.
        let link = link(app).await;
        let body = json!({ "link": link }).to_string().into_bytes();
        let evil = [("Origin", "https://evil.example")];
        stranger(app).send(Method::POST, "/v1/session", &evil, Some(body)).await.problem(403, "cross_origin");
        assert_eq!(open(app, &link).await.status, StatusCode::NO_CONTENT);
    }
}

both_modes! {
    async fn a_session_ends_when_it_is_signed_out_or_not_used(app: &TestApp) {
        let used = cookie(&open(app, &link(app).await).await);
        let unused = cookie(&open(app, &link(app).await).await);
        let signed_out = cookie(&open(app, &link(app).await).await);
        let headers = [("Cookie", signed_out.as_str()), ("Origin", app.page_url())];
        let reply = with_cookie(app, Method::DELETE, "/v1/session", &headers, None).await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT);
        assert!(reply.header("set-cookie").contains("Max-Age=0"), "{}", reply.header("set-cookie"));
        with_cookie(app, Method::GET, "/v1/session", &[("Cookie", &signed_out)], None).await.problem(401, "unauthorized");

        app.clock.advance(SESSION_LIFE / 2);
        assert_eq!(with_cookie(app, Method::GET, "/v1/session", &[("Cookie", &used)], None).await.status, 200);
        app.clock.advance(SESSION_LIFE / 2 + Duration::from_secs(1));
        assert_eq!(with_cookie(app, Method::GET, "/v1/session", &[("Cookie", &used)], None).await.status, 200);
        with_cookie(app, Method::GET, "/v1/session", &[("Cookie", &unused)], None).await.problem(401, "unauthorized");
    }
}

both_modes! {
    async fn a_header_counts_before_the_cookie_and_nothing_is_tried_after_a_refusal(app: &TestApp) {
        let session = cookie(&open(app, &link(app).await).await);
        let headers = [("Cookie", session.as_str()), ("Authorization", "Bearer dp_wrong")];
        with_cookie(app, Method::GET, "/v1/session", &headers, None).await.problem(401, "unauthorized");
        let headers = [("Cookie", session.as_str()), ("X-API-Key", "wrong")];
        with_cookie(app, Method::GET, "/v1/session", &headers, None).await.problem(401, "unauthorized");
        let me = app.client.get("/v1/session").await.expect(StatusCode::OK);
        assert_eq!(me["via"], "api_key");
    }
}

both_modes! {
    async fn keys_are_made_shown_once_listed_used_and_revoked(app: &TestApp) {
        let made = app.client.post("/v1/keys", json!({ "name": " release script " })).await.expect(StatusCode::CREATED);
        let key = text(&made["key"]).to_owned();
        assert!(key.starts_with("dp_") && key.len() == 3 + 12 + 1 + 43 + 6, "{}", key.len());
        assert_eq!(made["name"], "release script");
        let client = app.client.with_key(&key);
        assert_eq!(client.get("/v1/posts").await.status, StatusCode::OK);

        let list = app.client.get("/v1/keys").await.expect(StatusCode::OK);
        assert!(!list.to_string().contains(&key), "{list:#}");
        let listed = list["data"].as_array().unwrap().iter().find(|one| one["id"] == made["id"]).unwrap().clone();
        assert!(key.starts_with(text(&listed["prefix"])));
        assert_eq!(listed["last_used_at"], app.clock.now().to_string());

        let path = format!("/v1/keys/{}", id(&made));
        assert_eq!(app.client.delete(&path).await.status, StatusCode::NO_CONTENT);
        client.get("/v1/posts").await.problem(401, "unauthorized");
        app.client.delete(&path).await.problem(404, "not_found");
        let reply = app.client.post("/v1/keys", json!({ "name": "", "scopes": [] })).await;
        assert_eq!(reply.violations(), ["name invalid_name", "scopes missing"]);
    }
}

both_modes! {
    async fn credentials_that_are_forged_or_malformed_by_the_hundred_are_turned_away(app: &TestApp) {
        let good = app.client.post("/v1/keys", json!({ "name": "good" })).await.expect(StatusCode::CREATED);
        let good = text(&good["key"]).to_owned();
        let mut forged: Vec<String> = Vec::new();
        for at in 0..good.len() {
            let other = if &good[at..=at] == "x" { "y" } else { "x" };
            forged.push(format!("{}{other}{}", &good[..at], &good[at + 1..]));
            forged.push(good[..at].to_owned());
            forged.push(format!("{}{}", &good[..at], &good[at + 1..]));
        }
        for odd in ["dp_", "dp__", "dp___", "_", "-", "null", "undefined", "Bearer", "ey.ey.ey", "eyJ.a.b", "a.b.c", "' OR 1=1 --", "%00", "dp_\u{1f511}", "ﬀ", "\u{7f}x"] {
            forged.push(odd.to_owned());
        }
        forged.extend([good.to_uppercase(), good.repeat(100), "x".repeat(5_000), format!("{good}\t{good}")]);
        assert!(forged.len() > 150, "{}", forged.len());
        for credential in forged {
            for (name, value) in [("Authorization", format!("Bearer {credential}")), ("X-API-Key", credential.clone())] {
                // Some can not be sent in a header at all.
                let Ok(value) = reqwest::header::HeaderValue::from_bytes(value.as_bytes()) else { continue };
                let http = reqwest::Client::new();
                let reply = http.get(format!("{}/v1/session", app.page_url())).header(name, value).send().await.unwrap();
                assert_eq!(reply.status(), StatusCode::UNAUTHORIZED, "{name}: {credential}");
                assert_eq!(reply.headers()["content-type"], "application/problem+json");
                let body = reply.text().await.unwrap();
                assert!(body.contains("\"code\":\"unauthorized\""), "{body}");
                assert!(credential.len() < 12 || !body.contains(&credential), "{body}");
            }
        }
        assert_eq!(app.client.with_key(&good).get("/v1/session").await.status, StatusCode::OK);
    }
}

both_modes! {
    async fn a_link_and_a_session_are_kept_as_hashes_only(app: &TestApp) {
        let link = entities::sessions::make_link(&app.backend.database, &app.owner, app.clock.now()).await.unwrap();
        let session = cookie(&open(app, &self::link(app).await).await);
        let session = session.split_once('=').unwrap().1;
        let rows = tests::dump::everything(app).await;
        for secret in [link.expose_secret(), session] {
            assert!(!rows.iter().any(|row| tests::dump::holds(row, secret)));
        }
        let ways = stranger(app).get("/v1/sign-in").await.expect(StatusCode::OK);
        assert_eq!(ways, json!({ "with": "link" }));
    }
}
