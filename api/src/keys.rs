//! `/v1/keys`: API keys for programs. Anyone but the holder of a key can make one for all that
//! they may do themselves; a key only with `keys:write`, and never one that may do more.

use actix_web::{HttpResponse, delete, get, post, web};
use entities::rows::api_key;
use entities::scopes::Scopes;
use entities::{KeyId, Timestamp, keys as table};
use secrecy::ExposeSecret;
use serde::Serialize;
use tracing::info;
use utoipa::ToSchema;

use crate::caller::{Caller, WritesKeys};
use crate::fields::{Fields, Violations, object};
use crate::problem::Problem;
use crate::state::State;

const LONGEST_NAME: usize = 100;

/// An API key without its secret.
#[derive(Serialize, ToSchema)]
pub struct KeyBody {
    /// `key_...`
    id: String,
    name: String,
    /// How the key begins.
    prefix: String,
    scopes: Vec<&'static str>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// To the minute.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Timestamp>,
}

/// Your keys, newest first, the revoked ones too.
#[derive(Serialize, ToSchema)]
pub struct KeyListBody {
    data: Vec<KeyBody>,
}

/// A key that was just made.
#[derive(Serialize, ToSchema)]
pub struct NewKeyBody {
    #[serde(flatten)]
    about: KeyBody,
    /// The key itself. This is the only time that it is shown.
    key: String,
}

/// What the key is for.
#[derive(ToSchema)]
#[schema(example = json!({"name": "release script", "scopes": ["posts:read", "posts:write"]}))]
#[expect(dead_code, reason = "the shape for the OpenAPI document")]
pub struct MakeKeyBody {
    /// To be recognised in lists; 1 to 100 characters on one line, not all of them blank.
    #[schema(
        max_length = 100,
        pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*[^\\x00-\\x20\\x7f-\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000][^\\x00-\\x1f\\x7f-\\x9f]*$"
    )]
    name: String,
    /// All that you may do, if not given.
    #[schema(value_type = Option<Vec<ScopeWord>>, min_items = 1)]
    scopes: Option<Vec<String>>,
}

/// One thing that a key is good for.
#[derive(ToSchema)]
pub enum ScopeWord {
    #[schema(rename = "posts:read")]
    PostsRead,
    #[schema(rename = "posts:write")]
    PostsWrite,
    #[schema(rename = "accounts:read")]
    AccountsRead,
    #[schema(rename = "accounts:write")]
    AccountsWrite,
    #[schema(rename = "keys:write")]
    KeysWrite,
    #[schema(rename = "webhooks:read")]
    WebhooksRead,
    #[schema(rename = "webhooks:write")]
    WebhooksWrite,
}

impl From<api_key::Model> for KeyBody {
    fn from(row: api_key::Model) -> Self {
        KeyBody {
            id: row.id.to_string(),
            name: row.name,
            prefix: row.prefix,
            scopes: row.scopes.iter().map(|scope| scope.as_str()).collect(),
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            revoked_at: row.revoked_at,
        }
    }
}

/// List your API keys.
#[utoipa::path(
    tag = "keys",
    extensions(("x-scope" = json!("keys:write"))),
    responses(
        (status = 200, body = KeyListBody),
    )
)]
#[get("/keys")]
pub async fn list(
    state: web::Data<State>,
    caller: Caller<WritesKeys>,
) -> Result<web::Json<KeyListBody>, Problem> {
    let rows = table::list(&state.database, &caller.owner).await?;
    Ok(web::Json(KeyListBody {
        data: rows.into_iter().map(KeyBody::from).collect(),
    }))
}

/// Make an API key.
#[utoipa::path(
    tag = "keys",
    extensions(("x-scope" = json!("keys:write"))),
    request_body = MakeKeyBody,
    responses(
        (status = 201, description = "Made.", body = NewKeyBody),
    )
)]
#[post("/keys")]
pub async fn create(
    state: web::Data<State>,
    caller: Caller<WritesKeys>,
    body: crate::body::Json,
) -> Result<HttpResponse, Problem> {
    let object = object(&body.0, false)?;
    let mut violations = Violations::default();
    let mut fields = Fields::root(&object);
    let name = name(&mut fields, &mut violations);
    let scopes = scopes(&mut fields, &caller.scopes, &mut violations);
    fields.refuse_others(&mut violations);
    violations.into_result()?;
    let (row, key) = table::create(
        &state.database,
        &caller.owner,
        &name,
        &scopes,
        state.clock.now(),
    )
    .await?;
    info!(key = %row.id, "made an API key");
    Ok(HttpResponse::Created().json(NewKeyBody {
        about: row.into(),
        key: key.expose_secret().to_owned(),
    }))
}

/// Revoke an API key for good.
#[utoipa::path(
    tag = "keys",
    extensions(("x-scope" = json!("keys:write"))),
    params(("id" = String, Path, description = "`key_...`")),
    responses(
        (status = 204, description = "Revoked."),
        (status = 404, description = "You have no such live key.", body = Problem, content_type = "application/problem+json"),
    )
)]
#[delete("/keys/{id}")]
pub async fn revoke(
    state: web::Data<State>,
    caller: Caller<WritesKeys>,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id: KeyId = id.parse().map_err(|_| Problem::not_found("key"))?;
    if !table::revoke(&state.database, &caller.owner, &id, state.clock.now()).await? {
        return Err(Problem::not_found("key"));
    }
    info!(key = %id, "revoked an API key");
    Ok(HttpResponse::NoContent().finish())
}

fn name(fields: &mut Fields<'_>, violations: &mut Violations) -> String {
    let name = fields.text("name", violations);
    if fields.lacks("name") {
        violations.add("name", "missing", "Say what the key is for.");
    }
    let fits = |name: &str| {
        !name.trim().is_empty()
            && name.chars().count() <= LONGEST_NAME
            && !name.chars().any(char::is_control)
    };
    if name.is_some_and(|name| !fits(name)) {
        let message = "A name is 1 to 100 characters on one line, not all of them blank.";
        violations.add("name", "invalid_name", message);
    }
    name.unwrap_or_default().trim().to_owned()
}

fn scopes(fields: &mut Fields<'_>, own: &Scopes, violations: &mut Violations) -> Scopes {
    let Some(words) = fields.texts("scopes", violations) else {
        return own.clone();
    };
    if words.is_empty() {
        violations.add("scopes", "missing", "A key must be good for something.");
    }
    let mut scopes = Vec::new();
    for (index, word) in words.into_iter().enumerate() {
        let Some(word) = word else { continue };
        let field = format!("scopes[{index}]");
        match word.parse() {
            Ok(scope) if own.allow(scope) => scopes.push(scope),
            Ok(_) => violations.add(field, "scope_missing", "You may not do this yourself."),
            Err(_) => {
                let message = "Known are posts:read, posts:write, accounts:read, accounts:write, keys:write, webhooks:read, webhooks:write.";
                violations.add(field, "scope_unknown", message);
            }
        }
    }
    Scopes::of(scopes)
}
