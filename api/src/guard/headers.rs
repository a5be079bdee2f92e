//! What every answer tells browsers besides its content policy ([`crate::access_log`]).

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, web};

use crate::state::State;

/// `Cross-Origin-Embedder-Policy` is not among them: the page shows profile pictures of the
/// platforms, which do not say that others may.
const ALWAYS: [(&str, &str); 5] = [
    // Clerk may open a window of its own.
    ("cross-origin-opener-policy", "same-origin-allow-popups"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    // For browsers that do not know `frame-ancestors`.
    ("x-frame-options", "DENY"),
    ("x-permitted-cross-domain-policies", "none"),
];

/// A year. Other hosts of the domain are not ours to speak for.
const HTTPS_ONLY: (&str, &str) = ("strict-transport-security", "max-age=31536000");

/// The middleware.
pub async fn headers(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let state = request.app_data::<web::Data<State>>();
    let is_https = state.is_some_and(|state| state.settings.public_url.starts_with("https://"));
    let path = request.path();
    // The same for everybody, and changed by an update alone.
    let is_reference = path.starts_with("/docs") || path == "/openapi.json";
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    let https = is_https.then_some(HTTPS_ONLY);
    for (name, value) in ALWAYS.into_iter().chain(https) {
        let value = HeaderValue::from_static(value);
        headers.insert(HeaderName::from_static(name), value);
    }
    if !headers.contains_key(CACHE_CONTROL) {
        let kept = if is_reference { "no-cache" } else { "no-store" };
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(kept));
    }
    Ok(response)
}
