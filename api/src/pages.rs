//! The page for people: plain files inside the binary.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpResponse, web};

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

const FILES: &[(&str, &str, &str)] = &[
    ("/", HTML, include_str!("../pages/index.html")),
    ("/assets/style.css", CSS, include_str!("../pages/style.css")),
    ("/assets/app.js", SCRIPT, include_str!("../pages/app.js")),
    ("/assets/card.js", SCRIPT, include_str!("../pages/card.js")),
    (
        "/assets/compose.js",
        SCRIPT,
        include_str!("../pages/compose.js"),
    ),
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
        "/assets/words.js",
        SCRIPT,
        include_str!("../pages/words.js"),
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
}
