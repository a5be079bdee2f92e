//! For operators: is the process alive, and can it work?

use actix_web::{HttpResponse, get, web};
use entities::Database;
use queue::Queue;
use serde::Serialize;
use utoipa::ToSchema;

use entities::schema::{self, Schema};

use crate::drain::Draining;
use crate::state::State;

/// The process is alive.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`.
    status: &'static str,
    /// The version of this binary.
    version: &'static str,
    /// Where the simulator shows its posts, when it stands in for the platforms.
    #[serde(skip_serializing_if = "Option::is_none")]
    simulator_url: Option<String>,
}

/// Whether everything that is needed can be reached.
#[derive(Serialize, ToSchema)]
pub struct Readiness {
    /// Whether requests can be served.
    ready: bool,
    /// `true` once this process has been told to end: it still answers, but ask another.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    draining: bool,
    /// `ok`; `unavailable`, where the log says why; or, where its schema is not the one that this
    /// version knows, `schema_older` (run `dualposts migrate`) or `schema_newer` (this version serves
    /// on while the next one takes over).
    database: String,
    /// `ok` or `unavailable`; the log says why. Without it posts are accepted all the same and go
    /// out when it is back.
    queue: String,
}

/// The process is alive. Says nothing of what it depends on.
#[utoipa::path(tag = "operations", security(()), responses((status = 200, body = Health)))]
#[get("/healthz")]
pub async fn healthz(state: web::Data<State>) -> web::Json<Health> {
    web::Json(Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
        simulator_url: state.settings.simulator_url.clone(),
    })
}

/// What a process without an API answers to `/healthz`.
pub(crate) fn alive() -> web::Json<Health> {
    web::Json(Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
        simulator_url: None,
    })
}

/// `ok` or `unavailable`; what exactly is wrong is for the log, not for everyone who asks.
fn told(what: &str, error: Option<String>) -> String {
    match error {
        None => "ok".to_owned(),
        Some(error) => {
            tracing::warn!(what, error, "not reachable");
            "unavailable".to_owned()
        }
    }
}

/// Whether requests can be served, and what is missing.
#[utoipa::path(tag = "operations", security(()), responses((status = 200, body = Readiness), (status = 503, body = Readiness)))]
#[get("/readyz")]
pub async fn readyz(state: web::Data<State>, draining: web::Data<Draining>) -> HttpResponse {
    readiness(&state.database, &state.queue, draining.has_begun()).await
}

/// What `/readyz` answers.
pub(crate) async fn readiness(database: &Database, queue: &Queue, draining: bool) -> HttpResponse {
    let known = migrations::names();
    let (database, queue) = tokio::join!(schema::compare(database, &known), queue.ping());
    let usable = matches!(&database, Ok(schema) if schema.can_be_served());
    let readiness = Readiness {
        ready: usable && !draining,
        draining,
        database: match database {
            Ok(Schema::AsKnown) => "ok".to_owned(),
            Ok(schema @ Schema::Older { .. }) => {
                tracing::warn!("{schema}");
                "schema_older".to_owned()
            }
            Ok(Schema::Newer { .. }) => "schema_newer".to_owned(),
            Err(error) => told("database", Some(error.to_string())),
        },
        queue: told("queue", queue.err().map(|error| error.to_string())),
    };
    if readiness.ready {
        HttpResponse::Ok().json(readiness)
    } else {
        HttpResponse::ServiceUnavailable().json(readiness)
    }
}
