//! One request to Clerk, with what is needed to answer it.

use std::sync::{Arc, MutexGuard};

use serde_json::{Value, json};
use tokio::sync::watch;

use super::log::{ClerkCall, ClerkOperation};
use super::mint::ClerkToken;
use super::state::Clerk;
use crate::answer::Answer;
use crate::json::Json;
use crate::request::Request;
use crate::settings::Settings;
use crate::simulator::Inner;

pub(crate) struct Visit<'a> {
    pub(crate) inner: &'a Arc<Inner>,
    pub(crate) request: &'a Request,
    pub(crate) closing: &'a watch::Receiver<bool>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) now_ms: i64,
}

impl<'a> Visit<'a> {
    pub(crate) fn new(
        inner: &'a Arc<Inner>,
        request: &'a Request,
        closing: &'a watch::Receiver<bool>,
    ) -> Self {
        Self {
            inner,
            request,
            closing,
            settings: inner.settings(),
            now_ms: inner.now_ms(),
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, Clerk> {
        self.inner.clerk()
    }

    /// The address that the caller reached the simulator at: a browser keeps its cookies by it.
    pub(crate) fn base(&self) -> String {
        if self.request.host.is_empty() {
            self.inner.address()
        } else {
            format!("http://{}", self.request.host)
        }
    }

    /// A token of the session for the page that asks.
    pub(crate) fn token(&self, user_id: &str, session_id: &str) -> String {
        let origin = self.request.origin.as_deref();
        self.inner.mint(
            ClerkToken::Ok,
            user_id,
            session_id,
            origin.filter(|o| *o != "null"),
        )
    }

    pub(crate) fn key_set(&self) -> Answer {
        let (key, kid) = self.inner.clerk_key();
        ok(json!({"keys": [key.jwk(&kid)]}))
    }

    pub(crate) fn call(&self, operation: ClerkOperation) -> ClerkCall {
        let version = self.request.api_version.clone();
        let param = || self.request.param("__clerk_api_version").map(str::to_owned);
        ClerkCall {
            seq: 0,
            at_ms: self.now_ms,
            operation,
            method: self.request.method.to_string(),
            path: self.request.path.clone(),
            api_version: version.or_else(param),
            http_status: None,
        }
    }

    /// The answer as a page of another origin may read it.
    pub(crate) fn shared(&self, answer: Answer) -> Answer {
        let Some(origin) = &self.request.origin else {
            return answer;
        };
        answer
            .header("access-control-allow-origin", origin.clone())
            .header("access-control-allow-credentials", "true")
            .header(
                "access-control-allow-methods",
                "GET, POST, PUT, PATCH, DELETE",
            )
            .header(
                "access-control-allow-headers",
                "authorization, content-type",
            )
            .header("vary", "origin")
    }
}

pub(crate) fn ok(body: Value) -> Answer {
    Answer::json(200, &Json::from(body))
}
