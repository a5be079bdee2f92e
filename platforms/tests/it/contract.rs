//! The requests against what the platforms publish about themselves.

mod of_threads;
mod of_x;

use std::path::Path;

use platforms::{threads, x};
use serde_json::Value;

use crate::server::{Server, json};
use crate::{NOW_MS, http, token};

fn published(file: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/data")
        .join(file);
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{} is needed here: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn threads_names_every_field_that_is_read() {
    let collection = published("threads-postman-collection.json");
    let variables = collection["variable"].as_array().unwrap();
    let fields_of = |key: &str| {
        let variable = variables.iter().find(|variable| variable["key"] == key);
        let value = variable.unwrap()["value"].as_str().unwrap();
        value.split(',').map(str::to_owned).collect::<Vec<_>>()
    };
    // A post read by its id may be a reply.
    let post_fields = [fields_of("fields_threads"), fields_of("fields_replies")].concat();
    let empty = || json(200, r#"{"data":[]}"#);
    let user = json(200, r#"{"id":"1","username":"u"}"#);
    let status = json(200, r#"{"status":"FINISHED"}"#);
    let post = json(200, r#"{"id":"1"}"#);
    let server = Server::start(vec![empty(), empty(), user, status, post, empty()]).await;
    let client = threads::Client::new(http(), &server.url);
    client.posts_since(&token(), 0, NOW_MS).await.unwrap();
    client.replies_since(&token(), 0, NOW_MS).await.unwrap();
    client.profile(&token(), NOW_MS).await.unwrap();
    client
        .container_status(&token(), "1", NOW_MS)
        .await
        .unwrap();
    client.read_post(&token(), "1", NOW_MS).await.unwrap();
    let _ = client.publishing_limit(&token(), "1", true, NOW_MS).await;

    let declared = [
        fields_of("fields_threads"),
        fields_of("fields_replies"),
        fields_of("fields_profile"),
        fields_of("fields_container"),
        post_fields,
        fields_of("fields_quota"),
    ];
    assert_eq!(server.requests().len(), declared.len());
    for (request, declared) in server.requests().iter().zip(declared) {
        for field in request.query()[0].1.split(',') {
            assert!(declared.iter().any(|name| name == field), "{field}");
        }
    }
}

#[test]
fn x_declares_every_scope_that_is_asked_for() {
    let spec = published("x-openapi-2.173.json");
    let flow = &spec["components"]["securitySchemes"]["OAuth2UserToken"]["flows"];
    let scopes = flow["authorizationCode"]["scopes"].as_object().unwrap();
    for scope in x::oauth::SCOPES {
        assert!(scopes.contains_key(*scope), "{scope}");
    }
}

#[tokio::test]
async fn threads_names_every_parameter_of_a_token_call() {
    let collection = published("threads-postman-collection.json");
    let mut named = Vec::new();
    collect_parameters(&collection["item"], &mut named);
    // The collection adds the token to every address by itself.
    assert_eq!(collection["auth"]["type"], "oauth2");
    named.push("access_token".to_owned());

    let short = json(200, r#"{"access_token":"a","user_id":1}"#);
    let long = || json(200, r#"{"access_token":"a"}"#);
    let server = Server::start(vec![short, long(), long()]).await;
    let client = threads::Client::new(http(), &server.url);
    let app = threads::oauth::App {
        app_id: "1".to_owned(),
        app_secret: token(),
    };
    let redirect = "https://app.example/cb";
    client
        .exchange_code(&app, &token(), redirect, NOW_MS)
        .await
        .unwrap();
    client.long_lived(&app, &token(), NOW_MS).await.unwrap();
    client.refresh(&token(), NOW_MS).await.unwrap();

    for request in server.requests() {
        for (name, _) in request.form().into_iter().chain(request.query()) {
            assert!(named.contains(&name), "{name}");
        }
    }
}

#[test]
fn threads_names_every_scope_that_is_asked_for() {
    let collection = published("threads-postman-collection.json");
    let variables = collection["variable"].as_array().unwrap();
    let scope = variables.iter().find(|variable| variable["key"] == "scope");
    let named = scope.unwrap()["value"].as_str().unwrap();
    for scope in threads::oauth::SCOPES {
        assert!(named.split(',').any(|name| name == *scope), "{scope}");
    }
}

fn collect_parameters(items: &Value, named: &mut Vec<String>) {
    for item in items.as_array().unwrap() {
        if item["item"].is_array() {
            collect_parameters(&item["item"], named);
        }
        let query = item["request"]["url"]["query"].as_array();
        for parameter in query.into_iter().flatten() {
            named.push(parameter["key"].as_str().unwrap().to_owned());
        }
    }
}
