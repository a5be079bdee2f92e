//! Bodies that are odd on purpose.

use reqwest::Method;
use serde_json::json;
use tests::client::Reply;
use tests::routes::routes;
use tests::{TestApp, both_modes};

async fn raw(app: &TestApp, body: impl Into<Vec<u8>>, headers: &[(&str, &str)]) -> Reply {
    app.client
        .send(Method::POST, "/v1/posts", headers, Some(body.into()))
        .await
}

both_modes! {
    async fn a_field_that_is_there_twice_is_refused_wherever_it_is(app: &TestApp) {
        let [one, other] = app.both();
        let body = format!(r#"{{"text": "a", "accounts": ["{one}"], "accounts": ["{other}"], "options": {{"x": {{}}, "\u0078": {{}}}}}}"#);
        let reply = raw(app, body, &[]).await;
        reply.problem(422, "invalid_request");
        assert_eq!(reply.violations(), ["accounts duplicate_field", "options.x duplicate_field"]);
        assert_eq!(app.count("SELECT count(*) FROM posts").await, 0);
    }
}

both_modes! {
    async fn what_lies_too_deep_or_is_too_long_is_refused_in_plain_words(app: &TestApp) {
        let nested = |depth: usize| format!("{{\"text\": {}{}}}", "[".repeat(depth), "]".repeat(depth));
        raw(app, nested(31), &[]).await.problem(422, "invalid_request");
        for depth in [32, 1_000, 250_000] {
            let reply = raw(app, nested(depth), &[]).await;
            let detail = reply.problem(400, "invalid_json")["detail"].to_string();
            assert!(detail.contains("more than 32 deep"), "{detail}");
        }
        let many = format!("{{\"accounts\": [{}]}}", vec!["1"; 1_001].join(","));
        let reply = raw(app, many, &[]).await;
        assert!(reply.problem(400, "invalid_json")["detail"].to_string().contains("more than 1000 values"));
    }
}

both_modes! {
    async fn compressed_bodies_and_other_charsets_are_refused_on_every_route(app: &TestApp) {
        for route in routes().into_iter().filter(|route| route.takes_body) {
            let path = route.path.replace("{id}", "none");
            for coding in ["gzip", "br", "identity, gzip"] {
                let headers = [("Content-Encoding", coding)];
                let reply = app.client.send(route.method.clone(), &path, &headers, Some(b"{}".to_vec())).await;
                reply.problem(415, "unsupported_encoding");
            }
        }
        let body = json!({ "text": "a", "accounts": app.both() }).to_string();
        for charset in ["latin1", "utf-16", "\"iso-8859-1\""] {
            let kind = format!("application/json; charset={charset}");
            raw(app, body.clone(), &[("Content-Type", &kind)]).await.problem(415, "unsupported_media_type");
        }
        assert_eq!(raw(app, "{}", &[("Content-Encoding", "identity")]).await.status, 422);
    }
}
