//! What routes answer for reasons of the server's own, and not of the handler's: who asks, what they
//! may do, how often they ask, and whether the body can be read at all.

use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::Type;
use utoipa::openapi::{
    ContentBuilder, ObjectBuilder, Ref, RefOr, Response, ResponseBuilder, Schema,
};

use super::complete::scope_of;

/// Says it, where the handler says nothing better.
pub fn say(operation: &mut Operation, path: &str, changes: bool) {
    let scope = scope_of(operation).map(str::to_owned);
    let mut answers: Vec<(&str, RefOr<Response>)> = Vec::new();
    let mut add = |status, name| answers.push((status, Ref::from_response_name(name).into()));
    if !["/healthz", "/readyz"].contains(&path) {
        add("429", "TooManyRequests");
    }
    if operation.request_body.is_some() {
        add("408", "TooSlow");
        add("413", "TooLarge");
        add("415", "UnsupportedMediaType");
    }
    if reads_fields(operation, path) {
        add("400", "NotJson");
        add("422", "BreaksRules");
    }
    if operation.security.is_none() || scope.is_some() {
        add("401", "Unauthorized");
        add("503", "Unavailable");
    }
    if let Some(scope) = scope {
        let or_else = if changes {
            ", or a page of another site asks with the cookie"
        } else {
            ""
        };
        let forbidden = problem(&format!("The key lacks `{scope}`{or_else}."));
        answers.push(("403", forbidden.build().into()));
        if let Some(thing) = thing(path) {
            let unknown = problem(&format!("You have no such {thing}."));
            answers.push(("404", unknown.build().into()));
        }
    }
    for (status, answer) in answers {
        let said = &mut operation.responses.responses;
        said.entry(status.to_owned()).or_insert(answer);
    }
}

/// Whether `Fields` reads the body; what others send us is read as they write it.
fn reads_fields(operation: &Operation, path: &str) -> bool {
    let Some(RefOr::T(body)) = &operation.request_body else {
        return false;
    };
    path.starts_with("/v1/") && body.content.contains_key("application/json")
}

/// What the id in a path is an id of.
fn thing(path: &str) -> Option<&'static str> {
    let (area, _) = path.strip_prefix("/v1/")?.split_once("/{")?;
    match area {
        "accounts" => Some("account"),
        "deliveries" => Some("delivery"),
        "keys" => Some("key"),
        "media" => Some("file"),
        "posts" => Some("post"),
        "webhooks" => Some("webhook"),
        _ => None,
    }
}

fn problem(words: &str) -> ResponseBuilder {
    ResponseBuilder::new().description(words).content(
        "application/problem+json",
        ContentBuilder::new()
            .schema(Some(Ref::from_schema_name("Problem")))
            .build(),
    )
}

/// Problems that many routes answer in the same words.
pub fn shared() -> impl Iterator<Item = (String, RefOr<Response>)> {
    let header = |words: &str, kind: Type| {
        HeaderBuilder::new()
            .description(Some(words))
            .schema(Some(Schema::from(ObjectBuilder::new().schema_type(kind))))
            .build()
    };
    let too_many = problem("Too many requests, by this credential or from this address.")
        .header(
            "Retry-After",
            header("When to send it again, in seconds.", Type::Integer),
        )
        .header(
            "RateLimit-Policy",
            header("The limits: requests (`q`) in seconds (`w`).", Type::String),
        )
        .header(
            "RateLimit",
            header(
                "What is left: requests (`r`), and all of them again in seconds (`t`).",
                Type::String,
            ),
        );
    let shared = [
        ("NotJson", problem("Not JSON.")),
        ("Unauthorized", problem("Nobody is signed in.")),
        ("TooSlow", problem("The body came too slowly.")),
        ("TooLarge", problem("The body is too large.")),
        (
            "UnsupportedMediaType",
            problem("Another type of content, or a compressed body."),
        ),
        (
            "BreaksRules",
            problem("The body breaks rules; all are listed."),
        ),
        ("TooManyRequests", too_many),
        ("Unavailable", problem("The database is away.")),
    ];
    shared
        .into_iter()
        .map(|(name, response)| (name.to_owned(), response.build().into()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn routes_say_whom_and_which_bodies_and_ids_they_refuse() {
        let document = serde_json::to_value(crate::server::openapi()).unwrap();
        let says = |method: &str, path: &str, statuses: &[&str]| {
            let answers = &document["paths"][path][method]["responses"];
            for status in statuses {
                assert!(answers.get(status).is_some(), "{method} {path}: {status}");
            }
        };
        says("get", "/v1/posts", &["401", "403", "429", "503"]);
        says(
            "get",
            "/v1/posts/{id}",
            &["401", "403", "404", "429", "503"],
        );
        let all = [
            "400", "401", "403", "404", "408", "413", "415", "422", "429", "503",
        ];
        says("patch", "/v1/webhooks/{id}", &all);
        let forbidden = &document["paths"]["/v1/posts"]["get"]["responses"]["403"];
        assert_eq!(forbidden["description"], "The key lacks `posts:read`.");
        let session = &document["paths"]["/v1/session"]["get"]["responses"];
        assert!(session.get("403").is_none(), "it needs no scope");
    }
}
