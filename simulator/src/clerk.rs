//! Clerk: its keys, its Backend API and as much of its Frontend API as its own script asks for
//! (clerk.md 7).
//!
//! | path | what |
//! |---|---|
//! | `/clerk/.well-known/jwks.json`, `/.well-known/jwks.json` | the key set, for anyone |
//! | `/clerk-api/v1/...` | the Backend API: `CLERK_API_URL` is the simulator's and `/clerk-api` |
//! | `/clerk/v1/...` | the Frontend API: `data-clerk-proxy-url` is the simulator's and `/clerk` |
//! | `/clerk/sign-in` | the page where people say who they are |
//! | `/_sim/clerk/...` | control: users, links, tokens, keys, webhooks, faults, calls |
//!
//! A browser is known by its cookies, so a page and the simulator must be reached under one host
//! name; their ports may differ.

mod backend;
mod browser;
mod connect;
mod control;
mod entry;
mod environment;
mod errors;
mod fault;
mod frontend;
mod handle;
mod key;
mod log;
mod mint;
mod oauth;
mod settings;
mod state;
mod tokens;
mod user;
mod visit;
mod webhook;

use std::sync::Arc;
use std::time::Duration;

use hyper::Method;
use tokio::sync::watch;

use crate::answer::Answer;
use crate::request::Request;
use crate::simulator::Inner;
use visit::Visit;

pub use errors::ClerkError;
pub use fault::{ClerkFault, ClerkTrouble};
pub use handle::ClerkLink;
pub use log::{ClerkCall, ClerkOperation};
pub use mint::ClerkToken;
pub use settings::{CLERK_SECRET_KEY, CLERK_WEBHOOK_SECRET, ClerkSettings};
pub(crate) use state::Clerk;
pub use user::{NewClerkUser, Provider as ClerkProvider};
pub use webhook::ClerkDelivery;

/// The instance's id, and with that the name of its first key (clerk.md 1.1).
const INSTANCE: &str = "ins_sim";

/// What Clerk answers, or `None` when the path is none of its own.
pub(crate) async fn answer(
    inner: &Arc<Inner>,
    request: &Request,
    closing: &watch::Receiver<bool>,
) -> Option<Answer> {
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let visit = Visit::new(inner, request, closing);
    match segments[..] {
        ["_sim", "clerk", call] => Some(control::answer(&visit, call)),
        ["clerk" | "clerk-api", ..] if request.method == Method::OPTIONS => {
            Some(visit.shared(Answer::empty(204)))
        }
        ["clerk-api", "v1", ref path @ ..] => {
            let operation = backend::operation(path);
            Some(logged(&visit, operation, backend::answer(&visit, path)).await)
        }
        [".well-known", "jwks.json"] | ["clerk", ".well-known", "jwks.json"] => {
            let keys = async { visit.key_set() };
            Some(logged(&visit, ClerkOperation::Keys, keys).await)
        }
        ["clerk", "v1", ref path @ ..] => {
            let operation = frontend::operation(path);
            let answer = logged(&visit, operation, frontend::answer(&visit, path)).await;
            Some(visit.shared(answer))
        }
        ["clerk", "sign-in" | "sign-up"] => Some(entry::answer(&visit)),
        _ => None,
    }
}

/// Writes the call down, and lets the trouble on order strike it.
async fn logged(
    visit: &Visit<'_>,
    operation: ClerkOperation,
    answer: impl Future<Output = Answer>,
) -> Answer {
    let (seq, trouble) = {
        let mut state = visit.state();
        let trouble = state.strike(operation);
        (state.log.begin(visit.call(operation)), trouble)
    };
    if let Some(ClerkTrouble::Slow(ms)) = trouble {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
    let answer = match trouble {
        Some(ClerkTrouble::Error(error)) => error.answer(),
        _ => answer.await,
    };
    visit.state().log.finish(seq, answer.status);
    answer
}
