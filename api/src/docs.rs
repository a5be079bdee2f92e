//! The OpenAPI document, made from the handlers, and the pages that show it.

use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

/// The document without its paths; [`crate::server::openapi`] adds them.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "DualPosts",
        description = "Write once, and it appears on X and Threads, now or at the time you chose, exactly once.",
        license(name = "MIT OR Apache-2.0")
    ),
    modifiers(&ApiKey),
    security(("api_key" = [])),
    tags(
        (name = "posts", description = "Submit, schedule, change, cancel and follow posts."),
        (name = "deliveries", description = "A post on one account: retry it, see every attempt."),
        (name = "accounts", description = "Connected profiles."),
        (name = "operations", description = "Health.")
    )
)]
pub struct Document;

struct ApiKey;

impl Modify for ApiKey {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_with(Default::default);
        let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        components.add_security_scheme("api_key", bearer);
    }
}
