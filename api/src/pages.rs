//! The page for people: plain files inside the binary.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpResponse, web};

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Where consent pages send people back to; its script does the rest.
const CONNECTED: &str = include_str!("../pages/connected.html");
/// Clerk's own script, unchanged (`api/pages/vendor`): 325 kB that are only asked for with Clerk.
const CLERK: &[u8] = include_bytes!("../pages/vendor/clerk.browser.js");

const FILES: &[(&str, &str, &str)] = &[
    ("/", HTML, include_str!("../pages/index.html")),
    ("/assets/style.css", CSS, include_str!("../pages/style.css")),
    ("/assets/app.js", SCRIPT, include_str!("../pages/app.js")),
    ("/assets/card.js", SCRIPT, include_str!("../pages/card.js")),
    (
        "/assets/clerk.js",
        SCRIPT,
        include_str!("../pages/clerk.js"),
    ),
    (
        "/assets/compose.js",
        SCRIPT,
        include_str!("../pages/compose.js"),
    ),
    (
        "/assets/connect.js",
        SCRIPT,
        include_str!("../pages/connect.js"),
    ),
    (
        "/assets/connected.js",
        SCRIPT,
        include_str!("../pages/connected.js"),
    ),
    ("/oauth/clerk/callback", HTML, CONNECTED),
    ("/oauth/threads/callback", HTML, CONNECTED),
    ("/oauth/x/callback", HTML, CONNECTED),
    (
        "/assets/elements.js",
        SCRIPT,
        include_str!("../pages/elements.js"),
    ),
    (
        "/assets/fields.js",
        SCRIPT,
        include_str!("../pages/fields.js"),
    ),
    (
        "/assets/posts.js",
        SCRIPT,
        include_str!("../pages/posts.js"),
    ),
    (
        "/assets/requests.js",
        SCRIPT,
        include_str!("../pages/requests.js"),
    ),
    (
        "/assets/sign-in.js",
        SCRIPT,
        include_str!("../pages/sign-in.js"),
    ),
    (
        "/assets/words.js",
        SCRIPT,
        include_str!("../pages/words.js"),
    ),
    (
        "/assets/webhooks.js",
        SCRIPT,
        include_str!("../pages/webhooks.js"),
    ),
];

/// Serves the page and its files.
pub fn routes(config: &mut web::ServiceConfig) {
    for (path, content_type, content) in FILES {
        let serve = move || async move {
            HttpResponse::Ok()
                .insert_header((CONTENT_TYPE, *content_type))
                .insert_header((CACHE_CONTROL, "no-cache"))
                .body(*content)
        };
        config.route(path, web::get().to(serve));
    }
    config.route(
        "/assets/vendor/clerk.browser.js",
        web::get().to(|| async {
            HttpResponse::Ok()
                .insert_header((CONTENT_TYPE, SCRIPT))
                .insert_header((CACHE_CONTROL, "public, max-age=86400"))
                .body(CLERK)
        }),
    );
}
