//! The OpenAPI document, made from the handlers, and the pages that show it.

mod answers;
pub mod complete;

use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, Http, HttpAuthScheme, HttpBuilder, SecurityScheme,
};
use utoipa::{Modify, OpenApi};

/// The document without its paths; [`crate::server::openapi`] adds them.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "DualPosts",
        description = include_str!("docs/description.md"),
        license(name = "MIT OR Apache-2.0")
    ),
    modifiers(&SignIn),
    security(("api_key" = []), ("session" = []), ("clerk" = [])),
    tags(
        (name = "posts", description = "Submit, schedule, change, cancel and follow posts."),
        (name = "deliveries", description = "A post on one account: retry it, see every attempt."),
        (name = "events", description = "What happens, as it happens."),
        (name = "accounts", description = "Connected profiles, and how to connect them."),
        (name = "keys", description = "API keys for programs."),
        (name = "webhooks", description = "Where you want to be told what happened, and what was told there."),
        (name = "sign-in", description = "How people come in, and who they are."),
        (name = "callbacks", description = "What Clerk and Meta tell us, signed by them."),
        (name = "operations", description = "Health.")
    )
)]
pub struct Document;

struct SignIn;

impl Modify for SignIn {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_with(Default::default);
        let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        components.add_security_scheme("api_key", bearer);
        let token = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some(
                "A session token of Clerk's, where people sign in with it.",
            ));
        components.add_security_scheme("clerk", SecurityScheme::Http(token.build()));
        let cookie = ApiKeyValue::with_description(
            "dualposts_8080",
            "The page's own cookie; `__Host-dualposts` over https, else with the port in its name. Changes need an `Origin` of the same host.",
        );
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
}
