//! The page for people: plain files inside the binary.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpResponse, web};

const FILES: &[(&str, &str, &str)] = &[
    ("/", "text/html; charset=utf-8", include_str!("../pages/index.html")),
    ("/assets/app.js", "text/javascript; charset=utf-8", include_str!("../pages/app.js")),
    ("/assets/style.css", "text/css; charset=utf-8", include_str!("../pages/style.css")),
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
