//! For operators: is the process alive, and can it work?

use std::time::Duration;

use actix_web::{HttpResponse, get, web};
use entities::schema::{self, Schema};
use entities::{Database, Timestamp};
use queue::Queue;
use serde::Serialize;
use tokio::sync::Mutex;
use utoipa::ToSchema;

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
pub async fn readyz(
    state: web::Data<State>,
    draining: web::Data<Draining>,
    last: web::Data<LastLook>,
) -> HttpResponse {
    let found = last.found(&state).await;
    answer(found, draining.has_begun())
}

/// What `/readyz` answers where there is no API.
pub(crate) async fn readiness(database: &Database, queue: &Queue) -> HttpResponse {
    answer(look(database, queue).await, false)
}

/// For how long what was found is told again.
const FRESH: Duration = Duration::from_secs(1);

/// What was found when it was last looked: however often strangers ask, it is looked once a second.
#[derive(Default)]
pub struct LastLook(Mutex<Option<(Timestamp, Found)>>);

impl LastLook {
    async fn found(&self, state: &State) -> Found {
        let mut last = self.0.lock().await;
        let now = state.clock.now();
        match &*last {
            // A clock may be set back.
            Some((at, found)) if *at <= now && now.since(*at) < FRESH => found.clone(),
            _ => {
                let found = look(&state.database, &state.queue).await;
                *last = Some((now, found.clone()));
                found
            }
        }
    }
}

/// What a look finds.
#[derive(Clone)]
struct Found {
    usable: bool,
    database: String,
    queue: String,
}

async fn look(database: &Database, queue: &Queue) -> Found {
    let known = migrations::names();
    let (database, queue) = tokio::join!(schema::compare(database, &known), queue.ping());
    Found {
        usable: matches!(&database, Ok(schema) if schema.can_be_served()),
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
    }
}

fn answer(found: Found, draining: bool) -> HttpResponse {
    let readiness = Readiness {
        ready: found.usable && !draining,
        draining,
        database: found.database,
        queue: found.queue,
    };
    if readiness.ready {
        HttpResponse::Ok().json(readiness)
    } else {
        HttpResponse::ServiceUnavailable().json(readiness)
    }
}
