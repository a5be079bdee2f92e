//! Every route of the API, out of the OpenAPI document: a new one is in every test of all of them.

use reqwest::Method;

/// One method of one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub method: Method,
    /// With `{id}` where an id stands.
    pub path: String,
    /// Everyone may call it.
    pub is_public: bool,
    /// Whether it takes a body.
    pub takes_body: bool,
}

/// All of them.
pub fn routes() -> Vec<Route> {
    let document = serde_json::to_value(api::server::openapi()).expect("a document");
    let paths = document["paths"].as_object().expect("paths");
    let mut routes = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().expect("methods") {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
            // An empty requirement in the list, or an empty list, means that nobody is asked for.
            let security = operation["security"].as_array();
            let is_open = |all: &Vec<serde_json::Value>| {
                all.is_empty() || all.iter().any(|one| one == &serde_json::json!({}))
            };
            routes.push(Route {
                method,
                path: path.clone(),
                is_public: security.is_some_and(is_open),
                takes_body: operation["requestBody"].is_object(),
            });
        }
    }
    routes
}
