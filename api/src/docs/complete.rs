//! What holds for every route is written into the document here, and not at every handler: names,
//! scopes, the problems that any route answers, the forms of ids, and that unknown fields are refused.

use std::collections::BTreeSet;

use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::schema::{AdditionalProperties, ArrayItems, SchemaType, Type};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{
    ContentBuilder, ObjectBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder, Schema,
};

/// The extension by which a handler says which scope its caller needs; several, with a space between
/// them: all of these.
pub const SCOPE: &str = "x-scope";

/// The ways to sign in; every one of them is enough.
const WAYS: [&str; 3] = ["api_key", "session", "clerk"];

/// Completes a document.
pub fn complete(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        let operations = [
            &mut item.get,
            &mut item.post,
            &mut item.put,
            &mut item.patch,
            &mut item.delete,
        ];
        for operation in operations.into_iter().flatten() {
            name(operation, path);
            say_who_may(operation);
            say_what_any_route_answers(operation, path);
            leave_out_but_not_null(operation);
            for parameter in operation.parameters.iter_mut().flatten() {
                if let RefOr::T(parameter) = parameter
                    && parameter.parameter_in == ParameterIn::Path
                    && let (Some(words), Some(RefOr::T(schema))) =
                        (&parameter.description, &mut parameter.schema)
                {
                    say_form_of_id(schema, words);
                }
            }
        }
    }
    let closed = in_request_bodies(document);
    let Some(components) = &mut document.components else {
        return;
    };
    for (name, schema) in &mut components.schemas {
        if let RefOr::T(schema) = schema {
            forms_of_ids(schema);
            if closed.contains(name) {
                refuse_others(schema);
            }
        }
    }
    for (name, response) in shared() {
        components
            .responses
            .insert(name.to_owned(), response.into());
    }
}

/// Handlers are called `list` and `show` in every module; programs that are made from the document
/// need one name for each route.
fn name(operation: &mut Operation, path: &str) {
    let area = path
        .strip_prefix("/v1/")
        .and_then(|rest| rest.split('/').next());
    let (Some(area), Some(own)) = (area, &operation.operation_id) else {
        return;
    };
    operation.operation_id = Some(format!("{}_{own}", area.replace('-', "_")));
}

/// The scopes as the roles that each way of signing in must have (OpenAPI 3.1, Security Requirement
/// Object).
fn say_who_may(operation: &mut Operation) {
    let scope = operation.extensions.as_ref().and_then(|all| all.get(SCOPE));
    let Some(scope) = scope.and_then(|scope| scope.as_str()) else {
        return;
    };
    let ways = WAYS.map(|way| SecurityRequirement::new(way, scope.split(' ')));
    operation.security = Some(ways.into());
}

fn say_what_any_route_answers(operation: &mut Operation, path: &str) {
    let asks_who = operation.security.is_none() || scope_of(operation);
    let mut statuses = Vec::new();
    if !["/healthz", "/readyz"].contains(&path) {
        statuses.push(("429", "TooManyRequests"));
    }
    if operation.request_body.is_some() {
        statuses.extend([
            ("408", "TooSlow"),
            ("413", "TooLarge"),
            ("415", "UnsupportedMediaType"),
        ]);
    }
    if asks_who {
        statuses.extend([("401", "Unauthorized"), ("503", "Unavailable")]);
    }
    for (status, name) in statuses {
        let answers = &mut operation.responses.responses;
        answers
            .entry(status.to_owned())
            .or_insert_with(|| Ref::from_response_name(name).into());
    }
}

/// A body that may be left out is not therefore one that may be `null`.
fn leave_out_but_not_null(operation: &mut Operation) {
    let Some(RefOr::T(body)) = &mut operation.request_body else {
        return;
    };
    for content in body.content.values_mut() {
        if let RefOr::T(content) = content
            && let Some(RefOr::T(Schema::OneOf(some))) = &content.schema
            && let Some(to @ RefOr::Ref(_)) =
                some.items.iter().find(|one| matches!(one, RefOr::Ref(_)))
        {
            content.schema = Some(to.clone());
        }
    }
}

fn scope_of(operation: &Operation) -> bool {
    let extensions = operation.extensions.as_ref();
    extensions.is_some_and(|all| all.contains_key(SCOPE))
}

/// Problems that any route may answer.
fn shared() -> [(&'static str, Response); 6] {
    let problem = |words: &str| {
        ResponseBuilder::new().description(words).content(
            "application/problem+json",
            ContentBuilder::new()
                .schema(Some(Ref::from_schema_name("Problem")))
                .build(),
        )
    };
    let header = |words: &str, kind: Type| {
        HeaderBuilder::new()
            .description(Some(words))
            .schema(Some(ObjectBuilder::new().schema_type(kind)))
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
    [
        ("TooManyRequests", too_many.build()),
        ("TooSlow", problem("The body came too slowly.").build()),
        ("TooLarge", problem("The body is too large.").build()),
        (
            "UnsupportedMediaType",
            problem("Another type of content, or a compressed body.").build(),
        ),
        ("Unauthorized", problem("Nobody is signed in.").build()),
        ("Unavailable", problem("The database is away.").build()),
    ]
}

/// The names of all schemas that bodies of requests are made of which we read field by field.
fn in_request_bodies(document: &OpenApi) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open: Vec<RefOr<Schema>> = Vec::new();
    for item in document.paths.paths.values() {
        let operations = [&item.post, &item.put, &item.patch, &item.delete];
        for operation in operations.into_iter().flatten() {
            if let Some(RefOr::T(body)) = &operation.request_body {
                for kind in ["application/json", "multipart/form-data"] {
                    if let Some(RefOr::T(content)) = body.content.get(kind) {
                        open.extend(content.schema.clone());
                    }
                }
            }
        }
    }
    let schemas = document.components.as_ref().map(|all| &all.schemas);
    while let Some(next) = open.pop() {
        match next {
            RefOr::Ref(to) => {
                let name = to.ref_location.rsplit('/').next().unwrap_or_default();
                if found.insert(name.to_owned()) {
                    open.extend(schemas.and_then(|all| all.get(name)).cloned());
                }
            }
            RefOr::T(mut schema) => {
                each_within(&mut schema, &mut |within| open.push(within.clone()));
            }
        }
    }
    found
}

/// `Fields::refuse_others` does.
fn refuse_others(schema: &mut Schema) {
    if let Schema::Object(object) = schema
        && !object.properties.is_empty()
        && object.additional_properties.is_none()
    {
        object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
    }
    each_within(schema, &mut |within| {
        if let RefOr::T(schema) = within {
            refuse_others(schema);
        }
    });
}

/// Whatever is described as `` `post_...` `` is such an id.
fn forms_of_ids(schema: &mut Schema) {
    match schema {
        Schema::Object(object) => {
            if let Some(words) = object.description.clone() {
                say_form_of_id(schema, &words);
            }
        }
        Schema::Array(array) => {
            if let (Some(words), ArrayItems::RefOrSchema(items)) =
                (array.description.clone(), &mut array.items)
                && let RefOr::T(items) = &mut **items
            {
                say_form_of_id(items, &words);
            }
        }
        _ => {}
    }
    each_within(schema, &mut |within| {
        if let RefOr::T(schema) = within {
            forms_of_ids(schema);
        }
    });
}

fn say_form_of_id(schema: &mut Schema, words: &str) {
    let prefix = words
        .strip_prefix('`')
        .and_then(|rest| rest.split_once("_...`"));
    let Some((prefix, _)) = prefix else { return };
    if let Schema::Object(object) = schema
        && is_text(&object.schema_type)
        && object.pattern.is_none()
        && prefix.bytes().all(|byte| byte.is_ascii_lowercase())
    {
        object.pattern = Some(format!("^{prefix}_[0-9a-fA-F]{{32}}$"));
    }
}

fn is_text(kind: &SchemaType) -> bool {
    match kind {
        SchemaType::Type(kind) => *kind == Type::String,
        SchemaType::Array(kinds) => kinds.contains(&Type::String),
        SchemaType::AnyValue => false,
    }
}

/// Calls `see` with each schema directly within another.
fn each_within(schema: &mut Schema, see: &mut dyn FnMut(&mut RefOr<Schema>)) {
    match schema {
        Schema::Object(object) => {
            object.properties.values_mut().for_each(&mut *see);
            if let Some(more) = &mut object.additional_properties
                && let AdditionalProperties::RefOr(more) = &mut **more
            {
                see(more);
            }
        }
        Schema::Array(array) => {
            if let ArrayItems::RefOrSchema(items) = &mut array.items {
                see(items);
            }
        }
        Schema::OneOf(some) => some.items.iter_mut().for_each(see),
        Schema::AllOf(all) => all.items.iter_mut().for_each(see),
        Schema::AnyOf(some) => some.items.iter_mut().for_each(see),
        _ => {}
    }
}
