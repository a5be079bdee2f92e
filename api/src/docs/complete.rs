//! What holds for every route is written into the document here, and not at every handler: names,
//! scopes, the problems that any route answers, the forms of ids, and that unknown fields are refused.

use std::collections::BTreeSet;

use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::schema::{AdditionalProperties, ArrayItems, SchemaType, Type};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{OpenApi, RefOr, Schema};

use super::answers;

/// The extension by which a handler says which scope its caller needs; several, with a space between
/// them: all of these.
pub const SCOPE: &str = "x-scope";

/// The ways to sign in; every one of them is enough.
const WAYS: [&str; 3] = ["api_key", "session", "clerk"];

/// Completes a document.
pub fn complete(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        let operations = [
            (&mut item.get, false),
            (&mut item.post, true),
            (&mut item.put, true),
            (&mut item.patch, true),
            (&mut item.delete, true),
        ];
        for (operation, changes) in operations {
            let Some(operation) = operation else { continue };
            name(operation, path);
            say_who_may(operation);
            answers::say(operation, path, changes);
            leave_out_but_not_null(operation);
            for parameter in operation.parameters.iter_mut().flatten() {
                let RefOr::T(parameter) = parameter else {
                    continue;
                };
                let Some(RefOr::T(schema)) = &mut parameter.schema else {
                    continue;
                };
                can_not_be_null(schema);
                if parameter.parameter_in == ParameterIn::Path
                    && let Some(words) = &parameter.description
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
    components.responses.extend(answers::shared());
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
    let Some(scope) = scope_of(operation) else {
        return;
    };
    let ways = WAYS.map(|way| SecurityRequirement::new(way, scope.split(' ')));
    operation.security = Some(ways.into());
}

/// The scope that a handler says its caller needs.
pub fn scope_of(operation: &Operation) -> Option<&str> {
    let extensions = operation.extensions.as_ref()?;
    extensions.get(SCOPE)?.as_str()
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

/// An address and a header know no `null`; what may be left out is not required, that is all.
fn can_not_be_null(schema: &mut Schema) {
    if let Schema::Object(object) = schema
        && let SchemaType::Array(kinds) = &object.schema_type
        && let [kind, Type::Null] | [Type::Null, kind] = kinds.as_slice()
    {
        object.schema_type = SchemaType::Type(kind.clone());
    }
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
