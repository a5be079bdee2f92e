//! The Frontend API: what Clerk's own script asks for (clerk.md 7.3), and the paths that it needs
//! beside those.

use hyper::Method;
use serde_json::{Value, json};

use super::backend::no_session;
use super::browser::{Session, SignIn, Status};
use super::connect;
use super::environment;
use super::errors::ClerkError;
use super::log::ClerkOperation;
use super::user::User;
use super::visit::{Visit, ok};
use crate::answer::Answer;

pub(crate) fn operation(path: &[&str]) -> ClerkOperation {
    match path {
        ["client", "sessions", _, "tokens", ..] => ClerkOperation::SessionToken,
        ["me", "external_accounts", ..] => ClerkOperation::Connect,
        _ => ClerkOperation::Frontend,
    }
}

pub(crate) async fn answer(visit: &Visit<'_>, path: &[&str]) -> Answer {
    if path == ["oauth_callback"] {
        return connect::callback(visit).await;
    }
    let here = Here::of(visit);
    let result = match (method(visit).as_str(), path) {
        ("GET" | "PATCH", ["environment"]) => Ok(ok(environment::json(visit))),
        ("POST", ["dev_browser"]) => Ok(ok(json!({"id": here.cookie, "token": here.cookie}))),
        ("GET" | "PUT" | "POST", ["client"]) => Ok(here.client(visit)),
        ("DELETE", ["client"] | ["client", "sessions"]) => Ok(here.sign_out(visit)),
        ("GET", ["client", "sessions", id]) => here.session(visit, id),
        ("POST", ["client", "sessions", id, "touch"]) => here.session(visit, id),
        ("POST", ["client", "sessions", id, "tokens"]) => here.token(visit, id),
        ("POST", ["client", "sessions", id, "remove"]) => here.end(visit, id, Status::Removed),
        ("POST", ["client", "sessions", id, "end"]) => here.end(visit, id, Status::Ended),
        ("POST", ["client", "sign_ins"]) => here.begin_sign_in(visit),
        ("GET", ["client", "sign_ins", id]) => here.show_sign_in(visit, id),
        ("GET", ["me"]) => here.me(visit),
        ("GET" | "POST" | "PATCH" | "DELETE", ["me", "external_accounts", rest @ ..]) => {
            connect::answer(visit, &here, method(visit).as_str(), rest)
        }
        _ => Err(ClerkError::NotFound("No such path".to_owned())),
    };
    here.kept(result.unwrap_or_else(|error| error.answer()))
}

/// The script sends GET and POST alone, and names what it means in a parameter.
fn method(visit: &Visit<'_>) -> String {
    let meant = visit.request.param("_method");
    match meant.filter(|_| visit.request.method == Method::POST) {
        Some(meant) => meant.to_ascii_uppercase(),
        None => visit.request.method.to_string(),
    }
}

/// The browser that asks.
pub(crate) struct Here {
    pub(crate) cookie: String,
}

impl Here {
    pub(crate) fn of(visit: &Visit<'_>) -> Self {
        let request = visit.request;
        let named = request
            .param("__clerk_db_jwt")
            .filter(|name| !name.is_empty())
            .or_else(|| request.cookie("__client"))
            .or_else(|| request.cookie("__clerk_db_jwt"));
        Self {
            cookie: visit.state().browser(named, visit.now_ms),
        }
    }

    /// The answer with the browser's cookies. The second one is for the script, which passes it
    /// on where cookies do not go; both hold for all ports of this host.
    pub(crate) fn kept(&self, answer: Answer) -> Answer {
        let cookie = &self.cookie;
        let rest = "Path=/; Max-Age=31536000; SameSite=Lax";
        answer
            .header("set-cookie", format!("__client={cookie}; {rest}; HttpOnly"))
            .header("set-cookie", format!("__clerk_db_jwt={cookie}; {rest}"))
    }

    /// The session that is active here.
    pub(crate) fn active(&self, visit: &Visit<'_>) -> Option<Session> {
        visit.state().active_session(&self.cookie).cloned()
    }

    /// The JSON of this browser, with a fresh token for its session.
    pub(crate) fn client_json(&self, visit: &Visit<'_>) -> Value {
        let session = self.active(visit);
        let token = session.map(|session| visit.token(&session.user_id, &session.id));
        visit.state().client_json(&self.cookie, token.as_deref())
    }

    fn client(&self, visit: &Visit<'_>) -> Answer {
        ok(json!({"response": self.client_json(visit), "client": null}))
    }

    fn sign_out(&self, visit: &Visit<'_>) -> Answer {
        visit.state().sign_out(&self.cookie, visit.now_ms);
        self.client(visit)
    }

    fn mine(&self, visit: &Visit<'_>, id: &str) -> Result<Session, ClerkError> {
        let session = self.active(visit).filter(|session| session.id == id);
        session.ok_or_else(|| no_session(id))
    }

    fn session(&self, visit: &Visit<'_>, id: &str) -> Result<Answer, ClerkError> {
        let session = self.mine(visit, id)?;
        let token = visit.token(&session.user_id, &session.id);
        let session = visit.state().session_json(&session, Some(&token));
        Ok(ok(
            json!({"response": session, "client": self.client_json(visit)}),
        ))
    }

    fn token(&self, visit: &Visit<'_>, id: &str) -> Result<Answer, ClerkError> {
        let session = self.mine(visit, id)?;
        let jwt = visit.token(&session.user_id, &session.id);
        Ok(ok(json!({"object": "token", "jwt": jwt})))
    }

    fn end(&self, visit: &Visit<'_>, id: &str, how: Status) -> Result<Answer, ClerkError> {
        self.mine(visit, id)?;
        let session = {
            let mut state = visit.state();
            state.sign_out(&self.cookie, visit.now_ms);
            state.end_session(id, how);
            let session = state.session(id);
            session.map(|session| state.session_json(session, None))
        };
        Ok(ok(
            json!({"response": session, "client": self.client_json(visit)}),
        ))
    }

    /// Leads to the simulator's own page, whatever the strategy: who somebody is does not hang on
    /// a platform here.
    fn begin_sign_in(&self, visit: &Visit<'_>) -> Result<Answer, ClerkError> {
        let strategy = visit.request.param("strategy").unwrap_or("oauth_x");
        let redirect_url = returning(visit, visit.request.param("redirect_url"));
        let id = {
            let mut state = visit.state();
            let id = state.random_id("sia_");
            let page = format!("{}/clerk/sign-in?sign_in={id}", visit.base());
            if let Some(browser) = state.browsers.get_mut(&self.cookie) {
                browser.sign_in = Some(SignIn {
                    id: id.clone(),
                    strategy: strategy.to_owned(),
                    redirect_url,
                    page_url: page,
                    session: None,
                    created_ms: visit.now_ms,
                });
            }
            id
        };
        self.show_sign_in(visit, &id)
    }

    fn show_sign_in(&self, visit: &Visit<'_>, id: &str) -> Result<Answer, ClerkError> {
        let sign_in = {
            let state = visit.state();
            let browser = state.browsers.get(&self.cookie);
            let sign_in = browser.and_then(|browser| browser.sign_in.as_ref());
            sign_in.filter(|found| found.id == id).map(SignIn::json)
        };
        let words = || format!("No sign in was found with id {id}");
        let sign_in = sign_in.ok_or_else(|| ClerkError::NotFound(words()))?;
        Ok(ok(
            json!({"response": sign_in, "client": self.client_json(visit)}),
        ))
    }

    fn me(&self, visit: &Visit<'_>) -> Result<Answer, ClerkError> {
        let session = self.active(visit);
        let session = session.ok_or(ClerkError::AuthenticationInvalid)?;
        let state = visit.state();
        let user = state.user(&session.user_id).map(User::json);
        Ok(ok(json!({"response": user, "client": null})))
    }
}

/// Where to send the browser in the end: a page's own path becomes a whole address.
pub(crate) fn returning(visit: &Visit<'_>, given: Option<&str>) -> String {
    let origin = || visit.request.origin.clone().unwrap_or_else(|| visit.base());
    match given {
        Some(url) if url.starts_with("http://") || url.starts_with("https://") => url.to_owned(),
        Some(path) if path.starts_with('/') => format!("{}{path}", origin()),
        _ => origin(),
    }
}
