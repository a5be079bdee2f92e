//! All routes on one screen, and how they are served.

use std::future::Future;
use std::net::TcpListener;
use std::time::Duration;

use actix_web::middleware::from_fn;
use actix_web::{App, HttpRequest, HttpResponse, web};
use utoipa::OpenApi;
use utoipa_actix_web::{AppExt, service_config::ServiceConfig};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::access_log::{PagePolicy, access_log};
use crate::drain::{Draining, turn_away};
use crate::guard::{head::head_as_get, headers::headers, throttle, turn};
use crate::listen::listen;
use crate::problem::Problem;
use crate::state::State;
use crate::{
    accounts, connections, cost, deliveries, docs, events, exposure, health, hooks, keys, media,
    pages, posts, quota, session, webhooks,
};

/// The largest JSON body: far more than 25 parts of the longest text.
pub const BODY_LIMIT: usize = 512 * 1024;

/// All of them, for whoever describes them and for whoever serves them. A description is megabytes; it
/// is not made for every thread that serves.
macro_rules! routes {
    ($config:ident, $scope:path) => {
        $config
            .service(health::healthz)
            .service(health::readyz)
            .service(
                $scope("/v1")
                    .service(posts::validate::validate)
                    // Else it would be taken for the id of a post.
                    .route("/posts/validate", web::route().to(no_such_route))
                    .service(posts::submit)
                    .service(posts::list)
                    .service(posts::show)
                    .service(posts::change)
                    .service(posts::cancel)
                    .service(deliveries::retry)
                    .service(deliveries::remove)
                    .service(deliveries::attempts)
                    .service(events::follow)
                    .service(media::upload)
                    .service(media::list)
                    .service(media::show)
                    .service(media::forget)
                    .service(accounts::list)
                    .service(accounts::connect)
                    .service(accounts::disconnect)
                    .service(quota::of_account)
                    .service(quota::of_all)
                    .service(cost::cost)
                    .service(connections::begin::how)
                    .service(connections::begin::begin)
                    .service(connections::finish::finish)
                    .service(connections::sync::sync)
                    .service(keys::list)
                    .service(keys::create)
                    .service(keys::revoke)
                    .service(hooks::list)
                    .service(hooks::create)
                    .service(hooks::show)
                    .service(hooks::change)
                    .service(hooks::forget)
                    .service(hooks::rotate_secret)
                    .service(hooks::test)
                    .service(hooks::log::list)
                    .service(hooks::log::redeliver)
                    .service(session::ways)
                    .service(session::open)
                    .service(session::show)
                    .service(session::close),
            )
            .service(webhooks::clerk_users::told_by_clerk)
            .service(webhooks::threads_people::deauthorize)
            .service(webhooks::threads_people::delete_data)
            .service(webhooks::threads_people::deletion)
            .service(webhooks::userinfo::userinfo)
    };
}

fn described(config: &mut ServiceConfig<'_>) {
    routes!(config, utoipa_actix_web::scope);
}

fn served(config: &mut web::ServiceConfig) {
    routes!(config, web::scope);
}

/// The OpenAPI 3.1 document of exactly the routes above.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let app = App::new()
        .into_utoipa_app()
        .openapi(docs::Document::openapi());
    let mut document = app.configure(described).split_for_parts().1;
    docs::complete::complete(&mut document);
    document
}

/// Serves until `shutdown`, then finishes the requests under way.
pub async fn serve(
    listener: TcpListener,
    state: State,
    shutdown: impl Future<Output = ()>,
) -> std::io::Result<()> {
    serve_and_drain(listener, state, shutdown, Duration::ZERO).await
}

/// The same, but from `shutdown` on it goes on to take requests for as long as `drain`, while
/// `/readyz` answers 503: so long a load balancer may take to send them elsewhere.
pub async fn serve_and_drain(
    listener: TcpListener,
    state: State,
    shutdown: impl Future<Output = ()>,
    drain: Duration,
) -> std::io::Result<()> {
    let draining = Draining::default();
    let drained = web::Data::new(draining.clone());
    let document = openapi();
    let allowed = web::Data::new(Methods::of(&document));
    // As text, and once: as a tree it is megabytes, and every thread would have its own.
    let described = serde_json::to_vec(&document).map_err(std::io::Error::other)?;
    let described = web::Data::new(web::Bytes::from(described));
    drop(document);
    let policy = web::Data::new(PagePolicy::of(&state));
    let news = state.news.clone();
    let exposure = web::Data::new(state.exposure.clone());
    let guard = state.settings.guard.clone();
    let throttle = web::Data::new(throttle::Throttle::of(&guard));
    let last_look = web::Data::new(health::LastLook::default());
    let state = web::Data::new(state);
    news.begin().await;
    let threads = std::thread::available_parallelism().map_or(2, |cores| cores.get().min(4));
    let server = listen(listener, &guard, threads, move || {
        App::new()
            .wrap(from_fn(head_as_get))
            .wrap(from_fn(throttle::by_address))
            .wrap(from_fn(turn_away))
            .wrap(from_fn(headers))
            .wrap(from_fn(access_log))
            .wrap(from_fn(turn::answering))
            .app_data(drained.clone())
            .app_data(throttle.clone())
            .app_data(last_look.clone())
            .app_data(state.clone())
            .app_data(allowed.clone())
            .app_data(policy.clone())
            .app_data(exposure.clone())
            .app_data(web::PayloadConfig::new(BODY_LIMIT))
            .configure(served)
            .route("/metrics", web::get().to(exposure::metrics))
            .route("/media/{name}", web::get().to(media::serve))
            .configure(pages::routes)
            .service(SwaggerUi::new("/docs/{_:.*}").config(Config::from("/openapi.json")))
            .app_data(described.clone())
            .route("/openapi.json", web::get().to(described_in_json))
            .route("/docs", web::get().to(to_docs))
            .default_service(web::to(no_such_route))
    })?;
    let handle = server.handle();
    let serving = tokio::spawn(server);
    let reading = tokio::spawn({
        let news = news.clone();
        async move { news.run().await }
    });
    shutdown.await;
    draining.begin();
    tokio::time::sleep(drain).await;
    // Streams would never end by themselves.
    news.close();
    handle.stop(true).await;
    let _ = reading.await;
    serving.await.map_err(std::io::Error::other)?
}

async fn described_in_json(described: web::Data<web::Bytes>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body(web::Bytes::clone(&described))
}

async fn to_docs() -> HttpResponse {
    HttpResponse::Found()
        .insert_header(("Location", "/docs/"))
        .finish()
}

/// The methods that each path takes, to tell a wrong method from a wrong path.
struct Methods(Vec<(Vec<String>, Vec<&'static str>)>);

impl Methods {
    fn of(document: &utoipa::openapi::OpenApi) -> Self {
        let methods = document.paths.paths.iter().map(|(path, item)| {
            let known = [
                ("GET", item.get.is_some()),
                ("HEAD", item.get.is_some()),
                ("POST", item.post.is_some()),
                ("PATCH", item.patch.is_some()),
                ("DELETE", item.delete.is_some()),
            ];
            let segments = path.split('/').map(str::to_owned).collect();
            (
                segments,
                known
                    .into_iter()
                    .filter(|(_, known)| *known)
                    .map(|(method, _)| method)
                    .collect(),
            )
        });
        Methods(methods.collect())
    }

    fn for_path(&self, path: &str) -> Option<String> {
        let asked: Vec<&str> = path.split('/').collect();
        let matches = |pattern: &[String]| {
            pattern.len() == asked.len()
                && pattern.iter().zip(&asked).all(|(known, asked)| {
                    known == asked || known.starts_with('{') && !asked.is_empty()
                })
        };
        self.0
            .iter()
            .find(|(pattern, _)| matches(pattern))
            .map(|(_, methods)| methods.join(", "))
    }
}

async fn no_such_route(
    request: HttpRequest,
    methods: web::Data<Methods>,
) -> Result<HttpResponse, Problem> {
    Err(match methods.for_path(request.path()) {
        Some(allowed) => Problem::method_not_allowed(&allowed),
        None => Problem::not_found("address"),
    })
}
