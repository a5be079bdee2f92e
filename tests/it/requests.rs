//! Around every request: keys, addresses, methods, ids, headers; and the pages for operators and
//! developers.

use entities::scopes::Scopes;
use entities::{DeliveryId, PostId, keys};
use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::json;
use tests::both_modes;
use tests::client::{id, text};
use tests::routes::{Route, routes};

both_modes! {
    async fn without_a_valid_key_no_route_answers(app: &TestApp) {
        let stranger = app.client.with_key("");
        let (row, revoked) = keys::create(&app.backend.database, &app.owner, "old", &Scopes::all(), app.clock.now()).await.unwrap();
        assert!(keys::revoke(&app.backend.database, &app.owner, &row.id, app.clock.now()).await.unwrap());
        let revoked = format!("Bearer {}", revoked.expose_secret());
        // The prefix of a real key with another secret.
        let forged = format!("Bearer {}_{}", row.prefix, "A".repeat(43));
        let headers = [
            ("X-Nothing", "no key at all"), ("Authorization", "Bearer dp_abcdefgh_secret"), ("Authorization", &revoked),
            ("Authorization", &forged), ("Authorization", "Bearer"), ("Authorization", "Bearer "),
            ("Authorization", "Basic dXNlcjpwYXNz"), ("Authorization", ""), ("X-API-Key", ""),
            ("X-API-Key", "dp_abcdefgh_secret"), ("X-API-Key", "' OR 1=1 --"),
        ];
        for Route { method, path, .. } in routes().into_iter().filter(|route| !route.is_public) {
            for header in headers {
                let reply = stranger.send(method.clone(), &path, &[header], None).await;
                reply.problem(401, "unauthorized");
                assert_eq!(reply.header("www-authenticate"), "Bearer");
            }
        }
    }
}

both_modes! {
    async fn a_key_may_come_as_bearer_in_any_case_or_as_x_api_key(app: &TestApp) {
        let (_, key) = keys::create(&app.backend.database, &app.owner, "second", &Scopes::all(), app.clock.now()).await.unwrap();
        let key = key.expose_secret();
        let stranger = app.client.with_key("");
        for (name, value) in [
            ("Authorization", format!("Bearer {key}")), ("authorization", format!("bEARER {key}")),
            ("Authorization", format!("BEARER   {key} ")), ("X-API-Key", key.to_owned()), ("x-api-key", key.to_owned()),
        ] {
            let reply = stranger.send(Method::GET, "/v1/posts", &[(name, &value)], None).await;
            assert_eq!(reply.status, 200, "{name}");
        }
    }
}

both_modes! {
    async fn an_unknown_address_is_404_and_a_wrong_method_405_with_those_that_work(app: &TestApp) {
        for path in ["/v1", "/v1/", "/v2/posts", "/v1/post", "/v1/posts/", "/v1/posts/a/b", "/v1//posts", "/v1/accounts/", "/nothing"] {
            let reply = app.client.get(path).await;
            assert_eq!(reply.problem(404, "not_found")["title"], "There is no such address.", "{path}");
        }
        for (method, path, allowed) in [
            (Method::PUT, "/v1/posts", "GET, HEAD, POST"), (Method::DELETE, "/v1/posts", "GET, HEAD, POST"),
            (Method::POST, "/v1/posts/any", "GET, HEAD, PATCH, DELETE"), (Method::GET, "/v1/deliveries/any/retry", "POST"),
            (Method::PATCH, "/v1/accounts", "GET, HEAD, POST"), (Method::GET, "/v1/accounts/any", "DELETE"),
            (Method::POST, "/healthz", "GET, HEAD"), (Method::OPTIONS, "/v1/posts", "GET, HEAD, POST"),
        ] {
            let reply = app.client.send(method, path, &[], None).await;
            reply.problem(405, "method_not_allowed");
            assert_eq!(reply.header("allow"), allowed, "{path}");
        }
    }
}

both_modes! {
    async fn an_id_that_is_none_is_404(app: &TestApp) {
        let (post, delivery) = (PostId::generate(), DeliveryId::generate());
        let odd = "post_'; DROP TABLE posts; --".replace(' ', "%20");
        let long = "post_".to_owned() + &"0".repeat(5000);
        let ids = [
            "nothing", "%00", "%ff", "post_%00%00", "..%2f..%2fetc", odd.as_str(), long.as_str(), "acc_", "post_",
            post.as_str(), delivery.as_str(),
        ];
        for Route { method, path, .. } in routes().into_iter().filter(|route| route.path.contains("{id}")) {
            for id in ids {
                let body = (method != Method::GET).then(|| b"{}".to_vec());
                let reply = app.client.send(method.clone(), &path.replace("{id}", id), &[], body).await;
                let title = text(&reply.problem(404, "not_found")["title"]).to_owned();
                assert_ne!(title, "There is no such address.", "{path} {id}");
            }
        }
    }
}

both_modes! {
    async fn a_query_that_can_not_be_read_is_400(app: &TestApp) {
        for query in [
            "limit=0", "limit=101", "limit=-1", "limit=ten", "limit=", "limit=1&limit=2", "status=done", "status=",
            "account=me", "account=post_00000000000000000000000000000000", "from=yesterday", "to=2026-12-24T18:00:00",
            "cursor=next", "cursor=", "owner=me", "status=published%00",
        ] {
            app.client.get(&format!("/v1/posts?{query}")).await.problem(400, "bad_request");
        }
    }
}

both_modes! {
    async fn every_answer_carries_a_request_id_and_security_headers(app: &TestApp) {
        let stranger = app.client.with_key("");
        for (client, path) in [
            (&app.client, "/v1/posts"), (&app.client, "/v1/posts/none"), (&app.client, "/v1/posts?limit=0"), (&stranger, "/v1/posts"),
            (&stranger, "/nothing"), (&stranger, "/"), (&stranger, "/healthz"), (&stranger, "/docs/"), (&stranger, "/openapi.json"),
        ] {
            let own = client.get(path).await;
            assert!(own.header("x-request-id").starts_with("req_"), "{path}");
            assert_eq!(own.header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(own.header("referrer-policy"), "no-referrer", "{path}");
            let policy = own.header("content-security-policy");
            assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}");

            let given = client.send(Method::GET, path, &[("X-Request-Id", "my-id_4.2")], None).await;
            assert_eq!(given.header("x-request-id"), "my-id_4.2", "{path}");
            let (with_space, long) = ("my id", "i".repeat(65));
            for odd in [with_space, &long, "<script>", ""] {
                let reply = client.send(Method::GET, path, &[("X-Request-Id", odd)], None).await;
                assert!(reply.header("x-request-id").starts_with("req_"), "{path} {odd}");
            }
        }
    }
}

both_modes! {
    async fn the_document_is_what_the_server_does(app: &TestApp) {
        let served = app.client.with_key("").get("/openapi.json").await.expect(reqwest::StatusCode::OK);
        assert_eq!(served, serde_json::to_value(api::server::openapi()).unwrap());
        let mut documented = Vec::new();
        for (path, item) in served["paths"].as_object().unwrap() {
            for method in item.as_object().unwrap().keys() {
                let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
                let reply = app.client.send(method.clone(), &path.replace("{id}", "none").replace("{code}", "none"), &[], None).await;
                assert!(reply.status.as_u16() < 500 && reply.status != 405, "{method} {path} {}", reply.status);
                assert_ne!(reply.body["title"], "There is no such address.", "{method} {path}");
                let status = reply.status.as_str();
                assert!(item[method.as_str().to_lowercase()]["responses"][status].is_object(), "{method} {path} {status}");
                documented.push((method, path.clone()));
            }
        }
        assert!(documented.len() > 25, "{documented:?}");
    }
}

both_modes! {
    async fn alive_and_ready_can_be_asked_without_a_key(app: &TestApp) {
        let stranger = app.client.with_key("");
        let alive = stranger.get("/healthz").await.expect(reqwest::StatusCode::OK);
        assert_eq!(alive["status"], "ok");
        let ready = stranger.get("/readyz").await.expect(reqwest::StatusCode::OK);
        assert_eq!(ready, json!({ "ready": true, "database": "ok", "queue": "ok" }));
    }
}

both_modes! {
    async fn without_its_queue_the_product_takes_posts_and_says_what_is_missing(app: &TestApp) {
        let settings = queue::RedisSettings { url: "redis://127.0.0.1:1".to_owned(), prefix: "none".to_owned() };
        let lame = app.another_server(|state| state.queue = queue::Queue::redis(&settings).unwrap());
        let ready = lame.get("/readyz").await.expect(reqwest::StatusCode::OK);
        assert_eq!((&ready["ready"], &ready["database"]), (&json!(true), &json!("ok")));
        assert_eq!(ready["queue"], "unavailable", "which dependency it is, and nothing about where");

        let post = lame.submit("Without a queue", &app.both()).await;
        app.advance(app.worker.settings.handed).await;
        assert_eq!(lame.show(&post).await["status"], "published");
    }
}

both_modes! {
    async fn without_its_database_the_product_says_so_and_asks_to_come_again(app: &TestApp) {
        let post = app.client.submit("Before it was away", &app.both()).await;
        app.drain().await;
        let database = app.backend.another_database().await;
        database.clone().close().await.unwrap();
        let lame = app.another_server(|state| state.database = database);
        let ready = lame.get("/readyz").await.expect(reqwest::StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!((&ready["ready"], &ready["queue"]), (&json!(false), &json!("ok")));
        assert_ne!(ready["database"], "ok");
        assert_eq!(lame.get("/healthz").await.status, 200);
        for Route { method, path, .. } in routes().into_iter().filter(|route| !route.is_public) {
            let body = (method != Method::GET).then(|| b"{}".to_vec());
            let reply = lame.send(method, &path.replace("{id}", id(&post)), &[], body).await;
            assert_eq!(reply.problem(503, "unavailable")["retryable"], true);
            assert_eq!(reply.header("retry-after"), "2");
        }
    }
}
